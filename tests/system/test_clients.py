"""Real mail clients that hand their mails to /usr/sbin/sendmail, which is ours: the envelope and the mail as they
arrive."""

import email
import email.policy
import os
import pwd
import re
import subprocess

from dialogue import Dialogue
from harness import LIMIT, Run, cases, check, equal, skip
from processes import wait_until

needs = "clients"

BODY = "Grüße,\n.\n..\nFrom here on\nQUIT\n\nend\n"


def configured(t, make=Dialogue, **settings):
    """A server, and a configuration for it."""
    t.options.clients.needed()
    server = t.serve(make())
    t.configure(server, **settings)
    return server


def run(t, *command, text="", env=None):
    """COMMAND to its end, with TEXT on its standard input."""
    words = t.options.clients.words(t, *command)
    user = pwd.getpwuid(os.geteuid()).pw_name
    environment = t.environment(
        dict({"LC_ALL": "C.UTF-8", "TERM": "dumb", "TMPDIR": t.home, "USER": user}, **(env or {}))
    )
    done = subprocess.run(words, input=text.encode(), capture_output=True, cwd=t.home, env=environment, timeout=LIMIT)
    return Run(done.returncode, done.stdout, done.stderr, 0)


def good(result):
    equal(result.code, 0, f"exit code of {result}")


def arrived(server, sender, *recipients):
    """The only mail, parsed, when its envelope is this one."""
    server.settle()
    (mail,) = server.mails
    check(mail.accepted, "the server took it")
    equal((mail.sender, mail.recipients), (sender, list(recipients)), "envelope")
    return mail, email.message_from_bytes(mail.content, policy=email.policy.default)


def text_of(message):
    return message.get_body(("plain",)).get_content()


# -- mutt


def mutt(t, *more):
    rc = t.path(
        "muttrc",
        "set from='Joe Doe <joe@example.test>'\nset copy=no\nset folder=/nonexistent\n"
        "set use_envelope_from=yes\n" + "".join(line + "\n" for line in more),
    )
    return ("mutt", "-n", "-F", rc)


@cases(
    ("default", "default", ""),
    ("our-own-path", "our-own-path", "set sendmail='PROGRAM'\n"),
    ("account", "account", "set sendmail='PROGRAM --read-envelope-from -a default'\nset use_envelope_from=no\n"),
)
def test_mutt(t, name, setting):
    server = configured(t)
    words = mutt(t, setting.replace("PROGRAM", t.program))
    good(
        run(
            t,
            *words,
            "-s",
            "Grüße",
            "-c",
            "carol@example.test",
            "-b",
            "dave@example.test",
            "--",
            "bob@example.test",
            text=BODY,
        )
    )
    _, message = arrived(server, "joe@example.test", "bob@example.test", "carol@example.test", "dave@example.test")
    equal((message["from"], message["subject"]), ("Joe Doe <joe@example.test>", "Grüße"), "headers")
    equal((message["to"], message["cc"], message["bcc"]), ("bob@example.test", "carol@example.test", None), "headers")
    equal(text_of(message), BODY, "text")


def test_mutt_with_an_attachment(t):
    server = configured(t)
    data = bytes(range(256)) * 300
    path = t.path("attached.bin", data)
    good(run(t, *mutt(t), "-s", "x", "-a", path, "--", "bob@example.test", text=BODY))
    _, message = arrived(server, "joe@example.test", "bob@example.test")
    equal([part.get_content() for part in message.iter_attachments()], [data], "attachment")


def test_mutt_asks_for_notifications(t):
    server = configured(t)
    words = mutt(t, "set dsn_notify='failure,delay'", "set dsn_return=hdrs", "set use_8bitmime=yes")
    good(run(t, *words, "-s", "x", "--", "bob@example.test", text=BODY))
    mail, _ = arrived(server, "joe@example.test", "bob@example.test")
    check(" RET=HDRS" in mail.sender_line, mail.sender_line)
    check(re.search(" NOTIFY=(FAILURE,DELAY|DELAY,FAILURE)$", mail.recipient_lines[0]), mail.recipient_lines[0])


def test_mutt_says_that_it_failed(t):
    server = configured(t, lambda: Dialogue(replies={"rcpt": "550 5.1.1 no such user\r\n"}))
    result = run(t, *mutt(t), "-s", "x", "--", "bob@example.test", text=BODY)
    check(result.code != 0, str(result))
    # mutt shows the exit code and what we said.
    check(b"65" in result.out + result.err and b"550 5.1.1 no such user" in result.out + result.err, str(result))
    t.nothing_delivered(server)


# -- mail


@cases(
    (
        "s-nail",
        "s-nail",
        ("s-nail", "-n", "-S", "sendcharsets=utf-8", "-S", "from=joe@example.test", "-r", "joe@example.test"),
    ),
    (
        "s-nail-with-a-path",
        "s-nail-with-a-path",
        ("s-nail", "-n", "-S", "sendcharsets=utf-8", "-S", "mta=PROGRAM", "-S", "from=joe@example.test"),
    ),
    (
        "bsd-mailx",
        "bsd-mailx",
        ("bsd-mailx", "-n", "-a", "Content-Type: text/plain; charset=utf-8", "-a", "Content-Transfer-Encoding: 8bit"),
    ),
)
def test_mail(t, _, words):
    server = configured(t)
    words = [word.replace("PROGRAM", t.program) for word in words]
    good(
        run(
            t,
            *words,
            "-s",
            "a subject",
            "-c",
            "carol@example.test",
            "-b",
            "dave@example.test",
            "bob@example.test",
            text=BODY,
            env={"MAILRC": "/dev/null"},
        )
    )
    server.settle()
    (mail,) = server.mails
    equal(sorted(mail.recipients), ["bob@example.test", "carol@example.test", "dave@example.test"], "recipients")
    equal(mail.sender, "joe@example.test", "sender")
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    equal((message["to"], message["cc"], message["bcc"]), ("bob@example.test", "carol@example.test", None), "headers")
    equal(message["subject"], "a subject", "subject")
    equal(text_of(message), BODY, "text")


@cases("s-nail", "bsd-mailx")
def test_mail_says_that_it_failed(t, program):
    server = configured(t, lambda: Dialogue(replies={"mail": "451 4.3.0 not now\r\n"}))
    result = run(t, program, "-n", "-s", "x", "bob@example.test", text=BODY, env={"MAILRC": "/dev/null"})
    check(b"451 4.3.0 not now" in result.out + result.err, str(result))
    t.nothing_delivered(server)


# -- git


def repository(t, commits):
    folder = os.path.join(t.home, "repository")
    script = ["git init -q .", "git config user.name 'Jöe Doe'", "git config user.email joe@example.test"]
    for number in range(commits):
        script += [
            f"printf 'Käse {number}\\n.\\n' >file{number}",
            f"git add file{number}",
            f"git commit -q -m 'Change {number}' -m 'What it does.' -m 'Cc: Carol <carol@example.test>'",
        ]
    os.makedirs(folder)
    done = subprocess.run(["/bin/sh", "-ec", "\n".join(script)], cwd=folder, env=t.environment(), capture_output=True)
    equal(done.returncode, 0, done.stderr.decode())
    return folder


@cases(
    ("found", "found", ()),
    ("command", "command", ("--sendmail-cmd=PROGRAM --read-envelope-from",)),
    ("path", "path", ("--smtp-server=PROGRAM",)),
    (
        "path-with-options",
        "path-with-options",
        ("--smtp-server=PROGRAM", "--smtp-server-option=-a", "--smtp-server-option=default", "--envelope-sender=auto"),
    ),
)
def test_git_send_email(t, _, words):
    server = configured(t)
    folder = repository(t, 2)
    words = [word.replace("PROGRAM", t.program) for word in words]
    good(
        run(
            t,
            "git",
            "-C",
            folder,
            "send-email",
            "--quiet",
            "--confirm=never",
            "--suppress-cc=self",
            "--to=Bob <bob@example.test>",
            *words,
            "--root",
            "HEAD",
        )
    )
    server.settle()
    equal(len(server.mails), 2, "mails")
    for number, mail in enumerate(server.mails):
        equal(
            (mail.sender, mail.recipients), ("joe@example.test", ["bob@example.test", "carol@example.test"]), "envelope"
        )
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        equal(message["subject"], f"[PATCH {number + 1}/2] Change {number}", "subject")
        equal(message["from"], "Jöe Doe <joe@example.test>", "from")
        check(f"+Käse {number}\n+.\n" in text_of(message), "the patch")


def test_git_says_that_it_failed(t):
    server = configured(t, lambda: Dialogue(replies={"body": "554 5.7.1 spam\r\n"}))
    result = run(
        t, "git", "-C", repository(t, 1), "send-email", "--confirm=never", "--to=bob@example.test", "--root", "HEAD"
    )
    check(result.code != 0 and b"554 5.7.1 spam" in result.err, str(result))
    server.settle()


# -- PHP

PHP = """
$sent = mail("bob@example.test, Carol <carol@example.test>", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
             file_get_contents("php://stdin"), ["From" => "joe@example.test", "Bcc" => "dave@example.test",
              "Content-Type" => "text/plain; charset=utf-8",
              "Content-Transfer-Encoding" => "8bit"], MORE);
echo $sent ? "sent" : "not sent";
"""


@cases(
    ("default", "default", "/usr/sbin/sendmail -t -i", ""),
    ("our-own-path", "our-own-path", "PROGRAM -t", "-f joe@example.test"),
    ("account", "account", "PROGRAM -a default -t -i", "-fjoe@example.test -oi"),
    ("header", "header", "PROGRAM --read-envelope-from -t", ""),
)
def test_php_mail(t, _, path, more):
    server = configured(t)
    result = run(
        t,
        "php8.2",
        "-n",
        "-d",
        "sendmail_path=" + path.replace("PROGRAM", t.program),
        "-r",
        PHP.replace("MORE", repr(more)),
        text=BODY,
    )
    equal((result.code, result.out), (0, b"sent"), f"PHP's word; {result}")
    _, message = arrived(server, "joe@example.test", "bob@example.test", "carol@example.test", "dave@example.test")
    equal((message["subject"], message["bcc"]), ("Grüße", None), "headers")
    equal(text_of(message), BODY + "\n", "text, which PHP ends with a line end of its own")


def test_php_says_that_it_failed(t):
    server = configured(t, lambda: Dialogue(replies={"data": "451 4.3.0 not now\r\n", "ehlo": "250 x\r\n"}))
    result = run(
        t, "php8.2", "-n", "-d", "sendmail_path=/usr/sbin/sendmail -t -i", "-r", PHP.replace("MORE", '""'), text=BODY
    )
    equal(result.out, b"not sent", f"PHP's word; {result}")
    check(b"451 4.3.0 not now" in result.err, str(result))
    t.nothing_delivered(server)


# -- cron

CRON = r"""
# With a /run of its own this is the first start since the machine's.
mount -t tmpfs none /run
mount -t tmpfs none /var/spool
mkdir -p /run/lock /var/spool/cron
mount --bind "$1" /var/spool/cron
# Whether cron may begin a session is not the question here.
for kind in auth account session; do echo "$kind required pam_permit.so"; done >/run/pam
mount --bind /run/pam /etc/pam.d/cron
exec cron -f -L 15
"""


def crontab(t, command):
    """A folder to be /var/spool/cron, with one job that is to run when cron starts."""
    spool = os.path.join(t.home, "cron")
    os.makedirs(os.path.join(spool, "crontabs"))
    path = os.path.join(spool, "crontabs", "root")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"MAILTO=bob@example.test\n@reboot {command}\n")
    os.chmod(path, 0o600)
    return spool


def test_cron_mails_what_a_job_says(t):
    """The daemon itself, in a process namespace of its own, whose end is its end."""
    server = configured(t)
    words = t.options.clients.words(
        t,
        "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "/bin/sh",
        "-euc",
        CRON,
        "cron",
        crontab(t, "printf 'the output\\n.\\nof the job\\n'; echo and its errors >&2"),
    )
    daemon = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=t.environment()
    )
    try:
        wait_until(lambda: server.mails and server.mails[0].accepted or daemon.poll() is not None, 10)
    finally:
        daemon.kill()
    said = daemon.communicate()[0]
    check(server.mails, f"a mail of cron, which said {said!r}")
    mail, message = arrived(server, "joe@example.test", "bob@example.test")
    equal(message["to"], "bob@example.test", "to")
    check(b"\r\nFrom: root (Cron Daemon)\r\n" in b"\r\n" + mail.raw, f"from: {mail.raw!r}")
    check("printf" in message["subject"], message["subject"])
    equal(message.get_payload(), "the output\n.\nof the job\nand its errors\n", "text")


def test_what_cron_calls(t):
    """Its command line, and a local name as the recipient."""
    server = t.serve(Dialogue())
    t.configure(server, aliases=t.path("aliases", "root: bob@example.test\ndefault: carol@example.test\n"))
    mail = (
        b"From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> test\nAuto-Submitted: auto-generated\n\nsaid\n"
    )
    t.succeeded(t.msmtp("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root", mail=mail))
    got, message = arrived(server, "joe@example.test", "bob@example.test")
    check(got.content.endswith(mail), f"{got.content!r}")
    equal(message.get_all("from"), ["root"], "one From")


# -- an SMTP session on standard input and output


def test_swaks_through_a_pipe(t):
    server = configured(t)
    if b"-bs is not available" in t.msmtp("-bs", mail=b"QUIT\r\n").err:
        skip("this version has no SMTP session on standard input")
    good(
        run(
            t,
            "swaks",
            "--pipe",
            "/usr/sbin/sendmail -bs",
            "--from",
            "joe@example.test",
            "--to",
            "bob@example.test,carol@example.test",
            "--header",
            "Subject: a subject",
            "--body",
            "line\n.\n..\nend",
        )
    )
    mail, message = arrived(server, "joe@example.test", "bob@example.test", "carol@example.test")
    equal((message["subject"], message.get_payload()), ("a subject", "line\n.\n..\nend\n\n\n"), "mail")
