"""The mail and its envelope: what is generated, removed and changed, and that nothing can be smuggled or injected."""

import hashlib
import re
import time
from email.header import decode_header, make_header

from dialogue import Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal, limit

HEAD = (
    b"From: joe@example.test\nTo: bob@example.test\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: "
    b"<1@example.test>\n"
)


def send(t, *arguments, mail=MAIL, keywords=None, code=0, **settings):
    """Send MAIL; gives what the server got, or None for a failure with CODE."""
    server = t.serve(Dialogue() if keywords is None else Dialogue(keywords=keywords))
    settings.setdefault("logfile", None)
    t.configure(server, **settings)
    run = t.msmtp(*arguments, mail=mail)
    if code:
        check(run.code in (code if isinstance(code, tuple) else (code,)), f"exit code {code}: {run}")
        t.nothing_delivered(server)
        return None
    t.succeeded(run)
    server.settle()
    equal(len(server.mails), 1, "mails")
    return server.mails[0]


# -- the body


@cases(
    ("lf", b"one\ntwo\n", b"one\ntwo\n"),
    ("crlf", b"one\r\ntwo\r\n", b"one\ntwo\n"),
    ("mixed", b"one\r\ntwo\nthree\r\n", b"one\ntwo\nthree\n"),
    ("no-final-newline", b"one\ntwo", b"one\ntwo\n"),
    ("dots", b".\n..\n.x\n...\n", b".\n..\n.x\n...\n"),
    ("dot-crlf", b"a\r\n.\r\nb\r\n", b"a\n.\nb\n"),
    ("bare-cr", b"one\rtwo\n", b"one\ntwo\n"),
    ("cr-dot-cr", b"a\r.\rb\n", b"a\n.\nb\n"),
    ("cr-dot-crlf", b"a\r.\r\nb\n", b"a\n.\nb\n"),
    ("lf-dot-crlf", b"a\n.\r\nb\n", b"a\n.\nb\n"),
    ("crlf-dot-lf", b"a\r\n.\nb\n", b"a\n.\nb\n"),
    ("final-cr", b"one\r", b"one\n"),
    ("cr-cr-lf", b"one\r\r\ntwo\n", None),
    ("nul", b"a\0b\n\0\n", b"a\0b\n\0\n"),
    ("8-bit", bytes(range(128, 256)) + b"\n", bytes(range(128, 256)) + b"\n"),
    ("long-line", b"x" * 100000 + b"\n", b"x" * 100000 + b"\n"),
    ("empty-lines", b"\n\n\n", b"\n\n\n"),
    ("final-dot", b"a\n.", b"a\n.\n"),
)
def test_the_body_on_the_wire(t, body, wanted):
    """No bare CR or LF (the server checks that), dots doubled, line ends CRLF, and all else as it came."""
    mail = send(t, mail=HEAD + b"\n" + body)
    if wanted is None:
        check(mail.content.startswith(HEAD + b"\none\n") and mail.content.endswith(b"two\n"), repr(mail.content))
    else:
        equal(mail.content, HEAD + b"\n" + wanted, "mail")


@cases(
    *(
        (f"{end.hex()}-at-{offset}", offset, end)
        for offset in (1022, 1023, 1024, 1025, 4095, 4096, 61439, 61440, 65535, 65536, 1048575, 1048576)
        for end in (b"\r\n.\r\n", b"\n.\n", b"\r", b"\r.\r")
    )
)
def test_line_ends_and_dots_at_the_edges_of_buffers(t, offset, end):
    start = HEAD + b"\n"
    mail = start + b"x" * (offset - len(start)) + end + b"y\n"
    content = send(t, mail=mail).content
    equal(content, mail.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), "mail")


@cases(
    ("empty", b""),
    ("only-newline", b"\n"),
    ("headers-only", HEAD),
    ("headers-without-newline", HEAD[:-1]),
    ("no-headers", b"\nbody\n"),
)
def test_mails_that_lack_something(t, mail):
    got = send(t, mail=mail)
    check(
        b"Message-ID: <" in got.content and b"Date: " in got.content and b"From: " in got.content,
        f"headers are there: {got.content!r}",
    )
    for line in mail.splitlines():
        check(line in got.content.splitlines(), f"{line!r} is there")


def test_the_mail_may_come_slowly(t):
    server = t.serve(Dialogue())
    t.configure(server)
    running = t.start(RECIPIENT)
    for start in range(0, len(MAIL), 40):
        running.process.stdin.write(MAIL[start : start + 40])
        running.process.stdin.flush()
        time.sleep(0.05)
    t.succeeded(running.finish(b""))
    equal(server.mails[0].content, MAIL, "mail")


@limit(90)
def test_a_large_mail_takes_no_memory(t):
    """60 MB through: the same bytes arrive, and no process of ours grows with it."""
    line = b"0123456789 abcdefghijklmnopqrstuvwxyz .,;: ABCDEFGHIJKLMNOPQRSTUVWXYZ\n"
    count, digest, peak = 60000000 // len(line), hashlib.sha256(), [0]

    def swallow(session, _ordinary):
        session.send("354 go on\r\n")
        data = session.body()
        digest.update(data)
        session.server.size = len(data)
        peak[0] = max(memory(pid) for pid in [running.pid] + list(running.helpers().values()))
        session.send("250 ok\r\n")

    def memory(pid):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                return int(re.search(r"VmHWM:\s*(\d+) kB", file.read()).group(1))
        except (OSError, AttributeError):
            return 0

    server = t.serve(Dialogue(keywords=("PIPELINING",), replies={"data": swallow}))
    t.configure(server, timeout=60)
    running = t.start(RECIPIENT)
    # The script swallowed the mail: only DATA's 354 and the final 250 are its own words.
    run = running.finish(HEAD + b"\n" + line * count, 60)
    check(run.code == 0, str(run))
    wanted = hashlib.sha256((HEAD + b"\n" + line * count).replace(b"\n", b"\r\n")).hexdigest()
    equal(digest.hexdigest(), wanted, "digest of the mail")
    check(0 < peak[0] < 40000, f"peak memory in kB: {peak[0]}")


def test_nothing_is_read_from_standard_input_beyond_the_mail_when_it_fails(t):
    """A refused envelope must not leave a writer that blocks for ever."""
    server = t.serve(Dialogue(replies={"rcpt": "550 no\r\n"}))
    t.configure(server)
    run = t.msmtp(mail=MAIL + b"line\n" * 1000000)
    check(run.code == 65, str(run))


# -- headers


def test_generated_headers(t):
    mail = send(t, mail=b"To: bob@example.test\nSubject: x\n\nbody\n")
    lines = mail.content.decode().split("\n")
    equal(lines[0], f"From: {ADDRESS}", "first line")
    check(re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", lines[1]), lines[1])
    check(re.fullmatch(r"Message-ID: <[^@ <>]+@example\.test>", lines[2]), lines[2])
    equal(lines[3:], ["To: bob@example.test", "Subject: x", "", "body", ""], "the rest")


def test_headers_that_are_there_are_kept(t):
    mail = b"message-id: <mine@x>\nDATE: today\nfrom: Joe <joe@example.test>\n\nbody\n"
    equal(send(t, mail=mail).content, mail, "mail")


@cases(
    ("plain", "Joe User", "Joe User"),
    ("comma", "User, Joe", '"User, Joe"'),
    ("quotes", 'Joe "X" User', r'"Joe \"X\" User"'),
)
def test_the_full_name(t, name, wanted):
    mail = send(t, "-F", name, RECIPIENT, mail=b"Subject: x\n\nbody\n")
    equal(mail.content.decode().split("\n")[0], f"From: {wanted} <{ADDRESS}>", "From")


def test_a_full_name_in_another_script_is_encoded(t):
    name = "Jörg " + "ß漢字" * 30
    content = send(t, "-F", name, RECIPIENT, mail=b"Subject: x\n\nbody\n").content
    check(all(byte < 128 for byte in content), f"ASCII only: {content!r}")
    value = re.match(rb"From: ((?:.*\n[ \t])*.*)\n", content).group(1).decode()
    check(all(len(word) <= 75 for word in value.split()), f"words of at most 75: {value}")
    equal(re.sub(r"\s*<joe@example.test>$", "", str(make_header(decode_header(value.replace("\n", ""))))), name, "name")


@cases(("newline", "Joe\nBcc: evil@example.test"), ("cr", "Joe\rBcc: evil@example.test"), ("crlf", "Joe\r\n\r\nbody"))
def test_a_full_name_cannot_bring_a_header(t, name):
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp("-F", name, RECIPIENT, mail=b"Subject: x\n\nbody\n")
    if run.code == 0:
        head = server.mails[0].content.split(b"\n\n")[0]
        check(not re.search(rb"^(Bcc|body)", head, re.M | re.I), f"headers: {head!r}")
        equal(server.mails[0].recipients, [RECIPIENT], "recipients")
    else:
        check(run.code in (64, 65, 78), str(run))


@cases(
    ("bcc", b"Bcc: secret@example.test\n"),
    ("upper", b"BCC: secret@example.test\n"),
    ("folded", b"Bcc: a@example.test,\n secret@example.test,\n\tc@example.test\n"),
    ("twice", b"Bcc: secret@example.test\nSubject: y\nBcc: secret@example.test\n"),
    ("blank-before-colon", b"Bcc : secret@example.test\n"),
    ("resent", b"Resent-Bcc: secret@example.test\n"),
    ("resent-folded", b"Resent-bcc:\n secret@example.test\n"),
    ("after-nul", b"\0junk: x\nBcc: secret@example.test\n"),
    ("cr-only", b"Bcc: x@example.test\r\n secret@example.test\r\n"),
    ("long", b"Bcc: " + b"a" * 3000 + b",\n secret@example.test\n"),
)
def test_bcc_is_removed(t, header):
    for mail in (
        HEAD + header + b"Subject: x\n\nbody secret\n",
        header + HEAD + b"\nbody secret\n",
        HEAD + header + b"\nbody secret\n",
        HEAD + header[:-1],
    ):
        content = send(t, mail=mail).content
        check(b"secret@" not in content, f"{content!r}")
        check(b"body secret" in content or b"body" not in mail, "the body stays")


def test_bcc_in_the_body_stays(t):
    mail = HEAD + b"\nBcc: not a header\n"
    equal(send(t, mail=mail).content, mail, "mail")


def test_bcc_stays_when_told_so(t):
    mail = HEAD + b"Bcc: bob@example.test\n\nbody\n"
    equal(send(t, mail=mail, remove_bcc_headers="off").content, mail, "mail")


@cases(
    (
        "from-on",
        {"set_from_header": "on"},
        b"From: other@example.test\nTo: b@example.test\n\nx\n",
        rb"From: joe@example\.test\n(?!.*other)",
    ),
    (
        "to-undisclosed",
        {"set_to_header": "undisclosed_recipients"},
        b"To: b@example.test\nCc: c@example.test\n\nx\n",
        rb"(?!.*Cc: ).*To: undisclosed-recipients:;\n",
    ),
    ("to-on", {"set_to_header": "on"}, b"Cc: c@example.test\n\nx\n", rb"(?!.*Cc: ).*To: bob@example\.test\n"),
    ("date-off", {"set_date_header": "off"}, b"To: b@example.test\n\nx\n", rb"(?!.*Date:)"),
    ("msgid-off", {"set_msgid_header": "off"}, b"To: b@example.test\n\nx\n", rb"(?!.*Message-ID:)"),
)
def test_header_settings(t, settings, mail, pattern):
    content = send(t, mail=mail, **settings).content
    check(re.match(pattern, content, re.S), f"{content!r}")


# -- the envelope


def test_recipients_from_the_mail(t):
    mail = (
        HEAD + b"Cc: Carol <carol@example.test>, group: dave@example.test, e@example.test;\nBcc: (hidden) "
        b"frank@example.test\n\nbody\n"
    )
    got = send(t, "-t", mail=mail)
    equal(
        got.recipients,
        ["bob@example.test", "carol@example.test", "dave@example.test", "e@example.test", "frank@example.test"],
        "recipients",
    )
    check(b"frank" not in got.content, "no Bcc")


def test_recipients_of_both_kinds(t):
    equal(send(t, "-t", "x@example.test", mail=MAIL).recipients, ["x@example.test", "bob@example.test"], "recipients")


def test_resent_headers_replace_the_others(t):
    mail = b"Resent-To: r1@example.test\nResent-Cc: r2@example.test\n" + HEAD + b"\nbody\n"
    equal(send(t, "-t", mail=mail).recipients, ["r1@example.test", "r2@example.test"], "recipients")


def test_sender_from_the_mail(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(
        t.msmtp("--read-envelope-from", "-t", mail=b"From: Other <other@example.test>\nTo: bob@example.test\n\nx\n")
    )
    equal(server.mails[0].sender, "other@example.test", "sender")


@cases(("empty", ""), ("brackets", "<>"), ("daemon", "MAILER-DAEMON"))
def test_the_null_sender(t, sender):
    equal(send(t, "-f", sender, RECIPIENT).sender, "", "sender")


@cases(
    ("lf", "a@b\nRCPT TO:<evil@example.test>"),
    ("crlf", "a@b>\r\nRCPT TO:<evil@example.test"),
    ("cr", "a@b\rx"),
    ("lf-last", "a@b\n"),
)
def test_line_ends_in_an_address_are_refused(t, address):
    for arguments in (("-f", address, RECIPIENT), ("--from=" + address, RECIPIENT)):
        server = t.serve(Dialogue())
        t.configure(server)
        run = t.msmtp(*arguments)
        check(run.code in (64, 65, 78), f"refused: {run}")
        check(
            all("evil" not in command for session in server.sessions for command in session.commands),
            "nothing injected",
        )


@cases(("lf", "evil\nMAIL FROM:<x@y>"), ("cr", "a\rb"), ("crlf", "a\r\nb"))
def test_line_ends_in_the_domain_are_refused(t, domain):
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp("--domain=" + domain, RECIPIENT)
    check(run.code in (64, 78), f"refused: {run}")
    check(not any(session.commands for session in server.sessions), "nothing said")


@cases(
    ("angle", "a>b@example.test"),
    ("space", "a b@example.test"),
    ("dash", "-oX@example.test"),
    ("long", "x" * 3000 + "@example.test"),
    ("newline", "a\nRSET@example.test"),
    ("quoted", '<"a b"@example.test>'),
    ("utf8-local", "jörg@example.test"),
)
def test_odd_recipients_cannot_leave_their_command(t, address):
    """Whatever comes of it: one RCPT command an address, no other command, and no address that ends early."""
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp("--", address)
    check(run.code in (0, 64, 65), f"sent or refused: {run}")
    for session in server.sessions:
        for command in session.commands[1:-1]:
            check(
                re.match(
                    r"MAIL FROM:<joe@example\.test>|"
                    r"RCPT TO:<[^<>\s\x00-\x1f]*(\"[^\"]*\")?[^<>\s\x00-\x1f]*>( |$)|DATA$|EHLO",
                    command,
                ),
                f"command {command!r}",
            )


def test_a_non_ascii_domain_is_sent_in_ascii(t):
    got = send(t, "bob@bücher.example.test", keywords=("PIPELINING",))
    equal(got.recipients, ["bob@xn--bcher-kva.example.test"], "recipient")


def test_a_non_ascii_local_part_needs_smtputf8(t):
    mail = send(t, "jörg@example.test")
    check(" SMTPUTF8" in mail.sender_line, mail.sender_line)
    send(t, "jörg@example.test", keywords=("PIPELINING",), code=65)


@cases(
    ("quoted", '"john smith"@example.test'),
    ("delimiters", '"a, b; <c>: (d) \\"e\\" \\\\"@example.test'),
    ("two-parts", '"a b"."c d"@example.test'),
    ("utf-8", "jörg@example.test"),
    ("quoted-utf-8", '"jörg  ü"@example.test'),
    ("literal", '"a b"@[IPv6:::1]'),
)
def test_each_mailbox_of_the_command_line_is_meant(t, address):
    """As msmtpd hands them over: the sender after -f, every recipient as a word of its own."""
    mail = send(t, "-f", address, "--", address)
    sent = address.encode().decode("latin-1")
    equal(mail.sender, sent, "sender")
    equal(mail.recipients, [sent], "recipient")
    check(("SMTPUTF8" in mail.sender_line) == (not address.isascii()), mail.sender_line)


def test_one_word_with_two_addresses(t):
    equal(
        send(t, "a@example.test, Bob <b@example.test>").recipients, ["a@example.test", "b@example.test"], "recipients"
    )


@cases(("nobody", ()), ("empty-to", ("-t",)))
def test_no_recipients(t, arguments):
    server = t.serve(Dialogue())
    t.configure(server)
    t.failed(
        t.start(*arguments).finish(b"From: a@example.test\nSubject: x\n\nbody\n"),
        64,
        "no recipients found",
        account=False,
    )
    t.not_logged()
    equal(len(server.sessions), 0, "connections")


def test_aliases(t):
    aliases = t.path(
        "aliases", "# comment\nteam: ann, ben@example.test,\nann: ann@example.test\ndefault: root@example.test\n"
    )
    equal(
        send(t, "team", "x@example.test", "unknown", aliases=aliases).recipients,
        ["ann@example.test", "ben@example.test", "x@example.test", "root@example.test"],
        "recipients",
    )


def test_aliases_that_go_in_circles(t):
    aliases = t.path("aliases", "a: b\nb: a\n")
    send(t, "a", aliases=aliases, code=78)


def test_substitution_in_the_sender(t):
    mail = send(t, **{"from": "%U@%H"}, mail=MAIL)
    check(re.fullmatch(r"joe@[\w.-]+", mail.sender), mail.sender)


def test_allow_from_override_off(t):
    equal(send(t, "-f", "evil@example.test", RECIPIENT, allow_from_override="off").sender, ADDRESS, "sender")
