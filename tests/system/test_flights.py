"""Round trips and writes, counted: what may be said together is, and in one system call."""

import re
import select
import shutil
import socket
import threading
import time

from dialogue import PLAIN_KEYWORDS, Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, equal, skip

PASSWORD = "s3cret pass"
# Round trips; TLS with a login. Any less would take an answer for granted.
LEAST = {"plain": 4, "implicit": 6, "starttls": 8}
TWO = ["ann@example.test", "bob@example.test"]
QUIET = 0.08  # seconds of silence after which nobody is taken to be in the middle of a flight


class Line:
    """A line to the server on which time goes in steps: what both ends have said until neither says more arrives at the
    other end at once, and counts as half a round trip of it. An end that is slow makes the number larger, never
    smaller."""

    def __init__(self, server, quiet):
        self.quiet, self.round_trips = quiet, 1  # TCP's own
        self.target = (server.host, server.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.target)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said, open_ends = {client: b"", server: b""}, [client, server]
        try:
            while client in open_ends:
                for end in select.select(open_ends, [], [], self.quiet if any(said.values()) else 10)[0]:
                    data = end.recv(65536)
                    said[end] += data
                    if not data:
                        open_ends.remove(end)
                    last = time.monotonic()
                if any(said.values()) and time.monotonic() - last >= self.quiet:
                    self.round_trips += bool(said[server])
                    server.sendall(said[client])
                    client.sendall(said[server])
                    said = {client: b"", server: b""}
            server.sendall(said[client])
        except OSError:
            pass
        finally:
            for end in (client, server, self.listener):
                end.close()


def dialogue(t, tls, chunking):
    keywords = PLAIN_KEYWORDS + (("CHUNKING",) if chunking else ())
    if tls == "plain":
        return Dialogue(keywords=keywords), {}
    script = Dialogue(keywords=keywords, auth=Auth(password=PASSWORD, mechanisms=("PLAIN",)),
                      **{tls: t.certificates.context()})
    return script, t.tls(auth="on", user="joe", password=PASSWORD, tls_starttls="on" if tls == "starttls" else "off")


def check_round_trips(t, tls, chunking, recipients, wanted):
    """The least of a few runs counts, for only slowness can add to it."""
    fewest, quiet = 99, QUIET
    for _ in range(4):
        script, settings = dialogue(t, tls, chunking)
        server = t.serve(script)
        line = Line(server, quiet)
        t.configure(server, port=line.port, logfile=None, **settings)
        t.succeeded(t.msmtp(*recipients))
        line.thread.join(5)
        equal(server.mails[0].content, MAIL, "mail")
        fewest, quiet = min(fewest, line.round_trips), 2 * quiet
        if fewest <= wanted:
            break
    equal(fewest, wanted, "round trips")


@cases(*LEAST)
def test_one_recipient_and_chunking_take_the_least_there_is(t, tls):
    check_round_trips(t, tls, True, [RECIPIENT], LEAST[tls])


@cases(*((f"{name}-{tls}", tls, chunking, recipients)
         for name, chunking, recipients in (("data", False, [RECIPIENT]), ("data-several", False, TWO),
                                            ("chunking-several", True, TWO)) for tls in LEAST))
def test_otherwise_it_is_one_more(t, tls, chunking, recipients):
    check_round_trips(t, tls, chunking, recipients, LEAST[tls] + 1)


def writes(t, server, *arguments, mail=MAIL):
    """The writes of the network child to its connection, each as the number of its bytes."""
    if not shutil.which("strace"):
        skip("no strace")
    trace = t.path("trace")
    words = ("-f", "-s", "0", "-e", "trace=connect,write,writev,sendto,sendmsg", "-o", trace, t.program, *arguments)
    run = t.start(*words, program="strace").finish(mail)
    if b"ptrace" in run.err.lower():
        skip("strace may not trace here")
    equal(run.code, 0, f"exit code: {run}")
    with open(trace, encoding="latin-1") as file:
        text = file.read()
    # A call that another process interrupts stands on two lines; its arguments are on the first, its result is not.
    connects = re.findall(rf"^(\d+) +connect\((\d+), \{{sa_family=AF_INET, sin_port=htons\({server.port}\)", text, re.M)
    equal(len(connects), 1, "connections")
    pid, number = connects[0]
    return re.findall(rf"^{pid} +(?:write|writev|sendto|sendmsg)\({number}, (.*)", text, re.M)


@cases(("chunking", True, [RECIPIENT], 2), ("data", False, [RECIPIENT], 3),
       ("chunking-several", True, TWO, 3), ("data-several", False, TWO, 3))
def test_one_write_for_each_flight(t, chunking, recipients, wanted):
    """EHLO; the envelope, with the content or without; the content, or its end. The last one ends with QUIT."""
    script, settings = dialogue(t, "plain", chunking)
    server = t.serve(script)
    t.configure(server, **settings)
    made = writes(t, server, *recipients)
    equal(len(made), wanted, f"writes: {made}")
    server.settle()
    equal(server.session.commands[-1], "QUIT", "last command")


@cases(("implicit-chunking", "implicit", True, 3), ("implicit-data", "implicit", False, 4),
       ("starttls-chunking", "starttls", True, 5), ("starttls-data", "starttls", False, 6))
def test_one_write_for_each_flight_under_tls(t, tls, chunking, wanted):
    """As above, with AUTH, and EHLO and STARTTLS before; TLS adds its hello, its Finished and its goodbye."""
    script, settings = dialogue(t, tls, chunking)
    server = t.serve(script)
    t.configure(server, **settings)
    made = writes(t, server, RECIPIENT)
    equal(len(made), wanted + 3, f"writes: {made}")
