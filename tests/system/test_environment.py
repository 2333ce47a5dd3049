"""What surrounds the program: the system log, an address that is not loopback, variables, and set-id bits."""

import os
import re
import shutil
import socket
import stat

import namespace
from dialogue import Auth, Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal, root_only, skip

PASSWORD = "s3cret pass"


# -- the system log


def syslog_socket(t):
    namespace.own_devices(t.folder)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    sock.settimeout(5)
    return sock


@cases(
    ("success", {}, "on", 0, 8 + 6),
    ("failure", {"rcpt": "550 no\r\n"}, "on", 65, 8 + 3),
    ("facility", {}, "LOG_MAIL", 0, 16 + 6),
    ("local", {}, "LOG_LOCAL3", 0, 19 * 8 + 6),
)
def test_the_system_log(t, replies, value, code, priority):
    root_only("a /dev/log of our own")
    log = syslog_socket(t)
    server = t.serve(Dialogue(replies=replies))
    t.configure(server, syslog=value)
    run = t.msmtp()
    equal(run.code, code, str(run))
    message = log.recv(4096).decode()
    match = re.fullmatch(r"<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d msmtp: (.*?)\n?", message)
    check(match, f"the message: {message!r}")
    equal(int(match.group(1)), priority, "facility and severity")
    with open(t.log, encoding="utf-8") as file:
        equal(
            match.group(2),
            re.sub(r"^\w{3} \d\d \d\d:\d\d:\d\d ", "", file.read().rstrip("\n")),
            "the same line as in the file",
        )


def test_without_a_system_log_the_mail_is_sent(t):
    root_only("a /dev of our own")
    namespace.own_devices(t.folder)
    server = t.serve(Dialogue())
    t.configure(server, syslog="on", logfile=None)
    run = t.msmtp()
    equal(run.code, 0, str(run))
    equal(server.mails[0].content, MAIL, "mail")


# -- a peer that is not this machine


def elsewhere(t, mechanism, tls=False):
    namespace.enter({})
    namespace.add_address("192.0.2.1")
    context = {"starttls": t.certificates.context()} if tls else {}
    server = t.serve(Dialogue(auth=Auth(mechanisms=(mechanism,)), **context), address="192.0.2.1")
    settings = t.tls(tls_certcheck="off") if tls else {}
    t.configure(server, auth=mechanism.lower(), user="joe", password=PASSWORD, **settings)
    return server


@cases("PLAIN", "LOGIN")
def test_a_password_in_cleartext_is_sent_with_a_warning(t, mechanism):
    server = elsewhere(t, mechanism)
    run = t.msmtp()
    equal(run.code, 0, str(run))
    check(
        len(run.errors) == 1 and run.errors[0].startswith("msmtp: warning: ") and "cleartext" in run.errors[0],
        f"a warning: {run.errors}",
    )
    equal(server.mails[0].content, MAIL, "mail")


@cases(("scram", "SCRAM-SHA-256", False), ("cram", "CRAM-MD5", False), ("plain-tls", "PLAIN", True))
def test_no_warning_where_the_password_is_not_in_cleartext(t, mechanism, tls):
    elsewhere(t, mechanism, tls)
    t.succeeded(t.msmtp())


# -- variables


def test_a_server_from_the_environment(t):
    namespace.enter({})
    server = t.serve(Dialogue(), port=25)
    run = t.msmtp(RECIPIENT, env={"SMTPSERVER": "127.0.0.1", "EMAIL": ADDRESS})
    t.succeeded(run)
    equal(server.mails[0].sender, ADDRESS, "sender")


def test_a_named_account_is_not_replaced_by_the_environment(t):
    run = t.msmtp("-a", "default", RECIPIENT, env={"SMTPSERVER": "127.0.0.1", "EMAIL": ADDRESS})
    check(run.code == 78, str(run))


def test_a_preloaded_library_does_not_reach_the_helpers(t):
    """The helpers get no variables of the user: what the loader would obey is none of their business."""
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp(
        env={
            "LD_BIND_NOT": "1",
            "SSL_CERT_FILE": "/nonexistent",
            "GCONV_PATH": t.home,
            "LOCALDOMAIN": "evil.test",
            "RES_OPTIONS": "debug",
        }
    )
    t.succeeded(run)


# -- set-id


def set_id_program(t):
    """A copy with the set-user-id bit of root, and the user who runs it."""
    root_only("a set-user-id program")
    tree = os.path.dirname(os.path.dirname(t.program))
    copy = os.path.join(t.folder, "copy")
    os.makedirs(copy)
    for part in ("bin", "libexec"):
        shutil.copytree(os.path.join(tree, part), os.path.join(copy, part))
    user = t.as_nobody()
    program = os.path.join(copy, "bin/msmtp")
    os.chown(program, 0, 0)
    os.chmod(program, 0o4755)
    if os.statvfs(t.folder).f_flag & os.ST_NOSUID:
        skip("the folder for the tests is mounted nosuid")
    check(os.stat(program).st_mode & stat.S_ISUID, "the bit is set")
    return program, user


def test_set_id_takes_helpers_from_their_installed_place_only(t):
    program, user = set_id_program(t)
    server = t.serve(Dialogue())
    t.configure(server, logfile=None)
    os.chown(t.rc, user, user)
    run = t.msmtp("-C", t.rc, RECIPIENT, program=program, user=user)
    check(t.folder not in run.err.decode().replace(t.rc, ""), f"nothing from beside the program: {run}")
    check(run.code in (0, 71), f"the installed helpers, or none: {run}")


def test_set_id_reads_no_file_that_its_caller_may_not_read(t):
    program, user = set_id_program(t)
    secret = t.path("secret", "hidden words of root\n")
    os.chown(secret, 0, 0)
    run = t.msmtp("-C", secret, RECIPIENT, program=program, user=user)
    check(run.code == 74 and b"hidden" not in run.out + run.err, f"refused: {run}")


def test_set_id_writes_no_file_that_its_caller_may_not_write(t):
    program, user = set_id_program(t)
    os.makedirs(os.path.join(t.folder, "root-only"))
    target = os.path.join(t.folder, "root-only/log")
    os.chmod(os.path.dirname(target), 0o755)
    server = t.serve(Dialogue())
    t.configure(server, logfile=target)
    os.chown(t.rc, user, user)
    t.msmtp("-C", t.rc, RECIPIENT, program=program, user=user)
    check(not os.path.exists(target), "no log where the user may not write")


@cases(
    ("host", {}, ()),
    ("login", {"auth": Auth(mechanisms=("PLAIN",))}, ("--auth=plain", "--user=joe", "--passwordeval=echo s3cret pass")),
)
def test_the_mail_chooses_the_environment_and_options_add_to_it(t, dialogue, options):
    """Which helpers are needed is known before the mail is."""
    server = t.serve(Dialogue(**dialogue))
    environment = {"SMTPSERVER": "localhost", "EMAIL": ADDRESS}
    run = t.msmtp("--read-envelope-from", f"--port={server.port}", *options, RECIPIENT, env=environment)
    equal(run.code, 0, str(run))
    equal(server.mails[0].sender, ADDRESS, "sender")


def test_the_mail_chooses_the_account_and_options_ask_for_tls_and_a_login(t):
    server = t.serve(Dialogue(starttls=t.certificates.context(), auth=Auth(mechanisms=("PLAIN",))))
    t.configure(server)
    options = ("--tls=on", "--tls-trust-file=" + t.certificates.file("ca"), "--auth=plain", "--user=joe")
    run = t.msmtp("--read-envelope-from", *options, "--passwordeval=echo s3cret pass", RECIPIENT)
    t.succeeded(run)
    check(server.session.tls, "TLS")
