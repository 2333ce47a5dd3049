"""What is measured of msmtpd: rates, times, sessions at once, memory, endurance."""

import os
import shlex
import threading
import time

import tools
from clients import OURS, THEIRS, Task, find
from results import Row
from tools import Server, Sink, Skip, load

SHELL = "cat >/dev/null;:"  # the recipients come after it


def programs():
    found = {OURS: os.path.join(tools.BUILT, "bin/msmtpd"), THEIRS: find("msmtpd")}
    here = {label: path for label, path in found.items() if path and os.path.exists(path)}
    if not here:
        raise Skip("no msmtpd is here")
    return here


def serve(bench, path, command):
    port = tools.free_port()
    return Server(bench.work, [path, "--interface=127.0.0.1", f"--port={port}", f"--command={command}"], port)


def rounds_of(bench, command, rounds, **options):
    """{label: results of load}, in turns; each time a server of its own, for theirs grows slower as it runs."""
    paths, results = programs(), {}
    labels = list(paths)
    for number in range(rounds):
        for i in range(len(labels)):
            label = labels[(i + number) % len(labels)]
            with serve(bench, paths[label], command) as server:
                results.setdefault(label, []).append(load(server.port, **options))
    return results


def column(results, name):
    return {label: [part[name] for part in parts] for label, parts in results.items()}


def failures(results):
    found = {}
    for label, parts in results.items():
        failed = sum(part["failed"] for part in parts)
        if failed:
            found[label] = f"{label}: {failed} failed ({next(part['why'] for part in parts if part['why'])})"
    return "; ".join(found.values())


def rates(bench):
    seconds, rounds = (1, 1) if bench.quick else (2, 5)
    aims = {(1, 1): 2.1, (8, 1): 3.2, (64, 1): 3.2, (1, 20): 1.6, (8, 20): 1.6, (64, 20): 1.6}
    for mails in (1, 20):
        for clients in ((1, 8) if bench.quick else (1, 8, 64)):
            results = rounds_of(bench, tools.tool("drain"), rounds, clients=clients, mails=mails, seconds=seconds)
            yield Row(f"daemon-{clients}-{mails}", f"msmtpd, {clients} clients, {mails} mails a session", "a second",
                      column(results, "mails_a_second"), at_most=aims[clients, mails], more_is_better=True,
                      note=failures(results))
            if mails == 1 and clients != 8:
                yield Row(f"banner-{clients}", f"msmtpd, until the greeting, {clients} clients", "ms",
                          column(results, "banner_p50_ms"), limit=0.12 if clients == 1 else 0,
                          at_most=0.1 if clients > 1 else 0)
    for clients in ((8,) if bench.quick else (1, 8, 64)):
        results = rounds_of(bench, SHELL, rounds, clients=clients, mails=1, seconds=seconds)
        yield Row(f"daemon-shell-{clients}", f"msmtpd with a shell, {clients} clients", "a second",
                  column(results, "mails_a_second"), at_most=1.0, more_is_better=True, note=failures(results))


def relayed(bench):
    """msmtpd, and behind it the msmtp of the same make, to a server with TLS and AUTH. Ours keeps its connections, which
    the other cannot; and once more without."""
    yield relayed_row(bench, "daemon-relay", "msmtpd with its msmtp to a server with TLS and AUTH, ours keep_connection",
                      5, ["--keep-connection=10"])
    yield relayed_row(bench, "daemon-relay-anew", "the same, a connection for each mail", 0, [])


def relayed_row(bench, name, title, at_most, for_ours):
    seconds, rounds = (2, 1) if bench.quick else (4, 3)
    results, notes = {}, []
    with Sink(bench.work, tls="implicit", auth=True) as sink:
        for _ in range(rounds):
            for label, path in programs().items():
                _, words = bench.clients.command(label, Task(tls="implicit", auth=True, port=sink.port, recipients=0))
                command = shlex.join(words + (for_ours if label == OURS else [])) + " -f %F --"
                with serve(bench, path, command) as server:
                    results.setdefault(label, []).append(load(server.port, clients=8, mails=20, seconds=seconds))
    notes += [failures(results)] if failures(results) else []
    notes += [f"{sink.violations}"] if sink.violations else []
    return Row(name, title, "a second", column(results, "mails_a_second"), at_most=at_most, more_is_better=True,
               note="; ".join(notes))


def sessions_at_once(bench):
    wanted, served, idle, each = 200, {}, {}, {}
    for label, path in programs().items():
        with serve(bench, path, tools.tool("drain")) as server:
            time.sleep(0.3)
            alone = tools.own_memory(server.process.pid)[0]
            result = {}
            thread = threading.Thread(target=lambda: result.update(
                load(server.port, clients=wanted, hold_ms=2500, patience=2)))
            thread.start()
            time.sleep(1.8)
            held = tools.own_memory(server.process.pid)[0]
            thread.join()
        served[label], idle[label] = [result["greeted"]], [alone]
        if result["greeted"]:
            each[label] = [(held - alone) / result["greeted"]]
    yield Row("daemon-at-once", f"msmtpd, sessions at once of {wanted} asked for", "sessions", served, limit=wanted,
              more_is_better=True)
    yield Row("daemon-idle", "msmtpd, memory without a client", "kB", idle)
    yield Row("daemon-session", "msmtpd, memory of a session that waits", "kB", each, limit=600)


def endurance(bench):
    """The rate after 50,000 sessions, of the rate of the first."""
    if bench.quick:
        raise Skip("endurance takes minutes: not in the quick run")
    lasting, notes = {}, []
    for label, path in programs().items():
        with serve(bench, path, tools.tool("drain")) as server:
            first = load(server.port, clients=8, sessions=1000, limit=60)
            middle = load(server.port, clients=8, sessions=50_000, limit=150)
            last = load(server.port, clients=8, sessions=1000, limit=60)
        lasting[label] = [last["sessions_a_second"] / max(first["sessions_a_second"], 1e-9)]
        notes.append(f"{label}: {middle['sessions']} sessions, {middle['failed']} failed")
    yield Row("daemon-endurance", "msmtpd, rate after 50,000 sessions, of the first 1,000", "of it", lasting, limit=0.95,
              more_is_better=True, note="; ".join(notes))


CASES = [rates, relayed, sessions_at_once, endurance]
