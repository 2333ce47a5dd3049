"""A session of msmtpd: what its command gets, when it is killed, and what the client hears of it."""

import base64
import os
import re
import signal
import socket
import subprocess
import time

import msmtpd
import namespace
import processes
from harness import Running, cases, check, equal
from processes import wait_until

# Writes its words and what it reads to files of the folder that it is in; then what SAY does.
RECORDER = """#!/bin/sh
cd "${0%/*}"
printf '%s\\0' "$@" >>words
cat >>content || exit
printf 'end' >>ends
"""

MODES = cases("inetd", "listener")
# Addresses that a shell would make something of, as they stand in MAIL and RCPT.
NASTY = ['"joe bob"@x.test', '"$(touch pwned)"@x.test', '"`touch pwned`"@x.test', "`id`@x.test", "o'brien@x.test",
         '"a\\"b"@x.test', '"a;touch pwned;"@x.test', '"<x>"@x.test', "j\xf6rg@x.test", "*@x.test", "a&b@x.test",
         "~root@x.test", "${HOME}@x.test", "$HOME@x.test", '"%F"@x.test', "-oQ/tmp@x.test", "--version@x.test"]


class Client:
    """An SMTP client that hears each reply before it goes on."""

    def __init__(self, sock, greeting=True):
        self.sock, self.heard = sock, b""
        sock.settimeout(15)
        if greeting:
            reply = self.reply()
            check(reply in ("220 localhost ESMTP msmtpd", "220 localhost LMTP msmtpd"), f"greeting {reply!r}")

    def say(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        """The next reply, its lines joined by a newline."""
        while not (match := re.search(rb"^\d{3} [^\r]*\r\n", self.heard, re.M)):
            data = self.sock.recv(65536)
            check(data, f"the session ended after {self.heard!r}")
            self.heard += data
        reply, self.heard = self.heard[: match.end()], self.heard[match.end() :]
        return reply.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n")

    def ask(self, line, code):
        self.say(line + "\r\n")
        reply = self.reply()
        check(reply.startswith(str(code)), f"{line!r} was answered by {reply!r}")
        return reply

    def envelope(self, sender="joe@x.test", *recipients, hello=True):
        if hello:
            self.ask("EHLO client.test", 250)
        self.ask(f"MAIL FROM:<{sender}> SMTPUTF8", 250)
        for recipient in recipients or ("bob@x.test",):
            self.ask(f"RCPT TO:<{recipient}>", 250)

    def data(self, content=b"Subject: x\r\n\r\nhello\r\n", code=250):
        self.ask("DATA", 354)
        self.say(content)
        return self.ask(".", code)

    def has_hung_up(self):
        """Whether the session is over, perhaps after a last reply."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


class Session:
    """msmtpd with OPTIONS and a client of it: with a listener, or on SOCKETS, a connected pair; without them a pair of
    MODE."""

    def __init__(self, t, mode, *options, command=None, sockets=None, **more):
        self.t, self.mode, self.log = t, mode, t.path("msmtpd.log")
        options = [*options, f"--command={command or recorder(t) + ' -f %F --'}"]
        if mode == "listener":
            self.daemon = msmtpd.start(t, *options, log=self.log, **more)
            self.running, self.client = self.daemon.running, Client(self.daemon.connect())
        else:
            ours, theirs = sockets or (tcp_pair() if mode == "inetd" else socket.socketpair())
            self.running = on_socket(t, theirs, "--inetd", f"--log={self.log}", *options, **more)
            theirs.close()
            self.client = Client(ours)

    def session_pid(self):
        if self.mode != "listener":
            return self.running.pid
        words = [pid for pid in self.daemon.sessions() if processes.children(pid)]
        return words[0] if words else 0

    def lines(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [line.partition("]")[2].strip() for line in file]

    def logged(self, text):
        check(wait_until(lambda: [line for line in self.lines() if text in line], 5), f"no {text!r} in {self.lines()}")

    def leave(self):
        self.client.ask("QUIT", 221)
        check(self.client.has_hung_up(), "the connection stays")
        self.end()

    def end(self, code=0):
        """Everything ends, and --inetd with CODE."""
        if self.mode == "listener":
            equal(self.daemon.stop().code, 0, "exit code of the daemon")
        else:
            run = self.running.finish()
            equal((run.code, run.err), (code, b""), "exit code and stderr")


def on_socket(t, sock, *arguments, env=None, user=None):
    more = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    process = subprocess.Popen([msmtpd.program(t), *arguments], stdin=sock, stdout=sock, stderr=subprocess.PIPE,
                               cwd=t.home, env=t.environment(env), start_new_session=True, **more)
    running = Running(process)
    t.running.append(running)
    return running


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]


def recorder(t, text=RECORDER):
    return t.path("record", text, 0o755)


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def recorded(t):
    """The words of the mails so far, and what was read."""
    return [word.decode() for word in content(t.path("words")).split(b"\0")[:-1]], content(t.path("content"))


RECEIVED = (
    rb"Received: from client\.test \(localhost \[127\.0\.0\.1\]\)\n\tby localhost \[127\.0\.0\.1\] \(msmtpd\) "
    rb"with ESMTP;\n\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\n"
)


def without_received(mail, pattern=RECEIVED):
    match = re.match(pattern, mail)
    check(match, f"no Received field: {mail[:300]!r}")
    return mail[match.end() :]


# ---- what the command gets


@MODES
def test_a_mail(t, mode):
    session = Session(t, mode)
    session.client.envelope("joe@x.test", "bob@x.test", "eve@x.test")
    equal(session.client.data(b"Subject: x\r\n\r\nhello\r\n..dot\r\n"), "250 2.0.0 Ok, mail was piped", "reply")
    session.leave()
    words, mail = recorded(t)
    equal(words, ["-f", "joe@x.test", "--", "bob@x.test", "eve@x.test"], "words")
    equal(without_received(mail), b"Subject: x\n\nhello\n.dot\n", "mail")
    for text in ("pipe command: ", "octets was piped", "connection closed"):
        session.logged(text)


@cases(
    ("empty", b"", b""),
    ("one line", b"\r\n", b"\n"),
    ("zero and eight bits", b"\0\xff\x80\0\r\n", b"\0\xff\x80\0\n"),
    ("carriage returns", b"a\rb\r\r\nc\r", b"a\rb\r\nc\r"),
    ("no line end", b"no end", b"no end"),
    ("line feeds", b"a\nb\r\n", b"a\nb\n"),
    ("dots", b".\r\n..\r\n.x", b".\n..\n.x"),
    ("large", b"0123456789abcde\r\n" * 40_000, b"0123456789abcde\n" * 40_000),
    ("long line", b"x" * 300_000 + b"\r\n", b"x" * 300_000 + b"\n"),
)
def test_the_bytes_of_a_mail(t, sent, wanted):
    session = Session(t, "inetd")
    for pieces in (1, 3):
        session.client.envelope(hello=pieces == 1)
        size = len(sent) // pieces
        for number in range(pieces - 1):
            session.client.say(b"BDAT %d\r\n" % size + sent[size * number : size * (number + 1)])
            session.client.reply()
        rest = sent[size * (pieces - 1) :]
        session.client.say(b"BDAT %d LAST\r\n" % len(rest) + rest)
        equal(session.client.reply()[:3], "250", "reply")
        equal(without_received(recorded(t)[1]), wanted, f"mail in {pieces} pieces")
        os.unlink(t.path("content"))
    session.leave()


@cases(
    ("a name", "EHLO a-1.test", "a-1.test"),
    ("an address", "EHLO [127.0.0.1]", "[127.0.0.1]"),
    ("an underscore", "EHLO my_host", "invalid"),
    ("HELO", "HELO there", "there"),
)
def test_the_name_of_the_client(t, line, wanted):
    session = Session(t, "inetd")
    session.client.ask(line, 250)
    session.client.ask("MAIL FROM:<>", 250)
    session.client.ask("RCPT TO:<bob@x.test>", 250)
    session.client.data()
    session.leave()
    words, mail = recorded(t)
    equal(words, ["-f", "MAILER-DAEMON", "--", "bob@x.test"], "words")
    check(mail.startswith(b"Received: from %s (localhost [" % wanted.encode()), f"{mail!r}")


def test_a_client_on_this_machine_is_known_by_its_user(t):
    session = Session(t, "unix")
    session.client.envelope()
    session.client.data()
    session.leave()
    without_received(recorded(t)[1], rb"Received: from client\.test \(localhost \[UNIX:uid=%d\]\)\n"
                     rb"\tby localhost \(msmtpd\) with ESMTP;\n\t[^\n]*\n" % os.getuid())


def test_pipes_are_read_without_waiting_for_the_greeting(t):
    lines = b"EHLO client.test\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"
    run = msmtpd.run(t, "--inetd", f"--command={recorder(t)} --", data=lines)
    equal((run.code, run.err), (0, b""), "exit code and stderr")
    equal([line[:3] for line in run.out.decode().splitlines() if line[3] == " "],
          ["220", "250", "250", "250", "354", "250", "221"], "replies")
    equal(without_received(recorded(t)[1], rb"Received: from client\.test\n"
                           rb"\tby localhost \(msmtpd\) with ESMTP;\n\t[^\n]*\n"), b"x\n", "mail")


@cases(
    ("directly", "{} -f %F --", ["-f", "{}", "--"]),
    ("by a shell", "true && {} -f %F --", ["-f", "{}", "--"]),
    ("in double quotes", 'true; {} "-f%F" --', ["-f{}", "--"]),
    ("in single quotes", "true; {} '-f%F' '%F' --", ["-f{}", "%F", "--"]),
)
def test_addresses_stay_as_they_are(t, command, before):
    session = Session(t, "inetd", command=command.format(recorder(t)))
    for address in NASTY:
        session.client.envelope(address, address, "second@x.test", hello=address == NASTY[0])
        session.client.data(b"x\r\n")
        equal(recorded(t)[0], [word.format(address) if word == "{}" else word.replace("{}", address) for word in before]
              + [address, "second@x.test"], "words")
        os.unlink(t.path("words"))
    session.leave()
    check(not os.path.exists(t.path("pwned")), "an address was executed")


def test_what_would_be_an_option_is_refused(t):
    session = Session(t, "inetd", command=recorder(t))
    session.client.ask("EHLO client.test", 250)
    session.client.ask("MAIL FROM:<-x@x.test>", 250)  # the command does not get it
    session.client.ask("RCPT TO:<-x@x.test>", 553)
    session.client.ask("RCPT TO:<x-@x.test>", 250)
    session.client.data(b"x\r\n")
    session.leave()
    equal(recorded(t)[0], ["x-@x.test"], "words")


PROBE = """#!/usr/bin/python3 -IS
import os, signal, sys
sys.stdin.buffer.read()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
with open(os.path.dirname(sys.argv[0]) + "/probe", "w") as file:
    for number in sorted(map(int, os.listdir("/proc/self/fd"))):
        try:
            print(number, os.readlink(f"/proc/self/fd/{number}").partition(":")[0], file=file)
        except OSError:
            pass
    file.flush()
    print(status["SigBlk"].strip().strip("0"), os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid(),
          os.environ.get("MARK"), os.getcwd(), file=file)
    print([s.name for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1)
          if signal.getsignal(s) == signal.SIG_IGN],
          # python ignores two itself, and no program can change what it inherited of glibc's own two
          int(status["SigIgn"], 16) & ~(1 << 12 | 1 << 24 | 3 << 31), file=file)
"""


@MODES
def test_what_the_command_inherits(t, mode):
    session = Session(t, mode, command=t.path("probe.py", PROBE, 0o755) + " --", env={"MARK": "kept"})
    session.client.envelope()
    session.client.data()
    session.leave()
    lines = content(t.path("probe")).decode().splitlines()
    equal(lines[:3] + lines[-2:], ["0 pipe", "1 /dev/null", "2 pipe", f" True False kept {t.home}", "[] 0"], "probe")
    equal([line for line in lines[3:-2] if "/probe" not in line], [], "other descriptors")


def test_twenty_mails(t):
    session = Session(t, "listener")
    for number in range(20):
        session.client.envelope(f"joe{number}@x.test", hello=number == 0)
        session.client.data(b"mail %d\r\n" % number)
    session.leave()
    words, mail = recorded(t)
    equal(words[1::4], [f"joe{number}@x.test" for number in range(20)], "senders")
    equal(re.findall(rb"^mail \d+$", mail, re.M), [b"mail %d" % number for number in range(20)], "mails")


# ---- how it ends


def test_exit_codes(t):
    command = t.path("exit", '#!/bin/sh\ncat >/dev/null\nexit "$((${3#c}))"\n', 0o755)
    session = Session(t, "inetd", command=f"{command} -- -")
    session.client.ask("EHLO client.test", 250)
    for code in (0, 1, 2, 64, 65, 67, 68, 69, 70, 71, 73, 74, 75, 77, 78, 126, 127, 255):
        session.client.ask("MAIL FROM:<a@b>", 250)
        session.client.ask(f"RCPT TO:<c{code}>", 250)
        text = "4.3.0 Pipe command failed to execute" if code in (126, 127) else f"Pipe command reported error {code}"
        if code == 0:
            wanted = "250 2.0.0 Ok, mail was piped"
        elif code in (126, 127):
            wanted = "451 " + text
        else:
            wanted = f"451 4.3.0 {text}" if code in (68, 69, 71, 74, 75) else f"554 5.3.0 {text}"
        equal(session.client.data(code=wanted[:3]), wanted, f"reply for exit code {code}")
    session.leave()


def test_a_command_that_a_signal_ends_may_be_tried_again(t):
    session = Session(t, "inetd", command="cat >/dev/null; kill -9 $$; true")
    session.client.envelope()
    equal(session.client.data(code=451), "451 4.3.0 Pipe command failed to execute", "reply")
    session.logged("was killed by signal 9")
    session.leave()


@cases(("directly", "/nonexistent/program --"), ("in PATH", "nonexistent-program --"), ("no program", "/etc/passwd --"))
def test_a_command_that_cannot_be_started(t, command):
    session = Session(t, "inetd", command=command)
    for hello in (True, False):
        for size in (10, 200_000):
            session.client.envelope(hello=hello)
            equal(session.client.data(b"x" * size + b"\r\n", code=451), "451 4.3.0 Cannot start pipe command", "reply")
            hello = False
    session.logged("cannot start ")
    session.leave()


def test_a_full_disk_is_temporary(t):
    session = Session(t, "inetd", command="cat >/dev/full; exit $?; :")
    session.client.envelope()
    session.client.data(b"x" * 200_000 + b"\r\n", code=4)
    session.leave()


def test_a_command_that_does_not_read_all_may_be_content(t):
    session = Session(t, "inetd", command="true --")
    session.client.envelope()
    session.client.data(b"0123456789\r\n" * 50_000)
    session.leave()


def test_what_it_leaves_behind_stops_nobody(t):
    session = Session(t, "inetd", command="sleep 1 & cat >/dev/null; true")
    session.client.envelope()
    began = time.monotonic()
    session.client.data()
    check(time.monotonic() - began < 0.9, "the session waited for what the command left behind")
    session.leave()
    wait_until(lambda: not processes.children(os.getpid()), 3)


def test_what_it_says_comes_to_the_log_alone(t):
    say = t.path("say", "#!/bin/sh\ncat >/dev/null\necho out\nprintf 'one\\n\\033[2Jtwo\\nthree' >&2\n"
                 "seq 100000 >&2\nexit 1\n", 0o755)
    session = Session(t, "inetd", command=say)
    session.client.envelope()
    equal(session.client.data(code=554), "554 5.3.0 Pipe command reported error 1", "reply")
    session.leave()
    said = [line for line in session.lines() if line.startswith("error: pipe command: ")]
    equal(said[:3], ["error: pipe command: one", "error: pipe command: ?[2Jtwo", "error: pipe command: three1"], "log")
    check(len(said) <= 101, f"{len(said)} lines in the log")


# ---- mails that never end

# Says when it has begun, and when it has come to the end of what it reads.
WAITER = """#!/bin/sh
cd "${0%/*}"
echo $$ >begun
sh -c 'cat >>content && echo end >>ends'
echo end >>ends
"""

# As WAITER in one process: the kernel ends it with the session, but none that it has started.
ALONE = """#!/usr/bin/python3 -IS
import os, sys, time
os.chdir(os.path.dirname(sys.argv[0]))
open("begun", "w").write(str(os.getpid()))
for line in sys.stdin: open("content", "a").write(line)
time.sleep(0.2)
open("ends", "w").write("end")
"""

BROKEN = cases(
    *((f"{how} {mode}", how, mode) for mode in ("inetd", "listener") for how in
      ("client in DATA", "client in BDAT", "server", "session")),
    ("RSET", "RSET", "inetd"),
)


def begin_mail(session, how):
    session.client.envelope()
    if how in ("client in BDAT", "RSET"):
        session.client.say(b"BDAT 140000\r\n" + b"hello\r\n" * 20_000)
        session.client.reply()
    else:
        session.client.ask("DATA", 354)
        session.client.say(b"hello\r\n" * 20_000)
    check(wait_until(lambda: content(session.t.path("begun")), 5), "the command was not started")
    check(wait_until(lambda: content(session.t.path("content")), 5), "nothing came to the command")


@BROKEN
def test_a_mail_that_breaks_off_is_not_taken_for_whole(t, how, mode):
    # Root's programs get back what the listener gave up, and with that the kernel forgets whom they are to die with.
    user = t.as_nobody() if how == "session" else None
    session = Session(t, mode, command=recorder(t, ALONE if how == "session" else WAITER) + " --", user=user)
    begin_mail(session, how)
    command = int(content(t.path("begun")))
    if how == "RSET":
        session.client.ask("RSET", 250)
    elif how == "server":
        parent = session.daemon.helper("msmtp-smtpd-forker") if mode == "listener" else session.running.pid
        for pid in processes.children(parent):
            if processes.name(pid).startswith("msmtp-smtpd"):
                os.kill(pid, signal.SIGKILL)
    elif how == "session":
        os.kill(session.session_pid(), signal.SIGKILL)
    else:
        session.client.sock.close()
    gone = wait_until(lambda: not os.path.exists(f"/proc/{command}") or processes.state(command) == "Z", 5)
    check(gone, "the command goes on")
    if how in ("server", "session"):
        check(session.client.has_hung_up(), "the client is still connected")
    if how == "RSET":
        session.leave()
    elif mode == "listener":
        session.end()
    elif how == "session":
        equal(session.running.finish().code, -signal.SIGKILL, "exit code")
    else:
        # Between two BDAT no octet of the mail is missing, but its end is.
        session.end(code={"server": 70, "client in DATA": 74, "client in BDAT": 0}[how])
        session.logged("connection closed" if how == "client in BDAT" else "session aborted")
    time.sleep(0.05)
    equal(content(t.path("ends")), b"", "a mail that was taken for whole")


@cases("client in DATA", "client in BDAT", "session", "RSET")
def test_of_half_a_small_mail_the_command_hears_nothing(t, how):
    session = Session(t, "inetd")
    session.client.envelope()
    session.client.say(b"DATA\r\n" if how != "RSET" and how != "client in BDAT" else b"BDAT 5\r\nhello")
    session.client.reply()
    session.client.say(b"hello\r\n" * 100 if how != "RSET" and how != "client in BDAT" else b"")
    if how == "RSET":
        session.client.ask("RSET", 250)
        session.client.ask("QUIT", 221)
    elif how == "session":
        os.kill(session.running.pid, signal.SIGKILL)
    else:
        session.client.sock.close()
    session.running.finish()
    time.sleep(0.05)
    equal(recorded(t), ([], b""), "what the command has got")


def test_one_session_that_is_killed_ends_no_other(t):
    session = Session(t, "listener")
    other = Client(session.daemon.connect())
    session.client.envelope()
    session.client.ask("DATA", 354)
    session.client.say(b"hello\r\n" * 20_000)
    check(wait_until(session.session_pid, 5), "no session has a command")
    os.kill(session.session_pid(), signal.SIGKILL)
    check(session.client.has_hung_up(), "the client is still connected")
    other.envelope()
    other.data()
    Client(session.daemon.connect()).ask("QUIT", 221)
    other.ask("QUIT", 221)
    session.end()


def test_an_end_that_is_asked_for_waits_for_the_mail(t):
    session = Session(t, "inetd")
    session.client.envelope()
    session.client.ask("DATA", 354)
    session.running.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    session.client.say(b"x\r\n")
    session.client.ask(".", 250)
    equal(session.client.reply()[:3], "421", "reply")
    session.end()
    equal(content(t.path("ends")), b"end", "whole mails")


def test_a_client_that_goes_between_mails_has_ended_the_session(t):
    session = Session(t, "inetd")
    session.client.envelope()
    session.client.data()
    session.client.sock.close()
    session.end()


# ---- names of the ends


FAR, HERE = "192.0.2.7", "192.0.2.8"


def far_pair():
    """A connection between two addresses of ours that are not loopback."""
    namespace.add_address(FAR)
    namespace.add_address(HERE, 2)
    with socket.create_server((HERE, 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), source_address=(FAR, 0))
        return ours, listener.accept()[0]


@cases(
    ("both", {FAR: "far.test", HERE: "here.test"}, "(far.test [192.0.2.7])", "here.test [192.0.2.8]"),
    ("one", {FAR: "far.test"}, "(far.test [192.0.2.7])", "[192.0.2.8]"),
    ("none", {}, "([192.0.2.7])", "[192.0.2.8]"),
    ("no host names", {FAR: "a(b.test", HERE: "here.test"}, "([192.0.2.7])", "here.test [192.0.2.8]"),
    ("silent", {FAR: None, HERE: None}, "([192.0.2.7])", "[192.0.2.8]"),
)
def test_the_names_of_the_ends(t, names, client, own):
    records = {".".join(reversed(address.split("."))) + ".in-addr.arpa": [("PTR", name)] if name else "silent"
               for address, name in names.items()}
    dns = namespace.enter(records)
    ours, theirs = far_pair()
    session = Session(t, "socket", sockets=(ours, theirs))
    equal(dns.asked, [], "questions before there is a mail")
    began = time.monotonic()
    for hello in (True, False):
        session.client.envelope(hello=hello)
        session.client.data(b"x\r\n")
    took = time.monotonic() - began
    check(took < 3, f"names were waited for {took:.1f} s")
    session.leave()
    fields = re.findall(rb"Received: from client\.test (.*)\n\tby (.*) \(msmtpd\)", recorded(t)[1])
    equal(fields, [(client.encode(), own.encode())] * 2, "Received fields")


# ---- options


def test_under_lmtp_each_recipient_has_a_reply(t):
    session = Session(t, "inetd", "--lmtp")
    session.client.ask("LHLO client.test", 250)
    session.client.envelope("a@b", "c@d", "e@f", hello=False)
    session.client.data(b"x\r\n")
    equal(session.client.reply()[:3], "250", "second reply")
    session.leave()
    check(b" (msmtpd) with LMTP;\n" in recorded(t)[1], "no LMTP in the Received field")


def test_a_login_without_a_listener(t):
    session = Session(t, "inetd", "--auth=joe,echo secret")
    session.client.ask("EHLO client.test", 250)
    session.client.ask("MAIL FROM:<a@b>", 530)
    session.client.ask("AUTH PLAIN " + base64.b64encode(b"\0joe\0secret").decode(), 235)
    session.client.envelope(hello=False)
    session.client.data()
    session.leave()
    session.logged("authenticated as joe")


@cases(("the command fails", "joe,false"), ("it says nothing", "joe,true"))
def test_a_login_without_a_password(t, login):
    ours, theirs = tcp_pair()
    running = on_socket(t, theirs, "--inetd", f"--log={t.path('msmtpd.log')}", f"--auth={login}")
    theirs.close()
    equal(Client(ours, greeting=False).reply(), "421 4.3.0 the session cannot be started", "reply")
    run = running.finish()
    equal((run.code, run.err), (78, b""), "exit code and stderr")
    check("session aborted" in content(t.path("msmtpd.log")).decode(), "nothing in the log")


def test_more_addresses_than_a_command_takes_are_for_another_mail(t):
    session = Session(t, "inetd", "--max-recipients=10000")
    session.client.ask("EHLO client.test", 250)
    session.client.ask("MAIL FROM:<a@b>", 250)
    address = "%05d" + "x" * 800 + "@x.test"
    session.client.say(b"".join(b"RCPT TO:<%s>\r\n" % (address % number).encode() for number in range(1400)))
    replies = [session.client.reply()[:9] for _ in range(1400)]
    taken = replies.count("250 2.1.5")
    equal(replies, ["250 2.1.5"] * taken + ["452 4.5.3"] * (1400 - taken), "replies")
    check(taken > 1200, f"only {taken} recipients")
    session.client.data(b"x\r\n")
    session.leave()
    equal(len(recorded(t)[0]), 3 + taken, "words")
