"""The command line, the configuration files and the log: what is wrong is said in one line, with the right code."""

import os
import re

from dialogue import Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal, skip


def failure(t, run, code, *lines):
    t.failed(run, code, *lines, account=False)
    t.not_logged()


def at(t, number, text):
    return re.escape(t.rc) + f": line {number}: " + text


# -- command line


@cases(
    ("long", "--no-such-option"),
    ("short", "-q"),
    ("mode", "-bd"),
    ("no-argument", "--host"),
    ("ambiguous", "--tls-c"),
    ("bad-port", "--port=99999"),
    ("bad-number", "--timeout=0"),
    ("bad-switch", "--tls=maybe"),
    ("bad-auth", "--auth=SCRAM"),
    ("bad-protocol", "--protocol=uucp"),
    ("bad-notify", "--dsn-notify=sometimes"),
    ("octal", "--port=0x19"),
    ("host-and-account", "--host=a --account=b"),
    ("two-froms", "--from=a@b --read-envelope-from"),
    ("serverinfo-and-rmqs", "-S --rmqs=x"),
)
def test_a_wrong_command_line_is_64(t, arguments):
    run = t.msmtp(*arguments.split(" "), RECIPIENT)
    check(run.code == 64, f"exit 64: {run}")
    check(run.errors and run.errors[0].startswith(("msmtp: ", t.program + ": ")), f"{run.errors}")
    t.not_logged()


def test_an_invalid_argument_names_value_and_option(t):
    failure(t, t.msmtp("--port=none", RECIPIENT), 64, "invalid argument none for --port.*")
    failure(t, t.msmtp("--connect-timeout=x", RECIPIENT), 64, "invalid argument x for --(connect-)?timeout.*")


def test_ignored_options_are_ignored(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(
        t.msmtp(
            "-oi",
            "-om",
            "-B8BITMIME",
            "-i",
            "-m",
            "-n",
            "-G",
            "-O",
            "x=y",
            "-A",
            "z",
            "-L",
            "tag",
            "-h",
            "9",
            "-bm",
            "--",
            RECIPIENT,
        )
    )
    equal(server.mails[0].recipients, [RECIPIENT], "recipients")


def test_options_after_recipients_are_options(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp(RECIPIENT, "-f", "late@example.test"))
    equal(server.mails[0].sender, "late@example.test", "sender")


def test_posixly_correct_makes_them_recipients(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp("a@example.test", "-t", env={"POSIXLY_CORRECT": "1"}))
    equal(server.mails[0].recipients, ["a@example.test", "-t"], "recipients")


def test_the_program_name_is_what_it_was_called(t):
    link = t.path("sendmail")
    os.symlink(t.program, link)
    run = t.msmtp(RECIPIENT, program=link)
    check(run.code == 78 and run.errors[-1].startswith("sendmail: "), f"{run}")


def test_options_alone_without_a_configuration(t):
    server = t.serve(Dialogue())
    t.succeeded(t.msmtp("--host=127.0.0.1", f"--port={server.port}", "--from=" + ADDRESS, RECIPIENT))
    equal(server.mails[0].content, MAIL, "mail")


def test_a_failure_without_a_file_names_none(t):
    server = t.serve(Dialogue(replies={"rcpt": "550 no\r\n"}))
    run = t.msmtp("--host=127.0.0.1", f"--port={server.port}", "--from=" + ADDRESS, RECIPIENT)
    equal(run.errors[-1], "msmtp: could not send mail", "last line")


# -- configuration files


@cases(
    ("unknown", "nonsense x", "unknown command nonsense"),
    ("bad-port", "port x", "invalid argument x for command port.*"),
    ("no-argument", "host", "command host needs an argument"),
    ("hex", "port 0x19", "invalid argument 0x19 for command port.*"),
    ("bad-switch", "tls sometimes", "invalid argument sometimes for command tls.*"),
    ("upper-case", "auth SCRAM-SHA-256", "invalid argument SCRAM-SHA-256 for command auth.*"),
    ("duplicate", "account default", ".*"),
    ("no-name", "account", ".*"),
    ("no-parent", "account b : c", "account c not \\(yet\\) defined"),
    ("empty-eval", "eval", ".*"),
)
def test_a_wrong_line_is_78_and_named(t, line, text):
    t.write_config(f"account default\nhost localhost\n\n{line}\n")
    failure(t, t.msmtp(), 78, at(t, 4, text))


def test_a_named_file_that_is_not_there_is_74(t):
    path = t.path("missing")
    failure(t, t.msmtp("-C", path, RECIPIENT), 74, re.escape(path) + ": No such file or directory")


def test_a_folder_as_configuration_is_74(t):
    run = t.msmtp("-C", t.home, RECIPIENT)
    check(run.code == 74 and len(run.errors) == 1 and t.home in run.errors[0], f"{run}")


def test_an_unreadable_configuration(t):
    t.write_config("account default\nhost localhost\n", 0o000)
    user = t.as_nobody()
    more = {} if user is None else {"user": user, "program": t.options.program_for_all}
    run = t.msmtp("-C", t.rc, RECIPIENT, **more)
    failure(t, run, 74, re.escape(t.rc) + ": Permission denied")


def as_user(t):
    """What start() needs to run the program as an ordinary user."""
    user = t.as_nobody()
    return {} if user is None else {"user": user, "program": t.options.program_for_all}


@cases(
    *(
        (f"{mode:04o}", mode, good)
        for mode, good in (
            (0o600, True),
            (0o400, True),
            (0o640, False),
            (0o604, False),
            (0o620, False),
            (0o700, False),
            (0o666, False),
        )
    )
)
def test_a_file_with_a_password_must_be_private(t, mode, good):
    server = t.serve(Dialogue())
    t.configure(server, user="joe", password="secret", logfile=None)
    more = as_user(t)
    os.chmod(t.rc, mode)
    run = t.msmtp(**more)
    if good:
        t.succeeded(run)
    else:
        check(run.code == 78 and len(run.errors) == 1 and t.rc in run.errors[0], f"refused in one line: {run}")
        equal(len(server.sessions), 0, "connections")


def test_a_file_without_a_password_may_be_public(t):
    server = t.serve(Dialogue())
    t.configure(server, passwordeval="true", logfile=None)
    os.chmod(t.rc, 0o644)
    more = as_user(t)
    os.chmod(t.rc, 0o644)
    t.succeeded(t.msmtp(**more))


def test_a_file_of_somebody_else_with_a_password(t):
    if os.geteuid() != 0:
        skip("giving a file away needs root")
    t.configure(password="secret")
    more = as_user(t)
    os.chown(t.rc, 12345, 12345)
    os.chmod(t.rc, 0o644)
    run = t.msmtp(**more)
    check(run.code == 78 and t.rc in run.errors[0], f"refused: {run}")


def test_xdg_configuration(t):
    server = t.serve(Dialogue())
    os.makedirs(os.path.join(t.home, ".config/msmtp"))
    path = t.path(".config/msmtp/config", f"account default\nhost 127.0.0.1\nport {server.port}\nfrom {ADDRESS}\n")
    t.succeeded(t.msmtp())
    server = t.serve(Dialogue(replies={"rcpt": "550 no\r\n"}))
    t.path(".config/msmtp/config", f"account default\nhost 127.0.0.1\nport {server.port}\nfrom {ADDRESS}\n")
    equal(t.msmtp().errors[-1], f"msmtp: could not send mail (account default from {path})", "last line")


def test_a_missing_account(t):
    t.configure()
    failure(t, t.msmtp("-a", "other", RECIPIENT), 78, "account other not found in .*" + re.escape(t.rc))


def test_no_configuration_at_all(t):
    failure(t, t.msmtp(), 78, "account default not found: no configuration file available")


@cases(
    ("host", {"host": None}, "host not set"),
    ("from", {"from": None}, ".*from.*"),
    ("key-without-cert", {"tls_key_file": "/k"}, ".*tls_cert_file.*"),
    (
        "crl-without-trust",
        {"tls": "on", "tls_trust_file": "", "tls_crl_file": "/c", "tls_certcheck": "off"},
        ".*crl.*trust.*",
    ),
)
def test_an_account_that_cannot_work(t, settings, text):
    t.configure(**settings)
    failure(t, t.msmtp(), 78, f"account default from {re.escape(t.rc)}: {text}")


def test_accounts_by_sender_inheritance_and_defaults(t):
    server = t.serve(Dialogue())
    other = t.serve(Dialogue())
    t.write_config(
        f"""defaults
timeout 10
account one
host 127.0.0.1
port {server.port}
from one@example.test
account two : one
port {other.port}
from *@two.example.test
account default : one
"""
    )
    t.succeeded(t.msmtp("-f", "x@two.example.test", RECIPIENT))
    equal((len(server.mails), len(other.mails)), (0, 1), "by pattern")
    t.succeeded(t.msmtp("-f", "ONE@example.test", RECIPIENT))
    equal((len(server.mails), len(other.mails)), (1, 1), "whatever the case")
    t.succeeded(t.msmtp("-f", "one+sub@example.test", RECIPIENT))
    t.succeeded(t.msmtp("-a", "two", "-f", "z@example.test", RECIPIENT))
    equal((len(server.mails), len(other.mails)), (2, 2), "by name")


def test_eval_in_the_configuration(t):
    server = t.serve(Dialogue())
    t.write_config(f"account default\neval echo host 127.0.0.1\nport {server.port}\nfrom {ADDRESS}\n")
    t.succeeded(t.msmtp())


@cases(("status", "eval exit 5", "5"), ("no-output", "eval true", ""))
def test_eval_that_fails_is_74(t, line, status):
    t.write_config(f"account default\n{line}\n")
    run = t.msmtp()
    check(run.code == 74 and status in run.errors[0] and t.rc in run.errors[0], f"{run}")


def test_eval_does_not_eat_the_mail(t):
    server = t.serve(Dialogue())
    t.write_config(f"account default\neval cat >/dev/null; echo host 127.0.0.1\nport {server.port}\nfrom {ADDRESS}\n")
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases(
    ("cr-in-host", "host a\rb"), ("cr-in-domain", "domain a\rb"), ("long", "host " + "x" * 70000), ("nul", "host a\0b")
)
def test_odd_bytes_in_the_configuration(t, line):
    t.path(".msmtprc", f"account default\nhost 127.0.0.1\nport 1\nfrom {ADDRESS}\n{line}\n".encode())
    run = t.msmtp()
    check(run.code == 78, f"exit 78: {run}")
    check(all(len(error) < 5000 for error in run.errors), "short lines")


def test_a_symlink_as_configuration(t):
    server = t.serve(Dialogue())
    t.configure(server, password="x", logfile=None)
    os.rename(t.rc, t.path("real"))
    os.symlink(t.path("real"), t.rc)
    t.succeeded(t.msmtp(**as_user(t)))


@cases(
    ("scram-plus", "auth scram-sha-256-plus"),
    ("external", "auth external"),
    ("gssapi", "auth gssapi"),
    ("xoauth2", "auth xoauth2"),
)
def test_a_feature_that_is_not_there_says_so(t, line):
    server = t.serve(Dialogue())
    command, _, value = line.partition(" ")
    t.configure(server, user="joe", password="x", logfile=None, **{command: value})
    run = t.msmtp()
    check(run.code == 69, f"exit 69: {run}")
    check(len(run.errors) >= 1 and "MAIL" not in " ".join(c for s in server.sessions for c in s.commands), f"{run}")


# -- the log


def test_the_log_line_of_a_success(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp("a@example.test", "b@example.test"))
    fields = t.log_line()
    equal(
        list(fields),
        ["host", "tls", "auth", "from", "recipients", "mailsize", "smtpstatus", "smtpmsg", "exitcode", "time"],
        "fields",
    )
    equal(fields["recipients"], "a@example.test,b@example.test", "recipients")
    equal(fields["mailsize"], str(len(MAIL)), "mailsize")
    equal(fields["smtpmsg"], "'250 2.0.0 queued as 1'", "smtpmsg")


def test_the_log_file_is_appended_to_and_private(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp())
    equal(os.stat(t.log).st_mode & 0o777, 0o600, "mode of a new log file")
    t.succeeded(t.msmtp())
    with open(t.log, encoding="utf-8") as file:
        equal(file.read().count("\n"), 2, "lines")


@cases(("none", "none", r"host=.*\n"), ("iso", "%Y-%m-%d", r"\d{4}-\d\d-\d\d host=.*\n"))
def test_the_time_format_of_the_log(t, value, pattern):
    server = t.serve(Dialogue())
    t.configure(server, logfile_time_format=value)
    t.succeeded(t.msmtp())
    with open(t.log, encoding="utf-8") as file:
        text = file.read()
    check(re.fullmatch(pattern, text), text)


def test_the_log_on_standard_output(t):
    server = t.serve(Dialogue())
    t.configure(server, logfile="-")
    run = t.msmtp()
    t.succeeded(run)
    check(b"exitcode=EX_OK\n" in run.out, f"{run.out}")


def test_a_log_that_cannot_be_written_does_not_fail_the_mail(t):
    server = t.serve(Dialogue())
    path = os.path.join(t.home, "no/such/folder/log")
    t.configure(server, logfile=path)
    run = t.msmtp()
    equal(run.code, 0, "exit code")
    equal(len(run.errors), 2, f"lines: {run.errors}")
    check(
        run.errors[0].startswith(f"msmtp: cannot log to {path}: ")
        and run.errors[1].startswith("msmtp: log info was: "),
        f"{run.errors}",
    )


def test_a_log_line_cannot_be_forged(t):
    server = t.serve(Dialogue(replies={"rcpt": "550 x'\x01 exitcode=EX_OK' recipients=fake\r\n"}))
    t.configure(server)
    run = t.msmtp("a'b@example.test")
    check(run.code == 65, str(run))
    with open(t.log, encoding="utf-8") as file:
        text = file.read()
    equal(text.count("\n"), 1, "lines")
    check(text.endswith(" exitcode=EX_DATAERR\n"), text)
    message = re.search(r"smtpmsg='([^']*)'", text).group(1)
    check("exitcode=EX_OK" in message, f"the quote does not end early: {text}")


@cases(("none", {}), ("failed", {"rcpt": "550 no\r\n"}))
def test_no_log_line_before_the_attempt_and_one_after(t, replies):
    server = t.serve(Dialogue(replies=replies))
    t.configure(server)
    t.msmtp()
    with open(t.log, encoding="utf-8") as file:
        equal(file.read().count("\n"), 1, "lines")


def test_two_at_once_write_two_lines(t):
    server = t.serve(Dialogue())
    t.configure(server)
    runs = [t.start(RECIPIENT) for _ in range(6)]
    for run in runs:
        equal(run.finish(MAIL).code, 0, "exit code")
    with open(t.log, encoding="utf-8") as file:
        lines = file.read().splitlines()
    equal(len(lines), 6, "lines")
    check(all(line.endswith("exitcode=EX_OK") for line in lines), f"{lines}")
