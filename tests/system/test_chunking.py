"""BDAT (RFC 3030): what is in one flight, and what a refusal at each place means; partial delivery."""

import time

import postfix
from dialogue import PLAIN_KEYWORDS, Auth, Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal, limit
from scripted_server import Disconnected

needs = "postfix"

KEYWORDS = PLAIN_KEYWORDS + ("CHUNKING",)
SENDER_REFUSED = "envelope from address joe@example\\.test not accepted by the server"
RECIPIENT_REFUSED = "recipient address bob@example\\.test not accepted by the server"
NOT_ACCEPTED = "the server did not accept the mail"
OK, NO, CONFUSED = "250 2.0.0 ok\r\n", "550 5.7.1 never\r\n", "503 5.5.1 no recipients\r\n"
WIRE = MAIL.replace(b"\n", b"\r\n")
LINE = b"a line of a mail that is long enough to need many chunks\n"
HEAD = MAIL[:MAIL.index(b"\n\n") + 2]
LARGE = HEAD + LINE * 10000


def serve(t, settings=None, **more):
    more.setdefault("keywords", KEYWORDS)
    server = t.serve(Dialogue(**more))
    t.configure(server, **(settings or {}))
    return server


def flights(server):
    """What came in each turn of the client: joined until the server had something to say to it."""
    joined, session = [], server.session
    marks = [time for time, _ in session.sent]
    for time_, data in session.packets:
        turn = sum(1 for mark in marks if mark <= time_)
        if joined and joined[-1][0] == turn:
            joined[-1][1] += data
        else:
            joined.append([turn, data])
    return [bytes(data) for _, data in joined]


def test_one_recipient_one_flight(t):
    server = serve(t)
    t.succeeded(t.msmtp())
    server.settle()
    wanted = (f"MAIL FROM:<{ADDRESS}> SIZE={len(WIRE)}\r\nRCPT TO:<{RECIPIENT}>\r\nBDAT {len(WIRE)} LAST\r\n".encode()
              + WIRE + b"QUIT\r\n")
    equal(flights(server)[1:], [wanted], "what came after EHLO")
    equal(server.mails[0].content, MAIL, "mail")
    t.logged("EX_OK", smtpstatus="250", smtpmsg="'250 2.0.0 queued as 1'")


def test_several_recipients_are_all_asked_before_the_mail_is_ended(t):
    server = serve(t)
    t.succeeded(t.msmtp("a@example.test", "b@example.test"))
    server.settle()
    equal([command.split(" ")[0] for command in server.session.commands],
          ["EHLO", "MAIL", "RCPT", "RCPT", "BDAT", "BDAT", "QUIT"], "commands")
    equal(server.session.commands[-3:], [f"BDAT {len(WIRE)}", "BDAT 0 LAST", "QUIT"], "the end")
    equal(server.mails[0].content, MAIL, "mail")


@cases(("large", LARGE), ("dots", HEAD + b".\n..\n.x\n\n.\n" * 10000), ("one-line", HEAD + b"x" * 300000))
def test_a_large_mail_comes_in_chunks(t, mail):
    server = serve(t)
    t.succeeded(t.msmtp(mail=mail))
    chunks = [command for command in server.session.commands if command.startswith("BDAT")]
    lasts = [chunk.endswith(" LAST") for chunk in chunks]
    check(len(chunks) > 1 and lasts == [False] * (len(chunks) - 1) + [True], str(chunks))
    equal(server.mails[0].content, mail if mail.endswith(b"\n") else mail + b"\n", "mail")


@limit(60)
def test_a_mail_of_unknown_size_comes_in_chunks(t):
    server = serve(t)
    running = t.start(RECIPIENT)
    running.process.stdin.write(HEAD)
    running.process.stdin.flush()
    for _ in range(3):
        time.sleep(3)  # longer than the size is waited for
        running.process.stdin.write(LINE)
        running.process.stdin.flush()
    t.succeeded(running.finish(b"end\n"))
    equal(server.mails[0].content, HEAD + LINE * 3 + b"end\n", "mail")
    check(server.session.commands[1] == f"MAIL FROM:<{ADDRESS}> BODY=8BITMIME", "no size was known")


@cases(("no-chunking", PLAIN_KEYWORDS), ("no-pipelining", tuple(word for word in KEYWORDS if word != "PIPELINING")))
def test_data_where_bdat_cannot_be(t, keywords):
    server = serve(t, keywords=keywords)
    t.succeeded(t.msmtp())
    check("DATA" in server.session.commands, str(server.session.commands))


def test_lmtp_uses_data(t):
    server = serve(t, {"protocol": "lmtp"}, lmtp=True)
    t.succeeded(t.msmtp())
    check("DATA" in server.session.commands, str(server.session.commands))


def test_under_tls_and_with_a_login(t):
    server = t.serve(Dialogue(starttls=t.certificates.context("server"), tls_keywords=KEYWORDS,
                              auth=Auth(mechanisms=("PLAIN",))))
    settings = {"auth": "on", "user": "joe", "password": "s3cret pass"}
    t.configure(server, **t.tls(host="localhost", **settings))
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    check(any(command.endswith(" LAST") for command in server.session.commands), str(server.session.commands))


# -- refusals in the one flight

def close(_session, _ordinary):
    raise Disconnected("closed by the server")


def silent(session, _ordinary):
    session.sleep(20)


AFTERWARDS = (("503", None), ("554", "554 5.5.1 no valid recipients\r\n"), ("250", OK), ("close", close))


@cases(*((f"{place}-{reply[:3]}-then-{name}", place, text, reply, then)
         for place, text in (("mail", SENDER_REFUSED), ("rcpt", RECIPIENT_REFUSED))
         for reply in ("451 4.3.0 later", "421 4.3.2 shutting down", "550 5.7.1 never")
         for name, then in AFTERWARDS))
def test_a_refusal_is_told_whatever_is_said_to_the_content(t, place, text, reply, then):
    replies = {place: reply + "\r\n"}
    if then is not None:
        replies["bdat"] = then
    if place == "mail":
        replies["rcpt"] = CONFUSED
    server = serve(t, replies=replies)
    run = t.msmtp()
    code, name = (75, "EX_TEMPFAIL") if reply[0] == "4" else (65, "EX_DATAERR")
    t.failed(run, code, text, "server message: " + reply)
    t.logged(name, smtpstatus=reply[:3], mailsize=None)
    server.settle()
    t.nothing_delivered(server)


@cases(*((f"{reply[:3]}", reply) for reply in ("451 4.3.0 later", "421 4.3.2 shutting down", "554 5.7.1 spam")))
def test_a_refused_mail_in_the_one_flight(t, reply):
    serve(t, replies={"body": reply + "\r\n"})
    t.failed(t.msmtp(), 75 if reply[0] == "4" else 65, NOT_ACCEPTED, "server message: " + reply)


@cases(*((f"{place}-{name}", place, answer) for place in ("mail", "rcpt", "body")
         for name, answer in (("closed", close), ("silent", silent), ("junk", "junk\r\n"))))
def test_without_a_reply_the_status_is_unknown(t, place, answer):
    serve(t, {"timeout": 2}, replies={place: answer})
    run = t.msmtp()
    equal(run.code, 75, "exit code")
    check(any("; the status of the mail is unknown" in line for line in run.errors), str(run))
    t.logged("EX_TEMPFAIL", mailsize=None)


# -- refusals of several recipients

@cases(("temporary", "452 4.2.2 full", 75), ("permanent", "550 5.1.1 no such user", 65))
def test_one_refused_recipient_of_three_stops_all(t, reply, code):
    server = serve(t, replies={"rcpt": [OK, reply + "\r\n", OK]})
    run = t.msmtp("a@example.test", "b@example.test", "c@example.test")
    t.failed(run, code, "recipient address b@example\\.test not accepted by the server", "server message: " + reply)
    server.settle()
    t.nothing_delivered(server)
    equal(server.session.commands[-2:], ["RSET", "QUIT"], "the end")


@cases("452 4.3.1 full", "552 5.3.4 too big")
def test_a_refused_chunk_stops_the_mail(t, reply):
    for recipients, mail in (([RECIPIENT], LARGE), (["a@example.test", "b@example.test"], MAIL)):
        replies = {"bdat": [reply + "\r\n", CONFUSED], "rset": CONFUSED, "body": CONFUSED}
        server = t.serve(Dialogue(keywords=KEYWORDS, replies=replies))
        t.configure(server, logfile=None)
        run = t.msmtp(*recipients, mail=mail)
        t.failed(run, 75 if reply[0] == "4" else 65, NOT_ACCEPTED, "server message: " + reply)
        server.settle()
        check(not any(mail.accepted for mail in server.mails), "a mail was accepted")


def test_a_server_that_hangs_up_after_a_refused_chunk(t):
    def refuse(session, _ordinary):
        session.send("552 5.3.4 too big\r\n")
        session.close()

    serve(t, replies={"bdat": refuse})
    run = t.msmtp(mail=HEAD + LINE * 100000)
    check(run.code in (65, 74), str(run))
    check("could not send mail" in run.errors[-1], str(run))


def test_the_dialogue_shows_chunks_and_content(t):
    serve(t)
    run = t.msmtp("-d", RECIPIENT)
    lines = run.out.decode().splitlines()
    begin = lines.index(f"--> BDAT {len(WIRE)} LAST")
    content = ["--> " + line for line in MAIL.decode().splitlines()]
    shown = [line.rstrip("\r") for line in lines[begin + 1:begin + 2 + len(content)]]
    equal(shown, content + ["--> QUIT"], "the dialogue")


# -- partial delivery

@cases(("data", PLAIN_KEYWORDS), ("one-by-one", ("SIZE 1000000",)), ("bdat", KEYWORDS))
def test_partial_delivery(t, keywords):
    server = serve(t, {"partial_delivery": "on"}, keywords=keywords,
                   replies={"rcpt": ["550-5.1.1 no\r\n550 5.1.1 such\r\n", OK, "452 4.2.2 full\r\n"]})
    run = t.msmtp("a@example.test", "b@example.test", "c@example.test")
    equal(run.code, 75, "exit code")
    lines = ["recipient address a@example.test not accepted by the server", "server message: 550-5.1.1 no",
             "server message: 550 5.1.1 such", "recipient address c@example.test not accepted by the server",
             "server message: 452 4.2.2 full"]
    equal(run.errors[:5], ["msmtp: " + line for line in lines], "stderr")
    check(run.errors[5].startswith("msmtp: could not send mail to all recipients (account default from "), str(run))
    equal(server.mails[0].recipients, ["b@example.test"], "recipients")
    equal(server.mails[0].content, MAIL, "mail")
    failed = "delivery to one or more recipients failed: a@example.test (550-5.1.1 no), c@example.test (452 4.2.2 full)"
    t.logged("EX_TEMPFAIL", mailsize=str(len(MAIL)), smtpstatus="250", errormsg=f"'{failed}'",
             recipients="a@example.test,b@example.test,c@example.test")


def test_partial_delivery_with_permanent_refusals_only(t):
    serve(t, {"partial_delivery": "on"}, replies={"rcpt": [NO, OK]})
    run = t.msmtp("a@example.test", "b@example.test")
    equal(run.code, 65, "exit code")
    t.logged("EX_DATAERR", smtpstatus="250")


@cases(("data", PLAIN_KEYWORDS), ("one-by-one", ("SIZE 1000000",)), ("bdat", KEYWORDS))
def test_partial_delivery_to_nobody_is_a_refusal(t, keywords):
    server = serve(t, {"partial_delivery": "on"}, keywords=keywords, replies={"rcpt": NO})
    run = t.msmtp("a@example.test", "b@example.test")
    refused = "recipient address a@example\\.test not accepted by the server"
    t.failed(run, 65, refused, "server message: 550 5\\.7\\.1 never")
    t.logged("EX_DATAERR", smtpstatus="550", mailsize=None)
    server.settle()
    t.nothing_delivered(server)


def test_partial_delivery_is_off_by_default_and_on_by_option(t):
    replies = {"rcpt": [NO, OK]}
    server = serve(t, replies=dict(replies))
    equal(t.msmtp("a@example.test", "b@example.test").code, 65, "exit code")
    server.settle()
    t.nothing_delivered(server)
    server = serve(t, {"logfile": None}, replies={"rcpt": [NO, OK]})
    run = t.msmtp("--partial-delivery=on", "a@example.test", "b@example.test")
    equal(run.code, 65, "exit code")
    equal(server.mails[0].recipients, ["b@example.test"], "recipients")


def test_partial_delivery_of_a_mail_that_is_refused(t):
    server = serve(t, {"partial_delivery": "on"}, replies={"rcpt": [NO, OK], "body": "554 5.7.1 spam\r\n"})
    run = t.msmtp("a@example.test", "b@example.test")
    t.failed(run, 65, NOT_ACCEPTED, "server message: 554 5\\.7\\.1 spam")
    t.logged("EX_DATAERR", smtpstatus="554", mailsize=None)
    server.settle()


# -- a real server: Postfix offers CHUNKING

def real(t, sender, **settings):
    server = t.options.postfix.needed()
    base = t.tls(host="localhost", port=server.ports[0], auth="plain", user=postfix.USER, password=postfix.PASSWORD)
    base.update({"from": sender}, **settings)
    t.configure(**base)
    return server


BODIES = {
    "dots": b".\n..\n...\n.x\n.\n",
    "commands": b"QUIT\nRSET\nBDAT 5 LAST\nMAIL FROM:<>\n.\nDATA\n",
    "nul": b"a\0b\n\0\0\n",
    "eight-bit": bytes(range(128, 256)) + b"\n",
    "no-newline": b"the last line",
    "limit": b"x" * 60 * 1024 + b"\n",
    "large": LINE * 3000,
    "larger": LINE * 60000,
}


@cases(*((f"{kind}-{count}", kind, count) for count in (1, 2) for kind in BODIES))
def test_a_real_server_gets_the_mail_byte_for_byte(t, kind, count):
    body = BODIES[kind]
    sender = f"chunks-{kind}-{count}@example.test"
    server = real(t, sender)
    run = t.msmtp("-d", *["bob@example.test", "carol@example.test"][:count], mail=HEAD + body)
    check(run.code == 0, str(run))
    check(b"--> BDAT " in run.out and b"<-- 354" not in run.out, "BDAT was used")
    wanted = HEAD + body + (b"" if body.endswith(b"\n") else b"\n")
    for name in ["bob", "carol"][:count]:
        found = server.delivered(name, sender)
        check(found and len(found) == 1, f"one mail for {name}: {found and len(found)}")
        check(found[0].endswith(wanted), f"the mail arrived as it was: {found[0][-200:]!r}")


def test_a_real_server_delivers_to_nobody_after_a_refusal(t):
    server = real(t, "chunks-refused@example.test", logfile=None)
    refused = "recipient address nobody-here@example\\.test not accepted by the server"
    for recipients in (["nobody-here@example.test"], ["bob@example.test", "nobody-here@example.test"]):
        t.failed(t.msmtp(*recipients), 65, refused, "server message: 550 5\\.1\\.1 .*")
    check(not server.delivered("bob", "chunks-refused@example.test", 0.5), "nothing delivered")


def test_a_real_server_delivers_partially(t):
    server = real(t, "chunks-partial@example.test", partial_delivery="on")
    run = t.msmtp("nobody-here@example.test", "bob@example.test")
    equal(run.code, 65, "exit code")
    check(server.delivered("bob", "chunks-partial@example.test"), "delivered")
