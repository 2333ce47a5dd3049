"""msmtpd --auth: where the password comes from, who gets in with it and who does not, and what is left of it."""

import base64
import fcntl
import os
import pty
import shutil
import signal
import smtplib
import socket
import subprocess
import time

import msmtpd
import processes
from harness import LIMIT, MAIL, RECIPIENT, cases, check, equal, root_only, skip
from processes import wait_until
from test_keyring import with_keyring

PASSWORD = "correct horse battery"
# What stands in no command line of a shell as one word.
COMMAND = "echo correct' horse 'battery"
TIOCGPTPEER = 0x5441  # the other end of a pseudo-terminal (ioctl_tty(2))
REFUSED = b"535 5.7.8 Authentication failed\r\n"


def command(t):
    """What takes the mails, one after the other in a file; and that file."""
    mails = t.path("mails", "")
    take = t.path("take", f'#!/bin/sh\ncat >>"{mails}"\n', 0o755)
    return f"--command={take} %F --", mails


def guarded(t, *options, auth=f"joe,{COMMAND}", **more):
    """msmtpd for those who know the password; and the file of its mails."""
    take, mails = command(t)
    return msmtpd.start(t, take, f"--auth={auth}", *options, **more), mails


def holds(mails, text=b"This is the body"):
    with open(mails, "rb") as file:
        return file.read().count(text)


def client(t, daemon, method, password=PASSWORD, protocol="smtp", **more):
    """Our own msmtp, which sends a mail."""
    host, port = daemon.address
    t.configure(host=host, port=port, protocol=protocol, auth=method, user="joe", password=password, **more)
    return t.msmtp()


class Conversation:
    """What a client says, line by line."""

    def __init__(self, daemon):
        self.socket = daemon.connect()
        self.file = self.socket.makefile("rb")
        self.hear()
        self.ask("EHLO client.test")

    def hear(self):
        reply = b""
        while line := self.file.readline():
            reply += line
            if line[3:4] == b" ":
                break
        return reply

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.hear()

    def plain(self, password, user="joe"):
        return self.ask("AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()


@cases("scram-sha-256", "plain", "login", "on")
def test_our_own_msmtp_logs_in(t, method):
    daemon, mails = guarded(t)
    t.succeeded(client(t, daemon, method))
    daemon.logged("the client has authenticated as joe")
    equal(holds(mails, MAIL.splitlines()[-1]), 1, "mails")
    if method in ("on", "scram-sha-256"):
        run = client(t, daemon, "scram-sha-256", "another")
        check(run.code == 77 and "535 5.7.8" in str(run.errors), f"{run}")
        equal(holds(mails, MAIL.splitlines()[-1]), 1, "mails")


def test_lmtp_clients_log_in_too(t):
    daemon, mails = guarded(t, "--lmtp")
    t.succeeded(client(t, daemon, "plain", protocol="lmtp"))
    equal(holds(mails, MAIL.splitlines()[-1]), 1, "mails")


@cases("PLAIN", "LOGIN")
def test_python_logs_in_with_and_without_an_initial_response(t, method):
    daemon, mails = guarded(t)
    for initial in (True, False):
        with smtplib.SMTP(*daemon.address, timeout=LIMIT) as session:
            session.ehlo()
            equal(session.esmtp_features["auth"].split(), ["SCRAM-SHA-256", "PLAIN", "LOGIN"], "offer")
            session.user, session.password = "joe", PASSWORD
            session.auth(method, getattr(session, "auth_" + method.lower()), initial_response_ok=initial)
            session.sendmail("a@example.test", [RECIPIENT], "Subject: x\r\n\r\nThis is the body\r\n")
    equal(holds(mails), 2, "mails")


def test_a_single_session_asks_for_a_login_too(t):
    """And always takes its time: nobody knows what happened in others."""
    take, mails = command(t)
    ours, theirs = socket.socketpair()
    words = [msmtpd.program(t), take, "--inetd", f"--auth=joe,{COMMAND}"]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, env=t.environment())
    theirs.close()
    ours.settimeout(LIMIT)
    with process, ours, ours.makefile("rb") as file:
        check(file.readline().startswith(b"220 "), "greeting")
        ours.sendall(b"HELO x\r\nMAIL FROM:<a@b>\r\n")
        equal([file.readline()[:3] for _ in range(2)], [b"250", b"530"], "before the login")
        begin = time.monotonic()
        ours.sendall(b"AUTH PLAIN " + base64.b64encode(f"\0joe\0{PASSWORD}".encode()) + b"\r\n")
        equal(file.readline()[:3], b"235", "the login")
        check(time.monotonic() - begin >= 1, "late")
        ours.sendall(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 18 LAST\r\nThis is the body\r\nQUIT\r\n")
        equal([file.readline()[:3] for _ in range(4)], [b"250", b"250", b"250", b"221"], "a mail")
        equal((process.wait(LIMIT), holds(mails)), (0, 1), "exit code and mails")


def test_nothing_happens_before_a_login(t):
    daemon, mails = guarded(t)
    with Conversation(daemon) as said:
        for line in ("MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "VRFY joe"):
            equal(said.ask(line), b"530 5.7.0 Authentication required\r\n", line)
        for line, code in (("NOOP", b"250"), ("RSET", b"250"), ("HELP", b"214"), ("EHLO x", b"250"), ("QUIT", b"221")):
            equal(said.ask(line)[:3], code, line)
    equal(holds(mails, b""), 1, "nothing in the file")


def test_passwords_that_are_wrong(t):
    daemon, _ = guarded(t)
    with Conversation(daemon) as said:
        begin = time.monotonic()
        equal(said.plain("wrong"), REFUSED, "a wrong password")
        equal(said.plain(PASSWORD, "jim"), REFUSED, "a wrong user")
        check(time.monotonic() - begin >= 2, "a second each")
        with Conversation(daemon) as other:
            begin = time.monotonic()
            equal(other.plain(PASSWORD)[:3], b"235", "the right one")
            check(time.monotonic() - begin >= 1, "late as well, for somebody is guessing")


def test_guessing_ends_and_many_guess_no_faster(t):
    daemon, _ = guarded(t)
    sessions = [Conversation(daemon) for _ in range(8)]
    begin = time.monotonic()
    answers = []
    for _ in range(5):
        for said in sessions:
            said.socket.sendall(b"AUTH PLAIN AGpvZQB3cm9uZw==\r\n")
        answers = [said.hear() for said in sessions]
    seconds = time.monotonic() - begin
    check(5 <= seconds < 30, f"five rounds of a second each, and not eight times that: {seconds}")
    check(all(answer.startswith(b"421 4.7.0 ") for answer in answers), f"{answers}")
    for said in sessions:
        equal(said.hear(), b"", "what comes after that")
    check(not [line for line in daemon.lines() if "authenticated" in line], f"nobody logged in: {daemon.lines()}")


@cases("KILL", "SEGV")
def test_a_check_that_is_lost_is_a_temporary_failure(t, name):
    if name == "SEGV":
        t.needs_sandbox()
    daemon, _ = guarded(t)
    with Conversation(daemon) as said:
        said.ask("NOOP")
        verifier = daemon.helper("msmtp-verifier")
        for pid in processes.children(verifier):
            os.kill(pid, getattr(signal, "SIG" + name))
        equal(said.plain(PASSWORD), b"454 4.7.0 Temporary authentication failure\r\n", "without a verifier")
        equal(said.ask("MAIL FROM:<a@b>")[:3], b"530", "MAIL")
        equal(said.ask("QUIT")[:3], b"221", "QUIT")

    def works():
        with Conversation(daemon) as later:
            return later.plain(PASSWORD).startswith(b"235")

    check(wait_until(works), "later sessions have verifiers of their own")


def test_a_command_that_fails(t):
    take, _ = command(t)
    for failing, words in (("exit 3", "exited with status 3"), ("true", ""), ("kill -9 $$", "")):
        run = msmtpd.run(t, take, f"--port={msmtpd.free_port()}", f"--auth=joe,{failing}")
        check(run.code == 78 and run.errors and words in run.errors[-1], f"{failing}: {run}")


def test_no_password_anywhere(t):
    take, _ = command(t)
    run = msmtpd.run(t, take, f"--port={msmtpd.free_port()}", "--auth=joe", env={"DBUS_SESSION_BUS_ADDRESS": None})
    check(run.code == 78 and "password" in run.errors[-1], f"{run}")


def test_a_password_of_the_key_ring(t):
    with with_keyring(t) as keyring:
        keyring.store("another-one", host="127.0.0.1")
        keyring.store("right-one", host="localhost")
        daemon, mails = guarded(t, auth="joe", env=keyring.environment)
        t.succeeded(client(t, daemon, "plain", "right-one"))
        equal(holds(mails, MAIL.splitlines()[-1]), 1, "mails")


def test_a_password_that_is_typed(t):
    """The prompt comes before msmtpd listens."""
    take, _ = command(t)
    port = msmtpd.free_port()
    pid, master = pty.fork()
    if pid == 0:
        try:
            os.chdir(t.home)
            program = msmtpd.program(t)
            os.execve(program, [program, take, f"--port={port}", "--auth=joe", "--log=stderr"], t.environment())
        finally:
            os._exit(99)
    terminal = fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
    os.set_blocking(master, False)
    seen = bytearray()

    def look():
        try:
            seen.extend(os.read(master, 1000))
        except OSError:
            pass
        return seen

    try:
        check(wait_until(lambda: b"password for joe at localhost: " in look()), f"prompt: {bytes(seen)!r}")
        os.write(master, PASSWORD.encode() + b"\n")
        check(wait_until(lambda: b"listens on" in look()), f"log: {bytes(seen)!r}")
        check(PASSWORD.encode() not in seen, "there is no echo")
        daemon = msmtpd.Daemon.__new__(msmtpd.Daemon)
        daemon.address = ("127.0.0.1", port)
        with Conversation(daemon) as said:
            equal(said.plain(PASSWORD)[:3], b"235", "a login")
    finally:
        os.kill(pid, signal.SIGTERM)
        ended = wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0], 10)
        os.close(terminal)
        os.close(master)
    check(ended, "msmtpd has ended")


# -- what is left of the password


def forms():
    plain = PASSWORD.encode()
    return {plain, base64.b64encode(plain), base64.b64encode(b"\0joe\0" + plain)}


def in_memory(daemon):
    """{name: needles} of all processes of DAEMON."""
    found = {}
    for pid in [daemon.pid] + processes.descendants(daemon.pid):
        for needle in processes.memory_contains(pid, forms()) or ():
            found.setdefault(processes.name(pid), set()).add(needle)
    return found


@cases("PLAIN", "PLAIN-later", "LOGIN", "SCRAM-SHA-256")
def test_no_process_keeps_the_password(t, method):
    """Not the verifier, and after a login neither the server that has read it nor its check."""
    t.needs_sandbox()
    root_only("reading the memory of another process")
    daemon, _ = guarded(t)
    equal(in_memory(daemon), {}, "before a login")
    with Conversation(daemon) as said:
        if method == "SCRAM-SHA-256":
            t.succeeded(client(t, daemon, "scram-sha-256"))
        elif method == "LOGIN":
            said.ask("AUTH LOGIN")
            said.ask("am9l")
            equal(said.ask(base64.b64encode(PASSWORD.encode()).decode())[:3], b"235", "a login")
        elif method == "PLAIN-later":
            said.ask("AUTH PLAIN")
            equal(said.ask(base64.b64encode(f"\0joe\0{PASSWORD}".encode()).decode())[:3], b"235", "a login")
        else:
            equal(said.plain(PASSWORD)[:3], b"235", "a login")
        said.ask("NOOP")
        equal(in_memory(daemon), {}, "after a login")


def test_what_others_may_see_names_no_password(t):
    daemon, _ = guarded(t)
    for pid in [daemon.pid] + processes.descendants(daemon.pid):
        for part in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{part}", "rb") as file:
                check(PASSWORD.encode() not in file.read(), f"{part} of {processes.name(pid)}")


@cases("curl", "swaks")
def test_other_clients_log_in(t, name):
    if not shutil.which(name):
        skip(f"{name} is not there")
    daemon, mails = guarded(t)
    host, port = daemon.address
    mail = t.path("mail", "Subject: x\r\n\r\nThis is the body\r\n")
    words = {
        "curl": ["curl", "-sS", f"smtp://{host}:{port}", "--mail-from", "a@example.test", "--mail-rcpt", RECIPIENT,
                 "-T", mail, "--user", f"joe:{PASSWORD}"],
        "swaks": ["swaks", "--server", host, "--port", str(port), "--from", "a@example.test", "--to", RECIPIENT, "--silent",
                  "--body", "This is the body", "--auth-user", "joe", "--auth-password", PASSWORD],
    }[name]  # fmt: skip
    more = {"curl": (["--login-options", "AUTH=PLAIN"], ["--login-options", "AUTH=LOGIN"], ["--sasl-ir"]),
            "swaks": (["--auth", "PLAIN"], ["--auth", "LOGIN"])}[name]  # fmt: skip
    for options in more:
        done = subprocess.run(words + options, capture_output=True, cwd=t.home, env=t.environment(), timeout=LIMIT)
        check(done.returncode == 0, f"{options}: {done}")
    equal(holds(mails), len(more), "mails")
