"""Every class of reply at every step: exit code, stderr, log line, and what the server saw."""

from dialogue import PLAIN_KEYWORDS, Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal
from processes import wait_until

SENDER_REFUSED = "envelope from address joe@example\\.test not accepted by the server"
RECIPIENT_REFUSED = "recipient address bob@example\\.test not accepted by the server"
NO_DATA = "the server does not accept mail data"
NOT_ACCEPTED = "the server did not accept the mail"
ENVELOPE = (("mail", SENDER_REFUSED), ("rcpt", RECIPIENT_REFUSED), ("data", NO_DATA), ("body", NOT_ACCEPTED))
NAMES = {65: "EX_DATAERR", 74: "EX_IOERR", 75: "EX_TEMPFAIL", 76: "EX_PROTOCOL"}


def serve(t, **more):
    server = t.serve(Dialogue(**more))
    t.configure(server)
    return server


def verbs(server):
    return [command.split(" ")[0] for command in server.session.commands]


def without(keyword):
    return tuple(word for word in PLAIN_KEYWORDS if not word.startswith(keyword))


@cases(
    *(
        (f"{place}-{reply[:3]}-{'pipelining' if pipelining else 'one-by-one'}", place, text, reply, pipelining)
        for place, text in ENVELOPE
        for reply in ("451 4.3.0 later", "421 4.3.2 shutting down", "550 5.7.1 never", "500 what")
        for pipelining in (True, False)
    )
)
def test_refusal_is_told_apart_by_its_first_digit(t, place, text, reply, pipelining):
    server = serve(t, replies={place: reply + "\r\n"}, keywords=PLAIN_KEYWORDS if pipelining else without("PIPELINING"))
    run = t.msmtp()
    code = 75 if reply[0] == "4" else 65
    t.failed(run, code, text, "server message: " + reply)
    t.logged(
        NAMES[code], smtpstatus=reply[:3], smtpmsg=f"'{reply}'", errormsg=f"'{text}'".replace("\\", ""), mailsize=None
    )
    server.settle()
    if place != "body":
        t.nothing_delivered(server)
    equal(len(server.sessions), 1, "connections")
    check(verbs(server).count("MAIL") == 1, f"one attempt: {server.session.commands}")


@cases(
    *(
        (f"{place}-{reply}", place, text, reply)
        for place, text in ENVELOPE
        for reply in ("299", "220", "334", "354")
        if (place, reply) != ("data", "354")
    )
)
def test_an_unexpected_positive_reply_is_no_acceptance(t, place, text, reply):
    server = serve(t, replies={place: f"{reply} 2.0.0 odd\r\n"}, keywords=without("PIPELINING"))
    run = t.msmtp()
    check(run.code in (65, 75, 76), f"an exit code of failure: {run}")
    check(any("could not send mail" in line for line in run.errors), str(run))
    server.settle()
    if place != "body":
        t.nothing_delivered(server)


def test_251_accepts_a_recipient(t):
    server = serve(t, replies={"rcpt": "251 2.1.5 will forward\r\n"})
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_replies_of_many_lines_are_shown_line_by_line(t):
    serve(t, replies={"rcpt": "550-5.1.1 no such\r\n550-\r\n550 5.1.1 user\r\n"})
    t.failed(
        t.msmtp(),
        65,
        RECIPIENT_REFUSED,
        "server message: 550-5.1.1 no such",
        "server message: 550-",
        "server message: 550 5.1.1 user",
    )
    t.logged("EX_DATAERR", smtpmsg="'550-5.1.1 no such\\n550-\\n550 5.1.1 user'")


@cases(("temporary", "452 4.2.2 full", 75), ("permanent", "552 5.2.2 too big", 65))
def test_one_refused_recipient_of_three_stops_all(t, reply, code):
    for keywords in (PLAIN_KEYWORDS, without("PIPELINING")):
        server = t.serve(Dialogue(keywords=keywords, replies={"rcpt": ["250 ok\r\n", reply + "\r\n", "250 ok\r\n"]}))
        t.configure(server, logfile=None)
        run = t.msmtp("a@example.test", "b@example.test", "c@example.test")
        t.failed(run, code, "recipient address b@example\\.test not accepted by the server", "server message: " + reply)
        server.settle()
        t.nothing_delivered(server)


def test_all_recipients_refused_but_354_sends_nothing(t):
    server = serve(t, replies={"rcpt": "550 no\r\n", "data": "354 go on\r\n"})
    run = t.msmtp()
    t.failed(run, 65, RECIPIENT_REFUSED, "server message: 550 no")
    server.settle()
    for mail in server.mails:
        check(not mail.raw, f"data: {mail.raw!r}")


def test_sender_refused_but_354_sends_nothing(t):
    server = serve(t, replies={"mail": "550 no\r\n", "rcpt": "250 ok\r\n", "data": "354 go on\r\n"})
    run = t.msmtp()
    t.failed(run, 65, SENDER_REFUSED, "server message: 550 no")
    server.settle()
    t.nothing_delivered(server)


def test_envelope_goes_out_in_one_flight(t):
    server = serve(t)
    recipients = [f"r{n}@example.test" for n in range(5)]
    t.succeeded(t.msmtp(*recipients))
    packet = next(data for _, data in server.session.packets if data.startswith(b"MAIL"))
    lines = packet.decode().split("\r\n")
    equal(
        lines,
        [f"MAIL FROM:<{ADDRESS}> SIZE={len(MAIL) + MAIL.count(10)}"]
        + [f"RCPT TO:<{r}>" for r in recipients]
        + ["DATA", ""],
        "the flight of the envelope",
    )


def test_without_pipelining_each_reply_is_awaited(t):
    server = serve(t, keywords=("SIZE 1000000",))
    t.succeeded(t.msmtp("a@example.test", "b@example.test"))
    for _, data in server.session.packets[:5]:
        equal(data.count(b"\r\n"), 1, f"commands in the packet {data!r}")


def test_500_recipients_in_order(t):
    server = serve(t)
    recipients = [f"recipient-number-{n}@example.test" for n in range(500)]
    t.succeeded(t.msmtp(*recipients))
    equal(server.mails[0].recipients, recipients, "recipients")
    equal(server.mails[0].content, MAIL, "mail")


@cases(
    ("none", (), ""),
    ("size", ("SIZE 100000",), f" SIZE={len(MAIL) + MAIL.count(10)}"),
    ("size-bare", ("SIZE",), f" SIZE={len(MAIL) + MAIL.count(10)}"),
    ("eight-bit", ("8BITMIME",), ""),
)
def test_parameters_of_mail(t, keywords, parameters):
    server = serve(t, keywords=keywords)
    t.succeeded(t.msmtp())
    equal(server.mails[0].sender_line, f"MAIL FROM:<{ADDRESS}>{parameters}", "command")


def test_8bit_content_is_declared_when_offered(t):
    mail = MAIL + "Grüße\n".encode()
    server = serve(t, keywords=("8BITMIME",))
    t.succeeded(t.msmtp(mail=mail))
    equal(server.mails[0].sender_line, f"MAIL FROM:<{ADDRESS}> BODY=8BITMIME", "command")
    equal(server.mails[0].content, mail, "mail")


def test_8bit_content_is_sent_as_it_is_when_not_offered(t):
    mail = MAIL + "Grüße\n".encode()
    server = serve(t, keywords=())
    t.succeeded(t.msmtp(mail=mail))
    equal(server.mails[0].sender_line, f"MAIL FROM:<{ADDRESS}>", "command")
    equal(server.mails[0].content, mail, "mail")


def test_a_mail_larger_than_the_offered_size_is_not_sent(t):
    server = serve(t, keywords=("PIPELINING", "SIZE 1000"))
    run = t.msmtp(mail=MAIL + b"x" * 2000 + b"\n")
    t.failed(run, 65, ".*(bytes|size|large|big).*")
    t.logged("EX_DATAERR")
    server.settle()
    t.nothing_delivered(server)


@cases(("huge", "SIZE 99999999999999999999999"), ("negative", "SIZE -1"), ("junk", "SIZE 12x"), ("zero", "SIZE 0"))
def test_an_unusable_size_does_not_stop_the_mail(t, keyword):
    server = serve(t, keywords=(keyword,))
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases("never", "failure,delay", "off")
def test_dsn_notify(t, value):
    server = t.serve(Dialogue())
    t.configure(server, dsn_notify=value)
    t.succeeded(t.msmtp())
    line = server.mails[0].recipient_lines[0]
    if value == "off":
        equal(line, f"RCPT TO:<{RECIPIENT}>", "command")
    else:
        check(line.startswith(f"RCPT TO:<{RECIPIENT}> NOTIFY="), line)
        equal(set(line.partition("NOTIFY=")[2].split(",")), set(value.upper().split(",")), "NOTIFY")


def test_dsn_return(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp("-R", "hdrs", RECIPIENT))
    check(" RET=HDRS" in server.mails[0].sender_line, server.mails[0].sender_line)


def test_dsn_that_is_not_offered_is_an_error(t):
    server = t.serve(Dialogue(keywords=("PIPELINING",)))
    t.configure(server)
    t.failed(t.msmtp("-N", "never", RECIPIENT), 69, ".*(DSN|Delivery Status Notification).*")
    t.nothing_delivered(server)


@cases(
    ("554", "554 no service"),
    ("421", "421 busy"),
    ("250", "250 hello"),
    ("junk", "SSH-2.0-OpenSSH_9.2"),
    ("http", "HTTP/1.1 400 Bad Request"),
    ("pretended-tls", "\x16\x03\x03\x00\x7a"),
)
def test_a_wrong_greeting_ends_the_session(t, greeting):
    server = serve(t, replies={"greeting": greeting.encode("latin-1") + b"\r\n"})
    run = t.msmtp()
    check(run.code == 76, f"exit code 76: {run}")
    check(run.errors[-1].startswith("msmtp: could not send mail"), str(run))
    t.logged("EX_PROTOCOL")
    server.settle()
    check("MAIL" not in verbs(server) and "AUTH" not in verbs(server), f"nothing sent: {server.session.commands}")


def test_the_text_of_a_refused_greeting_is_shown(t):
    serve(t, replies={"greeting": "554 no service here\r\n"})
    t.failed(t.msmtp(), 76, ".*", "server message: 554 no service here")


def test_ehlo_refused_falls_back_to_helo(t):
    server = serve(t, replies={"ehlo": "502 what\r\n"})
    t.succeeded(t.msmtp())
    equal(server.session.commands[:3], ["EHLO localhost", "HELO localhost", f"MAIL FROM:<{ADDRESS}>"], "commands")


def test_ehlo_and_helo_refused(t):
    serve(t, replies={"ehlo": "502 what\r\n", "helo": "550 go away\r\n"})
    t.failed(t.msmtp(), 76, ".*(EHLO|HELO).*", "server message: 550 go away")


@cases(("three-digits-only", "220\r\n"), ("lf", "220 hello\n"))
def test_short_forms_of_a_reply_are_taken(t, greeting):
    server = serve(t, replies={"greeting": greeting})
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases(
    ("letters", "2x0 hello\r\n"),
    ("four-digits", "2200 hello\r\n"),
    ("negative", "-220 hello\r\n"),
    ("empty", "\r\n"),
    ("one", "2\r\n"),
    ("code-change", "220-hello\r\n250 there\r\n"),
    ("no-line-end-at-all", "220 hello"),
    ("continued-then-closed", "220-hello\r\n"),
)
def test_a_malformed_greeting_is_a_protocol_error(t, greeting):
    def say(session, _ordinary):
        session.send(greeting)
        session.close()

    serve(t, replies={"greeting": say})
    run = t.msmtp()
    check(run.code in (74, 76), f"exit 76 (or 74, when the connection ended first): {run}")
    check(run.errors[-1].startswith("msmtp: could not send mail"), str(run))
    t.logged(("EX_PROTOCOL", "EX_IOERR"))


def flood(data, count):
    def say(session, _ordinary):
        for _ in range(count):
            session.send(data)
        session.wait_for_end()

    return say


@cases(
    ("one-endless-line", b"220 " + b"x" * 65536, 64),
    ("endless-continuation", b"220-more\r\n" * 6553, 64),
    ("nul", b"220 \0\0\0\r\n" * 100, 1),
)
def test_a_flood_of_reply_ends_the_session(t, data, count):
    serve(t, replies={"greeting": flood(data, count)})
    run = t.msmtp()
    if data[4] != 0:
        check(run.code == 76, f"exit 76: {run}")
    check(run.code != 0 and len(run.err) < 100000, f"bounded output: {len(run.err)} bytes, {run.code}")
    check(run.seconds < 8, f"at once: {run.seconds}")


def test_a_long_reply_within_the_bounds_is_taken(t):
    server = serve(t, replies={"greeting": b"220-" + b"x" * 30000 + b"\r\n" + b"220-y\r\n" * 500 + b"220 z\r\n"})
    t.succeeded(t.msmtp())
    equal(len(server.mails), 1, "mails")


def test_ehlo_of_many_keywords(t):
    keywords = tuple(f"X-KEYWORD-{n} value" for n in range(900)) + PLAIN_KEYWORDS + PLAIN_KEYWORDS
    server = serve(t, keywords=keywords)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_ehlo_of_10000_keywords_is_too_much(t):
    serve(t, keywords=tuple(f"X-KEYWORD-{n}" for n in range(10000)))
    run = t.msmtp()
    check(run.code == 76, f"exit 76: {run}")


@cases(*((place, place) for place in ("mail", "rcpt", "data", "body")))
def test_what_a_server_says_reaches_the_terminal_neutralised(t, place):
    serve(t, replies={place: b"550 \x1b[31mred\x07\x1b]0;title\x07 \xc2\x9b1m \x9b1m 'quoted' exitcode=EX_OK\tx\r\n"})
    run = t.msmtp()
    check(run.code == 65, str(run))
    check(not any(byte < 32 and byte != 10 or byte == 127 or byte == 0x9B for byte in run.err), f"stderr: {run.err!r}")
    with open(t.log, "rb") as file:
        log = file.read()
    check(not any(byte < 32 and byte != 10 or byte == 127 for byte in log), f"log: {log!r}")
    equal(log.count(b"\n"), 1, "log lines")
    t.logged("EX_DATAERR")


@cases(
    ("with-the-greeting", "greeting", "220 hello\r\n250 early\r\n"),
    ("with-ehlo", "ehlo", "250 test.example\r\n250 early\r\n"),
    ("with-mail", "mail", "250 ok\r\n250 early\r\n"),
)
def test_a_reply_too_many_never_becomes_a_delivery(t, place, reply):
    """One reply ahead of its command shifts all later ones: the 354 then is no answer to DATA."""
    server = t.serve(Dialogue(keywords=(), replies={place: reply, "body": "550 never\r\n"}))
    t.configure(server, timeout=2)
    run = t.msmtp()
    check(run.code in (65, 74, 75, 76), f"a failure: {run}")
    t.logged(("EX_PROTOCOL", "EX_DATAERR", "EX_IOERR", "EX_TEMPFAIL"))


@cases(("too-few", "250 ok\r\n", 1), ("too-many", "250 ok\r\n" * 3, 1))
def test_a_wrong_number_of_replies_under_pipelining(t, reply, _count):
    def rcpt(session, _ordinary):
        if reply.count("\r\n") > 1:
            session.send(reply)

    server = t.serve(Dialogue(replies={"rcpt": rcpt}))
    t.configure(server, timeout=1)
    run = t.msmtp()
    check(run.code in (65, 74, 75, 76), f"a failure: {run}")
    server.settle()
    t.nothing_delivered(server)


@cases("greeting", "ehlo", "mail", "rcpt", "data", "body")
def test_unsolicited_421_at_every_step(t, place):
    def bye(session, _ordinary):
        session.send("421 4.3.2 going down\r\n")
        session.close()

    server = serve(t, replies={place: bye})
    run = t.msmtp()
    check(run.code == (76 if place in ("greeting", "ehlo") else 75), f"exit code: {run}")
    check(any("421 4.3.2 going down" in line for line in run.errors), f"the server's line: {run.errors}")
    t.logged(("EX_PROTOCOL", "EX_TEMPFAIL"))
    equal(len(server.sessions), 1, "connections")


def test_421_after_the_greeting_without_a_command(t):
    def script(session):
        session.send("220 hello\r\n421 4.3.2 going down\r\n")
        session.close()

    server = t.serve(script)
    t.configure(server)
    run = t.msmtp()
    check(run.code in (74, 75, 76), f"exit code: {run}")
    t.logged(("EX_PROTOCOL", "EX_TEMPFAIL", "EX_IOERR"))


def test_quit_is_sent_and_not_waited_for(t):
    server = serve(t, replies={"quit": lambda session, _: session.sleep(6)})
    run = t.msmtp()
    t.succeeded(run)
    check(run.seconds < 3, f"did not wait: {run.seconds}")
    wait_until(lambda: server.session.commands[-1] == "QUIT", 2)
    equal(server.session.commands[-1], "QUIT", "last command")


def test_trouble_after_the_final_250_is_no_failure(t):
    def accept_and_reset(session, _ordinary):
        session.send("250 2.0.0 queued\r\n")
        session.sleep(0.1)
        session.reset()

    serve(t, replies={"body": accept_and_reset})
    t.succeeded(t.msmtp())
    t.logged("EX_OK", smtpstatus="250", smtpmsg="'250 2.0.0 queued'", errormsg=None)


def test_lmtp_needs_250_for_each_recipient(t):
    server = t.serve(Dialogue(lmtp=True, replies={"body": ["250 ok\r\n", "550 5.2.2 full\r\n", "451 later\r\n"]}))
    t.configure(server, protocol="lmtp")
    run = t.msmtp("a@example.test", "b@example.test", "c@example.test")
    check(run.code in (65, 69, 75), f"exit code: {run}")
    text = "\n".join(run.errors)
    check(
        "b@example.test" in text and "c@example.test" in text and "a@example.test" not in text.replace(RECIPIENT, ""),
        text,
    )
    check("LMTP server message: 550 5.2.2 full" in text and "LMTP server message: 451 later" in text, text)
    check(run.errors[-1].startswith("msmtp: could not send mail to all recipients (account default from "), text)
    t.logged(
        ("EX_UNAVAILABLE", "EX_DATAERR", "EX_TEMPFAIL"),
        smtpmsg=None,
        errormsg="'delivery to one or more recipients failed'",
    )


def test_lmtp_success(t):
    server = t.serve(Dialogue(lmtp=True), "unix")
    t.configure(server, protocol="lmtp")
    t.succeeded(t.msmtp("a@example.test", "b@example.test"))
    equal(server.session.commands[0], "LHLO localhost", "first command")
    equal(server.mails[0].recipients, ["a@example.test", "b@example.test"], "recipients")
    t.logged("EX_OK", smtpmsg=None)
