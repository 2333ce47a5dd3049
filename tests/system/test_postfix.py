"""A real Postfix: the whole way of a mail, and the mail compared byte for byte."""

import os
import re

import kept
import postfix
from harness import cases, check, equal, skip
from processes import wait_until

needs = "postfix"


def connect(t, mode, sender, **settings):
    """A configuration for the running Postfix; sender tells the tests apart."""
    server = t.options.postfix.needed()
    starttls, implicit = server.ports
    base = t.tls(
        host="localhost",
        port=starttls if mode == "starttls" else implicit,
        auth="on",
        user=postfix.USER,
        password=postfix.PASSWORD,
    )
    if mode == "implicit":
        base["tls_starttls"] = "off"
    base.update({"from": sender})
    base.update(settings)
    t.configure(**base)
    return server


def line(number):
    return b"line %d of a body that is long enough to matter, with dots . and spaces  \n" % number


HEAD = (
    b"From: alice@example.test\nTo: bob@example.test\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nDate: Sat, 21 Nov "
    b"2026 12:00:00 +0000\nMessage-ID: <%s@example.test>\n"
)
BODIES = {
    "plain": b"\nHello.\n",
    "dots": b"\n.\n..\n...\n.x\n.\n.\nend\n",
    "nul": b"\nbefore\0after\n\0\0\0\nend\n",
    "eight-bit": b"Content-Transfer-Encoding: 8bit\n\n"
    + "Grüße, 漢字, \U0001f4e7\n".encode()
    + bytes(range(128, 256))
    + b"\n",
    "long-line": b"\n" + b"x" * 50000 + b"\nend\n",
    "no-final-newline": b"\nthe last line has no end",
    "crlf": b"\r\none\r\ntwo\r\n",
    "empty-body": b"\n",
    "5-megabytes": b"\n" + b"".join(line(n) for n in range(70000)),
    "blanks": b"\n  \n\t\n \n\n\n\n",
}


@cases(*((f"{mode}-{kind}", mode, kind) for mode in ("starttls", "implicit") for kind in BODIES))
def test_the_mail_arrives_byte_for_byte(t, mode, kind):
    sender = f"{kind}-{mode}@example.test"
    server = connect(t, mode, sender, auth="scram-sha-256" if mode == "starttls" else "plain")
    mail = HEAD % kind.encode() + BODIES[kind]
    if kind == "crlf":
        mail = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    t.succeeded(t.msmtp("bob@example.test", mail=mail))
    found = server.delivered("bob", sender)
    check(found and len(found) == 1, f"one mail delivered, not {len(found)}")
    wanted = mail.replace(b"\r\n", b"\n")
    wanted += b"" if wanted.endswith(b"\n") else b"\n"
    top, got = found[0][: len(found[0]) - len(wanted)], found[0][-len(wanted) :]
    if got != wanted:
        at = next((n for n, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        raise AssertionError(f"differs at {at}: got {got[at - 20:at + 40]!r}, wanted {wanted[at - 20:at + 40]!r}")
    check(re.fullmatch(rb"(?:[A-Za-z-]+: [^\n]*\n(?:[ \t][^\n]*\n)*)+", top), f"only header fields on top: {top!r}")
    t.logged("EX_OK", mailsize=str(len(wanted)), smtpstatus="250")


@cases(
    *(
        (f"{mode}-{mechanism}", mode, mechanism)
        for mode in ("starttls", "implicit")
        for mechanism in ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "on")
    )
)
def test_every_mechanism_logs_in(t, mode, mechanism):
    sender = f"{mechanism}-{mode}-login@example.test"
    server = connect(t, mode, sender, auth=mechanism)
    t.succeeded(t.msmtp("bob@example.test"))
    check(server.delivered("bob", sender), "delivered")
    wanted = "SCRAM-SHA-256" if mechanism == "on" else mechanism.upper()

    # The log names the login beside the queue id, and the queue id beside the sender.
    def logged():
        log = server.log()
        queue = re.search(r"(\w+): from=<" + re.escape(sender) + ">", log)
        return queue and re.search(
            rf"{queue.group(1)}: client=\S+, sasl_method={wanted}, sasl_username=alice@example\.test\n", log
        )

    check(wait_until(logged, 5), f"sasl_method={wanted} in the log: {server.log()[-1500:]}")


def test_every_recipient_gets_the_mail(t):
    sender = "two@example.test"
    server = connect(t, "starttls", sender)
    t.succeeded(t.msmtp("bob@example.test", "carol@example.test"))
    check(server.delivered("bob", sender) and server.delivered("carol", sender), "both delivered")


def test_a_refused_recipient_stops_the_mail_for_all(t):
    sender = "refused@example.test"
    server = connect(t, "starttls", sender)
    run = t.msmtp("bob@example.test", "nobody-here@example.test", "carol@example.test")
    t.failed(
        run,
        65,
        "recipient address nobody-here@example\\.test not accepted by the server",
        "server message: 550 5\\.1\\.1 .*",
    )
    t.logged("EX_DATAERR", smtpstatus="550")
    check(not server.delivered("bob", sender, 0.5), "nothing delivered")


def test_a_wrong_password_is_refused(t):
    for mechanism in ("scram-sha-256", "plain"):
        connect(t, "starttls", "wrong@example.test", auth=mechanism, password="wrong", logfile=None)
        run = t.msmtp("bob@example.test")
        t.failed(run, 77, f"authentication failed \\(method {mechanism.upper()}\\)", "server message: 535 .*")


def test_a_mail_beyond_the_servers_limit_is_not_sent(t):
    server = connect(t, "starttls", "big@example.test")
    run = t.msmtp("bob@example.test", mail=HEAD % b"big" + b"\n" + b"x" * 70 * 1 + b"\n" + line(1) * 300000)
    check(run.code == 65, str(run))
    check(not server.delivered("bob", "big@example.test", 0.3), "nothing delivered")


def test_as_an_ordinary_user(t):
    user = None
    server = connect(t, "starttls", "ordinary@example.test", auth="scram-sha-256")
    user = t.as_nobody()
    if user is None:
        skip("the tests do not run as root")
    if not os.access(t.options.program_for_all, os.X_OK):
        skip(t.options.program_for_all)
    t.succeeded(t.msmtp("bob@example.test", user=user, program=t.options.program_for_all))
    check(server.delivered("bob", "ordinary@example.test"), "delivered")


def test_envelope_with_notifications(t):
    sender = "dsn@example.test"
    server = connect(t, "implicit", sender, dsn_notify="failure", dsn_return="headers")
    t.succeeded(t.msmtp("bob@example.test"))
    check(server.delivered("bob", sender), "delivered")
    equal(len(server.delivered("bob", sender)), 1, "mails")


@cases(("ec", "client-ec", "ECDSA"), ("rsa", "client-rsa", "RSA-PSS"))
def test_a_client_certificate_is_trusted(t, name, signature):
    sender = f"{name}@example.test"
    server = connect(
        t,
        "starttls",
        sender,
        tls_cert_file=t.certificates.file(name),
        tls_key_file=t.certificates.key(name),
    )
    t.succeeded(t.msmtp("bob@example.test"))
    check(server.delivered("bob", sender), "delivered")
    trusted = rf"Trusted TLS connection established .* client-signature {signature} "
    check(wait_until(lambda: re.search(trusted, server.log())), "Postfix has verified the certificate")


def test_mails_on_a_kept_connection(t):
    """As many as are sent, in one session, which it logs."""
    sender = "kept@example.test"
    server = connect(t, "starttls", sender, keep_connection=30)
    try:
        for _ in range(5):
            t.succeeded(kept.send(t, "bob@example.test"))
        check(wait_until(lambda: len(server.delivered("bob", sender) or []) == 5), "mails delivered")
        equal(len(kept.keepers()), 1, "keepers")
        equal(len(kept.network_children()), 1, "connections")
    finally:
        kept.end()
