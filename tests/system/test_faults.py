"""A server that is silent, slow, or gone: at every step, with and without TLS. Nothing hangs, nothing is sent twice."""

import re
import socket

from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal

STEPS = ("greeting", "ehlo", "mail", "rcpt", "data")
UNKNOWN = "unknown"


def close(session, _ordinary):
    session.close()


def reset(session, _ordinary):
    session.reset()


def silent(session, _ordinary):
    session.wait_for_end()


def half_line_and_close(session, _ordinary):
    session.send("25")
    session.close()


def drip(session, ordinary):
    session.drip(b"2" * 200, 0.1)


def tls_settings(t, tls):
    """(arguments of Dialogue, settings) for "plain", "starttls" or "implicit"."""
    context = t.certificates.context() if tls != "plain" else None
    if tls == "starttls":
        return {"starttls": context}, t.tls()
    if tls == "implicit":
        return {"implicit": context}, t.tls(tls_starttls="off")
    return {}, {}


@cases(*((f"{step}-{tls}", step, tls) for tls in ("plain", "starttls", "implicit") for step in STEPS))
def test_silence_ends_at_the_timeout(t, step, tls):
    more, settings = tls_settings(t, tls)
    server = t.serve(Dialogue(replies={step: silent}, **more))
    t.configure(server, timeout=1, **settings)
    run = t.msmtp()
    check(run.code == 74, f"exit 74: {run}")
    check("timed out" in run.errors[0], f"the reason: {run.errors}")
    check(0.8 < run.seconds < 4, f"after the timeout: {run.seconds}")
    t.logged("EX_IOERR", errormsg="/timed out/")
    server.settle()
    t.nothing_delivered(server)
    equal(len(server.sessions), 1, "connections")


@cases(*((f"{step}-{tls}", step, tls) for tls in ("plain", "starttls") for step in STEPS))
def test_one_byte_after_the_other_does_not_extend_the_timeout(t, step, tls):
    more, settings = tls_settings(t, tls)
    server = t.serve(Dialogue(replies={step: drip}, **more))
    t.configure(server, timeout=2, **settings)
    run = t.msmtp()
    check(run.code == 74, f"exit 74: {run}")
    check(run.seconds < 6, f"bounded by the timeout: {run.seconds}")
    server.settle()
    t.nothing_delivered(server)


@cases(
    *(
        (f"{step}-{fault.__name__}-{tls}", step, fault, tls)
        for tls in ("plain", "starttls")
        for fault in (close, reset, half_line_and_close)
        for step in STEPS
    )
)
def test_a_connection_that_ends_before_the_mail(t, step, fault, tls):
    more, settings = tls_settings(t, tls)
    server = t.serve(Dialogue(replies={step: fault}, **more))
    t.configure(server, **settings)
    run = t.msmtp()
    # A reset greeting may have been a refused connection to us.
    codes = (74, 75, 76) if (step, fault) == ("greeting", reset) else (74, 76)
    check(run.code in codes, f"exit 74 or 76: {run}")
    equal(len(run.errors), 2, f"lines on stderr: {run.errors}")
    t.logged(("EX_IOERR", "EX_PROTOCOL", "EX_TEMPFAIL"))
    server.settle()
    t.nothing_delivered(server)
    equal(len(server.sessions), 1, "connections")


@cases(
    *(
        (f"{fault.__name__}-{tls}", fault, tls)
        for tls in ("plain", "starttls", "implicit")
        for fault in (close, reset, silent, half_line_and_close, drip)
    )
)
def test_without_a_reply_after_the_final_dot_the_status_is_unknown(t, fault, tls):
    more, settings = tls_settings(t, tls)
    server = t.serve(Dialogue(replies={"body": fault}, **more))
    t.configure(server, timeout=2, **settings)
    run = t.msmtp()
    check(run.code == 75, f"exit 75: {run}")
    check(UNKNOWN in run.errors[0], f"says that the status is unknown: {run.errors}")
    equal(len(run.errors), 2, f"lines: {run.errors}")
    t.logged("EX_TEMPFAIL", errormsg="/unknown/")
    server.settle()
    equal(len(server.sessions), 1, "one attempt")
    equal(server.mails[0].content, MAIL, "the mail that was sent")


def test_a_server_that_goes_away_during_the_body(t):
    def read_some_and_reset(session, _ordinary):
        session.send("354 go on\r\n")
        session.exactly(100000)
        session.reset()

    server = t.serve(Dialogue(replies={"data": read_some_and_reset}))
    t.configure(server)
    run = t.msmtp(mail=MAIL + b"x" * 70 + b"\n" * 1 + b"line of text\n" * 400000)
    check(run.code in (74, 75, 76), f"exit 74, or 76 when the end was seen first: {run}")
    t.logged(("EX_IOERR", "EX_TEMPFAIL", "EX_PROTOCOL"))


def test_a_server_that_stops_reading_the_body_is_timed_out(t):
    def stop_reading(session, _ordinary):
        session.send("354 go on\r\n")
        session.sleep(15)

    server = t.serve(Dialogue(replies={"data": stop_reading}))
    t.configure(server, timeout=2)
    run = t.msmtp(mail=MAIL + b"line of text\n" * 2000000)
    check(run.code == 74, f"exit 74: {run}")
    check(run.seconds < 9, f"bounded: {run.seconds}")
    t.logged("EX_IOERR", errormsg="/timed out/")


def test_a_refusal_during_the_body_is_reported(t):
    """The server answers 552 and closes while the body is still coming."""

    def refuse(session, _ordinary):
        session.send("354 go on\r\n")
        session.exactly(200000)
        session.send("552 5.3.4 too big\r\n")
        session.half_close()
        session.wait_for_end()

    server = t.serve(Dialogue(replies={"data": refuse}))
    t.configure(server)
    run = t.msmtp(mail=MAIL + b"line of text\n" * 100000)
    check(run.code in (65, 75), f"an answer of the server: {run}")
    t.logged(("EX_DATAERR", "EX_TEMPFAIL"))


@cases("mail", "body")
def test_half_close_by_the_server(t, step):
    def half(session, ordinary):
        session.send(ordinary)
        session.half_close()
        session.wait_for_end()

    server = t.serve(Dialogue(keywords=(), replies={step: half}))
    t.configure(server)
    run = t.msmtp()
    if step == "body":
        t.succeeded(run)
    else:
        check(run.code in (74, 76), f"exit 74 or 76: {run}")
        t.nothing_delivered(server)


def test_the_final_reply_may_come_late(t):
    def late(session, ordinary):
        session.sleep(1.2)
        session.send(ordinary)

    server = t.serve(Dialogue(replies={"body": late}))
    t.configure(server, timeout=5)
    t.succeeded(t.msmtp())


def test_a_slow_but_complete_dialogue_succeeds(t):
    """Each reply in pieces: the deadline is of a step, not of a byte, and 5 seconds are enough for these."""

    def pieces(session, ordinary):
        for byte in ordinary:
            session.send(byte)
            session.sleep(0.005)

    server = t.serve(Dialogue(replies={step: pieces for step in STEPS + ("body",)}))
    t.configure(server, timeout=5)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_refused_connection(t):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        t.configure(port=port)
        t.failed(t.msmtp(), 75, f"cannot connect to 127\\.0\\.0\\.1, port {port}: Connection refused")
        t.logged("EX_TEMPFAIL", errormsg="/Connection refused/", smtpstatus=None)


def test_missing_unix_socket(t):
    path = t.path("no-such-socket")
    t.configure(host=None, port=None, socket=path)
    t.failed(t.msmtp(), 75, "cannot connect to " + re.escape(path) + ": No such file or directory")
    t.logged("EX_TEMPFAIL", socket=path)


def test_a_unix_socket_path_that_is_too_long(t):
    t.configure(host=None, port=None, socket="/" + "x" * 300)
    run = t.msmtp()
    check(run.code in (74, 78), f"exit 74: {run}")


def test_a_full_backlog_is_a_timeout_of_the_connect(t):
    """The kernel drops what does not fit into the queue: as if the host were silent."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address, blockers = listener.getsockname(), []
    for _ in range(3):
        blocker = socket.socket()
        blocker.setblocking(False)
        blocker.connect_ex(address)
        blockers.append(blocker)
    t.configure(port=address[1], timeout=1)
    run = t.msmtp()
    check(run.code in (74, 75), f"exit 75: {run}")
    check("timed out" in run.errors[0], f"reason: {run.errors}")
    check(run.seconds < 5, f"seconds: {run.seconds}")
    for sock in blockers + [listener]:
        sock.close()


def test_ipv6(t):
    server = t.serve(Dialogue(), "inet6")
    t.configure(server)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_unix_socket(t):
    server = t.serve(Dialogue(), "unix")
    t.configure(server)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    t.logged("EX_OK", socket=server.path, host=None)


def test_silence_on_a_unix_socket_is_timed_out(t):
    server = t.serve(Dialogue(replies={"mail": silent}), "unix")
    t.configure(server, timeout=1)
    run = t.msmtp()
    check(run.code == 74 and run.seconds < 4, f"exit 74 in time: {run}")


def test_source_ip(t):
    peers = []

    def script(session):
        peers.append(session.sock.getpeername()[0])
        Dialogue()(session)

    server = t.serve(script)
    t.configure(server, source_ip="127.0.0.7")
    t.succeeded(t.msmtp())
    equal(peers, ["127.0.0.7"], "the client's address")


def test_a_source_ip_that_is_not_ours(t):
    server = t.serve(Dialogue())
    t.configure(server, source_ip="192.0.2.77")
    t.failed(t.msmtp(), 71, "cannot bind source ip 192\\.0\\.2\\.77: .*")
    t.logged("EX_OSERR")


@cases("auth", "challenge", "verifier", "auth-final")
def test_silence_during_authentication(t, step):
    server = t.serve(Dialogue(starttls=t.certificates.context(), auth=Auth(), replies={step: silent}))
    t.configure(server, timeout=2, auth="scram-sha-256", user="joe", password="s3cret pass", **t.tls())
    run = t.msmtp()
    if step == "auth" and run.code == 0:
        return  # it sent the first message together with AUTH: there was no such step
    check(run.code == 74, f"exit 74: {run}")
    check(run.seconds < 6, f"in time: {run.seconds}")
    t.nothing_delivered(server)


@cases(
    *(
        (f"{step}-{fault.__name__}", step, fault)
        for fault in (close, reset)
        for step in ("auth-command", "challenge", "auth-final")
    )
)
def test_a_connection_that_ends_during_authentication(t, step, fault):
    server = t.serve(Dialogue(starttls=t.certificates.context(), auth=Auth(), replies={step: fault}))
    t.configure(server, auth="scram-sha-256", user="joe", password="s3cret pass", **t.tls())
    run = t.msmtp()
    check(run.code in (74, 76, 77), f"exit 74 or 76: {run}")
    equal(len(run.errors), 2, f"lines: {run.errors}")
    t.nothing_delivered(server)
