"""msmtpd while a test runs: started on a port of its own, waited for, stopped by its process id."""

import os
import signal
import socket

import processes
from harness import LIMIT, check
from processes import wait_until

LISTENS = "listens on"


def program(t):
    """The msmtpd beside the msmtp under test."""
    return os.path.join(os.path.dirname(t.program), "msmtpd")


def free_port(host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


class Daemon:
    """A running msmtpd. `address` is where its clients go: (host, port), or the path of a unix socket."""

    def __init__(self, running, address, log):
        self.running, self.address, self.log = running, address, log
        self.process, self.pid = running.process, running.pid
        self.port = address[1] if isinstance(address, tuple) else None

    def lines(self):
        """The lines of the log, without what stands before "info: " and "error: "."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [line.partition("]")[2].strip() for line in file]

    def logged(self, text, seconds=5.0):
        """Waits for a line with TEXT; gives it."""
        found = wait_until(lambda: next((line for line in self.lines() if text in line), None), seconds)
        check(found, f"no line with {text!r} in the log: {self.lines()}")
        return found

    def connect(self, seconds=LIMIT):
        """A connected socket."""
        family = socket.AF_INET if isinstance(self.address, tuple) else socket.AF_UNIX
        if isinstance(self.address, tuple) and ":" in self.address[0]:
            family = socket.AF_INET6
        client = socket.socket(family)
        client.settimeout(seconds)
        client.connect(self.address)
        return client

    def greeted(self, seconds=LIMIT):
        """A socket whose greeting was read."""
        client = self.connect(seconds)
        greeting = client.recv(1000)
        check(greeting.startswith(b"220 "), f"greeting {greeting!r}; log {self.lines()}")
        return client

    def children(self, name=None):
        """The pids of its children; of those that are executables called NAME ("msmtpd" for sessions)."""
        return [pid for pid in processes.children(self.pid) if name in (None, processes.name(pid))]

    def sessions(self):
        return self.children("msmtpd")

    def helper(self, name, seconds=5.0):
        """The pid of the child that is called NAME."""
        found = wait_until(lambda: self.children(name), seconds)
        check(found, f"no {name} among {[processes.name(pid) for pid in self.children()]}")
        return found[0]

    def send(self, number):
        os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, seconds=LIMIT):
        """Its end, as a Run."""
        self.send(number)
        return self.running.finish(seconds=seconds)


def start(t, *options, host="127.0.0.1", port=None, path=None, log=None, **more):
    """msmtpd with OPTIONS, once it listens: at PORT of HOST, or at the unix socket PATH, with a log file of the test's.
    Give "port=0" when OPTIONS or a service manager say where. MORE is for Test.start()."""
    log = log or t.path("msmtpd.log")
    where = []
    if path is not None:
        where = [f"--interface=unix:{path}"]
    elif port != 0:
        port = port or free_port(host)
        where = [f"--interface={host}", f"--port={port}"]
    before = os.path.getsize(log) if os.path.exists(log) else 0
    running = t.start(*where, f"--log={log}", *options, program=more.pop("program", program(t)), **more)
    wait_for(running, log, before)
    return Daemon(running, path or (host, port), log)


def wait_for(running, log, before=0, seconds=LIMIT):
    """Until a line of LOG behind its first BEFORE bytes says that it listens."""

    def listens():
        if running.process.poll() is not None:
            return True
        try:
            with open(log, "rb") as file:
                return LISTENS in file.read()[before:].decode("utf-8", "replace")
        except OSError:
            return False

    check(wait_until(listens, seconds), "msmtpd does not listen")
    if running.process.poll() is not None:
        raise AssertionError(f"msmtpd ended instead of listening: {running.finish(seconds=seconds)}")


def run(t, *options, data=None, **more):
    """msmtpd with OPTIONS, and DATA on its standard input, to its end."""
    return t.start(*options, program=more.pop("program", program(t)), **more).finish(data)
