"""-bs: an SMTP session on standard input and output, as frameworks and people lead it."""

import os
import re
import select
import shutil
import signal
import smtplib
import socket
import subprocess

import processes
from dialogue import PLAIN_KEYWORDS, Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, Running, cases, check, equal, limit, skip
from processes import wait_until
from scripted_server import Gate

needs = "postfix"

WIRE = MAIL.replace(b"\n", b"\r\n")
# More than the server process collects before it passes it on.
LARGE = WIRE + 3000 * b"a line of a mail that is so large that it is on its way before its end\r\n"
CUT_SHORT = "the SMTP client has gone in the middle of a mail"


class Client:
    """A client of a session on pipes, which hears each reply before it goes on."""

    def __init__(self, t, *arguments, greeting=True, **more):
        self.running = t.start("-bs", *arguments, **more)
        self.pid, self.heard = self.running.pid, b""
        if greeting:
            check(self.reply().startswith("220 localhost ESMTP"), "greeting")

    def say(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        self.running.process.stdin.write(data)
        self.running.process.stdin.flush()

    def reply(self, seconds=15.0):
        """The next reply, its lines joined by a newline."""
        while not re.search(rb"^\d{3} [^\r]*\r\n", self.heard, re.M):
            stdout = self.running.process.stdout
            check(select.select([stdout], [], [], seconds)[0], f"no reply but {self.heard!r}")
            data = os.read(stdout.fileno(), 65536)
            check(data, f"the session ended after {self.heard!r}")
            self.heard += data
        end = re.search(rb"^\d{3} [^\r]*\r\n", self.heard, re.M).end()
        reply, self.heard = self.heard[:end], self.heard[end:]
        return reply.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n")

    def ask(self, line, code, **more):
        self.say(line + "\r\n")
        reply = self.reply(**more)
        check(reply.startswith(str(code)), f"{line!r} was answered by {reply!r}")
        return reply

    def envelope(self, sender=ADDRESS, *recipients):
        self.ask(f"MAIL FROM:<{sender}>", 250)
        for recipient in recipients or (RECIPIENT,):
            self.ask(f"RCPT TO:<{recipient}>", 250)

    def mail(self, sender=ADDRESS, *recipients, mail=WIRE, code=250):
        self.envelope(sender, *recipients)
        self.ask("DATA", 354)
        self.say(mail)
        return self.ask(".", code)

    def hello(self):
        return self.ask("EHLO client.test", 250)

    def leave(self, code=0, seconds=15.0):
        """Close our end; its Run."""
        run = self.running.finish(None, seconds)
        equal(run.code, code, f"exit code of the session: {run}")
        return run


def one_server(t, settings=None, **more):
    server = t.serve(Dialogue(**more))
    t.configure(server, **(settings or {}))
    return server


def replies(run):
    return [line[:3] for line in run.out.decode().splitlines() if line[3:4] == " "]


# ---- mails


@cases(("crlf", b"\r\n"), ("lf", b"\n"))
def test_a_session_all_in_one(t, end):
    server = one_server(t)
    lines = [b"EHLO client.test", b"MAIL FROM:<joe@example.test> SIZE=200 BODY=8BITMIME", b"RCPT TO:<bob@example.test>",
             b"RCPT TO:<carol@example.test>", b"DATA"] + MAIL.splitlines() + [b"..dot", b".", b"QUIT", b""]
    run = t.msmtp("-bs", mail=end.join(lines))
    t.succeeded(run)
    equal(replies(run), ["220", "250", "250", "250", "250", "354", "250", "221"], "replies")
    server.settle()
    equal((server.mails[0].sender, server.mails[0].recipients, server.mails[0].content),
          (ADDRESS, [RECIPIENT, "carol@example.test"], MAIL + b".dot\n"), "mail")
    t.logged("EX_OK", recipients="bob@example.test,carol@example.test")


def test_what_it_offers(t):
    one_server(t)
    client = Client(t)
    equal(client.hello().split("\n"), ["250-localhost", "250-PIPELINING", "250-SIZE", "250-8BITMIME", "250-SMTPUTF8",
                                       "250-CHUNKING", "250 ENHANCEDSTATUSCODES"], "EHLO")
    for line, code in (("NOOP", 250), ("VRFY joe", 252), ("HELP", 214), ("EXPN x", 502), ("AUTH PLAIN AGEAYg==", 502),
                       ("FOO", 500), ("DATA", 503), ("RSET", 250), ("HELO x", 250), ("QUIT", 221)):
        client.ask(line, code)
    client.leave()


def test_several_mails_good_and_bad(t):
    server = one_server(t, replies={"rcpt": ["250 ok\r\n", "550 5.1.1 no such user\r\n", "451 4.2.1 later\r\n",
                                             "250 ok\r\n"]})
    client = Client(t)
    client.hello()
    equal(client.mail(), "250 2.0.0 Ok, the mail was sent", "first")
    equal(client.mail(code=554), "554 5.0.0 msmtp: recipient address bob@example.test not accepted by the server", "2")
    equal(client.mail(code=451), "451 4.0.0 msmtp: recipient address bob@example.test not accepted by the server", "3")
    equal(client.mail(), "250 2.0.0 Ok, the mail was sent", "fourth")
    client.ask("QUIT", 221)
    run = client.leave()
    equal([line for line in run.errors if "server message" in line],
          ["msmtp: server message: 550 5.1.1 no such user", "msmtp: server message: 451 4.2.1 later"], "stderr")
    equal([mail.raw is not None for mail in server.mails], [True, False, False, True], "mails with content")
    with open(t.log) as log:
        equal([re.search("exitcode=(.*)", line).group(1) for line in log],
              ["EX_OK", "EX_DATAERR", "EX_TEMPFAIL", "EX_OK"], "log")


def test_the_sender_chooses_the_account_as_with_from(t):
    home, work = t.serve(Dialogue()), t.serve(Dialogue())
    t.write_config("".join(f"account {name}\nhost {server.host}\nport {server.port}\nfrom {name}@example.test\n"
                           for name, server in (("home", home), ("work", work))) + "account default : home\n")
    client = Client(t)
    client.hello()
    client.mail("work@example.test")
    client.mail("home@example.test")
    client.mail("someone@example.test")
    client.mail("")
    client.leave()
    for server in (home, work):
        server.settle()
    equal([mail.sender for mail in work.mails], ["work@example.test"], "senders at work")
    equal([mail.sender for mail in home.mails], ["home@example.test", "someone@example.test", ""], "senders at home")
    client = Client(t, "-a", "work", "-f", "nobody@example.test")
    client.hello()
    client.mail("home@example.test")
    client.leave()
    equal(work.mails[-1].sender, "home@example.test", "what MAIL says counts, and the account is the named one")
    client = Client(t, "--read-envelope-from")
    client.hello()
    client.mail("home@example.test", mail=WIRE.replace(b"joe@", b"work@"))
    client.leave()
    equal(work.mails[-1].sender, "work@example.test", "the mail's own From")


def test_the_other_options_of_the_session_hold_for_its_mails(t):
    server = t.serve(Dialogue(lmtp=True))
    client = Client(t, f"--host={server.host}", f"--port={server.port}", "--protocol=lmtp", "--domain=here.test",
                    f"--logfile={t.log}", "-t", "eve@example.test", "--", "-eve@example.test")
    client.hello()
    client.mail(mail=b"To: dave@example.test\r\nBcc: eve@example.test\r\n" + WIRE)
    run = client.leave()
    equal(run.err, b"", "stderr")
    server.settle()
    equal(server.session.commands[0], "LHLO here.test", "hello")
    equal(server.mails[0].recipients, [RECIPIENT], "recipients: neither -t nor the command line add any")
    check(b"Bcc" not in server.mails[0].content, "Bcc is removed as ever")
    t.logged("EX_OK")


@cases(
    ("quoted", '"a b,c"@example.test', PLAIN_KEYWORDS),
    ("apostrophe", "o'neil+x=y/z@example.test", PLAIN_KEYWORDS),
    ("minus", "-froot@example.test", PLAIN_KEYWORDS),
    ("utf-8", "jörg@example.test", PLAIN_KEYWORDS),
    ("route", "@gate.test:joe@example.test", PLAIN_KEYWORDS),
)
def test_every_address_arrives_as_it_is(t, address, keywords):
    server = one_server(t, keywords=keywords)
    client = Client(t)
    client.hello()
    client.mail(address, address)
    client.leave()
    wanted = address.split(":")[-1].encode().decode("latin-1")
    equal((server.mails[0].sender, server.mails[0].recipients), (wanted, [wanted]), "envelope")


def test_aliases_of_a_recipient(t):
    aliases = t.path("aliases", "root: admin@example.test\n")
    server = one_server(t, {"aliases": aliases})
    client = Client(t)
    client.hello()
    client.mail(ADDRESS, "root")
    client.leave()
    equal(server.mails[0].recipients, ["admin@example.test"], "recipients")


def test_chunks(t):
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.envelope()
    first, rest = WIRE[:30], WIRE[30:] + b".\r\n..x\r\n"
    client.say(b"BDAT %d\r\n" % len(first) + first)
    equal(client.reply(), "250 2.0.0 30 octets received", "first chunk")
    client.ask("NOOP", 250)
    client.ask("DATA", 503)
    client.say(b"BDAT %d LAST\r\n" % len(rest) + rest)
    check(client.reply().startswith("250 "), "last chunk")
    client.envelope()
    client.say(b"BDAT 5\r\nhello")
    client.reply()
    client.ask("RSET", 250)
    client.say(b"BDAT 7 LAST\r\nQUIT\r\n.")
    check(client.reply().startswith("503 "), "a chunk after RSET")
    client.leave()
    equal([mail.content for mail in server.mails if mail.raw], [MAIL + b".\n..x\n"], "mails")


def test_everything_pipelined(t):
    server = one_server(t)
    mail = (f"MAIL FROM:<{ADDRESS}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n").encode() + WIRE + b".\r\n"
    run = t.msmtp("-bs", mail=b"EHLO x\r\n" + 5 * mail + b"RSET\r\nNOOP\r\nQUIT\r\n")
    t.succeeded(run)
    equal(replies(run), ["220", "250"] + 5 * ["250", "250", "354", "250"] + ["250", "250", "221"], "replies")
    equal([mail.content for mail in server.mails], 5 * [MAIL], "mails")


@limit(120)
def test_40_megabytes_in_constant_memory(t):
    t.needs_sandbox()  # what has none is a build with sanitizers, which need memory of their own
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.envelope()
    client.ask("DATA", 354)
    body = b"".join(b"line %d of a body that is long enough to matter.....\r\n" % n for n in range(20000))
    client.say(WIRE)
    for _ in range(40 * 1024 * 1024 // len(body)):
        client.say(body)
    peaks = {}
    for pid in [client.pid] + processes.descendants(client.pid):
        peak = processes.status(pid).get("VmHWM", "0 kB")
        peaks[processes.name(pid)] = max(peaks.get(processes.name(pid), 0), int(peak.split()[0]))
    check({"msmtp", "msmtp-smtpd", "msmtp-netproc"} <= set(peaks), str(peaks))
    check(max(peaks.values()) < 20000, f"memory in kB: {peaks}")
    client.ask(".", 250, seconds=60)
    client.leave()
    equal(len(server.mails[0].raw), len(WIRE) + 40 * 1024 * 1024 // len(body) * len(body), "octets")


def test_many_mails_leave_nothing_behind(t):
    one_server(t)
    client = Client(t)
    client.hello()
    client.mail()
    before = sorted(processes.descriptors(client.pid))
    for _ in range(20):
        client.mail()
    equal(sorted(processes.descriptors(client.pid)), before, "descriptors")
    equal([processes.name(pid) for pid in processes.children(client.pid)], ["msmtp-smtpd"], "children")
    client.leave()


# ---- what is refused


@cases(
    ("crlf-lf-dot", b"a\r\n\n.\nMAIL FROM:<eve@example.test>\r\n"),
    ("lf-dot-crlf", b"a\n.\r\nMAIL FROM:<eve@example.test>\r\nRCPT TO:<eve@example.test>\r\nDATA\r\nx\r\n"),
    ("cr-dot-cr", b"a\r.\rMAIL FROM:<eve@example.test>\r\n"),
    ("crlf-dot-lf", b"a\r\n.\nMAIL FROM:<eve@example.test>\r\n"),
    ("crlf-dot-cr", b"a\r\n.\rMAIL FROM:<eve@example.test>\r\n"),
)
def test_no_mail_is_smuggled(t, content):
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.mail(mail=WIRE + content)
    client.ask("NOOP", 250)
    client.leave()
    equal(len(server.mails), 1, "mails")
    check(b"MAIL FROM:<eve@" in server.mails[0].raw, "it is text")
    equal(re.findall(rb"(?<!\r)\n|\r(?!\n)", server.mails[0].raw), [], "bare line ends on the wire")


def test_no_configuration_is_said_to_the_client(t):
    client = Client(t)
    client.hello()
    check(re.fullmatch("554 5\\.3\\.5 msmtp: account default not found: no configuration file available",
                       client.mail(code=554)), "reply")
    client.ask("QUIT", 221)
    run = client.leave()
    equal(run.errors, ["msmtp: account default not found: no configuration file available"], "stderr")


def test_a_warning_is_not_taken_for_the_reason(t):
    t.configure(host="192.0.2.1", port=1, auth="plain", user="joe", password="x", timeout=1)
    client = Client(t)
    client.hello()
    reply = client.mail(code=451)
    check("warning" not in reply and "192.0.2.1" in reply, reply)
    client.leave()


@cases(("port", "421", (71,), "cannot start .*msmtp-smtpd: No such file or directory"))
def test_without_its_helper_the_client_is_told_to_come_again(t, code, exits, text):
    program = os.path.join(t.home, "bin", "msmtp")
    os.makedirs(os.path.dirname(program))
    shutil.copy(t.program, program)
    run = t.msmtp("-bs", program=program, mail=b"QUIT\r\n")
    check(run.code in exits and run.out.startswith(code.encode()), str(run))
    check(len(run.errors) == 1 and re.fullmatch("msmtp: " + text, run.errors[0]), str(run))


def test_pretend_and_a_session_do_not_go_together(t):
    t.failed(t.msmtp("-bs", "-P", mail=b""), 64, "cannot use both -bs and --pretend", account=False)


def test_too_many_errors_end_the_session(t):
    run = t.msmtp("-bs", mail=30 * b"FOO\r\n")
    equal(replies(run), ["220"] + 19 * ["500"] + ["421"], "replies")
    t.failed(run, 76, "the SMTP client made too many errors", account=False)


def test_a_browser_is_sent_away(t):
    run = t.msmtp("-bs", mail=b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nQUIT\r\n")
    equal(replies(run), ["220", "554"], "replies")
    t.failed(run, 76, "the client does not speak SMTP", account=False)


# ---- clients and processes that go


@cases(("at-once", b""), ("after-hello", b"EHLO x\r\n"), ("in-the-envelope", b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n"),
       ("in-a-command", b"EHLO x\r\nNOO"))
def test_the_end_of_the_input_is_as_good_as_quit(t, said):
    one_server(t)
    t.succeeded(t.msmtp("-bs", mail=said))
    t.not_logged()


@cases(
    ("no-content", b"DATA\r\n", b""),
    ("header", b"DATA\r\n", b"Subject: x\r\n"),
    ("all-but-the-dot", b"DATA\r\n", WIRE),
    ("large", b"DATA\r\n", LARGE),
    ("large-chunk", b"BDAT 10000000 LAST\r\n", LARGE),
    ("half-a-dot", b"DATA\r\n", WIRE + b".\r"),
    ("dot-lf", b"DATA\r\n", WIRE + b".\n"),
    ("chunk", b"BDAT 10000 LAST\r\n", WIRE),
    ("chunks", b"BDAT %d\r\n" % len(WIRE), WIRE),
)
def test_a_client_that_is_gone_before_the_end_has_sent_nothing(t, command, said):
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.envelope()
    client.say(command + said)
    if command.startswith(b"DATA"):
        client.reply()
    if len(said) >= len(LARGE):
        check(wait_until(lambda: on_its_way(server), 10), "the mail is on its way")
    chunks = command.startswith(b"BDAT") and b"LAST" not in command
    if chunks:
        client.reply()
    run = client.leave(0 if chunks else 74)
    equal(run.errors, [] if chunks else ["msmtp: " + CUT_SHORT], "stderr")
    server.settle()
    t.nothing_delivered(server)
    t.not_logged()


def on_its_way(server):
    """A delivery has got as far as a dialogue with the mail server."""
    return server.sessions and server.sessions[0].commands


@cases(("term", signal.SIGTERM), ("kill", signal.SIGKILL), ("hup", signal.SIGHUP))
def test_a_session_that_is_killed_in_a_mail_has_not_sent_it(t, signal_):
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.envelope()
    client.ask("DATA", 354)
    client.say(LARGE)
    check(wait_until(lambda: on_its_way(server), 10), "the mail is on its way")
    os.kill(client.pid, signal_)
    run = client.running.finish()
    equal(run.code, -signal_, "exit")
    server.settle()
    t.nothing_delivered(server)


def test_a_lost_server_process_ends_the_session_and_sends_nothing(t):
    server = one_server(t)
    client = Client(t)
    client.hello()
    client.envelope()
    client.ask("DATA", 354)
    client.say(LARGE)
    check(wait_until(lambda: on_its_way(server), 10), "the mail is on its way")
    os.kill(next(pid for pid in processes.children(client.pid) if processes.name(pid) == "msmtp-smtpd"), signal.SIGKILL)
    run = client.running.finish()
    t.failed(run, 70, "msmtp-smtpd was killed by signal 9", account=False)
    server.settle()
    t.nothing_delivered(server)


def test_a_lost_network_child_is_told_and_the_session_goes_on(t):
    gate = Gate("250 test.example\r\n")
    server = one_server(t, replies={"ehlo": [gate, "250 test.example\r\n"]})
    client = Client(t)
    client.hello()
    client.envelope()
    client.ask("DATA", 354)
    client.say(WIRE + b".\r\n")
    check(wait_until(lambda: on_its_way(server), 10), "the mail is on its way")
    os.kill(client.running.helper("netproc"), signal.SIGKILL)
    equal(client.reply(), "554 5.3.0 msmtp: msmtp-netproc was killed by signal 9; nothing was sent", "reply")
    gate.open()
    client.mail()
    client.leave()


def test_a_client_that_does_not_wait_for_the_verdict_has_sent_its_mail(t):
    server = one_server(t)
    run = t.msmtp("-bs", mail=f"EHLO x\r\nMAIL FROM:<{ADDRESS}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode() + WIRE
                  + b".\r\n")
    t.succeeded(run)
    equal([mail.content for mail in server.mails], [MAIL], "mails")


def test_nobody_but_the_server_process_has_the_clients_descriptors(t):
    gate = Gate("250 test.example\r\n")
    server = one_server(t, {"auth": "plain", "user": "joe", "password": "x"}, replies={"ehlo": gate})
    client = Client(t)
    client.hello()
    client.envelope()
    client.ask("DATA", 354)
    client.say(LARGE)
    check(wait_until(lambda: on_its_way(server), 10), "the mail is on its way")
    process = client.running.process
    ours = {os.readlink(f"/proc/self/fd/{file.fileno()}") for file in (process.stdin, process.stdout)}
    holders = set()
    for pid in [client.pid] + processes.descendants(client.pid):
        if ours & {os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}:
            holders.add(processes.name(pid))
    equal(holders, {"msmtp-smtpd"}, "who has them")
    gate.open()
    client.running.process.kill()


def test_debugging_output_stays_out_of_the_dialogue(t):
    one_server(t, {"logfile": "-"})
    client = Client(t, "--debug")
    client.hello()
    client.mail()
    client.ask("QUIT", 221)
    run = client.leave()
    equal(run.out, b"", "what else was on standard output")
    check(b"--> EHLO localhost" in run.err and b"exitcode=EX_OK" in run.err, f"stderr {run.err!r}")


def test_a_file_as_input_and_a_file_as_output(t):
    server = one_server(t)
    script = t.path("script", b"EHLO x\nMAIL FROM:<joe@example.test>\nRCPT TO:<bob@example.test>\nDATA\n" + MAIL + b".\nQUIT\n")
    out = t.path("out")
    with open(script, "rb") as stdin, open(out, "wb") as stdout:
        code = subprocess.run([t.program, "-bs"], stdin=stdin, stdout=stdout, env=t.environment(), timeout=20).returncode
    with open(out, "rb") as file:
        said = file.read()
    equal((code, said.splitlines()[-1]), (0, b"221 2.0.0 Bye"), "exit code, last line")
    equal([mail.content for mail in server.mails], [MAIL], "mails")


def test_a_caller_that_ignores_its_children(t):
    one_server(t)
    client = Client(t, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    client.hello()
    client.mail()
    client.leave()


# ---- other people's clients


class PipedSMTP(smtplib.SMTP):
    """Python's own client, at the other end of a socket pair."""

    def __init__(self, t, *arguments):
        super().__init__(local_hostname="client.test")
        ours, theirs = socket.socketpair()
        process = subprocess.Popen([t.program, "-bs", *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                                   env=t.environment(), cwd=t.home, start_new_session=True)
        theirs.close()
        t.running.append(Running(process))
        ours.settimeout(15)
        self.process, self.sock, self.file = process, ours, None
        equal(self.getreply()[0], 220, "greeting")


def test_smtplib(t):
    server = one_server(t, replies={"rcpt": ["250 ok\r\n", "550 5.1.1 no such user\r\n", "250 ok\r\n"]})
    client = PipedSMTP(t)
    client.sendmail(ADDRESS, [RECIPIENT], WIRE, mail_options=["BODY=8BITMIME"])
    try:
        client.sendmail(ADDRESS, [RECIPIENT], WIRE)
        check(False, "the second mail was accepted")
    except smtplib.SMTPDataError as error:
        equal(error.smtp_code, 554, "refusal")
    client.sendmail(ADDRESS, [RECIPIENT], MAIL.decode() + "\n.\n..\nend\n")
    client.quit()
    equal(client.process.wait(15), 0, "exit code")
    equal([mail.content for mail in server.mails if mail.raw], [MAIL, MAIL + b"\n.\n..\nend\n"], "mails")


# As mail libraries for PHP do it: proc_open, CRLF, every reply waited for, dots doubled.
PHP = r"""<?php
$process = proc_open([$argv[1], "-bs"], [["pipe", "r"], ["pipe", "w"], STDERR], $pipes);
function ask($line, $code) {
  global $pipes;
  if ($line !== null) fwrite($pipes[0], $line . "\r\n");
  do { $reply = fgets($pipes[1]); } while ($reply !== false && $reply[3] === "-");
  if (!in_array(substr((string) $reply, 0, 3), (array) $code)) { echo "unexpected: $reply"; exit(1); }
  return $reply;
}
ask(null, "220");
ask("EHLO [127.0.0.1]", "250");
for ($i = 1; $i <= 3; $i++) {
  ask("MAIL FROM:<joe@example.test>", "250");
  ask("RCPT TO:<bob@example.test>", "250");
  ask("DATA", "354");
  $text = "From: joe@example.test\r\nSubject: mail $i\r\n\r\nHello.\r\n.dot\r\n";
  foreach (str_split(str_replace("\r\n.", "\r\n..", $text), 16) as $piece) fwrite($pipes[0], $piece);
  echo ask("\r\n.", ["250", "451"]);
  ask("RSET", "250");
}
ask("QUIT", "221");
fclose($pipes[0]);
echo proc_close($process), "\n";
"""


def test_php(t):
    php = shutil.which("php") or shutil.which("php8.2")
    if not php:
        skip("there is no php")
    server = one_server(t, replies={"data": ["354 go\r\n", "451 4.3.0 not now\r\n", "354 go\r\n"]})
    script = t.path("session.php", PHP)
    run = subprocess.run([php, "-n", script, t.program], capture_output=True, env=t.environment(), timeout=30)
    lines = run.stdout.decode().splitlines()
    equal([line[:3] for line in lines], ["250", "451", "250", "0"], f"what PHP saw {run}")
    equal([re.search(rb"Subject: (.*)", mail.content).group(1) for mail in server.mails if mail.raw],
          [b"mail 1", b"mail 3"], "mails")
    check(b"\nHello.\n.dot\n" in server.mails[0].content, "dots")


def test_to_a_real_server(t):
    postfix = t.options.postfix.needed()
    sender = "session@example.test"
    t.configure(host="localhost", port=postfix.ports[0], auth="on", user="alice@example.test", password="s3cret pass",
                from_=sender, **t.tls())
    client = Client(t)
    client.hello()
    client.mail(sender, "bob@example.test", "carol@example.test", mail=WIRE + b"..dot\r\n")
    check("not accepted" in client.mail(sender, "nobody-here@example.test", code=554), "the refused one")
    client.mail(sender, "carol@example.test")
    client.ask("QUIT", 221)
    client.leave()
    mails = postfix.delivered("bob", sender)
    check(mails and mails[0].endswith(b"\nHello.\n.dot\n"), f"bob's mail {mails}")
    check(wait_until(lambda: len(postfix.delivered("carol", sender) or ()) == 2, 10), "carol's mails")
