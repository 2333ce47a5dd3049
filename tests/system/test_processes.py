"""The helpers: killed or stopped at every step, what they hold, what is left of a password, and who they are.

Orphans need no test of their own: after each test of the suite its process looks for what the program left behind.
"""

import base64
import os
import re
import shutil
import signal
import subprocess
import threading

import processes
from dialogue import Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal, root_only, skip
from scripted_server import Gate

PASSWORD = "correct horse battery staple"
BEFORE = ("greeting", "ehlo", "starttls", "ehlo-tls", "mail", "rcpt", "data")


def prepared(t, place, auth=None, keywords=None, tls=True, **settings):
    """(server, gate): the server will stand still at PLACE."""
    gate = Gate()
    more = {"starttls": t.certificates.context()} if tls else {}
    if keywords is not None:
        more["keywords"] = keywords
    server = t.serve(Dialogue(auth=auth, replies={place: gate}, **more))
    if auth:
        settings = dict({"auth": "scram-sha-256", "user": "joe", "password": PASSWORD}, **settings)
    t.configure(server, **(t.tls(**settings) if tls else settings))
    return server, gate


def at(t, gate, *arguments, mail=MAIL):
    """The running program, once the server stands at its gate."""
    running = t.start(*(arguments or (RECIPIENT,)))
    running.process.stdin.write(mail)
    running.process.stdin.close()
    running.process.stdin = None
    try:
        gate.wait(gone=lambda: running.process.poll() is not None)
    except AssertionError as error:
        if running.process.poll() is None:
            raise
        raise AssertionError(f"{error}: {running.finish()}") from None
    return running


def one_line(t, run, helper, code, *words):
    check(run.code == code, f"exit {code}: {run}")
    equal(len(run.errors), 2, f"lines on stderr: {run.errors}")
    check(helper in run.errors[0], f"names {helper}: {run.errors}")
    for word in words:
        check(word in run.errors[0], f"says {word!r}: {run.errors}")
    check(run.errors[1].startswith("msmtp: could not send mail (account default from "), f"{run.errors}")


# -- killed


@cases(*((f"{place}-{name}", place, name) for place in BEFORE for name in ("KILL", "SEGV")))
def test_the_network_child_is_killed_before_the_mail(t, place, name):
    if name == "SEGV":
        t.needs_sandbox()  # a sanitizer catches the signal and has much to say
    server, gate = prepared(t, place, keywords=())
    running = at(t, gate)
    os.kill(running.helper("netproc"), getattr(signal, "SIG" + name))
    run = running.finish()
    one_line(t, run, "msmtp-netproc-tls", 70)
    check(
        "nothing" in run.errors[0] or "not accepted" in run.errors[0], f"tells whether something was sent: {run.errors}"
    )
    t.logged("EX_SOFTWARE")
    gate.open()
    server.settle()
    t.nothing_delivered(server)
    equal(len(server.sessions), 1, "connections")


@cases("starttls", "plain")
def test_the_network_child_is_killed_after_the_final_dot(t, mode):
    server, gate = prepared(t, "body", tls=mode == "starttls")
    running = at(t, gate)
    os.kill(running.helper("netproc"), signal.SIGKILL)
    run = running.finish()
    one_line(t, run, "msmtp-netproc", 75, "status", "unknown")
    t.logged("EX_TEMPFAIL", errormsg="/unknown/")
    equal(len(server.sessions), 1, "connections")


def test_the_network_child_is_killed_during_the_body(t):
    gate = Gate(answer=lambda session, _: session.wait_for_end())

    def stall(session, _ordinary):
        session.send("354 go on\r\n")
        session.exactly(1000)
        gate(session, b"")
        session.close()

    server = t.serve(Dialogue(replies={"data": stall}))
    t.configure(server)
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL + b"line\n" * 1000)
    running.process.stdin.flush()  # the mail has not ended
    writer = threading.Thread(target=feed, args=(running.process.stdin,), daemon=True)
    writer.start()
    gate.wait()
    os.kill(running.helper("netproc"), signal.SIGKILL)
    running.process.stdin = None
    run = running.finish()
    gate.open()
    check(run.code == 70, f"exit 70: {run}")
    check("msmtp-netproc" in run.errors[0] and "unknown" not in run.errors[0], f"{run.errors}")
    server.settle()
    t.nothing_delivered(server)


def feed(stdin):
    try:
        for _ in range(2000):
            stdin.write(b"line of text\n" * 1000)
        stdin.close()
    except OSError:
        pass


@cases("auth-command", "challenge", "verifier", "auth-final")
def test_the_credential_child_is_killed_during_the_exchange(t, place):
    server, gate = prepared(t, place, Auth(password=PASSWORD))
    running = at(t, gate)
    os.kill(running.helper("authproc"), signal.SIGKILL)
    if place != "auth-command":
        gate.open()
    run = running.finish()
    gate.open()
    if place == "auth-final" and run.code == 0:
        skip("the credential child had done its work before")
    one_line(t, run, "msmtp-authproc", 70)
    t.logged("EX_SOFTWARE")
    t.nothing_delivered(server)


def test_the_credential_child_is_killed_before_it_is_needed(t):
    server, gate = prepared(t, "ehlo-tls", Auth(password=PASSWORD))
    running = at(t, gate)
    os.kill(running.helper("authproc"), signal.SIGKILL)
    run = running.finish()
    gate.open()
    one_line(t, run, "msmtp-authproc", 70)
    t.nothing_delivered(server)


def test_the_credential_child_is_killed_while_its_command_runs(t):
    server, _ = prepared(t, "none", Auth(password=PASSWORD), password=None, passwordeval="sleep 30")
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    authproc = running.helper("authproc")
    command = processes.wait_until(lambda: processes.descendants(authproc))
    check(command, "the command runs")
    os.kill(authproc, signal.SIGKILL)
    run = running.finish()
    one_line(t, run, "msmtp-authproc", 70)
    t.nothing_delivered(server)
    # The command is the user's own; what matters is that msmtp did not wait for it.
    for pid in command:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


@cases("greeting", "mail", "body")
def test_msmtp_itself_is_killed(t, place):
    """The helpers notice and end, and the mail is not ended by them."""
    server, gate = prepared(t, place, tls=False)
    running = at(t, gate)
    helpers = list(running.helpers().values())
    check(helpers, "there are helpers")
    os.kill(running.pid, signal.SIGKILL)
    running.process.wait()
    check(
        processes.wait_until(
            lambda: not any(processes.state(pid) in "RSDT" and processes.state(pid) for pid in helpers), 5
        ),
        f"helpers are gone: {[processes.state(pid) for pid in helpers]}",
    )
    gate.open()
    server.settle()
    if place != "body":
        t.nothing_delivered(server)


def test_msmtp_is_killed_while_the_body_comes(t):
    """An end of file is never the end of a mail: the server must not get a final dot."""
    server = t.serve(Dialogue())
    t.configure(server)
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL + b"line\n" * 400000)
    running.process.stdin.flush()
    check(
        processes.wait_until(lambda: server.sessions and len(server.session.received()) > 1000000),
        "the body is on its way",
    )
    os.kill(running.pid, signal.SIGKILL)
    running.process.wait()
    server.settle()
    t.nothing_delivered(server)


# -- stopped


@cases(*((f"{place}", place) for place in ("greeting", "ehlo-tls", "data")))
def test_the_network_child_stops_answering_before_the_mail(t, place):
    server, gate = prepared(t, place, keywords=(), timeout=2)
    running = at(t, gate)
    netproc = running.helper("netproc")
    os.kill(netproc, signal.SIGSTOP)
    gate.open()
    run = running.finish()
    one_line(t, run, "msmtp-netproc-tls", 70)
    check(run.seconds < 18, f"seconds: {run.seconds}")
    t.logged("EX_SOFTWARE")
    t.nothing_delivered(server)


def test_the_network_child_stops_answering_after_the_final_dot(t):
    server, gate = prepared(t, "body", tls=False, timeout=4)
    running = at(t, gate)
    os.kill(running.helper("netproc"), signal.SIGSTOP)
    gate.open()
    run = running.finish()
    one_line(t, run, "msmtp-netproc", 75, "unknown")
    t.logged("EX_TEMPFAIL")
    equal(len(server.sessions), 1, "connections")


@cases("auth-command", "verifier")
def test_the_credential_child_stops_answering(t, place):
    # The timeout runs while the server waits at the gate: a busy machine must find the child within it.
    server, gate = prepared(t, place, Auth(password=PASSWORD), timeout=4)
    running = at(t, gate)
    os.kill(running.helper("authproc"), signal.SIGSTOP)
    gate.open()
    run = running.finish()
    # Either child may be the first to lose patience with the stopped one.
    check(run.code in (70, 74), f"exit 70: {run}")
    check("authproc" in run.errors[0], f"names it: {run.errors}")
    t.nothing_delivered(server)


# -- what is in their memory


def secrets(mechanism):
    """The password as it could stand in memory."""
    plain = PASSWORD.encode()
    forms = {plain, base64.b64encode(plain)}
    if mechanism == "PLAIN":
        forms.add(base64.b64encode(b"\0joe\0" + plain))
    return forms


def exposed(running, needles):
    """Needles in the command lines and environments."""
    found = {}
    for pid in [running.pid] + processes.descendants(running.pid):
        for part in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{part}", "rb") as file:
                data = file.read()
            hits = {needle for needle in needles if needle in data}
            if hits:
                found[processes.name(pid), part] = hits
    return found


def test_the_search_in_memory_finds_what_is_there(t):
    """Or the tests below could not fail."""
    root_only("reading the memory of another process")
    process = subprocess.Popen(["/bin/sh", "-c", "x='needle in ''a haystack'; read y"], stdin=subprocess.PIPE)
    try:
        check(processes.wait_until(lambda: processes.memory_contains(process.pid, {b"needle in a haystack"})), "found")
    finally:
        process.communicate(b"\n")


@cases(
    *(
        (f"{mechanism}-{place}", mechanism, place)
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5")
        for place in ("auth-command", "challenge", "auth-final")
        if (mechanism, place) != ("CRAM-MD5", "challenge")
    )
)
def test_the_network_child_never_has_the_password(t, mechanism, place):
    t.needs_sandbox()
    root_only("reading the memory of another process")
    _, gate = login(t, place, mechanism)
    running = at(t, gate)
    found = processes.holders(running, secrets(mechanism))
    check(set(found) <= {"msmtp-authproc"}, f"the password is in {found}")
    if place != "auth-final":
        check(
            "msmtp-authproc" in found,
            f"the credential child has it ({running.helpers()}): or this test looks in the wrong place",
        )
    equal(exposed(running, secrets(mechanism)), {}, "in command lines and environments")
    gate.open()
    t.succeeded(running.finish())


def login(t, place, mechanism, **settings):
    gate = Gate()
    server = t.serve(
        Dialogue(
            auth=Auth(password=PASSWORD, mechanisms=(mechanism,)),
            starttls=t.certificates.context(),
            replies={place: gate},
        )
    )
    t.configure(server, **t.tls(**dict({"auth": mechanism.lower(), "user": "joe", "password": PASSWORD}, **settings)))
    return server, gate


@cases(
    *(
        (f"{mechanism}-{source}", mechanism, source)
        for mechanism in ("SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5")
        for source in ("config", "passwordeval", "netrc")
    )
)
def test_after_authentication_no_process_has_the_password(t, mechanism, source):
    t.needs_sandbox()
    root_only("reading the memory of another process")
    settings = {} if source == "config" else {"password": None}
    if source == "passwordeval":
        settings["passwordeval"] = "cat " + t.path("secret", PASSWORD + "\n")
    elif source == "netrc":
        t.path(".netrc", f"machine 127.0.0.1 login joe password '{PASSWORD}'\n")
    _, gate = login(t, "mail", mechanism, **settings)
    running = at(t, gate)
    equal(processes.holders(running, secrets(mechanism)), {}, "processes that still have the password")
    check(
        processes.wait_until(lambda: "msmtp-authproc" not in running.helpers(), 2),
        f"the credential child has ended: {running.helpers()}",
    )
    gate.open()
    t.succeeded(running.finish())


def test_the_parent_has_no_password_while_it_reads_the_mail(t):
    t.needs_sandbox()
    root_only("reading the memory of another process")
    _, gate = login(t, "greeting", "SCRAM-SHA-256")
    running = at(t, gate)
    processes.wait_until(lambda: "msmtp-authproc" in running.helpers())
    found = processes.holders(running, secrets("SCRAM-SHA-256"))
    check(set(found) <= {"msmtp-authproc"}, f"the password is in {found}")
    gate.open()
    t.succeeded(running.finish())


# -- who they are


def test_at_the_talk_stage_every_process_is_locked(t):
    t.needs_sandbox()
    server, gate = prepared(t, "mail", tls=True)
    running = at(t, gate)
    for name, pid in [("msmtp", running.pid)] + list(running.helpers().items()):
        status = processes.status(pid)
        equal(status["NoNewPrivs"], "1", f"{name}: no_new_privs")
        equal(status["Seccomp"], "2", f"{name}: seccomp")
        equal(
            int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status["CapAmb"], 16),
            0,
            f"{name}: capabilities",
        )
    gate.open()
    t.succeeded(running.finish())


def test_started_by_root_no_process_talks_as_root(t):
    t.needs_sandbox()
    root_only("changing to another user")
    _, gate = login(t, "challenge", "SCRAM-SHA-256")
    running = at(t, gate)
    helpers = running.helpers()
    equal(sorted(helpers), ["msmtp-authproc", "msmtp-netproc-tls"], "helpers")
    for name, pid in [("msmtp", running.pid)] + list(helpers.items()):
        status = processes.status(pid)
        check(
            "0" not in status["Uid"].split() and "0" not in status["Gid"].split(),
            f"{name}: uid {status['Uid']}, gid {status['Gid']}",
        )
        equal(status["Groups"], "", f"{name}: groups")
    gate.open()
    t.succeeded(running.finish())


def test_descriptors_at_the_talk_stage(t):
    t.needs_sandbox()
    root_only("looking at the descriptors of a process that cannot be traced")
    _, gate = login(t, "challenge", "SCRAM-SHA-256")
    running = at(t, gate)
    helpers = running.helpers()
    netproc, authproc = processes.descriptors(helpers["msmtp-netproc-tls"]), processes.descriptors(
        helpers["msmtp-authproc"]
    )
    for name, found in (("netproc", netproc), ("authproc", authproc)):
        for target in found.values():
            check(target.startswith(("socket:", "pipe:")) or target == "/dev/null", f"{name} has {target}: {found}")
    # Network connection, parent, credential child, log pipe; /dev/null.
    check(sum(target.startswith("socket:") for target in netproc.values()) == 3, f"netproc's sockets: {netproc}")
    check(sum(target.startswith("socket:") for target in authproc.values()) <= 2, f"authproc's sockets: {authproc}")
    gate.open()
    t.succeeded(running.finish())


def test_each_process_has_its_own_libraries_only(t):
    t.needs_sandbox()
    root_only("reading the map of a process that cannot be traced")
    _, gate = login(t, "challenge", "SCRAM-SHA-256")
    running = at(t, gate)
    pids = dict(running.helpers(), msmtp=running.pid)
    forbidden = {
        "msmtp": ("libtls", "libssl", "libcrypto", "libgsasl", "libsecret", "libdbus"),
        "msmtp-netproc-tls": ("libgsasl", "libsecret"),
        "msmtp-authproc": ("libtls", "libssl"),
    }
    for name, words in forbidden.items():
        with open(f"/proc/{pids[name]}/maps", encoding="utf-8") as file:
            libraries = set(re.findall(r"/(lib[^/\s]+\.so[^/\s]*)", file.read()))
        check(not any(library.startswith(word) for library in libraries for word in words), f"{name}: {libraries}")
    gate.open()
    t.succeeded(running.finish())


@cases(("ip", "127.0.0.1", False), ("name", "localhost", True))
def test_the_resolver_is_started_for_a_name_only(t, host, wanted):
    """Seen by strace, for it is gone before one could look."""
    root_only("seeing what a process executes that cannot be traced")
    server = t.serve(Dialogue())
    t.configure(server, host=host)
    trace = t.path("trace")
    if not shutil.which("strace"):
        skip("no strace")
    run = t.start("-f", "-e", "trace=execve", "-o", trace, t.program, RECIPIENT, program="strace").finish(MAIL)
    if run.code and b"ptrace" in run.err:
        skip("strace may not trace here")
    with open(trace, encoding="utf-8", errors="replace") as file:
        started = set(re.findall(r'execve\("[^"]*/(msmtp[^"/]*)"', file.read()))
    equal("msmtp-resolver" in started, wanted, f"the resolver among {started}")


def test_without_tls_no_tls_library_is_loaded(t):
    server, gate = prepared(t, "mail", tls=False)
    running = at(t, gate)
    equal(list(running.helpers()), ["msmtp-netproc"], "helpers")
    gate.open()
    t.succeeded(running.finish())


def test_an_environment_that_names_other_helpers_is_ignored(t):
    server = t.serve(Dialogue())
    t.configure(server)
    fake = t.path("msmtp-netproc", "#!/bin/sh\ntouch " + t.path("marker") + "\n", 0o755)
    folder = os.path.dirname(fake)
    t.succeeded(
        t.msmtp(
            env={
                "PATH": folder + ":/usr/bin:/bin",
                "MSMTP_LIBEXECDIR": folder,
                "LIBEXECDIR": folder,
                "PKGLIBEXECDIR": folder,
            }
        )
    )
    check(not os.path.exists(t.path("marker")), "not run")


def test_ignored_signals_and_open_descriptors_of_the_caller_do_not_matter(t):
    """As cron or a mail program may start it: SIGPIPE and SIGCHLD ignored, descriptors open, 0 to 2 closed
    elsewhere."""
    server = t.serve(Dialogue())
    t.configure(server)
    read, write = os.pipe()
    os.set_inheritable(write, True)

    def spoil():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM})

    run = t.start(RECIPIENT, preexec_fn=spoil, pass_fds=(write,)).finish(MAIL)
    t.succeeded(run)
    os.close(read)
    os.close(write)


@cases("stdout", "stderr", "both")
def test_closed_standard_descriptors(t, which):
    server = t.serve(Dialogue())
    t.configure(server)

    def close():
        for number, name in ((1, "stdout"), (2, "stderr")):
            if which in (name, "both"):
                os.close(number)

    run = t.start(RECIPIENT, preexec_fn=close).finish(MAIL)
    equal(run.code, 0, "exit code")
    equal(server.mails[0].content, MAIL, "mail")
    t.logged("EX_OK")
