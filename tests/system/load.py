"""Many SMTP clients at once in one process, each a small automaton, and what /proc says about the server meanwhile."""

import os
import selectors
import socket
import struct
import time

import processes

GREETING, HELLO, MAIL, RECIPIENT, DATA, CONTENT, QUIT, DONE = range(8)
WANTED = {GREETING: b"220", HELLO: b"250", MAIL: b"250", RECIPIENT: b"250", DATA: b"354", CONTENT: b"250", QUIT: b"221"}


class Client:
    """One session with one mail, or with none. `failure` says what went wrong; `busy` was it when told 421."""

    def __init__(self, address, number, with_mail=True, patience=20.0):
        self.number, self.with_mail, self.state, self.failure, self.busy = number, with_mail, GREETING, None, False
        self.begin, self.end, self.data, self.patience = time.monotonic(), None, b"", patience
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        try:
            self.socket.connect(address)
        except OSError as error:
            self.fail(f"connecting: {error}")
        self.socket.setblocking(False)

    @property
    def seconds(self):
        return (self.end or time.monotonic()) - self.begin

    def sender(self):
        return b"joe%d@example.test" % self.number

    def fail(self, why):
        self.failure = f"client {self.number} after {self.seconds:.2f} s, state {self.state}: {why}"
        self.finish()

    def finish(self):
        self.end, self.state = time.monotonic(), DONE
        self.socket.close()

    def readable(self):
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            return self.fail(str(error))
        if not data:
            return self.finish() if self.state == QUIT else self.fail(f"the connection ended; {self.data!r}")
        self.data += data
        # All but the last line of a reply have a "-" behind the code.
        lines = self.data.split(b"\n")
        if len(lines) > 1 and lines[-1] == b"" and lines[-2][3:4] != b"-":
            self.reply(lines[-2], self.data)
            self.data = b""

    def reply(self, line, whole):
        if line[:3] != WANTED[self.state]:
            self.busy = line[:3] == b"421"
            return self.fail(f"{whole!r}")
        if self.state == QUIT:
            return self.finish()
        self.say()

    def say(self):
        self.state = QUIT if self.state == HELLO and not self.with_mail else self.state + 1
        text = {
            HELLO: b"EHLO client.example.test",
            MAIL: b"MAIL FROM:<%s>" % self.sender(),
            RECIPIENT: b"RCPT TO:<bob@example.test>",
            DATA: b"DATA",
            CONTENT: b"Subject: mail %d\r\n\r\nHello.\r\n." % self.number,
            QUIT: b"QUIT",
        }[self.state]
        try:
            self.socket.send(text + b"\r\n")
        except OSError as error:
            self.fail(str(error))


def sessions(address, count, parallel, with_mail=True, first=0, patience=20.0):
    """COUNT sessions, PARALLEL of them at a time; the clients after their end, in the order of their begin."""
    selector, clients, running = selectors.DefaultSelector(), [], 0
    while running or len(clients) < count:
        while running < parallel and len(clients) < count:
            clients.append(Client(address, first + len(clients), with_mail, patience))
            if clients[-1].state != DONE:
                selector.register(clients[-1].socket, selectors.EVENT_READ, clients[-1])
                running += 1
        for key, _ in selector.select(0.5):
            client, number = key.data, key.fd
            client.readable()
            if client.state == DONE:
                selector.unregister(number)
                running -= 1
        for key in list(selector.get_map().values()):
            if key.data.seconds > patience:
                selector.unregister(key.fd)
                key.data.fail("too long")
                running -= 1
    return clients


def failures(clients):
    return [client.failure for client in clients if client.failure]


def idle(address, count):
    """COUNT connections that say nothing."""
    return [socket.create_connection(address, 20) for _ in range(count)]


def vanish(address, state, reset=False):
    """A session up to the reply that STATE waits for, and then no more of it; RESET: the other side sees an error."""
    client = Client(address, 0)
    client.socket.setblocking(True)
    while client.state < state:
        client.readable()
        if client.failure:
            raise AssertionError(client.failure)
    if reset:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


# -- what the server uses


def tree(pid):
    """{pid: (state, parent)} of PID and all below it, the dead among them."""
    states, children = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        states[int(name)] = (state, int(parent))
        children.setdefault(int(parent), []).append(int(name))
    found, new = {}, [pid]
    while new:
        found.update({one: states[one] for one in new if one in states})
        new = [child for one in new for child in children.get(one, [])]
    return found


def zombies(pid):
    return [one for one, (state, _) in tree(pid).items() if state == "Z"]


def memory(pid):
    """(proportional, anonymous) kilobytes of a process, nothing when it is gone. The anonymous pages are what can leak:
    whether they are private changes with the copies that a process has made of itself."""
    found = {}
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                words = line.split()
                found[words[0]] = int(words[1]) if words[-1] == "kB" else 0
    except (ProcessLookupError, FileNotFoundError):
        pass
    return found.get("Pss:", 0), found.get("Anonymous:", 0) + found.get("Swap:", 0)


def tree_memory(pid):
    """Proportional kilobytes of a process and all below it."""
    return sum(memory(one)[0] for one in tree(pid))


def lasting(pid):
    """The server and those of its helpers that make copies of themselves, by name."""
    found = {"msmtpd": pid}
    for one, (_, parent) in tree(pid).items():
        if parent == pid and processes.name(one) in ("msmtp-smtpd-forker", "msmtp-verifier"):
            found[processes.name(one)] = one
    return found
