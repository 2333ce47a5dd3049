"""What is measured of the client: from its start to a hundred megabytes."""

import os
import re
import shutil
import subprocess
import threading
import time

import tools
from clients import OURS, THEIRS, Task
from results import Row
from tools import Sink, Skip, race

TLS_NAMES = {"": "plain", "implicit": "TLS", "starttls": "STARTTLS"}


class Bench:
    """What all cases need. QUICK makes everything shorter."""

    def __init__(self, work, clients, quick):
        self.work, self.clients, self.quick = work, clients, quick

    def rounds(self, full, quick):
        return quick if self.quick else full

    def run(self, contestants, full, quick, inside=None, **options):
        options.setdefault("budget", 4 if self.quick else 40)
        return race(self.work, contestants, self.rounds(full, quick), inside=inside, **options)

    def checked(self, task, contestants, **sink):
        """Those of CONTESTANTS whose mail arrives as it should, each in a run that is not timed; and a text about the others.
        Ours must arrive, without any violation."""
        fine, notes = {}, []
        wanted = expected_hash(self.work.mail(task.size))
        for label, make in contestants.items():
            hashes = self.work.path("hashes")
            open(hashes, "w", encoding="ascii").close()
            with Sink(self.work, tls=task.tls or None, auth=task.auth, hashes=hashes, **sink) as server:
                words = make(server.port)
                result = race(self.work, {label: words}, 1, warmup=0)[label]
            with open(hashes, encoding="ascii") as file:
                lines = file.read().split()
            problem = result["why"] or (f"{server.violations}" if server.violations else "")
            if not problem and lines[1:2] != [str(task.recipients)]:
                problem = "not all recipients"
            if label == OURS and not problem and lines[0] != wanted:
                problem = "the content is altered"
            if label == OURS and problem:
                raise RuntimeError(f"ours, {task}: {problem}")
            if result["why"]:
                notes.append(f"{label} cannot: {result['why']}")
                continue
            if problem:
                notes.append(f"{label}: {problem}")
            elif lines[0] != wanted:
                notes.append(f"{label} alters the content")
            fine[label] = make
        return fine, "; ".join(notes)


def expected_hash(path):
    import hashlib
    with open(path, "rb") as file:
        return hashlib.sha256(file.read().replace(b"\n", b"\r\n")).hexdigest()


def at_port(task, port, **changes):
    return Task(**{**task.__dict__, "port": port, **changes})


def samples(result):
    return {label: part["ms"] for label, part in result.items()}


def processor(result):
    return {label: part["processor_ms"] for label, part in result.items()}


def start(bench):
    paths = {label: bench.clients.paths[label] for label in (OURS, THEIRS)}
    result = bench.run({label: [path, "--version"] for label, path in paths.items()}, 200, 40)
    yield Row("version", "msmtp --version", "ms", samples(result), at_most=0.14, processor=processor(result))
    contestants = bench.clients.contestants(Task(port=25, pretend=True), (OURS, THEIRS))
    result = bench.run(contestants, 200, 40)
    yield Row("pretend", "msmtp --pretend", "ms", samples(result), at_most=0.14, processor=processor(result))


def send(bench, key, title, task, full, quick, inside=None, labels=None, **aims):
    """One row: the mail of TASK, over loopback."""
    makers = {label: (lambda port, label=label: bench.clients.words(label, at_port(task, port)))
              for label in labels or bench.clients.paths if bench.clients.words(label, task)}
    if inside is None:
        makers, note = bench.checked(task, makers)
    else:
        note = ""
    with Sink(bench.work, tls=task.tls or None, auth=task.auth) as sink:
        contestants = {label: make(sink.port) for label, make in makers.items()}
        result = bench.run(contestants, full, quick, inside=inside)
    failed = [f"{label}: {part['why']} ({part['failed']} times)" for label, part in result.items() if part["failed"]]
    return Row(key, title, "ms", samples(result), note="; ".join(filter(None, [note, *failed])), processor=processor(result),
               **aims)


def small_mails(bench):
    yield send(bench, "plain", "2 kB, plain", Task(), 60, 15, at_most=0.04, against={"esmtp": 1.5})
    for key, title, task in (("tls", "2 kB, TLS", Task(tls="implicit")),
                             ("tls-auth", "2 kB, TLS, AUTH", Task(tls="implicit", auth=True)),
                             ("starttls-auth", "2 kB, STARTTLS, AUTH", Task(tls="starttls", auth=True))):
        yield send(bench, key, title, task, 40, 8, at_most=0.10, against={"curl": 1.3})


def trusted_folder(work):
    """A copy of the system's trust that knows our CA too."""
    system = "/etc/ssl/certs"
    folder, bundle = work.path("certs"), os.path.join(work.path("certs"), "ca-certificates.crt")
    if not os.path.exists(os.path.join(system, "ca-certificates.crt")):
        raise Skip("no ca-certificates here")
    if os.path.exists(folder):
        return folder
    shutil.copytree(system, folder, symlinks=True)
    ca = work.certificates()[0]
    with open(ca, encoding="ascii") as source, open(bundle, "a", encoding="ascii") as target:
        target.write(source.read())
    name = work.run("openssl", "x509", "-noout", "-hash", "-in", ca).stdout.strip()
    shutil.copy(ca, os.path.join(folder, name + ".0"))
    return folder


def system_trust(bench):
    inside = tools.with_mount(trusted_folder(bench.work), "/etc/ssl/certs")
    yield send(bench, "tls-system", "2 kB, TLS, the system's certificates", Task(tls="implicit", system_trust=True), 40, 8,
               inside=inside, at_most=0.10, against={"curl": 5})


def many_recipients(bench):
    yield send(bench, "1000-plain", "1,000 recipients, plain", Task(recipients=1000), 25, 4, at_most=0.10,
               against={"esmtp": 1.2})
    yield send(bench, "1000-tls", "1,000 recipients, TLS", Task(tls="implicit", recipients=1000), 25, 4, at_most=0.12,
               against={"curl": 5.5})


def round_trips(bench):
    """Counted with answers that take 20 ms, so that whatever is said without waiting for one arrives before it."""
    wanted = {"": 4, "implicit": 6, "starttls": 8}
    for tls, least in wanted.items():
        for chunking, recipients in ((True, 1), (False, 1), (True, 3)):
            aim = least if chunking and recipients == 1 else least + 1
            task = Task(tls=tls, auth=bool(tls), recipients=recipients)
            counts, notes = {}, []
            for label in bench.clients.paths:
                options = {} if chunking else {"no_chunking": True}
                with Sink(bench.work, tls=tls or None, auth=task.auth, delay_ms=20, **options) as sink:
                    words = bench.clients.words(label, at_port(task, sink.port))
                    result = race(bench.work, {label: words}, 1, warmup=0)[label] if words else None
                if result and not result["failed"]:
                    counts[label] = [sink.counts["round_trips"]]
                    notes += [f"{label}: {sink.violations}"] if sink.violations else []
            name = TLS_NAMES[tls] + (", AUTH" if tls else "")
            how = ("CHUNKING" if chunking else "DATA") + (f", {recipients} recipients" if recipients > 1 else "")
            yield Row(f"trips-{tls or 'plain'}-{'bdat' if chunking else 'data'}-{recipients}",
                      f"round trips, {name}, {how}", "trips", counts, limit=aim, note="; ".join(notes))


def over_line(bench, milliseconds, task, full, quick, labels=None, mount=None, **options):
    """The race of TASK over a line with that round-trip time."""
    contestants = bench.clients.contestants(task, labels)
    sink = tools.sink_words(bench.work, tls=task.tls or None, auth=task.auth, listen=tools.SERVER, port=task.port)
    line = tools.over_delay_line(milliseconds, sink)
    inside = tools.with_mount(mount, "/etc/hosts", line) if mount else line
    return samples(bench.run(contestants, full, quick, inside=inside, **options))


def slow_lines(bench):
    task = Task(host=tools.SERVER, port=2525, recipients=200)
    labels = (OURS, THEIRS, "esmtp") if bench.quick else None  # the others take seconds
    result = over_line(bench, 20, task, 10, 4, labels=labels)
    yield Row("200-at-20ms", "200 recipients at 20 ms", "ms", result, at_most=0.43,
              against={"esmtp": 1.65})
    for milliseconds, aim in ((20, 0.53), (100, 0.46)):
        task = Task(host=tools.SERVER, port=2525, tls="implicit", auth=True,
                    password_command=f"sleep 0.2; echo {tools.LOGIN[1]}")
        result = over_line(bench, milliseconds, task, 10, 3, labels=(OURS, THEIRS))
        yield Row(f"passwordeval-{milliseconds}ms", f"passwordeval of 0.2 s, TLS, at {milliseconds} ms", "ms", result,
                  at_most=aim)


def dead_address(bench):
    hosts = bench.work.write("hosts", "127.0.0.1 localhost\n10.77.0.3 two.example\n10.77.0.2 two.example\n")
    os.chmod(hosts, 0o644)
    task = Task(host="two.example", port=2525, timeout=5)
    labels = (OURS,) if bench.quick else (OURS, THEIRS, "curl")
    result = over_line(bench, 20, task, 3, 3, labels=labels, mount=hosts, timeout=15, warmup=0)
    yield Row("dead-address", "the first address is dead, at 20 ms", "ms", result, limit=370, against={"curl": 9.5})


def large_mails(bench):
    yield send(bench, "1M-plain", "1 MB, plain", Task(size=1_000_000), 30, 6, at_most=0.05,
               against={"curl": 1.2, "esmtp": 1.2})
    yield send(bench, "1M-tls", "1 MB, TLS", Task(size=1_000_000, tls="implicit"), 30, 6, at_most=0.09, against={"curl": 1.5})
    for megabytes, full in ((10, 4),) if bench.quick else ((25, 10), (100, 5)):
        for tls, aim in (("", {"esmtp": 1.3}), ("implicit", {"curl": 1.45})):
            row = send(bench, f"{megabytes}M-{TLS_NAMES[tls].lower()}", f"{megabytes} MB, {TLS_NAMES[tls]}",
                       Task(size=megabytes * 1_000_000, tls=tls), full, 3, against=aim, at_most=1 / 0.065)
            row.samples = {label: [part and megabytes * 1000 / part for part in parts]
                           for label, parts in row.samples.items()}
            row.unit, row.more_is_better = "MB/s", True
            yield row


def calls_of(work, file, command):
    """System calls of a command and all that it starts, by strace; and how many processes there were."""
    if not shutil.which("strace"):
        raise Skip("no strace")
    summary, trace = work.path("calls"), work.path("processes")
    for how in (["-c", "-o", summary], ["-e", "trace=execve", "-o", trace]):
        with open(file, "rb") as mail:
            run = subprocess.run(["strace", "-f", *how, *command], stdin=mail, capture_output=True, env=work.environment,
                                 timeout=300)
        if run.returncode != 0:
            raise Skip(f"strace: {run.stderr.decode(errors='replace')[-120:]}")
    with open(summary, encoding="ascii") as lines:
        total = [line.split() for line in lines if line.rstrip().endswith("total")]
    with open(trace, encoding="ascii", errors="replace") as lines:
        processes = set(re.findall(r"^(\d+)", lines.read(), re.M))
    return int(total[0][3 if total[0][3].isdigit() else 2]), len(processes)


def counts(bench):
    """25 MB, or 2 where it is to be quick: strace makes msmtp very slow."""
    size = 2_000_000 if bench.quick else 25_000_000
    for tls in ("", "implicit"):
        calls, processes, records = {}, {}, {}
        for label in bench.clients.paths:
            task = Task(size=size, tls=tls)
            with Sink(bench.work, tls=tls or None) as sink:
                command = bench.clients.command(label, at_port(task, sink.port))
                if not command:
                    continue
                total, started = calls_of(bench.work, *command)
            calls[label], processes[label] = [total], [started]
            records[label] = [sink.counts["tls_records"] / 2]  # of two runs
        what = f"{size // 1_000_000} MB, {TLS_NAMES[tls]}"
        full = not bench.quick
        yield Row(f"calls-{TLS_NAMES[tls].lower()}", f"system calls, {what}", "calls", calls,
                  limit=(4500 if tls else 1500) if full else 0)
        if tls:
            yield Row("records", f"TLS records, {what}", "records", records, limit=1700 if full else 0)
        yield Row(f"processes-{TLS_NAMES[tls].lower()}", f"processes, {what}", "processes", processes)


def memory_of(bench, label, task):
    """The most that is held by all processes while the server stands still, in kB."""
    pause = {"pause_after": task.size // 2, "pause_ms": 600} if task.size > 100_000 else {"delay_ms": 60}
    with Sink(bench.work, tls=task.tls or None, auth=task.auth, **pause) as sink:
        command = bench.clients.command(label, at_port(task, sink.port))
        if not command:
            return None
        with open(command[0], "rb") as mail:
            process = subprocess.Popen(command[1], stdin=mail, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=bench.work.environment)
        waiting = threading.Thread(target=process.wait, daemon=True)
        waiting.start()
        most = 0
        while waiting.is_alive():
            most = max(most, tools.own_memory(process.pid)[0])
            time.sleep(0.02)
    return [most] if process.returncode == 0 else None


def memory(bench):
    for size, name in ((2000, "2 kB"), (25_000_000 if bench.quick else 100_000_000, "25 MB" if bench.quick else "100 MB")):
        for tls in ("", "implicit"):
            task = Task(size=size, tls=tls, auth=bool(tls))
            held = {label: memory_of(bench, label, task) for label in bench.clients.paths}
            yield Row(f"memory-{TLS_NAMES[tls].lower()}-{size}", f"memory of all processes, {name}, {TLS_NAMES[tls]}", "kB",
                      {label: value for label, value in held.items() if value}, limit=4096,
                      note="private pages that were written to")


CASES = [start, small_mails, system_trust, many_recipients, round_trips, slow_lines, dead_address, large_mails, counts,
         memory]
