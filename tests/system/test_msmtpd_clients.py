"""Real clients, msmtpd, msmtp behind it and a real Postfix behind that: the whole way of a mail, and what arrives."""

import email
import email.policy
import json
import os
import re
import smtplib
import subprocess

import postfix
from harness import LIMIT, cases, check, equal, skip
from msmtpd import start

needs = ("clients", "postfix")

USER, PASSWORD = "me", "tr0ub4dor & 3"
BODY = "Grüße,\n.\n..\nFrom here on\nQUIT\n\nend\n"
RECIPIENTS = ["bob@example.test", "carol@example.test"]


def running(t, *options):
    """msmtpd with its own command, but for the configuration of the msmtp that it calls."""
    server, clients = t.options.postfix.needed(), t.options.clients.needed()
    settings = t.tls(host="localhost", port=server.ports[0], auth="on", user=postfix.USER, password=postfix.PASSWORD)
    settings["from"] = "nobody@example.test"
    t.configure(**settings)
    daemon = start(t, f"--command={t.program} -C {t.rc} -f %F --", *options)
    return daemon, clients


def login(t):
    return f"--auth={USER},cat {t.path('secret', PASSWORD)}"


class Sending:
    """What a client is to do: send BODY from SENDER to RECIPIENTS, with METHOD for the login or without one."""

    def __init__(self, t, daemon, clients, sender, recipients, method=None, fails=False):
        self.t, self.clients, self.port, self.sender = t, clients, daemon.port, sender
        self.recipients, self.method, self.fails = recipients, method, fails

    def run(self, *words, text=""):
        """The client to its end; what it said."""
        environment = self.t.environment({"LC_ALL": "C.UTF-8", "TERM": "dumb", "TMPDIR": self.t.home})
        done = subprocess.run(self.clients.words(self.t, *words), input=text.encode(), capture_output=True,
                              cwd=self.t.home, env=environment, timeout=LIMIT)  # fmt: skip
        said = done.stdout + done.stderr
        check(self.fails == (done.returncode != 0), f"{words[0]}: exit {done.returncode}, {said!r}")
        return said

    def by(self, client):
        return CLIENTS[client](self)


def arrived(t, sender, name="bob"):
    """The one mail from SENDER in NAME's mailbox, parsed; it came through msmtpd."""
    found = t.options.postfix.delivered(name, sender)
    check(found and len(found) == 1, f"one mail from {sender} for {name}, not {found!r}")
    message = email.message_from_bytes(found[0], policy=email.policy.default)
    ours = [line for line in message.get_all("received") if "(msmtpd)" in line]
    equal(len(ours), 1, f"our Received field in {found[0]!r}")
    field = r"from client\.example\.test \(localhost \[127\.0\.0\.1\]\) by localhost \[127\.0\.0\.1\] \(msmtpd\) with ESMTP; .*"
    check(re.fullmatch(field, " ".join(ours[0].split())), ours[0])
    check(b"\r" not in found[0], f"line ends: {found[0]!r}")
    return message


def expect(message, text=BODY, subject="Grüße"):
    equal((message["subject"], message["bcc"]), (subject, None), "header")
    # Some end what they were given with empty lines of their own.
    equal(message.get_body(("plain",)).get_content().rstrip("\n"), text.rstrip("\n"), "text")


# How each client does it.


def swaks(s):
    words = ["swaks", "--server", "127.0.0.1", "--port", str(s.port), "--helo", "client.example.test", "--from", s.sender]
    words += ["--to", ",".join(s.recipients), "--header", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?="]
    words += ["--add-header", "Content-Type: text/plain; charset=utf-8", "--body", "-"]
    words += ["--add-header", "Content-Transfer-Encoding: 8bit"]
    if s.method:
        words += ["--auth", s.method, "--auth-user", USER, "--auth-password", PASSWORD]
    return s.run(*words, text=BODY)


def head(sender, recipients):
    return (
        f"From: {sender}\nTo: {', '.join(recipients)}\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )


def mail_of(sender, recipients, text=BODY):
    return (head(sender, recipients) + text).replace("\n", "\r\n")


def curl(s):
    words = ["curl", "--silent", "--show-error", f"smtp://127.0.0.1:{s.port}/client.example.test", "--mail-from", s.sender]
    for recipient in s.recipients:
        words += ["--mail-rcpt", recipient]
    if s.method:
        words += ["--user", f"{USER}:{PASSWORD}", "--login-options", f"AUTH={s.method.upper()}"]
    return s.run(*words, "--upload-file", s.t.path("mail", mail_of(s.sender, s.recipients)))


def library(s):
    """Python's."""
    with smtplib.SMTP("127.0.0.1", s.port, timeout=LIMIT) as client:
        client.ehlo("client.example.test")
        if s.method:
            client.user, client.password = USER, PASSWORD
            code, _ = client.auth(s.method.upper(), getattr(client, "auth_" + s.method.replace("-", "_")))
            equal(code, 235, "login")
        options = ["BODY=8BITMIME"] + ([] if (s.sender + "".join(s.recipients)).isascii() else ["SMTPUTF8"])
        client.sendmail(s.sender, s.recipients, mail_of(s.sender, s.recipients).encode(), options)
    return b""


NODEMAILER = """
const settings = JSON.parse(require("fs").readFileSync(0, "utf8"));
require("nodemailer").createTransport(settings.server).sendMail(settings.mail)
  .then(info => console.log(info.response), error => { console.error(error.message); process.exitCode = 1; });
"""


def nodemailer(s):
    run_node = ["env", "NODE_PATH=/usr/share/nodejs", "node", "-e"]
    probe = subprocess.run(s.clients.words(s.t, *run_node, 'require("nodemailer")'), capture_output=True, timeout=LIMIT)
    if probe.returncode:
        skip("no node or no nodemailer here (Debian packages: nodejs node-nodemailer)")
    server = {"host": "127.0.0.1", "port": s.port, "secure": False, "ignoreTLS": True, "name": "client.example.test"}
    if s.method:
        server.update(authMethod=s.method.upper(), auth={"user": USER, "pass": PASSWORD})
    mail = {"from": s.sender, "to": s.recipients, "subject": "Grüße", "text": BODY, "encoding": "8bit"}
    return s.run(*run_node, NODEMAILER, text=json.dumps({"server": server, "mail": mail}))


def mutt(s):
    lines = [f"set from='{s.sender}'", "set copy=no", "set folder=/nonexistent", "set use_envelope_from=yes"]
    lines += ["set ssl_starttls=no", "set ssl_force_tls=no", "set use_8bitmime=yes", "set hostname=client.example.test"]
    lines += [f"set smtp_url='smtp://{USER + '@' if s.method else ''}127.0.0.1:{s.port}/'"]
    if s.method:
        lines += [f"set smtp_pass='{PASSWORD}'", f"set smtp_authenticators='{s.method}'"]
    rc = s.t.path("muttrc", "\n".join(lines) + "\n")
    return s.run("mutt", "-n", "-F", rc, "-s", "Grüße", "--", *s.recipients, text=BODY)


def s_nail(s):
    words = ["s-nail", "-:/", "-Sv15-compat=yes", "-Ssendcharsets=utf-8", f"-Sfrom={s.sender}"]
    words += [f"-Ssmtp-from={s.sender}", "-Shostname=client.example.test"]
    words += [f"-Smta=smtp://127.0.0.1:{s.port}", f"-Ssmtp-auth={s.method or 'none'}"]
    if s.method:
        words += [f"-Suser={USER}", f"-Spassword={PASSWORD}"]
    return s.run(*words, "-s", "Grüße", *s.recipients, text=BODY)


CLIENTS = {"swaks": swaks, "curl": curl, "smtplib": library, "nodemailer": nodemailer, "mutt": mutt, "s-nail": s_nail}
LOGINS = (
    ("swaks", "plain"),
    ("swaks", "login"),
    ("curl", "plain"),
    ("curl", "login"),
    ("smtplib", "plain"),
    ("smtplib", "login"),
    ("nodemailer", "plain"),
    ("nodemailer", "login"),
    ("mutt", "plain"),
    ("mutt", "scram-sha-256"),
    ("s-nail", "plain"),
    ("s-nail", "login"),
)


@cases(*CLIENTS)
def test_a_mail_arrives(t, client):
    sender = f"by-{client}@example.test"
    Sending(t, *running(t), sender, RECIPIENTS).by(client)
    for name in ("bob", "carol"):
        expect(arrived(t, sender, name))


@cases(*((f"{client}-{method}", client, method) for client, method in LOGINS))
def test_a_mail_arrives_after_a_login(t, client, method):
    sender = f"{method}-by-{client}@example.test"
    Sending(t, *running(t, login(t)), sender, RECIPIENTS[:1], method).by(client)
    expect(arrived(t, sender))


@cases("swaks", "curl", "nodemailer")
def test_without_a_login_nothing_is_sent(t, client):
    sender = f"not-by-{client}@example.test"
    said = Sending(t, *running(t, login(t)), sender, RECIPIENTS[:1], fails=True).by(client)
    check(b"530" in said, f"{said!r}")
    equal(t.options.postfix.delivered("bob", sender, 0.3), [], "mails")


def test_a_wrong_password_is_told(t):
    daemon, _ = running(t, login(t))
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=LIMIT) as client:
        try:
            client.login(USER, "not it")
            raise AssertionError("logged in with a wrong password")
        except smtplib.SMTPAuthenticationError as error:
            equal(error.smtp_code, 535, "reply")


@cases("smtplib", "curl", "nodemailer", "mutt")
def test_addresses_in_utf_8(t, client):
    sender = f"jörg-by-{client}@example.test"
    Sending(t, *running(t), sender, ["bøb@example.test"]).by(client)
    expect(arrived(t, sender, "boeb"))


def test_a_refusal_is_told_and_the_log_has_the_reason(t):
    daemon, _ = running(t)
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=LIMIT) as client:
        client.ehlo("client.example.test")
        for recipient, code in (("nobody@example.test", 554), ("bob@example.test", 250)):
            try:
                client.sendmail("asked@example.test", [recipient], mail_of("asked@example.test", [recipient]).encode())
                equal(code, 250, recipient)
            except smtplib.SMTPDataError as error:
                equal((error.smtp_code, error.smtp_error), (code, b"5.3.0 Pipe command reported error 65"), recipient)
    arrived(t, "asked@example.test")
    check("nobody@example.test" in daemon.logged("server message: 550"), "the reason")


def test_large_mails_and_several_in_one_session(t):
    daemon, _ = running(t)
    text = "".join(f"{number} is a line of a large mail, with text to fill it\n" for number in range(40000))
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=LIMIT) as client:
        client.ehlo("client.example.test")
        for number in range(3):
            sender = f"large-{number}@example.test"
            client.sendmail(sender, ["bob@example.test"], mail_of(sender, RECIPIENTS, text).encode())
    for number in range(3):
        expect(arrived(t, f"large-{number}@example.test"), text)


def test_the_client_may_be_msmtp(t):
    """Over a unix socket: one msmtp without a secret, and behind it one that has it."""
    path = os.path.join(t.home, "submit")
    running(t, f"--interface=unix:{path}")
    config = t.path("client", f"account default\nsocket {path}\nfrom %U@example.test\n")
    mail = (head("joe@example.test", RECIPIENTS) + BODY).encode()
    t.succeeded(t.msmtp("-C", config, "-f", "by-msmtp@example.test", "bob@example.test", mail=mail))
    found = t.options.postfix.delivered("bob", "by-msmtp@example.test")
    equal(len(found or []), 1, "mails")
    expect(email.message_from_bytes(found[0], policy=email.policy.default))
