"""Everything in the manual of msmtp 1.4 (2006): each option and each command is accepted and does what it did, or what
the manual page says under OLDER NAMES that it does today."""

import os
import re

from dialogue import Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal

# A command of the configuration, and what -P shows of it.
COMMANDS = (
    ("host mail.old.example", "host = mail.old.example"),
    ("port 2525", "port = 2525"),
    ("timeout 30", "timeout = 30 seconds"),
    ("timeout off", "timeout = off"),
    ("connect_timeout 30", "timeout = 30 seconds"),
    ("connect_timeout off", "timeout = off"),
    ("protocol smtp", "protocol = smtp"),
    ("protocol lmtp", "protocol = lmtp"),
    ("auto_from", "auto_from = on"),
    ("auto_from on", "auto_from = on"),
    ("auto_from off", "auto_from = off"),
    ("from old@old.example", "from = old@old.example"),
    ("maildomain old.example", "maildomain = old.example"),
    ("auth", "auth = choose"),
    ("auth on", "auth = choose"),
    ("auth off", "auth = none"),
    ("auth plain", "auth = PLAIN"),
    ("auth cram-md5", "auth = CRAM-MD5"),
    ("auth digest-md5", "auth = DIGEST-MD5"),
    ("auth gssapi", "auth = GSSAPI"),
    ("auth external", "auth = EXTERNAL"),
    ("auth login", "auth = LOGIN"),
    ("auth ntlm", "auth = NTLM"),
    ("user joe.smith", "user = joe.smith"),
    ("user", "user = (not set)"),
    ("password secret", "password = *"),
    ("password", "password = (not set)"),
    ("ntlmdomain OLD", "ntlmdomain = OLD"),
    ("ntlmdomain", "ntlmdomain = (not set)"),
    ("tls", "tls = on"),
    ("tls on", "tls = on"),
    ("tls off", "tls = off"),
    ("tls_starttls", "tls_starttls = on"),
    ("tls_starttls off", "tls_starttls = off"),
    ("tls_nostarttls", "tls_starttls = off"),
    ("tls_trust_file /etc/ssl/old.crt", "tls_trust_file = /etc/ssl/old.crt"),
    ("tls_trust_file ~/old.crt", "tls_trust_file = HOME/old.crt"),
    ("tls_trust_file", "tls_trust_file = (not set)"),
    ("tls_key_file ~/key.pem\ntls_cert_file ~/cert.pem", "tls_key_file = HOME/key.pem"),
    ("tls_key_file ~/key.pem\ntls_cert_file ~/cert.pem", "tls_cert_file = HOME/cert.pem"),
    ("tls_key_file\ntls_cert_file", "tls_key_file = (not set)"),
    ("tls_certcheck", "tls_certcheck = on"),
    ("tls_certcheck off", "tls_certcheck = off"),
    ("tls_nocertcheck", "tls_certcheck = off"),
    ("tls_force_sslv3", "tls = off"),
    ("tls_force_sslv3 on", "tls = off"),
    ("tls_force_sslv3 off", "tls = off"),
    ("dsn_notify off", "dsn_notify = (not set)"),
    ("dsn_notify never", "dsn_notify = NEVER"),
    ("dsn_notify failure,delay,success", "dsn_notify = FAILURE,DELAY,SUCCESS"),
    ("dsn_return off", "dsn_return = (not set)"),
    ("dsn_return headers", "dsn_return = HDRS"),
    ("dsn_return full", "dsn_return = FULL"),
    ("domain old.example", "domain = old.example"),
    ("keepbcc", "remove_bcc_headers = off"),
    ("keepbcc on", "remove_bcc_headers = off"),
    ("keepbcc off", "remove_bcc_headers = on"),
    ("logfile ~/.msmtp.log", "logfile = HOME/.msmtp.log"),
    ("logfile -", "logfile = -"),
    ("logfile", "logfile = (not set)"),
    ("syslog", "syslog = LOG_USER"),
    ("syslog on", "syslog = LOG_USER"),
    ("syslog off", "syslog = (not set)"),
    ("syslog LOG_MAIL", "syslog = LOG_MAIL"),
    ("syslog LOG_LOCAL7", "syslog = LOG_LOCAL7"),
    ('domain "with blanks "', "domain = with blanks "),
)
# An option, and what -P shows of it; its command is among those above.
OPTIONS = (
    ("--port=2525", "port = 2525"),
    ("--timeout=30", "timeout = 30 seconds"),
    ("--timeout=off", "timeout = off"),
    ("--connect-timeout=30", "timeout = 30 seconds"),
    ("--protocol=lmtp", "protocol = lmtp"),
    ("--auth", "auth = choose"),
    ("--auth=on", "auth = choose"),
    ("--auth=off", "auth = none"),
    ("--auth=cram-md5", "auth = CRAM-MD5"),
    ("--user=joe", "user = joe"),
    ("--user=", "user = (not set)"),
    ("--tls", "tls = on"),
    ("--tls=on", "tls = on"),
    ("--tls=off", "tls = off"),
    ("--tls-starttls", "tls_starttls = on"),
    ("--tls-starttls=off", "tls_starttls = off"),
    ("--tls-trust-file=~/old.crt", "tls_trust_file = HOME/old.crt"),
    ("--tls-trust-file=", "tls_trust_file = (not set)"),
    ("--tls-key-file=/k --tls-cert-file=/c", "tls_key_file = /k"),
    ("--tls-key-file=/k --tls-cert-file=/c", "tls_cert_file = /c"),
    ("--tls-key-file= --tls-cert-file=", "tls_cert_file = (not set)"),
    ("--tls-certcheck", "tls_certcheck = on"),
    ("--tls-certcheck=off", "tls_certcheck = off"),
    ("--tls-force-sslv3", "tls = off"),
    ("--tls-force-sslv3=on", "tls = off"),
    ("--domain=old.example", "domain = old.example"),
    ("--auto-from", "auto_from = on"),
    ("--auto-from=off", "auto_from = off"),
    ("--maildomain=old.example", "maildomain = old.example"),
    ("--maildomain=", "maildomain = (not set)"),
    ("-N never", "dsn_notify = NEVER"),
    ("--dsn-notify=failure,delay", "dsn_notify = FAILURE,DELAY"),
    ("--dsn-notify=off", "dsn_notify = (not set)"),
    ("-R hdrs", "dsn_return = HDRS"),
    ("--dsn-return=headers", "dsn_return = HDRS"),
    ("--dsn-return=full", "dsn_return = FULL"),
    ("--dsn-return=off", "dsn_return = (not set)"),
    ("--keepbcc", "remove_bcc_headers = off"),
    ("--keepbcc=off", "remove_bcc_headers = on"),
    ("-X ~/log", "logfile = HOME/log"),
    ("--logfile=-", "logfile = -"),
    ("--logfile=", "logfile = (not set)"),
    ("--syslog", "syslog = LOG_USER"),
    ("--syslog=LOG_LOCAL0", "syslog = LOG_LOCAL0"),
    ("--syslog=off", "syslog = (not set)"),
    ("-t", "reading recipients from the command line and the mail"),
    ("--read-recipients", "reading recipients from the command line and the mail"),
)


def shows(t, wanted, *arguments):
    """-P with ARGUMENTS says the line WANTED, and nothing is wrong."""
    run = t.msmtp("-P", *arguments, RECIPIENT, mail=b"")
    check(run.code == 0 and not run.err, f"{arguments}: {run}")
    lines = run.out.decode().splitlines()
    check(wanted.replace("HOME", t.home) in lines, f"{arguments}: no line {wanted!r} in {lines}")


def old_config(t, more=""):
    t.write_config(f"account default\nhost mail.example.test\nport 25\nfrom joe@example.test\n{more}\n")


def test_every_command(t):
    for text, wanted in COMMANDS:
        old_config(t, text)
        shows(t, wanted)


def test_every_option_that_is_a_setting(t):
    old_config(t)
    for words, wanted in OPTIONS:
        shows(t, wanted, *[word.replace("~", t.home) if word[0] != "-" else word for word in words.split()])


def test_an_option_stands_above_the_file(t):
    old_config(t, "tls on\nport 1\nuser a")
    shows(t, "tls = off", "--tls=off")
    shows(t, "port = 2", "--port=2")
    shows(t, "user = b", "--user=b")


def test_ports_by_default(t):
    """They are those of the standards; for LMTP there is none."""
    for more, wanted in (("", 25), ("tls\n", 25), ("tls\ntls_starttls off\n", 465), ("tls\ntls_nostarttls\n", 465)):
        t.write_config(f"account default\nhost mail.example.test\nfrom joe@example.test\n{more}")
        shows(t, f"port = {wanted}")


def test_the_example_of_the_manual(t):
    """Accounts that take over what others say, and the choice among them."""
    t.write_config(
        "# Set default values for all following accounts.\ndefaults\ntls on\n"
        "tls_trust_file /etc/ssl/certs/ca-certificates.crt\nlogfile ~/.msmtp.log\n\n"
        "account freemail\nhost smtp.freemail.example\nfrom joe_smith@freemail.example\nauth on\nuser joe.smith\n"
        "password secret\n\naccount freemail2 : freemail\nfrom joey@freemail.example\n\n"
        "account provider\nhost mail.provider.example\nfrom smithjoe@provider.example\nauth on\nuser 123456789\n"
        "password my_password\n\naccount default : provider\n"
    )
    for words, account, host in (
        ((), "default", "mail.provider.example"),
        (("-a", "provider"), "provider", "mail.provider.example"),
        (("--account=freemail",), "freemail", "smtp.freemail.example"),
        (("-f", "joey@freemail.example"), "freemail2", "smtp.freemail.example"),
        (("--from=nobody@nowhere.example",), "default", "mail.provider.example"),
    ):
        run = t.msmtp("-P", *words, RECIPIENT, mail=b"")
        check(run.code == 0 and f"\nusing account {account} from " in "\n" + run.out.decode(), f"{words}: {run}")
        for line in (f"host = {host}", "tls = on", "password = *", f"logfile = {t.home}/.msmtp.log"):
            check(f"\n{line}\n" in run.out.decode(), f"{words}: no line {line!r}: {run}")


def test_host_and_account_exclude_each_other(t):
    old_config(t)
    t.failed(t.msmtp("--host=x", "-a", "default", RECIPIENT), 64, "cannot use both --host and --account", account=False)


def test_another_file(t):
    other = t.path("other", "account default\nhost other.example.test\nfrom joe@example.test\n")
    old_config(t)
    for words in (("-C", other), (f"--file={other}",)):
        shows(t, "host = other.example.test", *words)


@cases("--version", "--help")
def test_texts(t, option):
    run = t.msmtp(option)
    t.succeeded(run)
    wanted = (b"plain ", b"cram-md5 ", b"login ", b"msmtprc") if option == "--version" else (b"--pretend", b"--keepbcc")
    for word in wanted:
        check(word in run.out, f"no {word} in {option}: {run}")


@cases("-d", "--debug", "-v")
def test_debug_shows_the_dialogue(t, option):
    """-v meant nothing then."""
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp(option, RECIPIENT)
    check(run.code == 0 and b"<-- 220 " in run.out and b"--> EHLO localhost" in run.out, f"{run}")


def sent(t, *arguments, mail=MAIL, env=None, **settings):
    """A mail that was sent, and its session."""
    server = t.serve(Dialogue())
    t.configure(server, **settings)
    t.succeeded(t.msmtp(*arguments, mail=mail, env=env))
    server.settle()
    return server.session.mails[0], server.session


def test_what_sendmail_has_is_ignored(t):
    words = "-B8BITMIME -bm -G -h3 -i -L tag -m -n -O option=value -oi -om".split()
    mail, _ = sent(t, *words, RECIPIENT)
    equal((mail.recipients, mail.content), ([RECIPIENT], MAIL), "recipients and mail")


def test_a_full_name_is_for_from(t):
    """-F was ignored; now it is the name in a From field that has to be written."""
    mail, _ = sent(t, "-FJoe", RECIPIENT)
    equal(mail.content, MAIL, "a mail that has a From field")


def test_recipients_of_the_mail(t):
    """-t adds those of the mail to those of the command line."""
    text = b"From: joe@example.test\nTo: a@x.test\nCc: b@x.test\nBcc: c@x.test\nDate: x\nMessage-ID: <1@x>\n\n.\n"
    mail, _ = sent(t, "-t", "--", "-d@x.test", mail=text)
    equal(mail.recipients, ["-d@x.test", "a@x.test", "b@x.test", "c@x.test"], "recipients")
    equal(mail.content, text.replace(b"Bcc: c@x.test\n", b""), "mail without its Bcc field")


def test_keepbcc(t):
    text = MAIL.replace(b"Subject", b"Bcc: c@x.test\nSubject")
    mail, _ = sent(t, mail=text, keepbcc="on")
    equal(mail.content, text, "mail with its Bcc field")


@cases(
    ("USER", {"USER": "joe", "LOGNAME": "not"}, "old.example", "joe@old.example"),
    ("LOGNAME", {"USER": None, "LOGNAME": "log"}, "old.example", "log@old.example"),
    ("no domain", {"USER": "joe"}, "", "joe"),
)
def test_automatic_sender(t, env, domain, wanted):
    mail, _ = sent(t, RECIPIENT, auto_from="on", maildomain=domain, env=env, from_=None)
    equal(mail.sender, wanted, "sender")


def test_names_and_notifications(t):
    mail, session = sent(t, "-N", "failure,delay", "-R", "hdrs", RECIPIENT, domain="old.example")
    equal(session.commands[0], "EHLO old.example", "greeting")
    check(" RET=HDRS" in mail.sender_line, mail.sender_line)
    check(" NOTIFY=FAILURE,DELAY" in mail.recipient_lines[0], mail.recipient_lines[0])


def test_the_log(t):
    """All that the manual says the line has."""
    sent(t, "-f", "sue@example.test", RECIPIENT, allow_from_override="on")
    fields = t.logged("EX_OK", host="127.0.0.1", tls="off", auth="off", recipients=RECIPIENT, mailsize=str(len(MAIL)))
    equal(fields["from"], "sue@example.test", "from")
    check(fields["smtpstatus"] == "250" and fields["time"], f"{fields}")


def test_the_log_on_standard_output(t):
    server = t.serve(Dialogue())
    t.configure(server, logfile="-")
    run = t.msmtp()
    check(run.code == 0 and re.search(rb"host=127\.0\.0\.1 .* exitcode=EX_OK\n", run.out), f"{run}")


@cases(
    ("plain", "plain", "PLAIN"),
    ("login", "login", "LOGIN"),
    ("cram-md5", "cram-md5", "CRAM-MD5"),
    ("chosen", "on", None),
)
def test_authentication_under_tls(t, method, wanted):
    """The password from ~/.netrc, when the configuration has none; "on" takes the best that there is."""
    auth = Auth(mechanisms=("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"))
    server = t.serve(Dialogue(starttls=t.certificates.context(), auth=auth))
    t.configure(server, **t.tls(auth=method, user="joe", host="localhost"))
    t.path(".netrc", "machine localhost\nlogin joe\npassword \"s3cret pass\"\n")
    t.succeeded(t.msmtp())
    equal(auth.used, wanted or "SCRAM-SHA-256", "method")
    t.logged("EX_OK", tls="on", auth="on", user="joe")


def test_without_tls_only_what_hides_the_password(t):
    """Then "on" took CRAM-MD5, which today is no longer thought safe; by its name it is."""
    auth = Auth(mechanisms=("CRAM-MD5",))
    server = t.serve(Dialogue(auth=auth))
    t.configure(server, auth="on", user="joe", password=auth.password)
    equal(t.msmtp().code, 69, "exit code of auth on")
    t.configure(t.serve(Dialogue(auth=auth)), auth="cram-md5", user="joe", password=auth.password)
    t.succeeded(t.msmtp())


def test_tls_checks_the_certificate(t):
    """By the file that is named; with certcheck off not at all. Then nothing was checked without a file; now it is
    checked with the authorities of the system."""
    for settings, wanted in (
        (t.tls(), 0),
        ({"tls": "on"}, 69),
        ({"tls": "on", "tls_certcheck": "off"}, 0),
        ({"tls": "on", "tls_nocertcheck": ""}, 0),
    ):
        server = t.serve(Dialogue(starttls=t.certificates.context()))
        server.errors = []
        t.expect_script_errors = True
        t.configure(server, host="localhost", **settings)
        equal(t.msmtp().code, wanted, f"exit code with {settings}")


def test_queue_start(t):
    """ETRN, and no word about it."""
    server = t.serve(Dialogue(keywords=("ETRN",), replies={"other": "250 2.0.0 started\r\n"}))
    t.configure(server)
    for argument in ("host.example.test", "@example.test", "#queue"):
        run = t.msmtp(f"--rmqs={argument}", mail=b"")
        t.succeeded(run)
        server.settle()
        check(f"ETRN {argument}" in server.sessions[-1].commands, f"{server.sessions[-1].commands}")


@cases("-S", "--serverinfo")
def test_server_information(t, option):
    server = t.serve(Dialogue(auth=Auth(mechanisms=("PLAIN",))))
    t.configure(server)
    run = t.msmtp(option, mail=b"")
    t.succeeded(run)
    for line in (b"SIZE 52428800", b"DSN", b"AUTH"):
        check(line in run.out, f"no {line} in {run}")


def test_no_temporary_file(t):
    """TMPDIR counts nothing."""
    server = t.serve(Dialogue())
    t.configure(server)
    folder = t.path("tmp")
    os.mkdir(folder, 0o000)
    t.succeeded(t.msmtp("-t", env={"TMPDIR": folder}))
