"""msmtpd as a user of its own, on a unix socket for the other users of the machine: it has the password, they send with
it and cannot have it; who they are is what the kernel says."""

import array
import ctypes
import grp
import os
import pwd
import socket
import shutil
import subprocess
import sys

import msmtpd
import processes
from dialogue import Auth, Dialogue
from harness import ADDRESS, RECIPIENT, cases, check, equal, root_only, skip
from scripted_server import Gate

PASSWORD = "correct horse"
SENDER = "machine@example.test"
PR_SET_NO_NEW_PRIVS = 38
NOBODY_HAS_IT = 4_000_000_001

# What a user who wants the secret tries, given the file that holds it and the processes that may. Prints what worked.
THIEF = """
import ctypes, os, sys
def tried(what, attempt):
    try:
        attempt()
        print(what)
    except OSError:
        pass
tried("file", lambda: open(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
for pid in sys.argv[2:]:
    for name in ("environ", "mem", "maps", "fd", "exe", "root", "stack"):
        path = f"/proc/{pid}/{name}"
        if name in ("fd",):
            tried(path, lambda: os.listdir(path))
        elif name in ("exe", "root"):
            tried(path, lambda: os.readlink(path))
        else:
            tried(path, lambda: open(path).read(1))
    if libc.ptrace(0x4206, int(pid), 0, 0) == 0:  # PTRACE_SEIZE
        print("ptrace " + pid)
    tried("kill " + pid, lambda: os.kill(int(pid), 0))
"""


def no_new_privileges():
    """For a child, as NoNewPrivileges=yes does it."""
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def people(count):
    """Users of this machine that are neither root nor nobody."""
    found = [entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 60000]
    if len(found) < count:
        skip(f"fewer than {count} ordinary users here")
    return found[:count]


class Place:
    """A relay that wants a login, msmtpd as DAEMON with the password for it, and users without."""

    def __init__(self, t, *options, replies=None, count=3):
        root_only("running as several users")
        self.t = t
        self.daemon_user, *self.users = people(count)
        script = Dialogue(auth=Auth(user=SENDER, password=PASSWORD), starttls=t.certificates.context(), replies=replies)
        self.server = t.serve(script)
        self.secret = t.path("secret", "\n".join((
            "account default", f"host {self.server.host}", f"port {self.server.port}", f"from {SENDER}", "auth on",
            "tls on", f"tls_trust_file {t.certificates.file('ca')}", f"user {SENDER}", f"password {PASSWORD}",
            "allow_from_override on", "timeout 10")) + "\n")
        os.chown(self.secret, self.daemon_user.pw_uid, self.daemon_user.pw_gid)
        folder = os.path.join(t.folder, "run")
        os.mkdir(folder, 0o755)
        os.chown(folder, self.daemon_user.pw_uid, self.daemon_user.pw_gid)
        os.chmod(folder, 0o755)
        self.socket = os.path.join(folder, "submit")
        self.client_rc = t.path("client", f"account default\nsocket {self.socket}\nfrom {ADDRESS}\n", 0o644)
        self.daemon = msmtpd.start(t, f"--user={self.daemon_user.pw_name}",
                                   f"--command={t.program} -C {self.secret} -f %F --", *options, path=self.socket)

    def start(self, user, *arguments, **more):
        return self.t.start("-C", self.client_rc, *(arguments or (RECIPIENT,)),
                            user=getattr(user, "pw_uid", user), preexec_fn=no_new_privileges, **more)

    def msmtp(self, user, *arguments, mail=b"Subject: x\n\nHello.\n", **more):
        """The finished run of msmtp as USER, who can only send."""
        return self.start(user, *arguments, **more).finish(mail)

    def steal(self, user, *pids):
        """What USER can do to the secret and the processes."""
        python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable  # that everybody may run
        thief = subprocess.run([python, "-I", "-c", THIEF, self.secret, *map(str, pids)], capture_output=True,
                               timeout=20, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/")
        equal(thief.stderr, b"", "stderr of the thief")
        return thief.stdout.decode().splitlines()

    def sent(self, run, sender):
        equal((run.code, run.err), (0, b""), "run of msmtp")
        self.server.settle()
        check(self.server.mails and self.server.mails[-1].accepted, "the mail has arrived")
        equal(self.server.mails[-1].sender, sender, "sender")


def test_a_secret_for_all_users_that_none_can_read(t):
    place = Place(t, "--from=*:%U@example.test")
    equal(os.stat(place.secret).st_mode & 0o777, 0o600, "mode of the secret")
    for user in place.users:
        place.sent(place.msmtp(user), f"{user.pw_name}@example.test")
        place.daemon.logged(f"uid {user.pw_uid}")
        check(b"Hello." in place.server.mails[-1].content, "content")
    equal(len(place.server.mails), len(place.users), "mails")
    check(PASSWORD not in "".join(place.daemon.lines()), "no password in the log")


def test_whoever_may_send_reaches_neither_the_secret_nor_the_processes_that_have_it(t):
    """While msmtp logs in: then it has read the file, and a helper of it holds the password."""
    gate = Gate()
    place = Place(t, replies={"challenge": gate})
    running = place.start(place.users[0])
    running.process.stdin.write(b"Subject: x\n\nHello.\n")
    running.process.stdin.close()
    gate.wait()
    pids = [place.daemon.pid] + processes.descendants(place.daemon.pid)
    names = {processes.name(pid) for pid in pids}
    check({"msmtpd", "msmtp", "msmtp-authproc"} <= names, f"processes: {names}")
    equal(place.steal(place.users[0], *pids), [], "what the sender himself can do")
    equal(place.steal(place.users[1], *pids), [], "what another user can do")
    # Whoever is msmtpd's user has the file, and can end its processes, but look into none of them.
    equal(place.steal(place.daemon_user, *pids), ["file"] + [f"kill {pid}" for pid in pids], "what msmtpd's user can do")
    gate.open()
    equal(running.process.wait(20), 0, "status of msmtp")
    running.process.stdin = None


def statuses(pid):
    """What /proc says of the process PID and all below it, but for those that end meanwhile."""
    for one in [pid] + processes.descendants(pid):
        try:
            with open(f"/proc/{one}/status", encoding="ascii") as file:
                yield dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        except OSError:
            check(one != pid, "msmtpd is gone")


def test_nothing_of_msmtpd_is_root_or_can_become_it(t):
    place = Place(t)
    for status in statuses(place.daemon.pid):
        check("0" not in status["Uid"].split() + status["Gid"].split(), f"{status['Name']}: {status['Uid']}")
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            equal(int(status[capabilities], 16), 0, f"{capabilities} of {status['Name']}")


@cases("user", "number", "group", "further-group", "both")
def test_only_those_who_are_named_may_send(t, rule):
    first, second = people(3)[1:]
    group = next((entry for entry in grp.getgrall()
                  if rule == "further-group" and entry.gr_mem and entry.gr_gid != 0), None)
    if rule == "further-group":
        known = group and [name for name in group.gr_mem if name != "root"]
        if not known:
            skip("no group here has a further member")
        first = pwd.getpwnam(known[0])
    options = {
        "user": [f"--allow-user={first.pw_name}"],
        "number": [f"--allow-user={first.pw_uid}"],
        "group": [f"--allow-group={first.pw_uid}"],  # what Test.start() makes the group of its process
        "further-group": [f"--allow-group={group.gr_name}"] if group else [],
        "both": [f"--allow-user={NOBODY_HAS_IT}", f"--allow-group={NOBODY_HAS_IT}", f"--allow-user={first.pw_name}"],
    }[rule]
    place = Place(t, *options)
    place.sent(place.msmtp(first), ADDRESS)
    run = place.msmtp(NOBODY_HAS_IT - 1)
    equal(run.code, 76, f"exit code; {run}")
    refused = [line for line in run.errors if "554" in line]
    equal(len(refused), 1, f"lines that tell of it: {run.errors}")
    check("not among those who may send mail here" in refused[0], refused[0])
    place.daemon.logged(f"uid {NOBODY_HAS_IT - 1}")
    equal(len(place.server.mails), 1, "mails")


def test_root_and_the_user_of_msmtpd_need_no_rule(t):
    place = Place(t, f"--allow-user={NOBODY_HAS_IT}", "--from=*:%U@example.test")
    for user in (pwd.getpwuid(0), place.daemon_user):
        place.sent(place.msmtp(user), f"{user.pw_name}@example.test")
        place.daemon.logged(f"uid {user.pw_uid}")


def test_a_sender_is_forced_by_uid(t):
    _, first, second = people(3)
    place = Place(t, f"--from={first.pw_name}:the.first@example.test", f"--from={first.pw_uid}:never@example.test",
                  "--from=*:other+%U@example.test")
    place.sent(place.msmtp(first, "-f", "root@example.test", RECIPIENT), "the.first@example.test")
    place.sent(place.msmtp(second, "-f", "the.first@example.test", RECIPIENT), f"other+{second.pw_name}@example.test")
    place.daemon.logged("becomes the.first@example.test")


def test_nothing_that_a_client_says_makes_it_another_user(t):
    place = Place(t, "--from=*:%U@example.test")
    first, second = place.users
    liar = {"USER": second.pw_name, "LOGNAME": second.pw_name, "HOME": "/root"}
    place.sent(place.msmtp(first, "-f", f"{second.pw_name}@example.test", f"--domain=uid{second.pw_uid}", RECIPIENT,
                           env=liar), f"{first.pw_name}@example.test")
    place.sent(place.msmtp(first, "-f", "", RECIPIENT, env=liar), f"{first.pw_name}@example.test")
    check(not any(f"uid {second.pw_uid} " in line for line in place.daemon.lines()), f"log: {place.daemon.lines()}")


def test_who_is_root_in_a_namespace_of_its_own_is_who_made_it(t):
    place = Place(t, "--from=*:%U@example.test")
    user = place.users[0]
    talk = (f"import smtplib, socket; s = smtplib.SMTP(); s.sock = socket.socket(socket.AF_UNIX); "
            f"s.sock.connect({place.socket!r}); assert s.getreply()[0] == 220; import os; assert os.getuid() == 0; "
            f"s.sendmail('root@example.test', [{RECIPIENT!r}], 'Subject: x\\n\\nHello.\\n'); s.quit()")
    run = subprocess.run(["unshare", "--user", "--map-root-user", "python3", "-I", "-c", talk], capture_output=True,
                         user=user.pw_uid, group=user.pw_gid, extra_groups=[], timeout=20, cwd="/")
    if b"unshare" in run.stderr:
        skip(f"no namespaces for users here: {run.stderr.decode().strip()}")
    equal((run.returncode, run.stderr), (0, b""), "client")
    equal(place.server.mails[-1].sender, f"{user.pw_name}@example.test", "sender")


def test_a_user_without_a_name_cannot_send_as_one(t):
    place = Place(t, "--from=*:%U@example.test")
    run = place.msmtp(NOBODY_HAS_IT)
    check(run.code in (65, 75), f"refused: {run}")
    equal(place.server.mails, [], "mails")
    place.daemon.logged(f"there is no user '{NOBODY_HAS_IT}'")


@cases(
    ("quoted", '"john smith"@example.test'),
    ("delimiters", '"a, b; <c>: (d) \\"e\\" \\\\"@example.test'),
    ("shell", '"$(touch evil) `x` & | \'"@example.test'),
    ("utf-8", "jörg.ü@example.test"),
    ("quoted-utf-8", '"jörg  ü"@example.test'),
    ("percent", "%F%U%H@example.test"),
    ("dash", "-oQ/tmp@example.test"),
)
def test_each_mailbox_comes_through_msmtpd_and_msmtp(t, address):
    server = t.serve(Dialogue())
    rc = t.configure(server, allow_from_override="on")
    daemon = msmtpd.start(t, f"--command={t.program} -C {rc} -f %F --")
    with daemon.greeted() as client, client.makefile("rwb") as talk:
        utf8 = "" if address.isascii() else " SMTPUTF8"
        sender = ADDRESS if address.startswith(("%", "-")) else address
        for line in ("EHLO x", f"MAIL FROM:<{sender}>{utf8}", f"RCPT TO:<{address}>", f"RCPT TO:<{RECIPIENT}>", "DATA",
                     "Subject: x\r\n\r\nHello.\r\n."):
            talk.write(line.encode() + b"\r\n")
            talk.flush()
            answer = talk.readline()
            while answer[3:4] == b"-":
                answer = talk.readline()
            check(answer[:1] in b"23", f"answer to {line}: {answer!r}")
    equal(server.mails[-1].sender, sender.encode().decode("latin-1"), "sender")
    equal(server.mails[-1].recipients, [address.encode().decode("latin-1"), RECIPIENT], "recipients")
    check(not os.path.exists(os.path.join(t.home, "evil")), "a shell read the address")


def test_of_several_that_start_at_once_one_has_the_socket(t):
    """Also where one was left behind; the others say so, and take nothing away."""
    path = t.path("socket")
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()
    starters = [t.start(f"--interface=unix:{path},0600", "--log=-", program=msmtpd.program(t)) for _ in range(6)]

    def ended():
        return [one for one in starters if one.process.poll() is not None]

    check(processes.wait_until(lambda: len(ended()) == 5, 15.0), f"{len(ended())} of six have given up")
    for one in ended():
        run = one.finish()
        equal(run.code, 69, f"status of who came too late: {run}")
        check(b"another program" in run.err, f"what it says: {run.err}")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        check(client.recv(100).startswith(b"220"), "greeting")
    one = next(one for one in starters if one not in ended())
    one.process.terminate()
    equal(one.finish().code, 0, "status of the one that stayed")
    equal(os.listdir(os.path.dirname(path)), [], "what is left in the directory")


def in_child(user, task):
    """What TASK prints, as USER, in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.write(writer, task().encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as file:
        said = file.read().decode()
    equal(os.waitpid(pid, 0)[1], 0, "status of the child")
    return said


def test_a_connection_is_of_who_made_it_whoever_uses_it(t):
    """Descriptors go from one process to another; what the kernel noted when they were connected stays."""
    place = Place(t, "--from=*:%U@example.test")
    first, second = place.users

    def connect_and_hand_over():
        client = socket.socket(socket.AF_UNIX)
        client.connect(place.socket)
        socket.send_fds(ours, [b"x"], [client.fileno()])
        return "done"

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        in_child(first, connect_and_hand_over)
        descriptor = socket.recv_fds(theirs, 1, 1)[1][0]

    def use():
        with socket.socket(fileno=os.dup(descriptor)) as client, client.makefile("rwb") as talk:
            talk.readline()
            for command in ("HELO x", f"MAIL FROM:<{second.pw_name}@example.test>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
                talk.write(command.encode() + b"\r\n")
                talk.flush()
                talk.readline()
            talk.write(b"Subject: x\r\n\r\nHello.\r\n.\r\n")
            talk.flush()
            return talk.readline().decode()

    check(in_child(second, use).startswith("250"), "the mail is taken")
    os.close(descriptor)
    equal(place.server.mails[-1].sender, f"{first.pw_name}@example.test", "sender")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_descriptors_that_a_client_sends_along_go_nowhere(t):
    root_only("looking at descriptors of other users")
    place = Place(t)
    client = place.daemon.greeted()
    # The session's process is the one that has no executable's name of its own; its server is the forker's child.
    tree = processes.descendants(place.daemon.pid)
    client.sendall(b"EHLO x\r\n")
    check(client.recv(2000).startswith(b"250"), "EHLO")
    before = {pid: descriptors(pid) for pid in tree if processes.state(pid) not in ("", "Z")}
    with open("/dev/null", "rb") as passed:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed.fileno()] * 100))]
        for _ in range(20):
            client.sendmsg([b"NOOP\r\n"], rights)
            check(client.recv(100).startswith(b"250"), "NOOP")
    after = {pid: descriptors(pid) for pid in before if os.path.exists(f"/proc/{pid}")}
    equal(after, {pid: count for pid, count in before.items() if pid in after}, "descriptors of each process")
    client.close()
