"""Kept connections: one session for many mails, and whatever may happen to it between them."""

import contextlib
import functools
import glob
import os
import re
import shutil
import signal
import stat
import threading
import time

import kept
import msmtpd
import processes
from harness import MAIL, RECIPIENT, cases, check, equal, root_only, skip
from processes import wait_until
from test_flights import Line


def ending(test):
    """Runs TEST, and ends the keepers that it has left behind."""

    @functools.wraps(test)
    def run(t, *arguments):
        try:
            test(t, *arguments)
        finally:
            kept.end()

    return run


def mails_of(server):
    return [[mail.content for mail in session.mails] for session in server.sessions]


@ending
@cases("plain", "implicit", "starttls")
def test_mails_one_after_another_take_one_connection(t, tls):
    server = kept.serve(t, tls=tls)
    kept.send_all(t, 5)
    equal(mails_of(server), [[MAIL] * 5], "mails of each connection")
    check("QUIT" not in server.session.commands, f"said QUIT: {server.session.commands}")
    equal(len([line for line in server.session.commands if line.startswith("EHLO")]), 2 if tls == "starttls" else 1,
          "greetings")


@ending
@cases(("data", ()), ("several", ("CHUNKING",)))
def test_other_ways_of_sending_are_kept_too(t, keywords):
    base = tuple(word for word in kept.KEYWORDS if word != "CHUNKING")
    server = kept.serve(t, keywords=base + keywords)
    large = MAIL + b"x" * 70 + b"\n" * 200_000
    path = t.path("large", large)
    for mail, to in ((MAIL, [RECIPIENT]), (MAIL, [RECIPIENT, "ann@example.test"]), (None, [RECIPIENT]),
                     (MAIL, [RECIPIENT])):
        if mail is None:
            with open(path, "rb") as file:
                t.succeeded(t.start(*to, env=kept.environment(t), stdin=file).finish())
        else:
            t.succeeded(kept.send(t, *to, mail=mail))
    equal(mails_of(server), [[MAIL, MAIL, large, MAIL]], "mails of each connection")


@ending
def test_without_pipelining(t):
    server = kept.serve(t, keywords=("SIZE 1000000", "8BITMIME"))
    kept.send_all(t, 3)
    equal(mails_of(server), [[MAIL] * 3], "mails of each connection")


@ending
def test_lmtp(t):
    server = kept.serve(t, tls="plain", lmtp=True, settings={"protocol": "lmtp"})
    kept.send_all(t, 3)
    equal(mails_of(server), [[MAIL] * 3], "mails of each connection")


@ending
def test_one_round_trip_a_mail(t):
    """The first one opens the connection: 8 with STARTTLS; each other one takes one."""
    fewest, quiet = 99, 0.08
    for _ in range(4):
        server = kept.serve(t)
        line = Line(server, quiet)
        with open(t.rc, encoding="utf-8") as file:
            text = file.read()
        t.write_config(re.sub(r"port \d+", f"port {line.port}", text))
        kept.send_all(t, 1)
        before = line.round_trips
        kept.send_all(t, 4)
        fewest, quiet = min(fewest, line.round_trips - before), 2 * quiet
        kept.end()
        equal(mails_of(server), [[MAIL] * 5], "mails of each connection")
        if fewest <= 4:
            break
    equal(fewest, 4, "round trips of four mails")


@ending
def test_it_ends_when_no_mail_comes(t):
    server = kept.serve(t, seconds=1)
    kept.send_all(t, 2)
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    server.settle()
    equal(server.session.commands[-1], "QUIT", "last command")
    kept.send_all(t, 1)
    equal(len(server.sessions), 2, "connections")


@ending
@cases(("closes", lambda session, _: session.close()), ("resets", lambda session, _: session.reset()),
       ("says-why", lambda session, ordinary: (session.send(ordinary + "421 4.4.2 idle for too long\r\n"),
                                               session.close())))
def test_a_server_that_ends_it_meanwhile(t, how):
    """Nobody notices but the processes, which end."""
    def body(session, ordinary):
        session.send(ordinary)
        session.sleep(0.3)
        how(session, "")

    server = kept.serve(t, replies={"body": body})
    kept.send_all(t, 1)
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    kept.send_all(t, 1)
    equal(mails_of(server), [[MAIL], [MAIL]], "mails of each connection")
    check(kept.are_gone(), f"still there: {kept.orphans()}")


@ending
@cases("mail", "rcpt", "body")
def test_a_refusal_ends_it(t, place):
    """The mail is refused as ever, and the next one has a new connection."""
    server = kept.serve(t, replies={place: ["250 2.0.0 ok\r\n", "550 5.7.1 no\r\n"]})
    kept.send_all(t, 1)
    run = kept.send(t)
    equal(run.code, 65, f"exit code of {run}")
    check(b"550 5.7.1 no" in run.err, f"stderr: {run}")
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    kept.send_all(t, 1)
    check(wait_until(lambda: [sum(mail.accepted for mail in session.mails) for session in server.sessions] == [1, 1]),
          "mails of each connection")


@ending
def test_keeper_killed_while_idle(t):
    server = kept.serve(t)
    kept.send_all(t, 2)
    for pid in kept.keepers():
        os.kill(pid, signal.SIGKILL)
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    server.settle()
    equal(server.session.commands[-1], "QUIT", "last command")
    kept.send_all(t, 2)
    equal(mails_of(server), [[MAIL] * 2, [MAIL] * 2], "mails of each connection")


def in_the_second_mail(t, act):
    """A server that stands before its reply to the second mail until ACT has been called. Gives it and the run."""
    reached, going, counts = threading.Event(), threading.Event(), {"n": 0}

    def body(session, ordinary):
        counts["n"] += 1
        if counts["n"] == 2:
            reached.set()
            session.until(going)
        session.send(ordinary)

    server = kept.serve(t, replies={"body": body})
    kept.send_all(t, 1)
    running = t.start(RECIPIENT, env=kept.environment(t))
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    check(reached.wait(10), "there is no second mail")
    act(running)
    going.set()
    return server, running.finish()


@ending
def test_keeper_killed_while_a_mail_is_sent(t):
    server, run = in_the_second_mail(t, lambda _: [os.kill(pid, signal.SIGKILL) for pid in kept.keepers()])
    t.succeeded(run)
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    kept.send_all(t, 1)
    equal(mails_of(server), [[MAIL] * 2, [MAIL]], "mails of each connection")


@ending
def test_network_child_killed_while_a_mail_is_sent(t):
    """Its status is unknown, and so it is not sent again."""
    server, run = in_the_second_mail(t, lambda _: [os.kill(pid, signal.SIGKILL) for pid in kept.network_children()])
    equal(run.code, 75, f"exit code of {run}")
    check(b"the status of the mail is unknown" in run.err, f"stderr: {run}")
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    equal(len(server.mails), 2, "mails that the server was given")


@ending
def test_borrower_killed(t):
    """What it has borrowed is never lent again."""
    server, _ = in_the_second_mail(t, lambda running: running.process.kill())
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    kept.send_all(t, 1)
    equal([len(session.mails) for session in server.sessions], [2, 1], "mails of each connection")


@ending
def test_mails_at_once_take_as_many_connections(t):
    server = kept.serve(t)
    path = t.path("mail", MAIL)
    for _ in range(3):
        with contextlib.ExitStack() as files:
            runs = [t.start(RECIPIENT, env=kept.environment(t), stdin=files.enter_context(open(path, "rb")))
                    for _ in range(8)]
            for running in runs:
                t.succeeded(running.finish())
    equal(len(server.mails), 24, "mails")
    check(len(server.sessions) <= 8, f"{len(server.sessions)} connections")
    check(len(kept.keepers()) <= 8, f"{kept.orphans()}")


@ending
def test_other_accounts_have_other_connections(t):
    """Whatever decides where a mail goes or as whom."""
    server = kept.serve(t)
    kept.send_all(t, 2)
    for option in ("--user=joe ", "--timeout=11", "--domain=other.example", "--tls-priorities=NORMAL",
                   "--auth=plain", "--passwordeval=echo s3cret pass"):
        before = len(server.sessions)
        kept.send(t, option, RECIPIENT)
        equal(len(server.sessions), before + 1, f"connections with {option}")
    before = len(server.sessions)
    kept.send_all(t, 1, "--from=ann@example.test", "--keep-connection=9", RECIPIENT)
    equal(len(server.sessions), before, "connections with another sender")


@ending
def test_off_by_default_and_with_off(t):
    server = kept.serve(t, seconds=None)
    kept.send_all(t, 2)
    kept.send_all(t, 1, "--keep-connection=off", RECIPIENT)
    equal(len(server.sessions), 3, "connections")
    equal(os.listdir(kept.runtime(t)), [], "files")
    kept.send_all(t, 2, "--keep-connection=20", RECIPIENT)
    equal(len(server.sessions), 4, "connections")


@ending
@cases(("no-directory", None), ("others-write", 0o777), ("missing", "missing"))
def test_without_a_safe_directory_mails_go_as_ever(t, mode):
    server = kept.serve(t)
    env = kept.environment(t)
    if mode is None:
        env = {}
    elif mode == "missing":
        env = {"XDG_RUNTIME_DIR": t.home + "/nowhere"}
    else:
        os.chmod(kept.runtime(t), mode)
    for _ in range(2):
        run = t.msmtp("--debug", RECIPIENT, env=env)
        equal(run.code, 0, f"exit code of {run}")
        check(b"the connection is not kept: " in run.out, f"stdout: {run}")
    equal(len(server.sessions), 2, "connections")
    equal(kept.orphans(), {}, "processes")


@ending
def test_a_directory_that_others_may_see_is_not_used(t):
    server = kept.serve(t)
    kept.send_all(t, 1)
    kept.end()
    os.chmod(os.path.join(kept.runtime(t), "msmtp"), 0o755)
    kept.send_all(t, 2)
    equal(len(server.sessions), 3, "connections")


@ending
def test_of_another_user(t):
    """Neither a socket of another user nor a request by one is heard."""
    root_only("another user")
    server = kept.serve(t)
    kept.send_all(t, 1)
    places = glob.glob(os.path.join(kept.runtime(t), "msmtp", "*.0"))
    equal(len(places), 1, "sockets")
    equal(stat.S_IMODE(os.stat(os.path.dirname(places[0])).st_mode), 0o700, "mode of the directory")
    os.chown(places[0], 12345, 12345)
    kept.send_all(t, 1)
    equal(len(server.sessions), 2, "connections")


@ending
def test_root_lets_an_unprivileged_keeper_do_it(t):
    root_only("another user")
    kept.serve(t)
    kept.send_all(t, 2)
    pids = kept.keepers() + kept.network_children()
    equal(len(pids), 2, "processes")
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        check("0" not in status["Uid"].split(), f"users of {processes.name(pid)}: {status['Uid']}")
        equal(status["CapEff"], "0" * 16, f"capabilities of {processes.name(pid)}")
    t.needs_sandbox()


@ending
def test_keeper_has_nothing_of_its_caller(t):
    """No password, no terminal, no descriptor: 0 to 2 are /dev/null, and its own."""
    kept.serve(t)
    kept.send_all(t, 1)
    (pid,) = kept.keepers()
    equal(sorted(processes.descriptors(pid)), [0, 1, 2, 4, 5, 6, 7], "descriptors")
    equal(os.getsid(pid), pid, "session")
    check(os.getpgid(kept.network_children()[0]) == kept.network_children()[0], "process group of the network child")
    t.needs_sandbox()
    try:
        found = processes.memory_contains(pid, [kept.PASSWORD.encode(), b"Hello.\n"])
    except PermissionError:
        skip("memory may not be read here")
    equal(found, set(), "found in its memory")


@ending
def test_debug_says_what_is_done(t):
    kept.serve(t)
    first, second = (kept.send(t, "--debug", RECIPIENT) for _ in range(2))
    check(b"\nthe connection will be kept\n" in first.out, f"first: {first}")
    check(b"\nusing a connection that was kept\n" in second.out, f"second: {second}")
    check(b"--> AUTH" in first.out and b"AUTH" not in second.out.partition(b"using a connection")[2], f"{second}")
    check(b"--> MAIL FROM" in second.out and b"<-- 250 2.0.0 queued" in second.out, f"second: {second}")
    check(b"TLS session parameters" in second.out, f"second: {second}")


@ending
def test_a_mail_that_comes_slowly_goes_as_ever(t):
    server = kept.serve(t)
    kept.send_all(t, 1)
    running = t.start(RECIPIENT, env=kept.environment(t))
    time.sleep(0.4)
    t.succeeded(running.finish(MAIL))
    kept.send_all(t, 1)
    equal([len(session.mails) for session in server.sessions], [2, 1], "mails of each connection")


@ending
def test_a_mail_that_decides_its_account_goes_as_ever(t):
    server = kept.serve(t)
    kept.send_all(t, 2, "--read-envelope-from", RECIPIENT)
    equal(len(server.sessions), 2, "connections")
    kept.send_all(t, 2, "-t")
    equal(len(server.sessions), 3, "connections with -t")


@ending
def test_pretend_and_server_info_start_no_keeper(t):
    kept.serve(t)
    run = kept.send(t, "--pretend", RECIPIENT)
    equal(run.code, 0, f"{run}")
    check(b"\nkeep_connection = 30 seconds\n" in run.out, f"{run}")
    equal(kept.send(t, "--serverinfo", mail=b"").code, 0, "--serverinfo")
    equal(kept.orphans(), {}, "processes")


@ending
def test_an_error_in_opening_is_told_as_ever(t):
    server = kept.serve(t, replies={"auth-final": "535 5.7.8 wrong\r\n"})
    run = kept.send(t)
    check(run.code == 77, f"exit code of {run}")
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    equal(len(server.sessions), 1, "connections")
    server.stop()
    run = kept.send(t)
    equal(run.code, 75, f"exit code of {run}")
    check(kept.are_gone(), f"still there: {kept.orphans()}")


@ending
def test_no_keeper_program(t):
    """The mail goes as ever, and a line says what is missing."""
    server = kept.serve(t)
    tree = os.path.dirname(os.path.dirname(os.path.realpath(t.program)))
    copy = os.path.join(t.folder, "tree")
    for part in ("bin/msmtp", "libexec/msmtp"):
        os.makedirs(os.path.dirname(os.path.join(copy, part)), exist_ok=True)
        make = shutil.copytree if part.startswith("libexec") else shutil.copy
        make(os.path.join(tree, part), os.path.join(copy, part))
    os.unlink(os.path.join(copy, "libexec/msmtp/msmtp-keeper"))
    run = kept.send(t, RECIPIENT, program=os.path.join(copy, "bin/msmtp"))
    equal(run.code, 0, f"exit code of {run}")
    check(re.fullmatch("msmtp: warning: the connection is not kept: cannot start .*/msmtp-keeper: No such file or "
                       "directory", "\n".join(run.errors)), f"stderr: {run}")
    check(kept.are_gone(), f"still there: {kept.orphans()}")
    equal(server.session.commands[-1], "QUIT", "last command")


@ending
def test_a_hundred_mails_are_enough(t):
    """A server has limits: then there is another connection."""
    server = kept.serve(t, tls="plain")
    kept.send_all(t, 102)
    equal([len(session.mails) for session in server.sessions], [100, 2], "mails of each connection")
    wait_until(lambda: server.sessions[0].ended.is_set())
    equal(server.sessions[0].commands[-1], "QUIT", "last command")


@ending
def test_smtp_session(t):
    server = kept.serve(t)
    lines = b"EHLO here\r\n" + b"".join(
        b"MAIL FROM:<joe@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: %d\r\n\r\nHello.\r\n.\r\n" % n
        for n in range(3)) + b"QUIT\r\n"
    run = kept.send(t, "-bs", mail=lines)
    equal(run.out.count(b"\r\n250 2.0.0"), 3, f"{run}")
    equal([len(session.mails) for session in server.sessions], [3], "mails of each connection")


@ending
def test_behind_msmtpd(t):
    server = kept.serve(t)
    command = f"{t.program} -C {t.rc} -f %F --"
    daemon = msmtpd.start(t, f"--command={command}", env=kept.environment(t))
    client = daemon.greeted()
    stream = client.makefile("rwb")

    def say(line, code):
        stream.write(line + b"\r\n")
        stream.flush()
        reply = stream.readline()
        while reply[3:4] == b"-":
            reply = stream.readline()
        check(reply.startswith(code), f"reply to {line[:40]!r}: {reply!r}; {daemon.lines()}")

    say(b"EHLO here", b"250")
    for number in range(6):
        say(b"MAIL FROM:<joe@example.test>", b"250")
        say(b"RCPT TO:<bob@example.test>", b"250")
        say(b"DATA", b"354")
        say(b"Subject: %d\r\n\r\nHello.\r\n." % number, b"250")
    say(b"QUIT", b"221")
    client.close()
    equal([len(session.mails) for session in server.sessions], [6], "mails of each connection")
    equal(daemon.stop().code, 0, "exit code of msmtpd")
    equal(len(kept.keepers()), 1, "keepers, which msmtpd neither ends nor waits for")
