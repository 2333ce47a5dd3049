"""A real Dovecot: every mechanism that it has, its submission service, and LMTP."""

import re

import dovecot
from harness import MAIL, cases, check, equal
from processes import wait_until
from real_server import without_top
from test_postfix import BODIES, HEAD

needs = "dovecot"

WITH_PASSWORD = ("plain", "login", "cram-md5", "digest-md5", "scram-sha-1", "scram-sha-256")
MODES = ("starttls", "implicit")


def connect(t, mode, sender, **settings):
    """A configuration for the submission service; sender tells the tests apart."""
    server = t.options.dovecot.needed()
    base = t.tls(host="localhost", port=server.ports[MODES.index(mode)], auth="plain", user=dovecot.USER)
    if mode == "implicit":
        base["tls_starttls"] = "off"
    base.update({"password": dovecot.PASSWORD, "from": sender}, **settings)
    t.configure(**base)
    return server


def with_certificate(t):
    return {"tls_cert_file": t.certificates.file("client-ec"), "tls_key_file": t.certificates.key("client-ec")}


def local(t, sender, socket=False, **settings):
    """A configuration for LMTP."""
    server = t.options.dovecot.needed()
    where = {"host": None, "port": None, "socket": server.socket} if socket else {"port": server.ports[2]}
    t.configure(protocol="lmtp", **dict(where, **{"from": sender}, **settings))
    return server


def logged_in(server, user, mechanism):
    wanted = f"user=<{user}>, method={mechanism},"
    check(wait_until(lambda: wanted in server.log(), 5), f"{wanted} in the log: {server.log()[-1500:]}")


@cases(*((f"{mechanism}-{mode}", mechanism, mode) for mechanism in (*WITH_PASSWORD, "on") for mode in MODES))
def test_every_mechanism_with_a_password(t, mechanism, mode):
    sender = f"{mechanism}-{mode}@example.test"
    server = connect(t, mode, sender, auth=mechanism)
    t.succeeded(t.msmtp("bob@example.test"))
    equal(len(server.relayed(sender)), 1, "mails passed on")
    logged_in(server, dovecot.USER, "SCRAM-SHA-256" if mechanism == "on" else mechanism.upper())


@cases(*WITH_PASSWORD, "external", "oauthbearer", "xoauth2")
def test_no_credential_in_the_dialogue_that_is_shown(t, mechanism):
    """Nor any base64 but that of the server's challenges."""
    server = t.options.dovecot.needed()
    secret = server.token() if mechanism in ("oauthbearer", "xoauth2") else dovecot.PASSWORD
    settings = with_certificate(t) if mechanism == "external" else {"password": secret}
    user = "alice" if mechanism == "external" else dovecot.USER
    connect(t, "starttls", f"shown-{mechanism}@example.test", auth=mechanism, user=user, **settings)
    run = t.msmtp("--debug", "bob@example.test")
    equal(run.code, 0, str(run))
    check(secret.encode() not in run.out, "the secret is shown")
    sent = [line[4:].strip() for line in run.out.decode().splitlines() if line.startswith("--> ")]
    at = sent.index(next(line for line in sent if line.startswith("AUTH ")))
    exchange = sent[at : next(n for n, line in enumerate(sent) if line.startswith("MAIL "))]
    for line in exchange:
        check(re.fullmatch(r"(AUTH [A-Z0-9-]+)?[ *]*", line), f"shown: {line!r} of {exchange}")


@cases("oauthbearer", "xoauth2")
def test_a_token(t, mechanism):
    sender = f"{mechanism}@example.test"
    server = connect(t, "starttls", sender, auth=mechanism, password=t.options.dovecot.needed().token())
    t.succeeded(t.msmtp("bob@example.test"))
    equal(len(server.relayed(sender)), 1, "mails passed on")
    logged_in(server, dovecot.USER, mechanism.upper())


@cases(
    *(
        (f"{mechanism}-{name}", mechanism, more)
        for mechanism in ("oauthbearer", "xoauth2")
        for name, more in (
            ("expired", {"seconds": -60}),
            ("forged", {"key": b"x" * 32}),
            ("another-user", {"user": "bob@example.test"}),
        )
    )
)
def test_a_token_that_is_refused(t, mechanism, more):
    server = connect(t, "starttls", "token@example.test", auth=mechanism,
                     password=t.options.dovecot.needed().token(**more))
    run = t.msmtp("bob@example.test")
    t.failed(run, 77, f"authentication failed \\(method {mechanism.upper()}\\): .*\"status\".*",
             "server message: 535 .*")
    check(not server.relayed("token@example.test", 0.2), "nothing passed on")


@cases(*((f"{user}-{mode}", user, mode) for user in ("alice", None) for mode in MODES))
def test_a_certificate_instead_of_a_password(t, user, mode):
    """Without a user the server takes the certificate's."""
    sender = f"external-{user}-{mode}@example.test"
    server = connect(t, mode, sender, auth="external", user=user, password=None, **with_certificate(t))
    t.succeeded(t.msmtp("bob@example.test"))
    equal(len(server.relayed(sender)), 1, "mails passed on")
    logged_in(server, "alice", "EXTERNAL")


def test_no_certificate_for_external(t):
    server = connect(t, "starttls", "bare@example.test", auth="external", user="alice", password=None)
    t.failed(t.msmtp("bob@example.test"), 77, "authentication failed \\(method EXTERNAL\\)", "server message: 535 .*")
    check(not server.relayed("bare@example.test", 0.2), "nothing passed on")


@cases(*WITH_PASSWORD)
def test_a_wrong_password(t, mechanism):
    connect(t, "implicit", "wrong@example.test", auth=mechanism, password="s3cret pasS")
    t.failed(t.msmtp("bob@example.test"), 77, f"authentication failed \\(method {mechanism.upper()}\\)",
             "server message: 535 .*")
    t.logged("EX_NOPERM", smtpstatus="535")


@cases(*BODIES)
def test_a_mail_is_passed_on_byte_for_byte(t, kind):
    """In chunks, which Dovecot takes."""
    sender = f"{kind}@example.test"
    server = connect(t, "starttls", sender)
    mail = HEAD % kind.encode() + BODIES[kind]
    run = t.msmtp("-d", "bob@example.test", mail=mail)
    equal(run.code, 0, f"exit code of {run}")
    check(b"--> BDAT " in run.out and b"--> DATA" not in run.out, "in chunks")
    found = server.relayed(sender)
    equal(len(found), 1, "mails passed on")
    without_top(found[0].received, mail)


def test_recipients_and_notifications_are_passed_on(t):
    sender = "dsn@example.test"
    server = connect(t, "starttls", sender, dsn_notify="failure,delay", dsn_return="headers")
    wanted = ["bob@example.test", "o'brien+x@example.test", '"a,b"@example.test']
    t.succeeded(t.msmtp("bob@example.test", "o'brien+x@example.test", '<"a,b"@example.test>'))
    (mail,) = server.relayed(sender)
    equal(mail.recipients, wanted, "recipients")
    check(re.search(r" RET=HDRS\b", mail.sender_line), mail.sender_line)
    for line in mail.recipient_lines:
        check(re.search(r" NOTIFY=(FAILURE,DELAY|DELAY,FAILURE)\b", line), line)


@cases(("refused", "refused", 65, "550"), ("later", "later", 75, "451"))
def test_a_recipient_that_the_next_server_refuses(t, kind, code, status):
    sender = f"no-{kind}@example.test"
    server = connect(t, "starttls", sender)
    run = t.msmtp("bob@example.test", f"{kind}@example.test", "carol@example.test")
    t.failed(run, code, f"recipient address {kind}@example\\.test not accepted by the server",
             f"server message: {status} .*")
    check(not server.relayed(sender, 0.3), "nobody gets the mail")


def test_partial_delivery(t):
    sender = "partial@example.test"
    server = connect(t, "starttls", sender, partial_delivery="on")
    run = t.msmtp("bob@example.test", "refused@example.test", "carol@example.test")
    equal(run.code, 65, str(run))
    found = server.relayed(sender)
    equal([mail.recipients for mail in found], [["bob@example.test", "carol@example.test"]], "recipients")


# -- LMTP

@cases(*((f"{kind}-{how}", kind, how) for kind in BODIES for how in ("tcp", "socket")))
def test_lmtp_delivers_byte_for_byte(t, kind, how):
    sender = f"lmtp-{kind}-{how}@example.test"
    server = local(t, sender, how == "socket")
    mail = HEAD % kind.encode() + BODIES[kind]
    t.succeeded(t.msmtp("bob@example.test", "carol@example.test", mail=mail))
    for name in ("bob", "carol"):
        found = server.delivered(name, sender)
        equal(len(found), 1, f"mails for {name}")
        without_top(found[0], mail)
    t.logged("EX_OK", mailsize=str(len(mail.replace(b"\r\n", b"\n")) + (not mail.endswith(b"\n"))))


@cases("tcp", "socket")
def test_lmtp_with_a_recipient_that_is_refused(t, how):
    sender = f"lmtp-refused-{how}@example.test"
    server = local(t, sender, how == "socket")
    run = t.msmtp("bob@example.test", "nobody-here@example.test", "carol@example.test")
    t.failed(run, 65, "recipient address nobody-here@example\\.test not accepted by the server",
             "server message: 550 5\\.1\\.1 .*")
    check(not server.delivered("bob", sender, 0.3), "nobody gets the mail")


@cases("tcp", "socket")
def test_lmtp_with_partial_delivery(t, how):
    sender = f"lmtp-partial-{how}@example.test"
    server = local(t, sender, how == "socket", partial_delivery="on")
    run = t.msmtp("bob@example.test", "nobody-here@example.test", "carol@example.test")
    equal(run.code, 65, str(run))
    for name in ("bob", "carol"):
        equal(len(server.delivered(name, sender)), 1, f"mails for {name}")


@cases("off", "on")
def test_lmtp_with_a_recipient_whose_mail_is_refused_in_the_end(t, partial):
    """The others have the mail then, whatever the setting."""
    sender = f"lmtp-late-{partial}@example.test"
    server = local(t, sender, partial_delivery=partial)
    run = t.msmtp("bob@example.test", "frank@example.test", "carol@example.test")
    equal(run.code, 75, str(run))
    check(re.search(rb"msmtp: recipient address frank@example.test not accepted by the server\n"
                    rb"msmtp: LMTP server message: 451 .*<frank@example.test>", run.err), str(run))
    check(b"bob@" not in run.err and b"carol@" not in run.err, str(run))
    for name in ("bob", "carol"):
        equal(len(server.delivered(name, sender)), 1, f"mails for {name}")
    t.logged("EX_TEMPFAIL", errormsg="/delivery to one or more recipients failed/")


def test_lmtp_with_starttls(t):
    sender = "lmtp-tls@example.test"
    server = local(t, sender, host="localhost", **t.tls())
    t.succeeded(t.msmtp("dave@example.test", "erin@example.test", mail=MAIL))
    for name in ("dave", "erin"):
        equal(len(server.delivered(name, sender)), 1, f"mails for {name}")
