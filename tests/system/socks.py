"""SOCKS 5 servers: one as a script, and the real ones of tests/servers."""

import contextlib
import os
import re
import select
import socket
import subprocess

from harness import skip

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers")
CANNOT = 77
PATIENCE = 260.0  # longer than the scripts wait themselves

NO_LOGIN, LOGIN = 0, 2
IPV4, NAME, IPV6 = 1, 3, 4
ANYWHERE = b"\x01\0\0\0\0\0\0"  # a bound address: type, address and port


class Proxy:
    """A script for a server: a SOCKS 5 proxy, and then, on the same connection, the server that it was asked for.

    Replacements: method (the answer to the methods), login, outcome; each bytes, or a function of the session. `way` is
    how the answers are sent: "whole", "bytes" (one at a time), "joined" (the last one with what the server says first).
    """

    def __init__(self, dialogue, wants_login=False, bound=ANYWHERE, way="whole", **replacements):
        self.dialogue, self.wants_login, self.bound, self.way = dialogue, wants_login, bound, way
        self.replacements = replacements
        self.methods, self.users, self.asked = [], [], []  # one entry for each connection

    def answer(self, session, place, ordinary):
        replacement = self.replacements.get(place, ordinary)
        if callable(replacement):
            replacement(session)
        elif self.way == "bytes":
            session.drip(replacement, 0.02)
        else:
            session.send(replacement)

    def __call__(self, session):
        version, count = session.exactly(2)
        assert version == 5, f"version {version}"
        self.methods.append(tuple(session.exactly(count)))
        self.answer(session, "method", bytes([5, LOGIN if self.wants_login else NO_LOGIN]))
        if self.wants_login:
            self.take_login(session)
        self.take_request(session)
        if self.way == "joined":
            self.dialogue.replies["greeting"] = b""
            session.send(b"\x05\0\0" + self.bound + b"220 test.example ready\r\n")
        else:
            self.answer(session, "outcome", b"\x05\0\0" + self.bound)
        self.dialogue(session)

    def take_login(self, session):
        version, size = session.exactly(2)
        assert version == 1, f"version of the login {version}"
        user = session.exactly(size)
        password = session.exactly(session.exactly(1)[0])
        assert user and password, "RFC 1929: at least one byte each"
        self.users.append(user.decode())
        self.answer(session, "login", b"\x01\0")

    def take_request(self, session):
        version, command, reserved, kind = session.exactly(4)
        assert (version, command, reserved) == (5, 1, 0), f"request {version} {command} {reserved}"
        if kind == NAME:
            host = session.exactly(session.exactly(1)[0]).decode("latin-1")
        else:
            family, size = (socket.AF_INET, 4) if kind == IPV4 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, session.exactly(size))
        self.asked.append((kind, host, int.from_bytes(session.exactly(2), "big")))


def microsocks_and_dante(t):
    """A context with the ports of microsocks, microsocks with a login, and Dante."""
    return started(t, "socks.sh", rb"ready (\d+) (\d+) (\d+)\n", [])


def tor_network(t, port):
    """A context with the SOCKS port of a Tor client and the name of an onion service in front of PORT."""
    return started(t, "tor.sh", rb"ready (\d+) (\S+)\n", [str(port)])


def fetch_tor(t):
    """While there still is a network."""
    words = ["/bin/bash", script("tor.sh"), "--fetch"]
    run = subprocess.run(words, env=environment(t), capture_output=True, check=False)
    if run.returncode == CANNOT:
        skip(run.stderr.decode("utf-8", "replace").strip())
    assert run.returncode == 0, f"tor.sh: {run.stderr!r}"


def script(name):
    return os.path.join(SCRIPTS, name)


def environment(t):
    return dict(os.environ, OFFLINE="1" if t.options.offline else "")


@contextlib.contextmanager
def started(t, name, ready, arguments):
    """The groups of the line READY that the script says."""
    folder = os.path.join(t.folder, name + ".d")
    with open(t.path(name + ".errors"), "wb+") as errors:
        process = subprocess.Popen(["/bin/bash", script(name), folder, *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=errors, env=environment(t), start_new_session=True)
        try:
            line = b""
            if select.select([process.stdout], [], [], PATIENCE)[0]:
                line = process.stdout.readline()
            match = re.fullmatch(ready, line)
            if not match:
                process.stdin.close()
                code = process.wait(10)
                errors.seek(0)
                text = errors.read().decode("utf-8", "replace").strip()
                if code == CANNOT:
                    skip(text)
                raise AssertionError(f"{name} did not start: {text}")
            yield [group.decode() for group in match.groups()]
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(10)


def users_of_circuits(t):
    """Which SOCKS users the circuits of the Tor client belong to, one for each circuit that has one."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(os.path.join(t.folder, "tor.sh.d/client/control"))
        sock.sendall(b"AUTHENTICATE\r\nGETINFO circuit-status\r\nQUIT\r\n")
        text = b""
        while data := sock.recv(1 << 16):
            text += data
    return re.findall(r'SOCKS_USERNAME="([^"]*)"', text.decode("latin-1"))
