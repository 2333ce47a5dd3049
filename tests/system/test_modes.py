"""--version, --help, -P and -d."""

import base64
import hashlib
import hmac
import os
import re
import subprocess

from dialogue import Auth, Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal

PASSWORD = "s3cret pass"
KEYS = (
    "host port source_ip proxy_host proxy_port socket timeout protocol domain auth user password "
    "passwordeval ntlmdomain tls tls_starttls tls_trust_file "
    "tls_crl_file tls_fingerprint tls_key_file tls_cert_file tls_certcheck tls_min_dh_prime_bits "
    "tls_priorities tls_host_override auto_from maildomain from "
    "from_full_name allow_from_override set_from_header set_date_header set_msgid_header set_to_header "
    "remove_bcc_headers dsn_notify dsn_return logfile "
    "logfile_time_format syslog aliases"
).split()
SHOWN = {"source_ip": "source ip", "proxy_host": "proxy host", "proxy_port": "proxy port"}


def test_version(t):
    run = t.msmtp("--version")
    t.succeeded(run)
    labels = [line.partition(":")[0] for line in run.out.decode().splitlines() if ":" in line]
    wanted = [
        "Platform",
        "TLS/SSL library",
        "Authentication library",
        "Supported authentication methods",
        "IDN support",
        "NLS",
        "Keyring support",
        "System configuration file name",
        "User configuration file name",
    ]
    equal([label for label in labels if label in wanted], wanted, "labels in order")
    check(run.out.startswith(b"msmtp version "), f"{run.out[:100]}")
    check(re.search(rb"Supported authentication methods:\nscram-sha-256-plus scram-sha-1-plus scram-sha-256 (\S+ )*\n", run.out), f"{run.out}")
    check(f"User configuration file name: {t.rc}\n".encode() in run.out, f"{run.out}")


def test_version_says_what_the_sandbox_is(t):
    check(re.search(rb"Sandbox: .+\n", t.msmtp("--version").out), "a line about the sandbox")


def test_help(t):
    run = t.msmtp("--help")
    t.succeeded(run)
    for option in (
        "--version",
        "--pretend",
        "--debug",
        "--account",
        "--host",
        "--tls-trust-file",
        "--read-recipients",
        "--passwordeval",
        "--dsn-notify",
        "--logfile",
    ):
        check(option in run.out.decode(), f"{option} in the help")


def test_version_and_help_together(t):
    run = t.msmtp("--help", "--version")
    check(run.code == 0 and run.out.index(b"msmtp version") < run.out.index(b"--pretend"), "version first")


def test_a_wrong_option_prints_no_version(t):
    run = t.msmtp("--version", "--nonsense")
    check(run.code == 64 and run.out == b"", str(run))


@cases("no-config", "broken-config")
def test_version_needs_no_configuration(t, kind):
    if kind == "broken-config":
        t.write_config("nonsense\n")
    t.succeeded(t.msmtp("--version"))


def test_pretend_prints_every_setting_and_sends_nothing(t):
    server = t.serve(Dialogue())
    t.configure(server, auth="scram-sha-256", user="joe", password=PASSWORD)
    run = t.msmtp("-P", RECIPIENT)
    t.succeeded(run)
    lines = run.out.decode().splitlines()
    check(
        f"loaded user configuration file {t.rc}" in lines and f"using account default from {t.rc}" in lines, f"{lines}"
    )
    shown = [line.partition(" = ")[0] for line in lines if " = " in line]
    wanted = [SHOWN.get(key, key) for key in KEYS]
    equal([key for key in shown if key in wanted], wanted, "keys in order")
    for line in (
        "host = 127.0.0.1",
        f"port = {server.port}",
        "source ip = (not set)",
        "timeout = 10 seconds",
        "auth = SCRAM-SHA-256",
        "password = *",
        f"from = {ADDRESS}",
        "set_from_header = auto",
        "reading recipients from the command line",
    ):
        check(line in lines, f"{line!r} among {lines}")
    check(PASSWORD.encode() not in run.out, "no password")
    equal(len(server.sessions), 0, "connections")
    t.not_logged()


def test_pretend_needs_no_recipients(t):
    t.configure()
    t.succeeded(t.msmtp("-P"))


def test_pretend_reads_the_sender_from_the_mail(t):
    t.configure()
    run = t.msmtp("-P", "--read-envelope-from", RECIPIENT)
    check(b"envelope from address extracted from mail: joe@example.test\n" in run.out, f"{run.out}")


@cases(
    ("choose", {"auth": "on"}, "auth = choose"),
    ("none", {}, "auth = none"),
    ("starttls-off", {"tls": "on", "tls_starttls": "off"}, "tls_starttls = off"),
    ("one-second", {"timeout": 1}, "timeout = 1 second"),
    ("off", {"timeout": "off"}, "timeout = off"),
    ("trust", {"tls": "on"}, "tls_trust_file = system"),
    ("notify", {"dsn_notify": "failure,delay"}, "dsn_notify = FAILURE,DELAY"),
)
def test_pretend_values(t, settings, line):
    t.configure(user="joe", password="x", **settings)
    run = t.msmtp("-P", RECIPIENT)
    t.succeeded(run)
    check(line in run.out.decode().splitlines(), f"{line}: {run.out}")


def test_debug_shows_the_dialogue(t):
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp("-d", RECIPIENT)
    t.succeeded(run)
    out = run.out.decode()
    for line in (
        "<-- 220 test.example ESMTP ready",
        "--> EHLO localhost",
        "<-- 250-PIPELINING",
        f"--> RCPT TO:<{RECIPIENT}>",
        "--> DATA",
        "<-- 354 go on",
        "--> Hello.",
        "--> .",
        "<-- 250 2.0.0 queued as 1",
    ):
        check(f"\n{line}\r\n" in "\n" + out, f"{line!r} in {out}")
    check("host = 127.0.0.1" in out, "the configuration too")
    equal(server.mails[0].content, MAIL, "mail")


@cases(*((mechanism, mechanism) for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")))
def test_debug_hides_credentials(t, mechanism):
    server = t.serve(Dialogue(auth=Auth(mechanisms=(mechanism,)), starttls=t.certificates.context()))
    t.configure(server, auth=mechanism.lower(), user="joe", password=PASSWORD, **t.tls())
    run = t.msmtp("-d", RECIPIENT)
    t.succeeded(run)
    digest = hmac.new(PASSWORD.encode(), b"<1896.697170952@test.example>", hashlib.md5).hexdigest()
    hidden = [
        PASSWORD.encode(),
        base64.b64encode(PASSWORD.encode()),
        base64.b64encode(b"\0joe\0" + PASSWORD.encode()),
        base64.b64encode(f"joe {digest}".encode()),
    ]
    for form in hidden:
        check(form not in run.out + run.err, f"{form!r} is shown: {run.out}")
    check(re.search(rb"\n--> AUTH " + mechanism.encode() + rb"( \*)?\r\n", run.out), f"AUTH is shown: {run.out}")
    check(b"--> *" in run.out or b" *\r\n" in run.out, "with an asterisk")
    check(b"TLS session parameters:" in run.out and b"CN=Test CA" in run.out, "the TLS session")


def test_debug_neutralises_the_server(t):
    server = t.serve(Dialogue(replies={"greeting": b"220 \x1b[31mred\x07\r\n"}))
    t.configure(server)
    run = t.msmtp("-d", RECIPIENT)
    equal(run.code, 0, "exit code")
    check(b"\x1b" not in run.out and b"\x07" not in run.out, f"{run.out}")


def test_debug_of_a_failure(t):
    server = t.serve(Dialogue(replies={"mail": "550 no\r\n"}))
    t.configure(server)
    run = t.msmtp("-d", RECIPIENT)
    check(run.code == 65 and b"<-- 550 no\r\n" in run.out, str(run))


def test_standard_output_that_is_full_does_not_send_half(t):
    """-P to /dev/full must not look like a success that nobody can see; sending goes on."""
    server = t.serve(Dialogue())
    t.configure(server)
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [t.program, "-d", RECIPIENT],
            input=MAIL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=t.environment(),
            cwd=t.home,
            timeout=20,
        )
    check(process.returncode in (0, 74), f"exit {process.returncode}, {process.stderr}")


@cases("--version", "--help")
def test_an_answer_that_nobody_gets_is_an_error(t, option):
    with open("/dev/full", "wb") as full:
        process = subprocess.run([t.program, option], stdout=full, stderr=subprocess.PIPE, env=t.environment(), timeout=20)
    equal((process.returncode, process.stderr), (
        74, b"msmtp: cannot write to standard output: No space left on device\n"), "exit code and complaint")


def test_home_is_not_needed(t):
    server = t.serve(Dialogue())
    t.configure(server, logfile=None)
    t.succeeded(t.msmtp("-C", t.rc, RECIPIENT, env={"HOME": None, "XDG_CONFIG_HOME": None}))
    os.unlink(t.rc)
