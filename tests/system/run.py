#!/usr/bin/python3
"""System tests: whole programs against scripted and real servers.

    run.py [--program PATH] [-k PATTERN] [-j JOBS] [--offline] [-v] [--list]

Prints a line for each failure and each skip and ends with "N passed, N failed, N skipped". Standard library only.
"""

import argparse
import importlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import certs  # noqa: E402
import harness  # noqa: E402
import kerberos  # noqa: E402
import dovecot  # noqa: E402
import dovecot24  # noqa: E402
import exim  # noqa: E402
import mail_clients  # noqa: E402
import postfix  # noqa: E402
import processes  # noqa: E402
import reference  # noqa: E402

LIMIT = 40.0  # seconds for one test
# What a module of tests can need, by the word in its `needs`; for a test it is the attribute of t.options of that name.
REAL = {
    "postfix": postfix.Postfix,
    "clients": mail_clients.Clients,
    "exim": exim.Exim,
    "dovecot": dovecot.Dovecot,
    "kerberos": kerberos.Kerberos,
    "dovecot24": dovecot24.Dovecot24,
}


def arguments():
    parser = argparse.ArgumentParser(description="System tests of msmtp.")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/strict/bin/msmtp"), help="the msmtp to test")
    parser.add_argument("-k", metavar="PATTERN", help="only tests whose name matches this regular expression")
    parser.add_argument(
        "-j", type=int, default=3 * (os.cpu_count() or 1), help="tests that run at once (they mostly wait)"
    )
    parser.add_argument("--offline", action="store_true", help="fetch no package: what is not in the cache is skipped")
    parser.add_argument("-v", action="store_true", help="a line for each test")
    parser.add_argument("--list", action="store_true", help="print the names of the tests")
    return parser.parse_args()


def discover(pattern):
    """[(name, function, arguments, seconds)]; the slow ones first, so that they do not come last alone; those that need
    a real server last, since these start meanwhile, and the quickest to start first."""
    found = []
    for file in sorted(os.listdir(HERE)):
        if not re.fullmatch(r"test_\w+\.py", file):
            continue
        module = importlib.import_module(file[:-3])
        for key, function in vars(module).items():
            if not key.startswith("test_") or not callable(function):
                continue
            name = f"{file[5:-3]}.{key[5:]}"
            for case in getattr(function, "cases", [None]):
                full = name if case is None else f"{name}[{case[0]}]"
                if not pattern or re.search(pattern, full):
                    found.append((full, function, case[1:] if case else (), getattr(function, "limit", LIMIT)))
    return sorted(found, key=lambda test: (max((list(REAL).index(word) for word in needs(test)), default=-1), -test[3]))


def needs(test):
    """The words for what is started for the test."""
    words = getattr(sys.modules[test[1].__module__], "needs", ())
    return (words,) if isinstance(words, str) else words


def reachable(program, scratch):
    """The program at a place that an ordinary user can reach: itself, or a copy of its tree (helpers and all) in
    SCRATCH."""
    if os.geteuid() != 0:
        return program
    try:
        if (
            subprocess.run(
                [program, "--version"], capture_output=True, timeout=20, user="nobody", group="nogroup", extra_groups=[]
            ).returncode
            == 0
        ):
            return program
    except OSError:
        pass
    tree = os.path.dirname(os.path.dirname(program))
    copy = os.path.join(scratch, "tree")
    os.makedirs(copy)
    for part in ("bin", "libexec"):
        if os.path.isdir(os.path.join(tree, part)):
            shutil.copytree(os.path.join(tree, part), os.path.join(copy, part))
    return os.path.join(copy, "bin", os.path.basename(program))


def body(test, options, certificates, folder):
    """In the test's own process: run it; gives (result, text)."""
    name, function, arguments_, _ = test
    processes.become_subreaper()
    things = harness.Test(folder, options.program, certificates, options.reference, options)
    try:
        function(things, *arguments_)
        result = ("passed", "")
    except harness.Skipped as reason:
        result = ("skipped", str(reason))
    except AssertionError as error:
        result = ("failed", f"{error} ({where(error)})")
    except Exception as error:
        result = ("failed", f"{type(error).__name__}: {error} ({where(error)})")
    wrong = things.close()
    if wrong and result[0] != "skipped":
        result = ("failed", "; ".join(([result[1]] if result[0] == "failed" else []) + wrong))
    return result


def where(error):
    """The line of the test file where it failed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/test_" in frame.filename]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "harness"


class Job:
    """A test in its own process and session; its result comes through a pipe."""

    def __init__(self, test, options, certificates, scratch, number):
        self.test, self.data = test, b""
        read, write = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read)
            os.setpgid(0, 0)
            code = 1
            try:
                folder = os.path.join(scratch, str(number))
                result = body(test, options, certificates, folder)
                os.write(write, json.dumps(result).encode()[:60000])
                code = 0
            finally:
                os._exit(code)
        os.close(write)
        self.read, self.end, self.started = read, time.monotonic() + test[3], time.monotonic()

    def kill(self):
        """The time is over: end the test and everything that it started."""
        victims = processes.descendants(self.pid)
        for pid in [self.pid] + victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass

    def result(self):
        os.close(self.read)
        os.waitpid(self.pid, 0)
        try:
            return tuple(json.loads(self.data))
        except ValueError:
            return (
                "failed",
                f"no result within {self.test[3]:.0f} s: killed"
                if time.monotonic() > self.end
                else "the test's process died",
            )


def run_all(tests, options, certificates, scratch):
    """Yields (name, result, text, seconds)."""
    selector, waiting, running, number = selectors.DefaultSelector(), list(tests), [], 0
    while waiting or running:
        while waiting and len(running) < options.j:
            number += 1
            for word in needs(waiting[0]):
                getattr(options, word).wait()
            job = Job(waiting.pop(0), options, certificates, scratch, number)
            selector.register(job.read, selectors.EVENT_READ, job)
            running.append(job)
        for key, _ in selector.select(0.2):
            job = key.data
            data = os.read(job.read, 65536)
            job.data += data
            if not data:
                selector.unregister(job.read)
                running.remove(job)
                yield (job.test[0], *job.result(), time.monotonic() - job.started)
        for job in running:
            if time.monotonic() > job.end:
                job.kill()


def main():
    options = arguments()
    # Stopped by a signal we must still end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.program = os.path.abspath(options.program)
    tests = discover(options.k)
    if options.list:
        print("\n".join(sorted(test[0] for test in tests)))
        return 0
    if not os.access(options.program, os.X_OK):
        print(f"FAIL {options.program}: no such program; build it first\n0 passed, 1 failed, 0 skipped")
        return 1
    processes.become_subreaper()
    started, counts = time.monotonic(), {"passed": 0, "failed": 0, "skipped": 0}
    scratch = tempfile.mkdtemp(prefix="msmtp-system-")
    os.chmod(scratch, 0o755)
    try:
        options.scratch, servers = scratch, []
        options.reference = reference.fetch(options.offline)
        certificates = certs.make(os.path.join(scratch, "certificates"))
        options.program_for_all = reachable(options.program, scratch)
        for word, kind in REAL.items():
            if any(word in needs(test) for test in tests):
                servers.append(kind(os.path.join(scratch, word), certificates, options.offline))
                setattr(options, word, servers[-1])
        for name, result, text, seconds in run_all(tests, options, certificates, scratch):
            counts[result] += 1
            if result != "passed":
                print(f"{'SKIP' if result == 'skipped' else 'FAIL'} {name}: {' '.join(text.splitlines())}", flush=True)
            elif options.v:
                print(f"ok   {name} ({seconds:.1f} s)", flush=True)
    finally:
        for server in servers:
            server.stop()
        for pid in processes.descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"system tests took {time.monotonic() - started:.0f} s")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or not sum(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
