"""A well-behaved SMTP or LMTP server as a script, of which a test replaces single answers.

The places where an answer can be replaced: greeting, ehlo, helo, starttls, ehlo-tls, auth-command (replaces the whole
exchange, but for a Gate without answer, which only delays it), auth (the first 334), challenge and verifier (later
ones), auth-final, mail, rcpt, data, body (the answer to the final dot), bdat, quit, rset, other. A
replacement is bytes or text (sent as they are), a function of (session, ordinary answer), a Gate, or a list of these,
one
for each time that the place is reached (the last stays).
"""

import base64
import hashlib
import hmac
import re

from scram import ScramServer
from scripted_server import Gate, ScriptError

# Quoted strings in a path may hold the bracket that ends others.
PATH = r'{}:<((?:"(?:[^"\\]|\\.)*"|[^">])*)>(?: |$)'
PLAIN_KEYWORDS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8")


class Mail:
    """What one transaction brought."""

    def __init__(self, sender_line):
        self.sender_line, self.recipient_lines, self.raw, self.accepted = sender_line, [], None, False

    @property
    def sender(self):
        return re.match(PATH.format("MAIL FROM"), self.sender_line, re.I).group(1)

    @property
    def recipients(self):
        return [re.match(PATH.format("RCPT TO"), line, re.I).group(1) for line in self.recipient_lines]

    @property
    def content(self):
        """The mail as it was meant: dot-stuffing undone, line ends LF."""
        return re.sub(rb"(\A|\r\n)\.", rb"\1", self.raw).replace(b"\r\n", b"\n")


class Interrupted(Exception):
    """A replaced answer within AUTH was no challenge: the exchange is over."""


class Auth:
    """What the server knows about its one user, and how it lies. wrong_cram: an unparsable challenge, and so on."""

    def __init__(self, user="joe", password="s3cret pass", mechanisms=("SCRAM-SHA-256",), lie=None, iterations=4096,
                 elsewhere=False, supports_binding=False):
        """elsewhere: the server's end is that of another TLS connection. supports_binding: as in ScramServer."""
        self.user, self.password, self.mechanisms = user, password, mechanisms
        self.lie, self.iterations = lie, iterations
        self.elsewhere, self.supports_binding = elsewhere, supports_binding
        self.used = self.scram = None


class Dialogue:
    def __init__(
        self,
        keywords=PLAIN_KEYWORDS,
        starttls=None,
        implicit=None,
        tls_keywords=None,
        auth=None,
        lmtp=False,
        replies=None,
    ):
        self.keywords, self.starttls, self.implicit = tuple(keywords), starttls, implicit
        self.tls_keywords = tuple(keywords if tls_keywords is None else tls_keywords)
        self.auth, self.lmtp = auth, lmtp
        self.replies = {
            place: list(answer) if isinstance(answer, list) else answer for place, answer in (replies or {}).items()
        }
        self.authenticated = False

    def answer(self, session, place, ordinary):
        replacement = self.replies.get(place)
        if isinstance(replacement, list):
            replacement = replacement.pop(0) if len(replacement) > 1 else replacement[0]
        if replacement is None:
            session.send(ordinary)
        elif callable(replacement):
            replacement(session, ordinary)
        else:
            ordinary = replacement
            session.send(replacement)
        return ordinary if isinstance(ordinary, bytes) else ordinary.encode()

    def __call__(self, session):
        if self.implicit:
            session.start_tls(self.implicit)
        self.mail = None
        self.answer(session, "greeting", "220 test.example ESMTP ready\r\n")
        while self.command(session, session.line().decode("latin-1")):
            pass

    def offered(self, session):
        keywords = list(self.tls_keywords if session.tls else self.keywords)
        if self.starttls and not session.tls:
            keywords.append("STARTTLS")
        if self.auth and (session.tls or not self.starttls):
            keywords.append("AUTH " + " ".join(self.auth.mechanisms))
        lines = ["test.example"] + keywords
        return "".join(f"250{'-' if n + 1 < len(lines) else ' '}{line}\r\n" for n, line in enumerate(lines))

    def command(self, session, line):
        verb = line.split(" ")[0].upper()
        if verb == ("LHLO" if self.lmtp else "EHLO"):
            self.answer(session, "ehlo-tls" if session.tls and self.starttls else "ehlo", self.offered(session))
        elif verb == "HELO" and not self.lmtp:
            self.answer(session, "helo", "250 test.example\r\n")
        elif verb == "STARTTLS" and self.starttls:
            if self.answer(session, "starttls", "220 2.0.0 ready for TLS\r\n").startswith(b"220"):
                session.start_tls(self.starttls)
        elif verb == "AUTH" and self.auth:
            try:
                self.authenticate(session, line)
            except Interrupted:
                pass
        elif verb == "QUIT":
            self.answer(session, "quit", "221 2.0.0 bye\r\n")
            return False
        else:
            self.transaction(session, verb, line)
        return True

    def transaction(self, session, verb, line):
        if verb == "MAIL":
            if self.answer(session, "mail", "250 2.1.0 ok\r\n").startswith(b"2"):
                self.mail = Mail(line)
                session.mails.append(self.mail)
        elif verb == "RCPT":
            good = self.answer(session, "rcpt", "250 2.1.5 ok\r\n").startswith(b"2")
            if good and self.mail:
                self.mail.recipient_lines.append(line)
        elif verb == "DATA":
            usable = self.mail is not None and self.mail.recipient_lines
            ordinary = "354 go on\r\n" if usable else "503 5.5.1 no recipients\r\n"
            if self.answer(session, "data", ordinary).startswith(b"354"):
                self.finish(session, session.body())
        elif verb == "BDAT":
            self.chunk(session, line)
        elif verb == "RSET":
            self.mail = None
            self.answer(session, "rset", "250 2.0.0 ok\r\n")
        elif verb == "NOOP":
            session.send("250 2.0.0 ok\r\n")
        else:
            self.answer(session, "other", "502 5.5.1 unknown command\r\n")

    def chunk(self, session, line):
        words = line.split()
        data = session.exactly(int(words[1]))
        if not self.mail or not self.mail.recipient_lines:
            self.answer(session, "bdat", "503 5.5.1 no recipients\r\n")
            return
        self.mail.chunks = getattr(self.mail, "chunks", b"") + data
        if words[2:] == ["LAST"]:
            stuffed = re.sub(rb"(\A|\r\n)\.", rb"\1..", self.mail.chunks)
            self.finish(session, stuffed)
        else:
            self.answer(session, "bdat", "250 2.0.0 ok\r\n")

    def finish(self, session, raw):
        mail, self.mail = self.mail or Mail(""), None
        mail.raw = raw
        if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
            raise ScriptError("a bare CR or LF in the mail")
        for _ in mail.recipient_lines if self.lmtp else [None]:
            mail.accepted = self.answer(session, "body", "250 2.0.0 queued as 1\r\n").startswith(b"250")

    # -- AUTH

    def response(self, session):
        line = session.line()
        return None if line == b"*" else base64.b64decode(line, validate=True)

    def ask(self, session, place, challenge):
        if isinstance(challenge, str):
            challenge = challenge.encode()
        if not self.answer(session, place, b"334 " + base64.b64encode(challenge) + b"\r\n").startswith(b"334"):
            raise Interrupted
        return self.response(session)

    def authenticate(self, session, line):
        words = line.split(" ")
        mechanism = words[1].upper()
        self.auth.used = mechanism
        replacement = self.replies.get("auth-command")
        if replacement is not None:
            self.answer(session, "auth-command", b"")
            if not isinstance(replacement, Gate) or replacement.answer is not None:
                return
        first = None if len(words) < 3 else b"" if words[2] == "=" else base64.b64decode(words[2], validate=True)
        steps = {"PLAIN": self.plain, "LOGIN": self.login, "CRAM-MD5": self.cram}
        if mechanism.startswith("SCRAM-SHA-") and mechanism in self.auth.mechanisms:
            good = self.scram(session, mechanism, first)
        elif mechanism in steps and mechanism in self.auth.mechanisms:
            good = steps[mechanism](session, first)
        else:
            session.send("504 5.5.4 no such mechanism\r\n")
            return
        if good is None:
            session.send("501 5.5.2 cancelled\r\n")
        elif good:
            self.authenticated = True
            self.answer(session, "auth-final", "235 2.7.0 welcome\r\n")
        else:
            self.answer(session, "auth-final", "535 5.7.8 no\r\n")

    def plain(self, session, first):
        given = first if first is not None else self.ask(session, "auth", "")
        return (
            None if given is None else given.split(b"\0")[1:] == [self.auth.user.encode(), self.auth.password.encode()]
        )

    def login(self, session, first):
        user = first if first is not None else self.ask(session, "auth", "Username:")
        if user is None:
            return None
        password = self.ask(session, "challenge", "Password:")
        return None if password is None else (user.decode(), password.decode()) == (self.auth.user, self.auth.password)

    def cram(self, session, _first):
        challenge = b"<1896.697170952@test.example>"
        given = self.ask(session, "auth", challenge)
        digest = hmac.new(self.auth.password.encode(), challenge, hashlib.md5).hexdigest()
        return None if given is None else given.decode() == f"{self.auth.user} {digest}"

    def scram(self, session, mechanism, first):
        digest = "sha256" if "256" in mechanism else "sha1"
        binding = session.sock.get_channel_binding("tls-unique") if mechanism.endswith("-PLUS") else None
        if self.auth.elsewhere:
            binding = bytes(12)
        server = ScramServer(self.auth.user, self.auth.password, digest, self.auth.iterations, self.auth.lie, binding,
                             self.auth.supports_binding)
        self.auth.scram = server
        if first is None:
            first = self.ask(session, "auth", "")
        if first is None:
            return None
        final = self.ask(session, "challenge", server.first(first.decode()))
        if final is None:
            return None
        verdict = server.final(final.decode())
        if verdict is None:
            return False
        last = self.ask(session, "verifier", verdict)
        return None if last is None else server.ok
