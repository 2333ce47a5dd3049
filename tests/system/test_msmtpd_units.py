"""The systemd units of msmtpd: what they forbid, nothing of msmtpd needs. No systemd is asked, whose work is done by
setpriv and under_unit.py."""

import os
import shutil
import socket
import stat

import msmtpd
import namespace
import under_unit
from dialogue import Auth, Dialogue
from harness import ENVIRONMENT, RECIPIENT, cases, check, equal, root_only, skip
from test_msmtpd_local import people, statuses

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "etc", "systemd")
PASSWORD = "correct horse"
CONTENT = b"Subject: x\r\n\r\nHello.\r\n"


def service_users(count):
    root_only("becoming the service's user")
    return people(count)


def launcher(t, unit, user):
    """A program that is msmtpd with what UNIT leaves it, as USER."""
    for tool in ("setpriv", "systemd-analyze", "python3"):
        if shutil.which(tool, path=ENVIRONMENT["PATH"]) is None:
            skip(f"no {tool} here")
    try:
        under_unit.Filter(under_unit.ALLOW)
    except OSError as error:
        skip(f"no libseccomp here: {error}")
    path = os.path.join(UNITS, unit)
    wanted = under_unit.settings(path)
    ambient = [name[4:].lower() for name in " ".join(wanted.get("AmbientCapabilities", [])).split()]
    bounding = [name[4:].lower() for name in " ".join(wanted.get("CapabilityBoundingSet", [])).split()]
    capabilities = ",".join("+" + name for name in ambient)
    own = f"--inh-caps=-all,{capabilities} --ambient-caps=-all,{capabilities}" if ambient else "--inh-caps=-all"
    text = "\n".join((
        "#!/bin/sh", "umask 0077", 'export LISTEN_PID=$$',
        f"exec setpriv --reuid={user.pw_uid} --regid={user.pw_gid} --clear-groups {own} "
        f"--bounding-set={','.join(['-all'] + ['+' + name for name in bounding])} --no-new-privs "
        f"python3 -I {HERE}/under_unit.py {path} {msmtpd.program(t)} \"$@\"")) + "\n"
    return t.path("launcher", text, 0o755)


def relay(t, user):
    """(server, the command for it): TLS, a login, and a password that only USER can read."""
    server = t.serve(Dialogue(auth=Auth(user="joe", password=PASSWORD), starttls=t.certificates.context()))
    secret = t.path("secret", f"account default\nhost {server.host}\nport {server.port}\nfrom joe@example.test\n"
                    f"auth on\nuser joe\npasswordeval echo {PASSWORD}\ntls on\n"
                    f"tls_trust_file {t.certificates.file('ca')}\nallow_from_override on\ntimeout 10\n")
    os.chown(secret, user.pw_uid, user.pw_gid)
    return server, f"--command={t.program} -C {secret} -f %F --"


def send(client, name="joe@example.test"):
    with client, client.makefile("rwb") as talk:
        talk.readline()
        for command in ("HELO x", f"MAIL FROM:<{name}>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
            talk.write(command.encode() + b"\r\n")
            talk.flush()
            talk.readline()
        talk.write(CONTENT + b".\r\n")
        talk.flush()
        answer = talk.readline()
        talk.write(b"QUIT\r\n")
        talk.flush()
        talk.readline()
    check(answer.startswith(b"250"), f"answer {answer!r}")


def test_the_service_sends_from_port_25_and_a_unix_socket(t):
    (user,) = service_users(1)
    namespace.enter({"localhost": [("A", "127.0.0.1")]})
    server, command = relay(t, user)
    folder = os.path.join(t.folder, "run")
    os.mkdir(folder, 0o755)
    os.chown(folder, user.pw_uid, user.pw_gid)
    path = os.path.join(folder, "submit")
    log = t.path("msmtpd.log", "", 0o600)
    os.chown(log, user.pw_uid, user.pw_gid)
    daemon = msmtpd.start(t, "--interface=127.0.0.1", f"--interface=unix:{path},0660,{user.pw_gid}", command, port=0,
                          program=launcher(t, "msmtpd.service", user))
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o660, "mode of the socket")
    for family, address in ((socket.AF_INET, ("127.0.0.1", 25)), (socket.AF_UNIX, path)):
        client = socket.socket(family)
        client.settimeout(20)
        client.connect(address)
        send(client)
    equal(len(server.mails), 2, "mails")
    for status in statuses(daemon.pid):
        equal((status["NoNewPrivs"], int(status["CapPrm"], 16)), ("1", 0), f"rights of {status['Name']}")
    check(not any("error" in line for line in daemon.lines()), f"log: {daemon.lines()}")
    run = daemon.stop()
    equal(run.code, 0, f"status after SIGTERM: {run}")


def test_a_login_is_checked_there_too(t):
    (user,) = service_users(1)
    _, command = relay(t, user)
    log = t.path("msmtpd.log", "", 0o600)
    os.chown(log, user.pw_uid, user.pw_gid)
    daemon = msmtpd.start(t, "--auth=me,echo secret", command, program=launcher(t, "msmtpd.service", user))
    with daemon.greeted() as client, client.makefile("rwb") as talk:
        for line, code in ((b"EHLO x", b"250"), (b"AUTH PLAIN AG1lAHNlY3JldA==", b"235")):
            talk.write(line + b"\r\n")
            talk.flush()
            answer = talk.readline()
            while answer[3:4] == b"-":
                answer = talk.readline()
            check(answer.startswith(code), f"answer to {line!r}: {answer!r}")
    daemon.stop()


def test_a_service_for_one_connection_sends(t):
    (user,) = service_users(1)
    server, command = relay(t, user)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        ours = socket.create_connection(listening.getsockname(), 20)
        theirs, _ = listening.accept()
    with theirs:
        running = t.start("--log=-", command, program=launcher(t, "msmtpd@.service", user), env={"LISTEN_FDS": "1"},
                          pass_fds=(3,), preexec_fn=lambda: os.dup2(theirs.fileno(), 3))
    send(ours)
    run = running.finish()
    equal(run.code, 0, f"status: {run}")
    equal(len(server.mails), 1, "mails")
    check(b"127.0.0.1" in run.err, f"log: {run.err}")


@cases(("one-for-all", "msmtpd.service"), ("one-for-each", "msmtpd@.service"))
def test_users_of_the_socket_unit_are_known_by_uid(t, unit):
    """What msmtpd.socket makes, with Accept=no and yes."""
    service, allowed, other = service_users(3)
    server, command = relay(t, service)
    path = t.path("submit")
    rc = t.path("client", f"account default\nsocket {path}\nfrom root@example.test\n", 0o644)
    mail = t.path("mail", "Subject: x\n\nHello.\n")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(20)
        listening.bind(path)
        os.chmod(path, 0o666)
        listening.listen(8)

        def start(handed):
            return t.start("--log=-", command, "--from=*:%U@example.test", f"--allow-user={allowed.pw_name}",
                           program=launcher(t, unit, service), env={"LISTEN_FDS": "1"}, pass_fds=(3,),
                           preexec_fn=lambda: os.dup2(handed.fileno(), 3))

        daemons = [start(listening)] if unit == "msmtpd.service" else []
        for user, code in ((allowed, 0), (other, 76)):
            with open(mail, "rb") as file:
                client = t.start("-C", rc, RECIPIENT, user=user.pw_uid, stdin=file)
            if unit != "msmtpd.service":
                accepted, _ = listening.accept()
                with accepted:
                    daemons.append(start(accepted))
            run = client.finish()
            equal(run.code, code, f"status of msmtp: {run}")
        for daemon in daemons:
            if unit == "msmtpd.service":
                daemon.process.terminate()
            daemon.finish()
    equal([sent.sender for sent in server.mails], [f"{allowed.pw_name}@example.test"], "senders")
    check(os.path.exists(path), "the socket is the service manager's")


def test_what_the_units_forbid_is_forbidden(t):
    """That under_unit.py confines at all."""
    (user,) = service_users(1)
    launch = launcher(t, "msmtpd.service", user)
    with open(launch, encoding="utf-8") as file:
        text = file.read().replace(msmtpd.program(t), shutil.which("python3", path=ENVIRONMENT["PATH"]))
    t.path("launcher", text, 0o755)
    attempts = """
import ctypes, mmap, os, socket
def refused(what, attempt):
    try:
        attempt()
        print("possible:", what)
    except OSError:
        pass
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
refused("packet", lambda: socket.socket(17, socket.SOCK_DGRAM))
refused("code", lambda: mmap.mmap(-1, 4096, prot=7))
refused("namespace", lambda: call(libc.unshare, 0x10000000))
refused("root", lambda: os.chroot("/"))
refused("another user", lambda: os.setresuid(os.getuid(), os.getuid(), os.getuid()))
refused("keys", lambda: call(libc.syscall, 250, 0, -3, 0))
print("done")
"""
    run = t.start("-c", attempts, program=launch).finish()
    equal((run.out, run.err), (b"done\n", b""), "what was possible")
