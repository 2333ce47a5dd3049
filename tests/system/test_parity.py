"""The same input through Debian's msmtp and ours: same commands, same mail, same exit code and log line, but for the
documented differences (SIZE= and BODY= in MAIL, 75 and 65 for refusals, random Message-IDs)."""

import re

from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal, skip

HEAD = (
    b"From: joe@example.test\nTo: bob@example.test\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: "
    b"<1@example.test>\n"
)


def once(t, program, arguments, mail, make, settings):
    """What one program did: (exit code, commands, raw mail, log fields, stderr)."""
    server = t.serve(make())
    t.configure(server, logfile_time_format="time", **settings)
    with open(t.log, "w", encoding="ascii"):
        pass
    run = t.msmtp(*arguments, mail=mail, program=program)
    server.settle()
    commands = [
        re.sub(r" (SIZE=\d+|BODY=8BITMIME)", "", command) for session in server.sessions for command in session.commands
    ]
    with open(t.log, encoding="utf-8", errors="replace") as file:
        log = re.sub(r"exitcode=\w+", "exitcode=", file.read())
    raw = server.mails[0].raw if server.mails else None
    return run, commands, without_changing_parts(raw), log


def without_changing_parts(raw):
    if raw is None:
        return None
    return re.sub(
        rb"\AFrom: ([^\r]*)\r\n|(?<=\r\n)Date: [^\r]*\r\n|(?<=\r\n)Message-ID: [^\r]*\r\n|"
        rb"\ADate: [^\r]*\r\n|\AMessage-ID: [^\r]*\r\n",
        lambda match: b"From: " + match.group(1) + b"\r\n" if match.group(1) is not None else b"",
        raw,
    )


def both(t, *arguments, mail=MAIL, make=Dialogue, codes=None, texts=True, **settings):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    theirs = once(t, t.reference, arguments, mail, make, settings)
    ours = once(t, t.program, arguments, mail, make, settings)
    wanted = (theirs[0].code, theirs[0].code) if codes is None else codes
    equal((theirs[0].code, ours[0].code), wanted, f"exit codes (theirs, ours); theirs {theirs[0]}, ours {ours[0]}")
    last = "QUIT"  # sent by the original after success only, by us wherever the session still stands
    equal([c for c in ours[1] if c != last], [c for c in theirs[1] if c != last], "commands")
    equal(ours[2], theirs[2], "mail on the wire")
    if not texts:
        return
    equal(re.sub(r"mailsize=\d+", "mailsize=", ours[3]), re.sub(r"mailsize=\d+", "mailsize=", theirs[3]), "log line")
    equal(ours[0].errors, theirs[0].errors, "stderr")


@cases(
    ("plain", MAIL),
    ("no-headers", b"\nbody\n"),
    ("no-from", b"To: bob@example.test\nSubject: x\n\nbody\n"),
    ("dots", HEAD + b"\n.\n..\n.x\n"),
    ("crlf", (HEAD + b"\nx\n").replace(b"\n", b"\r\n")),
    ("nul", HEAD + b"\na\0b\n"),
    ("8-bit", HEAD + b"\n\xc3\xa4\xff\n"),
    ("bcc", HEAD + b"Bcc: x@example.test,\n y@example.test\nSubject: z\n\nbody\n"),
    ("no-newline", HEAD + b"\nlast"),
    ("headers-only", HEAD),
    ("folded", HEAD + b"Subject: a\n b\n\tc\n\nbody\n"),
    ("mbox-line", b"From joe Sat Nov 21\n" + HEAD + b"\nbody\n"),
    ("long-line", HEAD + b"\n" + b"x" * 5000 + b"\ny\n"),
)
def test_mails(t, mail):
    both(t, "bob@example.test", mail=mail)


@cases(
    *(
        (name, arguments)
        for name, arguments in (
            ("several", ("a@example.test", "b@example.test")),
            ("words", ("Bob <a@example.test>, c@example.test", "(x) d@example.test")),
            ("from", ("-f", "x@example.test", "a@example.test")),
            ("null", ("-f", "<>", "a@example.test")),
            ("notify", ("-N", "failure,delay", "-R", "full", "a@example.test")),
            ("name", ("-F", "Joe User", "a@example.test")),
            ("group", ("team: a@example.test, b@example.test;",)),
            ("duplicates", ("a@example.test", "a@example.test")),
        )
    )
)
def test_envelopes(t, arguments):
    both(t, *arguments, mail=b"Subject: x\n\nbody\n")


@cases(
    ("to-cc-bcc", HEAD + b'Cc: Carol <c@example.test>, "D, E" <d@example.test>\nBcc: e@example.test\n\nx\n'),
    ("groups", b"To: g: a@example.test, b@example.test;, c@example.test\n\nx\n"),
    ("comments", b"To: (one (two)) a@example.test (three), b(c)@example.test\n\nx\n"),
    ("folded", b"To: a@example.test,\n b@example.test,\n\tc@example.test\n\nx\n"),
    ("resent", b"Resent-To: r@example.test\n" + HEAD + b"\nx\n"),
    ("empty-items", b"To: ,, a@example.test, ,<>\n\nx\n"),
    ("route", b"To: <@x,@y:a@example.test>\n\nx\n"),
    ("semicolons", b"To: a@example.test; b@example.test\n\nx\n"),
    ("backslash", b"To: a\\b@example.test\n\nx\n"),
    ("late", b"To: a@example.test\nX: y\nTo: b@example.test\nCc: c@example.test\n\nTo: no@example.test\n"),
)
def test_recipients_from_the_mail(t, mail):
    both(t, "-t", mail=mail)


@cases(
    ("domain", {"domain": "client.example.test"}),
    ("eval", {"eval": "echo domain evaluated.test"}),
    ("notify", {"dsn_notify": "never"}),
    ("bcc-kept", {"remove_bcc_headers": "off"}),
    ("from-on", {"set_from_header": "on"}),
    ("date-off", {"set_date_header": "off"}),
)
def test_settings(t, settings):
    both(t, "bob@example.test", mail=b"From: x@example.test\nBcc: y@example.test\nSubject: x\n\nbody\n", **settings)


@cases(
    ("mail-5", "mail", "550 no", (65, 65)),
    ("rcpt-5", "rcpt", "550-5.1.1 no\r\n550 5.1.1 user", (65, 65)),
    ("rcpt-4", "rcpt", "450 later", (69, 75)),
    ("data-5", "data", "554 no", (65, 65)),
    ("body-5", "body", "554 spam", (69, 65)),
    ("body-4", "body", "451 later", (69, 75)),
    ("mail-4", "mail", "451 later", (69, 75)),
)
def test_refusals(t, place, reply, codes):
    both(t, "bob@example.test", make=lambda: Dialogue(keywords=(), replies={place: reply + "\r\n"}), codes=codes)


@cases(("greeting", {"greeting": "554 no\r\n"}), ("helo", {"ehlo": "502 no\r\n", "helo": "550 no\r\n"}))
def test_refusals_before_the_mail(t, replies):
    both(t, "bob@example.test", make=lambda: Dialogue(replies=replies), texts=False)


def test_helo(t):
    both(t, "bob@example.test", make=lambda: Dialogue(replies={"ehlo": "502 no\r\n"}))


@cases(("plain", "PLAIN"), ("login", "LOGIN"), ("cram-md5", "CRAM-MD5"))
def test_authentication(t, method):
    mechanism = method
    both(
        t,
        "bob@example.test",
        make=lambda: Dialogue(auth=Auth(mechanisms=(mechanism.upper(),))),
        auth=mechanism.lower(),
        user="joe",
        password="s3cret pass",
    )


@cases(("plain", "PLAIN"), ("cram-md5", "CRAM-MD5"), ("scram", "SCRAM-SHA-256"))
def test_authentication_refused(t, mechanism):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    for program in (t.reference, t.program):
        run, _, raw, _ = once(
            t,
            program,
            ("bob@example.test",),
            MAIL,
            lambda: Dialogue(auth=Auth(mechanisms=(mechanism,))),
            {"auth": mechanism.lower(), "user": "joe", "password": "wrong"},
        )
        t.failed(run, 77, f"authentication failed \\(method {mechanism}\\)", "server message: 535 .*")
        check(raw is None, "nothing sent")


@cases("--version", "--help")
def test_modes_end_well(t, option):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    for program in (t.reference, t.program):
        equal(t.msmtp(option, program=program).code, 0, "exit code")


@cases(
    ("default", {}),
    ("tls", {"tls": "on", "tls_certcheck": "off", "auth": "on", "user": "joe", "passwordeval": "echo x"}),
    (
        "many",
        {
            "tls": "on",
            "tls_fingerprint": ":".join(["AB"] * 32),
            "port": 587,
            "timeout": 30,
            "dsn_return": "full",
            "dsn_notify": "never",
            "syslog": "on",
            "domain": "x.test",
            "aliases": "/dev/null",
        },
    ),
)
def test_what_pretend_prints(t, settings):
    """Key by key, for the keys that both know."""
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    t.configure(**settings)

    def printed(program):
        run = t.msmtp("-P", "bob@example.test", program=program)
        equal(run.code, 0, str(run))
        return dict(line.split(" = ", 1) for line in run.out.decode().splitlines() if " = " in line)

    theirs, ours = printed(t.reference), printed(t.program)
    for key, value in theirs.items():
        # Only later versions know these keys, or print them so.
        if key in ours:
            equal(ours[key], value, key)


@cases(
    ("no-recipient", ()),
    ("unknown-option", ("--nonsense", "a@b")),
    ("bad-port", ("--port=x", "a@b")),
    ("no-account", ("-a", "none", "a@b")),
    ("two", ("--host=x", "-a", "y", "z@b")),
)
def test_usage_errors(t, arguments):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    t.configure()
    codes = [t.start(*arguments, program=program).finish(MAIL).code for program in (t.reference, t.program)]
    equal(codes[1], codes[0], "exit code")
    check(codes[0] in (64, 78), f"{codes}")


def test_the_sender_of_the_log(t):
    both(t, "-f", "MAILER-DAEMON", "bob@example.test", mail=b"From: a@example.test\n\nx\n")
