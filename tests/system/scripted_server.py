"""A scripted SMTP or LMTP server in a thread: loopback, IPv6 or a unix socket.

A script is a function that is called with a Session for each connection; the verbs of Session (expect, send, drip,
sleep,
reset, start_tls, ...) are the language. What a well-behaved server says stands in dialogue.py. Everything that
arrives is
recorded with its time and with the packets (results of recv) in which it came.
"""

import os
import re
import socket
import ssl
import struct
import threading
import time

PATIENCE = 30.0  # seconds for which a server waits for a client before it gives up


class Disconnected(Exception):
    """The client went away, or the server was stopped."""


class ScriptError(Exception):
    """The client did what the script does not foresee: the test fails."""


class Gate:
    """A place where the server stops until the test lets it go on.

    As an answer of a dialogue: waits, then gives `answer`, or the ordinary one."""

    def __init__(self, answer=None):
        self.answer = answer
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait(self, seconds=15.0, gone=lambda: False):
        """For the test: until the server stands here, or the client is GONE."""
        end = time.monotonic() + seconds
        while not self.reached.wait(0.02):
            if gone() or time.monotonic() > end:
                raise AssertionError("the dialogue did not come to the place where the server was to pause")

    def open(self):
        self.opened.set()

    def __call__(self, session, ordinary):
        self.reached.set()
        session.until(self.opened)
        answer = ordinary if self.answer is None else self.answer
        if callable(answer):
            answer(session, ordinary)
        else:
            session.send(answer)


class Session:
    """One connection, seen from the server."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.tls = False
        self.tls_version = None
        self.peer_certificate = None
        self.sni = None
        self.buffer = b""
        self.packets = []  # (time, bytes) of each recv
        self.lines = []  # (line, whether under TLS)
        self.mails = []  # Mail, of the dialogue
        self.sent = []  # (time, bytes)
        self.events = []
        self.ended = threading.Event()
        sock.settimeout(PATIENCE)

    # -- what a script says

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.sent.append((time.monotonic(), data))
        try:
            self.sock.sendall(data)
        except (OSError, ValueError) as error:
            raise Disconnected(str(error)) from error

    def drip(self, data, interval=0.3):
        """One byte each INTERVAL seconds."""
        for byte in data:
            self.send(bytes([byte]))
            self.sleep(interval)

    def sleep(self, seconds):
        if self.server.stopping.wait(seconds):
            raise Disconnected("stopped")

    def until(self, event):
        """Wait for EVENT (of a Gate) or for the end of the test."""
        end = time.monotonic() + PATIENCE
        while not event.wait(0.02):
            if self.server.stopping.is_set() or time.monotonic() > end:
                raise Disconnected("stopped while waiting")

    def expect(self, pattern):
        """The next line has to match PATTERN wholly (case-insensitively); gives the match."""
        line = self.line()
        match = re.fullmatch(pattern.encode() if isinstance(pattern, str) else pattern, line, re.I | re.S)
        if not match:
            raise ScriptError(f"expected {pattern!r}, got {line!r}")
        return match

    def line(self):
        """The next line without its CRLF. A line end that is not CRLF is the client's error."""
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise ScriptError(f"line without a clean CRLF: {line!r}")
        self.lines.append((line[:-1], self.tls))
        return line[:-1]

    def body(self):
        """A mail after 354: the raw bytes before the line of the final dot, still dot-stuffed."""
        data = bytearray(self.buffer)  # grows in place: a mail may be large
        seen = 0
        while True:
            if data.startswith(b".\r\n"):
                end, rest = 0, 3
                break
            at = data.find(b"\r\n.\r\n", max(0, seen - 5))
            if at >= 0:
                end, rest = at + 2, at + 5
                break
            seen = len(data)
            self.buffer = b""
            self.fill()
            data += self.buffer
        self.buffer = bytes(data[rest:])
        return bytes(data[:end])

    def exactly(self, count):
        """COUNT bytes, for BDAT."""
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def fill(self):
        try:
            data = self.sock.recv(1 << 18)
        except (OSError, ValueError) as error:
            raise Disconnected(str(error)) from error
        if not data:
            raise Disconnected("end of file")
        self.packets.append((time.monotonic(), data))
        self.buffer += data

    def wait_for_end(self, seconds=PATIENCE):
        """Read on until the client goes away; gives what came."""
        end, before = time.monotonic() + seconds, self.buffer
        while time.monotonic() < end:
            try:
                self.fill()
            except Disconnected:
                return self.buffer[len(before) :]
        raise ScriptError("the client did not go away")

    def start_tls(self, context):
        def remember(_socket, name, _context):
            self.sni = name

        context.sni_callback = remember
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
            self.peer_certificate = self.sock.getpeercert(True)
        except (OSError, ValueError) as error:
            self.events.append(("tls-failed", str(error)))
            raise Disconnected(f"TLS: {error}") from error
        self.tls, self.tls_version = True, self.sock.version()
        self.early_plaintext, self.buffer = self.buffer, b""

    def close(self):
        raise Disconnected("closed by the script")

    def reset(self):
        """End the connection by RST (on a unix socket: close)."""
        if self.sock.family != socket.AF_UNIX:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Disconnected("reset by the script")

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    # -- what a test asks

    @property
    def commands(self):
        """The lines that came, as text."""
        return [line.decode("latin-1") for line, _ in self.lines]

    def received(self):
        return b"".join(data for _, data in self.packets)


class ScriptedServer:
    """Accepts connections and runs the script for each, in threads. family is "inet", "inet6" or "unix"."""

    def __init__(self, script, family="inet", path=None, address=None, port=0, backlog=16):
        self.script, self.family, self.path = script, family, path
        self.sessions, self.errors = [], []
        self.stopping = threading.Event()
        self.threads = []
        if family == "unix":
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o666)
            self.host, self.port = None, 0
        else:
            self.host = address or ("127.0.0.1" if family == "inet" else "::1")
            self.listener = socket.socket(socket.AF_INET if family == "inet" else socket.AF_INET6)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((self.host, port))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(backlog)
        self._spawn(self._accept)

    def _spawn(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.family != "unix":
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, sock)
            self.sessions.append(session)
            self._spawn(self._serve, session)

    def _serve(self, session):
        try:
            self.script(session)
        except Disconnected as error:
            session.events.append(("end", str(error)))
        except ssl.SSLError as error:
            session.events.append(("tls-failed", str(error)))
        except ScriptError as error:
            self.errors.append(str(error))
        except Exception as error:  # a defect of the script itself must not look like a pass
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            try:
                session.sock.close()
            except OSError:
                pass
            session.ended.set()

    @property
    def session(self):
        """The only session."""
        if len(self.sessions) != 1:
            raise AssertionError(f"{len(self.sessions)} connections instead of one")
        return self.sessions[0]

    @property
    def mails(self):
        return [mail for session in self.sessions for mail in session.mails]

    def settle(self, seconds=5.0):
        """Wait until the sessions so far have ended."""
        end = time.monotonic() + seconds
        for session in self.sessions:
            session.ended.wait(max(0.0, end - time.monotonic()))

    def stop(self):
        self.stopping.set()
        for sock in [self.listener] + [session.sock for session in self.sessions]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        for thread in self.threads:
            thread.join(3)
