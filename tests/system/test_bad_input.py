"""Clumsy users and broken files: one line that says what and where, the right code, and no mail that is lost or sent
to nobody."""

import os
import re

from dialogue import PLAIN_KEYWORDS, Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal

MARK = "\ufeff"  # what some editors put before the first line


def aliases(t, text, *arguments, **settings):
    """(the run, the server) of a mail to ARGUMENTS, or to bob, with TEXT as the file of aliases."""
    server = t.serve(Dialogue())
    t.configure(server, aliases=t.path("aliases", text), **settings)
    return t.msmtp(*(arguments or ("bob",))), server


@cases(("circle", "bob: joe\njoe: bob\n", "line 2: too many redirects for 'joe'"),
       ("itself", "bob: bob\n", "line 1: too many redirects for 'bob'"),
       ("default", "default: nobody\n", "line 1: too many redirects for 'nobody'"),
       ("depth", "bob: a0\n" + "".join(f"a{i}: a{i + 1}\n" for i in range(18)),
        "line 18: too many redirects for 'a16'"),
       ("colon", "bob b@x.test\n", "line 1: expected one colon, between an alias and its addresses"),
       ("include", "\nbob: :include:/etc/passwd\n", "line 2: expected one colon, between an alias and its addresses"),
       ("twice", "bob: a@x.test\nbob: c@x.test\n", "line 2: alias 'bob' is already defined in line 1"),
       ("name", ": a@x.test\n", "line 1: no alias before the colon"),
       ("nobody", "bob:\n", "line 1: alias 'bob' has no addresses"),
       ("control", b"bob: a@x.test\x1b[31m\n", r"line 1: address 'a@x.test\?\[31m' holds a control character"),
       ("brackets", "bob: Bob <b@x.test>\n", "line 1: address 'Bob <b@x.test>' holds an angle bracket"),
       ("bytes", bytes(range(256)) * 10, "line 1: expected one colon, between an alias and its addresses"),
       ("bomb", "bob: a0\na9: z@x.test\n" + "".join(f"a{i}: " + ", ".join([f"a{i + 1}"] * 10) + "\n" for i in range(9)),
        "the aliases lead to more than 100000 recipients"))
def test_a_bad_file_of_aliases(t, text, complaint):
    run, server = aliases(t, text)
    t.failed(run, 78, re.escape(t.path("aliases")) + ": " + complaint, account=False)
    equal(server.sessions, [], "connections")
    t.not_logged()


def test_a_file_of_aliases_that_is_not_there(t):
    server = t.serve(Dialogue())
    t.configure(server, aliases="~/none")
    t.failed(t.msmtp("bob"), 78, re.escape(t.path("none")) + ": No such file or directory", account=False)
    t.configure(server, aliases=t.home)
    t.failed(t.msmtp("bob"), 78, re.escape(t.home) + ": Is a directory", account=False)
    equal(server.sessions, [], "connections")
    t.configure(server, aliases="~/none")
    t.succeeded(t.msmtp(RECIPIENT))


@cases(("crlf", "# who\r\nbob: b@x.test\r\n"), ("mark", MARK + "bob: b@x.test\n"), ("end", "bob: b@x.test"),
       ("many", "".join(f"user{i}: user{i}@x.test\n" for i in range(10000)) + "bob: b@x.test\n"))
def test_files_of_aliases_that_are_good(t, text):
    run, server = aliases(t, text)
    t.succeeded(run)
    equal(server.mails[0].recipients, ["b@x.test"], "recipients")


def test_ten_thousand_recipients_of_an_alias(t):
    groups = "".join(f"group{i}: " + ",".join(f"u{i}x{n}@x.test" for n in range(100)) + "\n" for i in range(100))
    run, server = aliases(t, groups + "bob: " + ", ".join(f"group{i}" for i in range(100)) + "\n", logfile=None)
    t.succeeded(run)
    equal(server.mails[0].recipients, [f"u{i}x{n}@x.test" for i in range(100) for n in range(100)], "recipients")


def test_a_mark_before_the_configuration_and_netrc(t):
    server = t.serve(Dialogue(auth=Auth(password="s3cret", mechanisms=("PLAIN",))))
    t.path(".netrc", MARK + "machine 127.0.0.1 login joe password s3cret\r\n")
    t.configure(server, auth="plain", user="joe")
    with open(t.rc, encoding="utf-8") as file:
        text = file.read()
    t.write_config(MARK + text.replace("\n", "\r\n"))
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases(("full", "/dev/full", "No space left on device"), ("folder", "/tmp", "Is a directory"),
       ("no-log", "/proc/version", "(Input/output error|Permission denied|Invalid argument)"))
def test_a_log_that_cannot_be_written_is_told_and_shown(t, path, reason):
    server = t.serve(Dialogue())
    t.configure(server, logfile=path)
    run = t.msmtp()
    equal(run.code, 0, f"exit code of {run}")
    equal(len(run.errors), 2, f"lines: {run.errors}")
    check(re.fullmatch(f"msmtp: cannot log to {path}: {reason}", run.errors[0]), f"{run.errors}")
    check(run.errors[1].startswith("msmtp: log info was: ") and "exitcode=EX_OK" in run.errors[1], f"{run.errors}")
    equal(server.mails[0].content, MAIL, "mail")


@cases(*((f"{mechanism}-{kind}", mechanism, kind) for mechanism in ("OAUTHBEARER", "XOAUTH2")
         for kind in ("explained", "refused", "busy", "gone")))
def test_an_expired_token(t, mechanism, kind):
    """77, which says that another attempt needs another token; what the server says is shown, the token is not."""
    replies = {"refused": "535 5.7.8 token expired\r\n", "busy": "454 4.7.0 try later\r\n",
               "gone": "421 4.7.0 too many attempts\r\n"}

    def authenticate(session, line):
        if len(line.split(" ")) < 3:
            session.send("334 \r\n")
            session.line()
        if kind == "explained":
            session.send("334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n")
            session.line()
        session.send(replies.get(kind, replies["refused"]))
        if kind == "gone":
            session.close()

    dialogue = Dialogue(auth=Auth(mechanisms=(mechanism,)))
    dialogue.authenticate = authenticate
    t.configure(t.serve(dialogue), auth=mechanism.lower(), user="joe", password="t0ken")
    run = t.msmtp()
    explained = ": " + re.escape('{"status":"invalid_token"}') if kind == "explained" else ""
    t.failed(run, 77, rf"authentication failed \(method {mechanism}\){explained}",
             "server message: " + replies.get(kind, replies["refused"]).strip())
    check(b"t0ken" not in run.err, "the token is not shown")
    t.logged("EX_NOPERM")


def test_a_token_that_no_method_can_hold(t):
    dialogue = Dialogue(auth=Auth(mechanisms=("XOAUTH2",)))
    server = t.serve(dialogue)
    t.configure(server, auth="xoauth2", user="j" * 2000, passwordeval="head -c 65536 /dev/zero | tr '\\0' x")
    t.failed(t.msmtp(), 78, "the password, or the token, is too long for this authentication method")
    t.configure(server, auth="xoauth2", user="joe", passwordeval="head -c 65537 /dev/zero | tr '\\0' x")
    t.failed(t.msmtp(), 78, "command '.*' writes a first line of more than 64 KiB")
    t.nothing_delivered(server)


@cases(("chunking", PLAIN_KEYWORDS + ("CHUNKING",)), ("data", PLAIN_KEYWORDS), ("one-by-one", ()))
def test_all_refused_with_partial_delivery_is_what_is_worth_another_attempt(t, keywords):
    server = t.serve(Dialogue(keywords=keywords, replies={"rcpt": ["550 5.1.1 no\r\n", "451 4.2.0 later\r\n"]}))
    t.configure(server, partial_delivery="on")
    t.failed(t.msmtp("ann@x.test", "bob@x.test", "cid@x.test"), 75,
             "recipient address bob@x.test not accepted by the server", "server message: 451 4.2.0 later")
    t.nothing_delivered(server)


@cases(("fifo", os.mkfifo), ("folder", os.mkdir))
def test_a_netrc_that_is_no_file(t, make):
    make(os.path.join(t.home, ".netrc"))
    server = t.serve(Dialogue(auth=Auth(mechanisms=("PLAIN",))))
    t.configure(server, auth="plain", user="joe")
    t.failed(t.msmtp(), 69, "authentication method PLAIN needs a password")
