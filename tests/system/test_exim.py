"""A real Exim: NTLM, a server that insists on synchronization, and one that takes chunks in its own way."""

import re

import exim
from harness import MAIL, cases, check, equal
from processes import wait_until
from real_server import without_top
from test_postfix import BODIES, HEAD

needs = "exim"

WITH_PASSWORD = ("plain", "login", "cram-md5", "digest-md5", "scram-sha-1", "scram-sha-256", "ntlm")
MODES = ("starttls", "implicit")
NAMES = {"digest-md5": "DIGEST_MD5", "scram-sha-1": "SCRAM_SHA_1", "scram-sha-256": "SCRAM_SHA_256"}


def connect(t, mode, sender, **settings):
    """A configuration for the running Exim; sender tells the tests apart."""
    server = t.options.exim.needed()
    if mode == "plain":
        base = {"host": "127.0.0.1", "port": server.ports[0]}
    else:
        base = t.tls(
            host="localhost",
            port=server.ports[1 + MODES.index(mode)],
            auth="plain",
            user=exim.USER,
            password=exim.PASSWORD,
        )
    if mode == "implicit":
        base["tls_starttls"] = "off"
    base.update({"from": sender}, **settings)
    t.configure(**base)
    return server


def logged_in(server, sender, name):
    wanted = re.compile(rf"<= {re.escape(sender)} .* A={name}:")
    check(wait_until(lambda: wanted.search(server.log()), 5), f"{wanted.pattern} in the log: {server.log()[-1500:]}")


def one_mail(server, name, sender):
    found = server.delivered(name, sender)
    equal(len(found), 1, f"mails for {name}")
    return found[0]


@cases(*((f"{mechanism}-{mode}", mechanism, mode) for mechanism in (*WITH_PASSWORD, "on") for mode in MODES))
def test_every_mechanism_with_a_password(t, mechanism, mode):
    sender = f"auth-{mechanism}-{mode}@example.test"
    # Exim's own mechanisms know no realm, those of Cyrus SASL have the user in one.
    user = (
        exim.USER if mechanism in ("plain", "login", "cram-md5", "ntlm", "digest-md5") else exim.USER + "@example.test"
    )
    server = connect(t, mode, sender, auth=mechanism, user=user)
    t.succeeded(t.msmtp("bob@example.test"))
    one_mail(server, "bob", sender)
    chosen = "scram-sha-256" if mechanism == "on" else mechanism
    logged_in(server, sender, "sasl_" + NAMES[chosen] if chosen in NAMES else chosen.replace("-", "_"))


@cases(*WITH_PASSWORD)
def test_a_wrong_password(t, mechanism):
    connect(t, "starttls", "wrong@example.test", auth=mechanism, password="s3cret pasS")
    t.failed(
        t.msmtp("bob@example.test"),
        77,
        f"authentication failed \\(method {mechanism.upper()}\\)",
        "server message: 535 .*",
    )
    t.logged("EX_NOPERM", smtpstatus="535")


def test_ntlm_with_a_domain(t):
    sender = "ntlm-domain@example.test"
    server = connect(t, "starttls", sender, auth="ntlm", ntlmdomain="EXAMPLE")
    t.succeeded(t.msmtp("bob@example.test"))
    one_mail(server, "bob", sender)


@cases(*MODES)
def test_a_certificate_instead_of_a_password(t, mode):
    sender = f"external-{mode}@example.test"
    server = connect(
        t,
        mode,
        sender,
        auth="external",
        user="alice@example.test",
        password=None,
        tls_cert_file=t.certificates.file("client-ec"),
        tls_key_file=t.certificates.key("client-ec"),
    )
    t.succeeded(t.msmtp("bob@example.test"))
    one_mail(server, "bob", sender)
    logged_in(server, sender, "external")


def test_another_users_certificate(t):
    connect(
        t,
        "starttls",
        "other@example.test",
        auth="external",
        user="carol@example.test",
        password=None,
        tls_cert_file=t.certificates.file("client-ec"),
        tls_key_file=t.certificates.key("client-ec"),
    )
    t.failed(t.msmtp("bob@example.test"), 77, "authentication failed \\(method EXTERNAL\\)", "server message: 535 .*")


@cases(*((f"{kind}-{mode}", kind, mode) for kind in BODIES for mode in ("plain", "starttls")))
def test_the_mail_arrives_byte_for_byte(t, kind, mode):
    """In chunks, with the envelope or after it: Exim would call it a lack of synchronization if we were too early."""
    sender = f"{kind}-{mode}@example.test"
    server = connect(t, mode, sender)
    mail = HEAD % kind.encode() + BODIES[kind]
    run = t.msmtp("-d", "bob@example.test", "carol@example.test", mail=mail)
    equal(run.code, 0, f"exit code of {run}")
    check(b"--> BDAT " in run.out and b"--> DATA" not in run.out, "in chunks")
    for name in ("bob", "carol"):
        without_top(one_mail(server, name, sender), mail)
    t.logged("EX_OK", mailsize=str(len(mail.replace(b"\r\n", b"\n")) + (not mail.endswith(b"\n"))), smtpstatus="250")
    check("synchronization" not in server.log(), server.log()[-1500:])


@cases(
    ("bare-cr", b"one\rtwo\r\rthree\n", b"one\ntwo\n\nthree\n"),
    ("cr-before-crlf", b"one\r\r\ntwo\n", b"one\n\ntwo\n"),
    ("dots-after-cr", b"one\r.\r\ntwo\n.\n", b"one\n.\ntwo\n.\n"),
    (
        "commands",
        b"QUIT\n.\nMAIL FROM:<x@example.test>\nBDAT 3 LAST\n",
        b"QUIT\n.\nMAIL FROM:<x@example.test>\nBDAT 3 LAST\n",
    ),
)
def test_line_ends_that_are_none(t, body, wanted):
    """A bare CR in the input is a line end, and Exim gets to see none."""
    sender = f"line-ends-{len(body)}@example.test"
    server = connect(t, "plain", sender)
    head = HEAD % b"line-ends" + b"\n"
    t.succeeded(t.msmtp("bob@example.test", mail=head + body))
    without_top(one_mail(server, "bob", sender), head + wanted)


@cases(("refused", "refused", 65, "550"), ("later", "later", 75, "451"))
def test_a_refused_recipient_stops_the_mail_for_all(t, kind, code, status):
    """The chunk that went with the envelope is taken by Exim and thrown away."""
    sender = f"no-{kind}@example.test"
    server = connect(t, "starttls", sender)
    run = t.msmtp("bob@example.test", f"{kind}@example.test", "carol@example.test")
    t.failed(
        run, code, f"recipient address {kind}@example\\.test not accepted by the server", f"server message: {status} .*"
    )
    t.logged(("EX_DATAERR", "EX_TEMPFAIL"), smtpstatus=status)
    check(not server.delivered("bob", sender, 0.3), "nobody gets the mail")


@cases("small", "large")
def test_all_recipients_are_refused(t, size):
    sender = f"none-{size}@example.test"
    connect(t, "plain", sender)
    mail = MAIL if size == "small" else MAIL + b"a line of a large mail\n" * 100000
    run = t.msmtp("refused@example.test", "refused2@example.test", mail=mail)
    t.failed(run, 65, "recipient address refused@example\\.test not accepted by the server", "server message: 550 .*")


@cases(*((f"{size}-{kind}", size, kind) for size in ("small", "large") for kind in ("refused", "later")))
def test_partial_delivery(t, size, kind):
    sender = f"partial-{size}-{kind}@example.test"
    server = connect(t, "plain", sender, partial_delivery="on")
    mail = MAIL if size == "small" else MAIL + b"a line of a large mail\n" * 100000
    run = t.msmtp("bob@example.test", f"{kind}@example.test", "carol@example.test", mail=mail)
    equal(run.code, 65 if kind == "refused" else 75, str(run))
    for name in ("bob", "carol"):
        without_top(one_mail(server, name, sender), mail)


def test_a_mail_beyond_the_servers_limit_is_not_sent(t):
    server = connect(t, "plain", "big@example.test")
    run = t.msmtp("bob@example.test", mail=MAIL + b"x" * 99 + b"\n" + b"line\n" * 5000000)
    equal(run.code, 65, str(run))
    check(not server.delivered("bob", "big@example.test", 0.3), "nothing delivered")


def test_a_sender_who_must_log_in_first(t):
    connect(t, "starttls", "nobody@example.test", auth="off")
    t.failed(
        t.msmtp("bob@example.test"),
        65,
        "recipient address bob@example\\.test not accepted by the server",
        "server message: 550 .*authentication required",
    )


def test_notifications(t):
    """Exim reports a success to the sender when it was asked to."""
    server = connect(t, "plain", "dave@example.test", dsn_notify="success", dsn_return="headers")
    mail = MAIL.replace(b"Subject: test", b"Subject: to be notified") + b"not in the report\n"
    t.succeeded(t.msmtp("bob@example.test", mail=mail))
    one_mail(server, "bob", "dave@example.test")
    (report,) = server.delivered("dave", "")
    check(b"Action: delivered" in report and b"Subject: to be notified" in report, f"{report!r}")
    check(b"not in the report" not in report, "the header section only")


def test_an_address_that_is_not_ascii(t):
    sender = "jörg-sender@example.test"
    server = connect(t, "starttls", sender)
    mail = "From: jörg@example.test\nTo: jörg@example.test\nSubject: Grüße\n\nKäse\n".encode()
    run = t.msmtp("-d", "jörg@example.test", mail=mail)
    equal(run.code, 0, str(run))
    check(" SMTPUTF8" in run.out.decode(), "SMTPUTF8 was asked for")
    check(one_mail(server, "jörg", sender).endswith(b"\n\nK\xc3\xa4se\n"), "delivered")


def test_many_recipients(t):
    """More commands than go out at once."""
    sender = "many@example.test"
    server = connect(t, "plain", sender)
    names = ["bob", "carol", "erin"] * 100
    t.succeeded(t.msmtp(*(f"{name}@example.test" for name in names)))
    for name in ("bob", "carol", "erin"):
        one_mail(server, name, sender)


def test_lengths_of_chunks_are_right_at_the_edges(t):
    """Mails of sizes around that of a chunk, and one that ends in the middle of CRLF."""
    server = connect(t, "plain", "edge@example.test")
    head = HEAD % b"edge" + b"\n"
    for size in (65534, 65535, 65536, 65537, 131071, 131072, 131073):
        sender = f"edge-{size}@example.test"
        mail = head + b"y" * (size - len(head) - head.count(b"\n") - 2) + b"\n"
        t.succeeded(t.msmtp("-f", sender, "bob@example.test", mail=mail))
        without_top(one_mail(server, "bob", sender), mail)


def test_many_at_once_with_one_log(t):
    """Each line of the log is whole, and no mail is lost or sent twice."""
    server = connect(t, "plain", "at-once@example.test")
    running = [t.start("-f", f"at-once-{number}@example.test", "bob@example.test") for number in range(15)]
    for one in running:
        one.process.stdin.write(MAIL)
        one.process.stdin.close()
        one.process.stdin = None
    for one in running:
        t.succeeded(one.finish())
    with open(t.log, encoding="utf-8") as file:
        lines = file.read().splitlines()
    equal(len(lines), len(running), "lines")
    for line in lines:
        check(re.fullmatch(r"\w{3} \d\d [\d:]{8} host=127\.0\.0\.1 .* exitcode=EX_OK", line), line)
    for number in range(15):
        one_mail(server, "bob", f"at-once-{number}@example.test")
