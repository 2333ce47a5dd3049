"""Authentication: which mechanism, what is said, what a lying server achieves, and where the password comes from."""

import base64
import fcntl
import os
import pty
import re
import signal

from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal
from processes import descendants, name, wait_until

ALL = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "CRAM-MD5", "LOGIN")
PASSWORD = "s3cret pass"
TIOCGPTPEER = 0x5441  # the other end of a pseudo-terminal (ioctl_tty(2))
REFUSED = r"authentication failed \(method {}\)"


def login(t, auth, tls=True, method="on", replies=None, family="inet", password=PASSWORD, **settings):
    """(server) configured for AUTH with METHOD."""
    context = {"starttls": t.certificates.context()} if tls else {}
    server = t.serve(Dialogue(auth=auth, replies=replies, **context), family)
    if tls:
        settings = t.tls(**settings)
        if family == "unix":
            settings.setdefault("tls_host_override", "localhost")
    t.configure(server, auth=method, user="joe", password=password, **settings)
    return server


@cases(*((f"{mechanism}-{'tls' if tls else 'plain'}", mechanism, tls) for tls in (True, False) for mechanism in ALL))
def test_each_mechanism_succeeds(t, mechanism, tls):
    auth = Auth(mechanisms=(mechanism,))
    server = login(t, auth, tls, mechanism.lower())
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    t.logged("EX_OK", auth="on", user="joe")


@cases(
    ("blanks", "pass  with spaces"),
    ("quotes", 'in"side'),
    ("non-ascii", "pässwörd"),
    ("long", "x" * 400),
    ("scram-specials", "a=b,c"),
)
def test_passwords_of_every_kind(t, password):
    for mechanism in ("SCRAM-SHA-256", "PLAIN"):
        login(t, Auth(password=password, mechanisms=(mechanism,)), password=password, logfile=None)
        t.succeeded(t.msmtp())


def test_a_user_with_comma_and_equals_sign(t):
    for mechanism in ("SCRAM-SHA-256", "PLAIN"):
        login(t, Auth(user="a=b,c", mechanisms=(mechanism,)), logfile=None)
        t.succeeded(t.msmtp("--user=a=b,c", "bob@example.test"))


@cases(
    ("all", ALL, "SCRAM-SHA-256"),
    ("no-256", ("LOGIN", "PLAIN", "SCRAM-SHA-1"), "SCRAM-SHA-1"),
    ("plain", ("LOGIN", "CRAM-MD5", "PLAIN"), "PLAIN"),
    ("cram", ("LOGIN", "CRAM-MD5"), "CRAM-MD5"),
    ("login", ("LOGIN",), "LOGIN"),
    ("junk", ("X-JUNK", "LOGIN", "NTLMV9", "PLAIN"), "PLAIN"),
)
def test_auth_on_chooses_under_tls(t, offered, wanted):
    auth = Auth(mechanisms=offered)
    login(t, auth)
    t.succeeded(t.msmtp())
    equal(auth.used, wanted, "mechanism")


@cases(("scram", ALL, "SCRAM-SHA-256"), ("scram-1", ("PLAIN", "SCRAM-SHA-1"), "SCRAM-SHA-1"))
def test_auth_on_without_tls_takes_scram_only(t, offered, wanted):
    auth = Auth(mechanisms=offered)
    login(t, auth, tls=False)
    t.succeeded(t.msmtp())
    equal(auth.used, wanted, "mechanism")


def test_auth_on_without_tls_does_not_send_a_password(t):
    server = login(t, Auth(mechanisms=("PLAIN", "LOGIN", "CRAM-MD5")), tls=False)
    t.failed(t.msmtp(), 69, "cannot use a secure authentication method")
    t.logged("EX_UNAVAILABLE")
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")


def test_nothing_usable_under_tls(t):
    login(t, Auth(mechanisms=("X-NONE",)))
    t.failed(t.msmtp(), 69, "cannot find a usable authentication method")


def test_a_wanted_mechanism_that_is_not_offered(t):
    server = login(t, Auth(mechanisms=("PLAIN",)), method="cram-md5")
    t.failed(t.msmtp(), 69, ".*CRAM-MD5.*")
    server.settle()
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")
    equal(server.session.commands[-1], "QUIT", "last command")


def test_auth_that_is_not_offered(t):
    server = t.serve(Dialogue())
    t.configure(server, auth="scram-sha-256", user="joe", password=PASSWORD)
    t.failed(t.msmtp(), 69, "the server does not support authentication")
    server.settle()
    equal(server.session.commands, ["EHLO localhost", "QUIT"], "commands")
    t.logged("EX_UNAVAILABLE")


@cases(*ALL)
def test_a_wrong_password_is_refused(t, mechanism):
    server = login(t, Auth(mechanisms=(mechanism,)), method=mechanism.lower(), password="wrong")
    t.failed(t.msmtp(), 77, REFUSED.format(mechanism), "server message: 535 5\\.7\\.8 no")
    t.logged("EX_NOPERM", smtpstatus="535", user="joe")
    t.nothing_delivered(server)


@cases(
    *(
        (f"{mechanism}-{reply[:3]}", mechanism, reply)
        for mechanism in ("SCRAM-SHA-256", "PLAIN")
        for reply in ("454 4.7.0 later", "535 5.7.8 no", "504 what")
    )
)
def test_auth_refused_at_once(t, mechanism, reply):
    server = login(t, Auth(mechanisms=(mechanism,)), method=mechanism.lower(), replies={"auth-command": reply + "\r\n"})
    run = t.msmtp()
    t.failed(run, (77, 76), ".*" + mechanism + ".*|.*AUTH.*", "server message: " + reply)
    t.nothing_delivered(server)


@cases("signature", "iterations-1", "iterations-huge", "nonce", "no-verifier", "junk", "error")
def test_a_server_that_lies_in_scram_is_left(t, lie):
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        auth = Auth(mechanisms=(mechanism,), lie=lie, password=PASSWORD)
        server = login(t, auth, method=mechanism.lower(), logfile=None)
        run = t.msmtp()
        check(run.code in (70, 76, 77), f"{mechanism}: an exit code of failed authentication: {run}")
        check(run.seconds < 5, f"at once: {run.seconds}")
        check(run.errors[-1].startswith("msmtp: could not send mail"), str(run))
        t.nothing_delivered(server)
        check(not any(command.startswith("MAIL") for command in server.session.commands), "no MAIL")


def test_235_before_scram_is_finished_is_no_success(t):
    for place in ("auth", "challenge", "verifier"):
        server = login(t, Auth(), method="scram-sha-256", replies={place: "235 2.7.0 welcome\r\n"}, logfile=None)
        run = t.msmtp()
        if place == "auth" and run.code == 0:
            continue  # the first message came with AUTH: no such step
        check(run.code in (70, 76, 77), f"at {place}: {run}")
        t.nothing_delivered(server)


def test_334_is_not_the_success_of_plain(t):
    server = login(t, Auth(mechanisms=("PLAIN",)), method="plain", replies={"auth-final": "334 \r\n"})
    run = t.msmtp()
    check(run.code in (70, 76, 77), f"a failure: {run}")
    t.nothing_delivered(server)


@cases(
    ("not-base64", b"334 !!!\r\n"),
    ("half", b"334 YWJ\r\n"),
    ("megabyte", b"334 " + base64.b64encode(b"x" * 1000000) + b"\r\n"),
    ("no-text", b"334\r\n"),
    ("many-lines", b"334-YQ==\r\n334 YQ==\r\n"),
)
def test_challenges_that_are_none(t, challenge):
    for mechanism, place in (("SCRAM-SHA-256", "challenge"), ("CRAM-MD5", "auth")):
        server = login(
            t,
            Auth(mechanisms=(mechanism,)),
            method=mechanism.lower(),
            replies={place: challenge},
            timeout=3,
            logfile=None,
        )
        t.expect_script_errors = True
        run = t.msmtp()
        check(run.code in (70, 74, 76, 77), f"{mechanism}: a failure: {run}")
        check(run.seconds < 6, f"in time: {run.seconds}")
        t.nothing_delivered(server)


def test_endless_challenges_end(t):
    def loop(session, _ordinary):
        for _ in range(1000):
            session.send("334 YWJj\r\n")
            session.line()

    for mechanism in ("SCRAM-SHA-256", "LOGIN", "CRAM-MD5", "PLAIN"):
        server = login(
            t, Auth(mechanisms=(mechanism,)), method=mechanism.lower(), replies={"auth-command": loop}, logfile=None
        )
        run = t.msmtp()
        check(run.code in (70, 76, 77), f"{mechanism}: {run}")
        check(len(server.session.lines) < 40, f"{mechanism}: {len(server.session.lines)} lines")


@cases("plain", "login")
def test_a_password_in_cleartext_to_this_machine_needs_no_warning(t, mechanism):
    for family in ("inet", "inet6", "unix"):
        login(t, Auth(mechanisms=(mechanism.upper(),)), tls=False, method=mechanism, family=family, logfile=None)
        t.succeeded(t.msmtp())


def test_the_legacy_auth_line(t):
    """Some old servers say AUTH=LOGIN."""
    server = t.serve(
        Dialogue(
            keywords=("AUTH=LOGIN",),
            starttls=None,
            auth=Auth(mechanisms=("LOGIN",)),
            replies={"ehlo": "250-test.example\r\n250 AUTH=LOGIN PLAIN\r\n"},
        )
    )
    t.configure(server, auth="login", user="joe", password=PASSWORD)
    t.succeeded(t.msmtp())


# -- where the password comes from


def evaluated(t, command, **settings):
    server = login(t, Auth(), method="scram-sha-256", password=None, passwordeval=command, **settings)
    return server


@cases(
    ("echo", "echo 's3cret pass'"),
    ("no-newline", "printf 's3cret pass'"),
    ("crlf", "printf 's3cret pass\\r\\n'"),
    ("two-lines", "printf 's3cret pass\\nmore\\n'"),
    ("quoted", "\"echo 's3cret pass'\""),
    ("slow", "sleep 0.5; echo 's3cret pass'"),
)
def test_passwordeval(t, command):
    evaluated(t, command)
    t.succeeded(t.msmtp())


def test_passwordeval_sees_null_as_standard_input_and_nothing_else(t):
    report = t.path("report")
    script = t.path(
        "script",
        "#!/bin/sh\nls -l /proc/self/fd >%s; readlink /proc/self/fd/0 >>%s; cat | wc -c >>%s; grep -E "
        "'Sig(Ign|Blk)|NoNewPrivs|Seccomp:' "
        "/proc/self/status >>%s; umask >>%s; echo 's3cret pass'\n" % ((report,) * 5),
        0o755,
    )
    evaluated(t, script)
    t.succeeded(t.msmtp())
    with open(report, encoding="utf-8") as file:
        text = file.read()
    descriptors = {int(number) for number in re.findall(r" (\d+) -> ", text)}
    # ls itself opens the folder, as descriptor 3.
    check(descriptors <= {0, 1, 2, 3}, f"descriptors: {text}")
    check("\n/dev/null\n0\n" in text, f"stdin is /dev/null and empty: {text}")
    for mask in ("SigIgn", "SigBlk"):
        # Signals 32 and 33 belong to the C library, which lets nobody touch them.
        equal(int(re.search(mask + r":\s*(\w+)", text).group(1), 16) & 0x7FFFFFFF, 0, mask)
    check("NoNewPrivs:\t0" in text and "Seccomp:\t0" in text, f"outside every sandbox: {text}")


def test_passwordeval_keeps_the_environment(t):
    report = t.path("report")
    evaluated(t, f"echo \"$GNUPGHOME $HOME\" >{report}; echo 's3cret pass'")
    t.succeeded(t.msmtp(env={"GNUPGHOME": "/gnupg"}))
    with open(report, encoding="utf-8") as file:
        equal(file.read(), f"/gnupg {t.home}\n", "environment")


@cases(
    ("no-output", "true", ""),
    ("non-zero", "echo 's3cret pass'; exit 3", "3"),
    ("not-found", "no-such-command-here", "127"),
    ("signal", "kill -9 $$", ""),
)
def test_passwordeval_that_fails(t, command, status):
    server = evaluated(t, command)
    run = t.msmtp()
    check(run.code == 78, f"exit 78: {run}")
    ours = [line for line in run.errors if line.startswith("msmtp: ") and "not found" not in line]
    check(ours and status in ours[0], f"names the status: {run.errors}")
    t.nothing_delivered(server)
    for session in server.sessions:
        check(not any(command.startswith(("AUTH", "MAIL")) for command in session.commands), f"{session.commands}")


def test_passwordeval_is_not_run_when_there_is_a_password(t):
    marker = t.path("marker")
    login(t, Auth(), passwordeval=f"touch {marker}; echo wrong")
    t.succeeded(t.msmtp())
    check(not os.path.exists(marker), "not run")


def test_passwordeval_is_not_run_without_auth(t):
    marker = t.path("marker")
    server = t.serve(Dialogue())
    t.configure(server, passwordeval=f"touch {marker}; echo x")
    t.succeeded(t.msmtp())
    check(not os.path.exists(marker), "not run")


def test_interrupting_msmtp_while_passwordeval_hangs(t):
    """A command that never ends is the user's to interrupt: then nothing of msmtp is left. The command itself, which is
    in the same process group, gets the signal too."""
    evaluated(t, "sleep 60")
    running = t.start("bob@example.test")
    running.helper("authproc")
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    check(wait_until(lambda: any(name(pid) == "sleep" for pid in descendants(running.pid))), "the command runs")
    os.killpg(running.pid, signal.SIGINT)
    check(wait_until(lambda: running.process.poll() is not None, 5), "ends")


def test_netrc(t):
    t.path(
        ".netrc",
        "machine other login joe password wrong\nmachine 127.0.0.1\n  login jane password wrong\nmachine "
        '127.0.0.1 login joe\n password "s3cret pass"\n',
    )
    login(t, Auth(), password=None)
    t.succeeded(t.msmtp())


def test_netrc_default_entry_comes_last(t):
    t.path(".netrc", "default login joe password 's3cret pass'\n")
    login(t, Auth(), password=None)
    t.succeeded(t.msmtp())
    t.path(".netrc", "default login joe password wrong\nmachine 127.0.0.1 login joe password 's3cret pass'\n")
    login(t, Auth(), password=None)
    os.unlink(t.log)
    t.succeeded(t.msmtp())


def test_netrc_that_others_can_read(t):
    t.path(".netrc", "machine 127.0.0.1 login joe password 's3cret pass'\n", 0o644)
    login(t, Auth(), password=None)
    user = t.as_nobody()
    more = {} if user is None else {"user": user, "program": t.options.program_for_all}
    run = t.msmtp(**more)
    check(run.code in (69, 78), f"refused: {run}")
    check(any("netrc" in line for line in run.errors), f"names the file: {run.errors}")


def test_no_password_anywhere(t):
    server = login(t, Auth(), method="scram-sha-256", password=None)
    t.failed(t.msmtp(), 69, "authentication method SCRAM-SHA-256 needs a password")
    t.nothing_delivered(server)


def test_no_user(t):
    server = t.serve(Dialogue(auth=Auth(), starttls=t.certificates.context()))
    t.configure(server, auth="scram-sha-256", password=PASSWORD, **t.tls())
    run = t.msmtp()
    check(run.code == 69, f"exit 69: {run}")
    check("user" in run.errors[0], f"{run.errors}")


def test_the_prompt_on_the_terminal(t):
    """With a controlling terminal the user is asked, without echo."""
    server = login(t, Auth(), password=None)
    out = t.path("out")
    mail = t.path("mail", MAIL)
    pid, master = pty.fork()
    if pid == 0:
        try:
            os.chdir(t.home)
            os.execve(
                "/bin/sh", ["sh", "-c", f"exec {t.program} bob@example.test <{mail} >{out} 2>&1"], t.environment()
            )
        finally:
            os._exit(99)
    # Held open here, or reading ends while nobody has the terminal open.
    terminal = fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
    os.set_blocking(master, False)
    seen = bytearray()

    def look():
        try:
            seen.extend(os.read(master, 1000))
        except BlockingIOError:
            pass
        return seen

    check(wait_until(lambda: b"password for joe at 127.0.0.1: " in look(), 5), f"prompt: {bytes(seen)!r}")
    seen.clear()
    os.write(master, PASSWORD.encode() + b"\n")
    status = wait_until(
        lambda: os.waitpid(pid, os.WNOHANG)[1:]
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        else None,
        10,
    )
    check(status, "msmtp ends")
    echo = bytes(look())
    os.close(terminal)
    with open(out, encoding="utf-8") as file:
        equal((os.waitstatus_to_exitcode(status[0]), file.read()), (0, ""), "exit code and output")
    check(PASSWORD.encode() not in echo, f"echoed: {echo!r}")
    equal(server.mails[0].content, MAIL, "mail")


@cases(
    ("password", "password {}", "first"),
    ("passwordeval", 'passwordeval echo "{}"', "second"),
)
def test_the_mail_chooses_the_account_and_its_password(t, command, chosen):
    auth = Auth(password=f"{chosen} pass", mechanisms=("SCRAM-SHA-256",))
    server = t.serve(Dialogue(auth=auth, starttls=t.certificates.context()))
    lines = []
    for name in ("first", "second", "third"):
        lines += [f"account {name}", f"host {server.host}", f"port {server.port}", "tls on", "timeout 10"]
        lines += [f"tls_trust_file {t.certificates.file('ca')}", "auth on", "user joe", f"from {name}@example.test"]
        lines += [command.format(f"{name} pass"), f"logfile {t.path(name + '.log')}"]
    t.write_config("\n".join(lines) + "\n")
    mail = b"From: %s@example.test\nTo: bob@example.test\n\nx\n" % chosen.encode()
    t.succeeded(t.msmtp("-t", "--read-envelope-from", mail=mail))
    equal(server.mails[0].sender, f"{chosen}@example.test", "sender")
    with open(t.path(chosen + ".log"), encoding="utf-8") as log:
        check(f"from={chosen}@example.test" in log.read(), "log of the chosen account")
