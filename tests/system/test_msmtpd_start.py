"""msmtpd from its start to its end: options, sockets, rights, signals, and what happens when processes are lost."""

import grp
import os
import pwd
import re
import resource
import signal
import socket
import stat
import subprocess
import time

import load
import msmtpd
import namespace
import processes
from harness import RECIPIENT, cases, check, equal, limit, root_only, skip
from processes import wait_until
from test_environment import syslog_socket

TRUE = "--command=/bin/true --"
ARGUMENT_ERRORS = {
    "--port=0": "invalid port '0': a number from 1 to 65535 is expected",
    "--port=smtp": "invalid port 'smtp': a number from 1 to 65535 is expected",
    "--interface=localhost": "invalid address 'localhost': a numeric IPv4 or IPv6 address, or unix:/path, is expected",
    "--nonsense": "unrecognized option '--nonsense'",
    "--log=": "option '--log' has an empty argument",
    "word": "too many arguments",
    "--group=0": "--group takes effect with --user only",
    "--interface=unix:/" + 200 * "x": f"the path of the socket is longer than 107 bytes: /{200 * 'x'}",
}


def refused(t, code, text, *options, **more):
    """msmtpd with OPTIONS ends with CODE and the one line TEXT."""
    run = msmtpd.run(t, *options, **more)
    program = more.get("program", msmtpd.program(t))
    equal((run.code, run.errors), (code, [f"{program}: {text}"]), "exit code and standard error")
    equal(run.out, b"", "standard output")


def greeting(address, family=socket.AF_INET):
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        return client.recv(1000)


def rest_of(client):
    """All that comes until the end of the connection."""
    said = b""
    while data := client.recv(4096):
        said += data
    return said


def nothing_left(pids):
    """Orphans are ours to reap: those that wait for that have ended."""

    def left():
        return [processes.name(pid) for pid in pids if processes.state(pid) not in ("", "Z")]

    check(wait_until(lambda: not left(), 3), f"left: {left()}")


def everyone(daemon):
    return [daemon.pid] + processes.descendants(daemon.pid)


# ---- options ----


@cases(*ARGUMENT_ERRORS)
def test_what_cannot_be_meant_is_one_line_and_64(t, option):
    refused(t, 64, ARGUMENT_ERRORS[option], option)


def test_version_and_help_go_to_standard_output(t):
    version = msmtpd.run(t, "--version")
    equal((version.code, version.err), (0, b""), "--version")
    check(version.out.startswith(b"msmtpd version "), f"{version.out!r}")
    text = msmtpd.run(t, "--help", "--version", "--port=2500").out
    equal(text, version.out, "--help and --version")
    helped = msmtpd.run(t, "--help")
    equal((helped.code, helped.err), (0, b""), "--help")
    check(f"{msmtpd.program(t)} [OPTION...]" in helped.out.decode(), f"{helped.out!r}")


def test_a_log_that_cannot_be_opened_is_73(t):
    path = os.path.join(t.home, "no", "log")
    port = msmtpd.free_port()
    refused(t, 73, f"cannot open the log {path}: No such file or directory", f"--log={path}", f"--port={port}")


def test_a_command_that_cannot_start_is_a_warning(t):
    daemon = msmtpd.start(t, "--command=/nowhere/at/all %F --")
    daemon.greeted().close()
    run = daemon.stop()
    equal(
        (run.code, run.errors),
        (
            0,
            [
                f"{msmtpd.program(t)}: warning: the command /nowhere/at/all cannot be executed: No such file or directory"
            ],
        ),
        "what was said",
    )


@cases(("that fails", "false"), ("that says nothing", "true"))
def test_a_passwordeval_is_tried_before_anybody_can_connect(t, command):
    run = msmtpd.run(t, f"--auth=me,{command}", f"--port={msmtpd.free_port()}", TRUE)
    equal((run.code, len(run.errors)), (78, 1), f"{run}")


# ---- where it listens ----


def test_several_addresses_and_ports(t):
    ports = [msmtpd.free_port(), msmtpd.free_port()]
    hosts = ["127.0.0.1", "127.0.0.2", "::1"]
    options = [f"--interface={host}" for host in hosts] + [f"--port={port}" for port in ports]
    daemon = msmtpd.start(t, *options, TRUE, port=0)
    for host in hosts:
        for port in ports:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            check(greeting((host, port), family).startswith(b"220 "), f"{host} {port}")
    line = daemon.logged("listens on")
    check(line.endswith(", ".join(f"{host} port {port}" for host in hosts for port in ports)), line)
    equal(daemon.stop().code, 0, "exit code")
    check("connection from ::1, active sessions " in "\n".join(daemon.lines()), f"{daemon.lines()}")


def test_an_address_in_use_is_69(t):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = f"cannot listen on 127.0.0.1 port {port}: another program does already"
        refused(t, 69, text, f"--port={port}", TRUE)


def test_an_address_that_is_not_ours_is_69(t):
    text = "cannot listen on 192.0.2.1 port 2500: this machine has no such address"
    refused(t, 69, text, "--interface=192.0.2.1", "--port=2500", TRUE)


def test_a_port_is_free_again_at_once(t):
    port = msmtpd.free_port()
    for _ in range(2):
        daemon = msmtpd.start(t, TRUE, port=port)
        client = daemon.greeted()  # whose end leaves the server's side in TIME_WAIT
        equal(daemon.stop().code, 0, "exit code")
        client.close()


def test_a_unix_socket_has_its_mode_and_group_and_goes_away(t):
    path = t.path("submit")
    group = grp.getgrgid(os.getegid() if os.geteuid() else grp.getgrnam("mail").gr_gid).gr_name
    daemon = msmtpd.start(t, f"--interface=unix:{path},0660,{group}", TRUE, port=0)
    facts = os.stat(path)
    equal(
        (stat.S_ISSOCK(facts.st_mode), stat.S_IMODE(facts.st_mode), facts.st_gid),
        (True, 0o660, grp.getgrnam(group).gr_gid),
        "the socket",
    )
    check(greeting(path, socket.AF_UNIX).startswith(b"220 "), "greeting")
    daemon.logged(f"connection from uid {os.getuid()} (pid {os.getpid()}), active sessions 1 (max 256)")
    equal(daemon.stop().code, 0, "exit code")
    check(not os.path.lexists(path), "the socket is still there")


def test_an_abandoned_unix_socket_is_replaced(t):
    path = t.path("submit")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
    daemon = msmtpd.start(t, TRUE, path=path)
    daemon.greeted().close()
    equal(daemon.stop().code, 0, "exit code")


def test_of_several_that_start_at_once_one_gets_the_unix_socket(t):
    path = t.path("submit")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
    runs = [t.start(f"--interface=unix:{path}", TRUE, program=msmtpd.program(t)) for _ in range(8)]
    check(wait_until(lambda: len([run for run in runs if run.process.poll() is None]) <= 1, 10), "several run")
    (winner,) = [run for run in runs if run.process.poll() is None]
    check(greeting(path, socket.AF_UNIX).startswith(b"220 "), "greeting")
    for run in runs:
        if run is not winner:
            equal(run.finish().code, 69, "exit code")
    os.kill(winner.pid, signal.SIGTERM)
    equal(winner.finish().code, 0, "exit code")
    equal([name for name in os.listdir(t.home) if name != "msmtpd.log"], [], "what is left")


def test_a_unix_socket_in_use_is_69(t):
    path = t.path("submit")
    daemon = msmtpd.start(t, TRUE, path=path)
    text = f"cannot listen on unix:{path}: another program does already"
    refused(t, 69, text, f"--interface=unix:{path}", TRUE)
    daemon.greeted().close()


def test_what_is_no_socket_is_never_replaced(t):
    path, link = t.path("submit", "precious"), t.path("link")
    text = "there is something that is no socket"
    refused(t, 73, f"cannot listen on unix:{path}: {text}", f"--interface=unix:{path}", TRUE)
    abandoned = t.path("abandoned")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(abandoned)
    os.symlink(abandoned, link)
    refused(t, 73, f"cannot listen on unix:{link}: {text}", f"--interface=unix:{link}", TRUE)
    check(open(path, encoding="ascii").read() == "precious" and os.path.islink(link), "something was replaced")
    check(os.path.lexists(abandoned), "where the link leads something was removed")


def test_a_unix_socket_of_another_is_not_removed_at_the_end(t):
    path = t.path("submit")
    daemon = msmtpd.start(t, TRUE, path=path)
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        equal(daemon.stop().code, 0, "exit code")
    check(os.path.lexists(path), "the other's socket was removed")


def test_another_users_abandoned_socket_stays(t):
    root_only("another user's socket")
    path = t.path("submit")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
    os.chown(path, pwd.getpwnam("daemon").pw_uid, -1)
    refused(t, 73, f"cannot listen on unix:{path}: the socket there belongs to another user",
            f"--interface=unix:{path}", TRUE)  # fmt: skip


def test_no_group_of_this_name(t):
    refused(t, 67, "there is no group 'nosuchgroup'", f"--interface=unix:{t.path('s')},600,nosuchgroup", TRUE)
    check(not os.path.lexists(t.path("s")), "the socket is there")


# ---- sockets of a service manager ----


def handed(t, sockets, *options, count=None, pid="$$", **more):
    """msmtpd as a service manager starts it: SOCKETS from descriptor 3 on."""
    numbers = [sock.fileno() for sock in sockets]

    def move():
        high = [os.dup2(number, 100 + i) for i, number in enumerate(numbers)]
        for i, number in enumerate(high):
            os.dup2(number, 3 + i, inheritable=True)
        os.closerange(3 + len(high), 200)

    script = f'LISTEN_PID={pid} LISTEN_FDS={len(sockets) if count is None else count} exec "$@"'
    return t.start("-c", script, "sh", msmtpd.program(t), *options, TRUE, program="/bin/sh", preexec_fn=move,
                   close_fds=False, **more)  # fmt: skip


def listening(family, address):
    sock = socket.socket(family)
    sock.bind(address)
    sock.listen(10)
    return sock


def test_sockets_that_a_service_manager_made(t):
    path = t.path("activated")
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as inet, listening(socket.AF_UNIX, path) as local:
        address = inet.getsockname()
        running = handed(t, [inet, local], f"--log={t.log}")
        msmtpd.wait_for(running, t.log)
        check(greeting(address).startswith(b"220 "), "greeting")
        check(greeting(path, socket.AF_UNIX).startswith(b"220 "), "greeting")
        daemon = msmtpd.Daemon(running, address, t.log)
        daemon.logged(f"listens on 127.0.0.1 port {address[1]}, unix:{path}")
        equal(daemon.stop().code, 0, "exit code")
    check(os.path.lexists(path), "the service manager's socket is gone")


def test_a_socket_for_both_families_shows_the_one_that_was_used(t):
    with socket.socket(socket.AF_INET6) as both:
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        both.listen(10)
        port = both.getsockname()[1]
        running = handed(t, [both], f"--log={t.log}")
        msmtpd.wait_for(running, t.log)
        daemon = msmtpd.Daemon(running, ("127.0.0.1", port), t.log)
        daemon.greeted().close()
        daemon.logged("connection from 127.0.0.1, active sessions 1")
        equal(daemon.stop().code, 0, "exit code")


def test_a_connection_that_a_service_manager_took(t):
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as server, socket.socket() as client:
        client.settimeout(10)
        client.connect(server.getsockname())
        accepted = server.accept()[0]
        running = handed(t, [accepted])
        accepted.close()
        check(client.recv(1000).startswith(b"220 "), "greeting")
        client.sendall(b"QUIT\r\n")
        check(rest_of(client).startswith(b"221 "), "answer to QUIT")
        equal(running.finish().code, 0, "exit code")


def test_descriptors_that_are_of_no_use_are_78(t):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets, socket.socket() as idle:
        for sockets, text in [
            ([packets], "3 of the service manager (LISTEN_FDS) is no stream socket of the internet or this machine"),
            ([idle], "3 of the service manager (LISTEN_FDS) neither listens nor is connected"),
        ]:
            run = handed(t, sockets).finish()
            equal((run.code, run.errors), (78, [f"{msmtpd.program(t)}: descriptor {text}"]), "what was said")
    run = handed(t, [], count="many").finish()
    equal((run.code, run.errors), (78, [f"{msmtpd.program(t)}: LISTEN_FDS is no number of sockets: 'many'"]), "count")


def test_sockets_of_a_service_manager_and_our_own_are_64(t):
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as inet:
        run = handed(t, [inet], "--port=2500").finish()
    text = "the service manager has chosen the sockets: --interface and --port are not for this"
    equal((run.code, run.errors), (64, [f"{msmtpd.program(t)}: {text}"]), "what was said")


def test_sockets_for_another_process_are_not_ours(t):
    port = msmtpd.free_port()
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as inet:
        running = handed(t, [inet], f"--log={t.log}", f"--port={port}", pid="1")
        msmtpd.wait_for(running, t.log)
        check(greeting(("127.0.0.1", port)).startswith(b"220 "), "greeting")


def test_one_session_on_standard_input_and_output(t):
    run = msmtpd.run(t, "--inetd", TRUE, data=b"QUIT\r\n")
    equal((run.code, run.err), (0, b""), f"{run}")
    check(run.out.startswith(b"220 ") and b"\r\n221 " in run.out, f"{run}")


def test_inetd_may_have_made_standard_error_the_client_too(t):
    ours, theirs = socket.socketpair()
    with ours:
        words = [msmtpd.program(t), "--inetd", "--log=-", TRUE]
        with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=t.environment()) as process:
            theirs.close()
            ours.settimeout(10)
            ours.sendall(b"QUIT\r\n")
            said = rest_of(ours)
            equal(process.wait(10), 0, "exit code")
    check(all(line[:3] in (b"220", b"221") for line in said.splitlines()), f"{said!r}")


# ---- rights ----


def no_capabilities(pid):
    status = processes.status(pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        equal(int(status[name], 16), 0, f"{name} of {processes.name(pid)}")
    return status


def test_root_becomes_the_user_when_the_sockets_are_there(t):
    root_only("--user")
    t.needs_sandbox()
    namespace.enter_empty()
    t.as_nobody()
    daemon = msmtpd.start(t, "--user=nobody", "--group=mail", TRUE, port=25)
    daemon.greeted().close()
    wait_until(lambda: len(daemon.sessions()) >= 4)
    user, group = str(pwd.getpwnam("nobody").pw_uid), str(grp.getgrnam("mail").gr_gid)
    for pid in everyone(daemon):
        status = no_capabilities(pid)
        equal((status["Uid"].split(), status["Gid"].split()), (4 * [user], 4 * [group]), processes.name(pid))
    status = processes.status(daemon.pid)
    check("0" not in status["Groups"].split(), "root's groups are still there")
    equal(status["NoNewPrivs"], "0", "no_new_privs, under which the command could not be set-id,")
    check(int(status["CapBnd"], 16) != 0, "the bounding set is empty")
    equal(daemon.stop().code, 0, "exit code")


def test_a_user_that_there_is_not_and_one_that_takes_root(t):
    refused(t, 67, "there is no user 'nosuchuser'", "--user=nosuchuser", TRUE)
    user = t.as_nobody()
    refused(t, 77, "only root can become the user 'daemon'", "--user=daemon", TRUE,
            program=program_for_all(t), user=user)  # fmt: skip


def program_for_all(t):
    return (
        os.path.join(os.path.dirname(t.options.program_for_all), "msmtpd") if os.geteuid() == 0 else msmtpd.program(t)
    )


def as_user_with_port_25(t, *options, capability=True, **more):
    """msmtpd as an ordinary user who may bind to any port, if CAPABILITY."""
    t.as_nobody()
    caps = ["--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"] if capability else []
    words = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", *caps]
    return t.start(*words, program_for_all(t), *options, TRUE, program="setpriv", **more)


def test_port_25_with_an_ambient_capability(t):
    root_only("giving a capability to another user")
    t.needs_sandbox()
    namespace.enter_empty()
    if subprocess.run(["sh", "-c", "command -v setpriv"], capture_output=True).returncode:
        skip("no setpriv here")
    running = as_user_with_port_25(t, f"--log={t.log}")
    msmtpd.wait_for(running, t.log)
    daemon = msmtpd.Daemon(running, ("127.0.0.1", 25), t.log)
    daemon.greeted().close()
    for pid in everyone(daemon):
        status = no_capabilities(pid)
        equal(status["Uid"].split()[0], str(pwd.getpwnam("nobody").pw_uid), processes.name(pid))
    equal(processes.status(daemon.pid)["NoNewPrivs"], "0", "no_new_privs")
    equal(daemon.stop().code, 0, "exit code")


def test_port_25_without_the_right_to_it_is_77(t):
    root_only("a network where port 25 is not for everybody")
    namespace.enter_empty()
    run = as_user_with_port_25(t, capability=False).finish()
    text = (
        "cannot listen on 127.0.0.1 port 25: ports like this one take root and --user, or CAP_NET_BIND_SERVICE; "
        "or choose another --port, above 1023"
    )
    equal((run.code, [line.partition(": ")[2] for line in run.errors]), (77, [text]), "what was said")


# ---- signals ----


def slow_command(t, seconds=0.7):
    """A command that takes its time, and where it puts the mail."""
    mail = t.path("mail")
    script = f"#!/bin/sh\n: >{mail}.begun\nsleep {seconds}\ncat >{mail}.new && mv {mail}.new {mail}\n"
    return t.path("slow", script, 0o755), mail


def with_mail(client, end=b".\r\n"):
    """A mail of CLIENT, up to END."""
    for line in (b"EHLO x\r\n", b"MAIL FROM:<a@example.test>\r\n", f"RCPT TO:<{RECIPIENT}>\r\n".encode(), b"DATA\r\n"):
        client.sendall(line)
        check(client.recv(1000)[:1] in b"23", f"{line}")
    client.sendall(b"Subject: x\r\n\r\ntext\r\n" + end)


@cases(("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT))
def test_who_is_asked_to_end_finishes_the_mails_that_have_begun(t, number):
    command, mail = slow_command(t)
    daemon = msmtpd.start(t, f"--command={command} %F --")
    idle, busy = daemon.greeted(), daemon.greeted()
    with_mail(busy)
    all_of_them = everyone(daemon)
    daemon.send(number)
    check(rest_of(idle).startswith(b"421 "), "an idle client is told")
    try:
        daemon.connect(1).close()
        raise AssertionError("it still listens")
    except ConnectionRefusedError:
        pass
    check(busy.recv(1000).startswith(b"250 "), "the mail was taken")
    equal(daemon.running.finish().code, 0, "exit code")
    check(b"text" in open(mail, "rb").read(), "the mail")
    nothing_left(all_of_them)


def test_a_second_signal_ends_it_at_once(t):
    command, mail = slow_command(t, 1.5)
    daemon = msmtpd.start(t, f"--command={command} %F --")
    client = daemon.greeted()
    with_mail(client)
    check(wait_until(lambda: os.path.exists(mail + ".begun"), 5), "no command")
    daemon.send(signal.SIGTERM)
    daemon.logged("ending, active sessions 1")
    daemon.send(signal.SIGTERM)
    equal(daemon.process.wait(1.0), 75, "exit code")
    # Whoever had a mail goes on without it, or the client knows that the mail was not taken.
    said = client.recv(1000)
    check(not said.startswith(b"250 ") or wait_until(lambda: os.path.exists(mail), 3), f"{said!r}")


def test_sighup_opens_the_log_again(t):
    daemon = msmtpd.start(t, TRUE)
    before = daemon.greeted()
    os.rename(daemon.log, daemon.log + ".1")
    ready = set(daemon.sessions())
    daemon.send(signal.SIGHUP)
    check(wait_until(lambda: os.path.exists(daemon.log), 5), "no new log")
    check(
        wait_until(lambda: len(set(daemon.sessions()) - ready) >= 4, 5), "the sessions that were ready are still there"
    )
    with daemon.greeted() as client:
        client.sendall(b"QUIT\r\n")
        rest_of(client)
    daemon.logged("connection from 127.0.0.1, active sessions 2")
    before.sendall(b"QUIT\r\n")
    check(rest_of(before).startswith(b"221 "), "the session from before goes on")
    equal(daemon.stop().code, 0, "exit code")
    with open(daemon.log, encoding="utf-8") as file:
        authors = {line.partition("[")[2].partition("]")[0] for line in file}
    check(len(authors) >= 2, "no session has written into the new log")


def test_the_system_log_gets_the_lines_of_the_listener_and_of_its_sessions(t):
    root_only("a /dev/log of our own")
    log, port = syslog_socket(t), msmtpd.free_port()
    running = t.start(f"--port={port}", "--log=syslog", TRUE, program=msmtpd.program(t))

    def message():
        return re.fullmatch(r"<22>\w{3} [ \d]\d [\d:]{8} msmtpd\[(\d+)\]: (.*?)\n?", log.recv(4096).decode()).groups()

    pid, text = message()
    equal(pid, str(running.pid), "who listens")
    check("listens on" in text, text)
    check(greeting(("127.0.0.1", port)).startswith(b"220 "), "greeting")
    said = dict(message() for _ in range(3))
    check(str(running.pid) in said and len(said) == 2, f"{said}")
    os.kill(running.pid, signal.SIGTERM)
    equal(running.finish().code, 0, "exit code")


# ---- too much ----


def test_a_full_house_says_so(t):
    daemon = msmtpd.start(t, "--max-sessions=2", TRUE)
    first, _second = daemon.greeted(), daemon.greeted()
    for _ in range(3):
        equal(rest_of(daemon.connect()), b"421 4.3.2 too many sessions; try again later\r\n", "a third client")
    first.sendall(b"QUIT\r\n")
    rest_of(first)

    def comes_in():
        with daemon.connect() as client:
            return client.recv(100).startswith(b"220 ")

    check(wait_until(comes_in, 5), "a place that is free again")
    daemon.logged("connection from 127.0.0.1 refused: active sessions 2 (max 2)")
    equal(daemon.stop().code, 0, "exit code")


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_when_descriptors_run_out_clients_are_told_and_nothing_spins(t):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    daemon = msmtpd.start(t, TRUE, preexec_fn=few)
    clients = [daemon.connect() for _ in range(40)]
    replies = [client.recv(1000)[:4] for client in clients]
    # The kernel counts the descriptors that are on their way to a process for all processes of a user, other tests' too,
    # and holds that against the limit of whoever sends one: a session may fail to hand its client over.
    equal(set(replies) - {b""}, {b"220 ", b"421 "}, "greetings")
    check(replies.count(b"") <= 1, f"clients were not told: {replies}")
    before, began = processor_seconds(daemon.pid), time.monotonic()
    time.sleep(0.5)
    used = processor_seconds(daemon.pid) - before
    check(used < 0.25 * (time.monotonic() - began), f"the processor was used for {used} s while nothing happened")
    for client in clients:
        client.close()
    check(wait_until(lambda: greeting(daemon.address).startswith(b"220 "), 5), "it does not recover")
    equal(daemon.stop().code, 0, "exit code")


def test_without_any_descriptor_the_reserve_tells_the_client(t):
    root_only("changing the limits of another process")
    daemon = msmtpd.start(t, TRUE)
    daemon.greeted().close()
    wait_until(lambda: len(daemon.sessions()) == 4)
    open_ones = processes.descriptors(daemon.pid)
    first_free = next(number for number in range(3, 1000) if number not in open_ones)
    limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (first_free, limits[1]))
    for _ in range(3):
        equal(rest_of(daemon.connect()), b"421 4.3.0 no session can be started; try again later\r\n", "reply")
    daemon.logged("a client was sent away: Too many open files")
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
    daemon.greeted().close()
    equal(daemon.stop().code, 0, "exit code")


# ---- lost processes ----


def test_a_killed_session_is_nobody_elses_matter(t):
    daemon = msmtpd.start(t, TRUE)
    one, other = daemon.greeted(), daemon.greeted()
    wait_until(lambda: len(daemon.sessions()) == 6)
    first, second, *ready = sorted(daemon.sessions())
    for pid in (first, *ready):
        os.kill(pid, signal.SIGKILL)
    daemon.logged(f"session {first} was killed by signal 9")
    equal(rest_of(one)[:4], b"421 ", "what the client of the killed session hears")
    check(wait_until(lambda: len(set(daemon.sessions()) - {second, *ready}) >= 4, 5), "no new sessions are made")
    daemon.greeted().close()
    other.sendall(b"NOOP\r\n")
    check(other.recv(100).startswith(b"250 "), "the other session goes on")
    check(wait_until(lambda: not load.zombies(daemon.pid), 3), "zombies")
    equal(daemon.stop().code, 0, "exit code")


def test_a_killed_forker_is_replaced_and_sessions_go_on(t):
    daemon = msmtpd.start(t, TRUE)
    client = daemon.greeted()
    forker = daemon.helper("msmtp-smtpd-forker")
    os.kill(forker, signal.SIGKILL)
    daemon.logged("msmtp-smtpd-forker was killed by signal 9")
    check(wait_until(lambda: set(daemon.children("msmtp-smtpd-forker")) - {forker}, 5), "there is no new one")

    def comes_in():
        with daemon.connect() as another:
            return another.recv(100).startswith(b"220 ")

    check(wait_until(comes_in, 5), "no session with the new one")
    client.sendall(b"NOOP\r\n")
    check(client.recv(100).startswith(b"250 "), "the session from before goes on")
    equal(daemon.stop().code, 0, "exit code")


def test_a_crash_means_another_forker_for_the_next_client(t):
    daemon = msmtpd.start(t, TRUE)
    forker = daemon.helper("msmtp-smtpd-forker")
    copies = processes.children(forker)
    os.kill(copies[0], signal.SIGKILL)
    daemon.logged("a copy of msmtp-smtpd-forker was killed by signal 9")
    check(wait_until(lambda: set(daemon.children("msmtp-smtpd-forker")) - {forker}, 5), "there is no new one")
    check(wait_until(lambda: not processes.state(forker), 5), "the old one does not end")
    daemon.greeted().close()
    equal(daemon.stop().code, 0, "exit code")


def test_who_crashes_copies_without_end_gets_ten_forkers_a_second(t):
    t.needs_sandbox()  # what looks for leaks at the end of a sanitized program is a child of it too
    daemon = msmtpd.start(t, TRUE)
    seen, began = set(), time.monotonic()
    while time.monotonic() - began < 1.5:
        for forker in daemon.children("msmtp-smtpd-forker"):
            seen.add(forker)
            for copy in processes.children(forker):
                try:
                    os.kill(copy, signal.SIGKILL)
                except ProcessLookupError:
                    pass
    check(1 < len(seen) < 30, f"{len(seen)} forkers in 1.5 s")
    check(wait_until(lambda: daemon.connect().recv(100).startswith(b"220 "), 8), "it does not recover")
    equal(daemon.stop().code, 0, "exit code")


def test_a_killed_verifier_is_replaced(t):
    daemon = msmtpd.start(t, "--auth=me,echo secret", TRUE)
    client = daemon.greeted()
    verifier = daemon.helper("msmtp-verifier")
    os.kill(verifier, signal.SIGKILL)
    check(wait_until(lambda: set(daemon.children("msmtp-verifier")) - {verifier}, 5), "there is no new one")

    def comes_in():
        with daemon.connect() as another:
            return another.recv(100).startswith(b"220 ")

    check(wait_until(comes_in, 5), "no session with the new one")
    client.sendall(b"NOOP\r\n")
    check(client.recv(100).startswith(b"250 "), "the session from before goes on")
    equal(daemon.stop().code, 0, "exit code")


@limit(40)
def test_the_listener_is_killed_and_nothing_stays(t):
    daemon = msmtpd.start(t, "--auth=me,echo secret", TRUE)
    client = daemon.greeted()
    pids = everyone(daemon)[1:]
    daemon.send(signal.SIGKILL)
    daemon.running.process.wait()
    rest_of(client)
    nothing_left(pids)
