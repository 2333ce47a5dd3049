"""--serverinfo: what a server says of itself, to the line."""

import re
import subprocess
import time

import namespace
import postfix
import socks
from dialogue import Auth, Dialogue
from harness import cases, check, equal, skip

ALL = ("SIZE 52428800", "PIPELINING", "ETRN", "DSN", "8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES")


def information(t, server, *arguments, program=None, **settings):
    t.configure(server, logfile=None, **settings)
    return t.msmtp("--serverinfo", *arguments, mail=b"", program=program)


def lines(run):
    return run.out.decode().splitlines()


def test_everything_that_matters_to_a_client_is_listed(t):
    server = t.serve(Dialogue(keywords=ALL + ("SMTPUTF8",), auth=Auth(mechanisms=("LOGIN", "PLAIN", "X-OWN"))))
    run = information(t, server)
    t.succeeded(run)
    equal(
        lines(run)[1:],
        [
            "    test.example ESMTP ready",
            "Capabilities:",
            "    SIZE 52428800:",
            "        Maximum message size is 52428800 bytes = 50.00 MiB",
            "    PIPELINING:",
            "        Support for command grouping for faster transmission",
            "    SMTPUTF8:",
            "        Support for Internationalized Email",
            "    ETRN:",
            "        Support for RMQS (Remote Message Queue Starting)",
            "    DSN:",
            "        Support for Delivery Status Notifications",
            "    AUTH:",
            "        Supported authentication methods:",
            "        PLAIN LOGIN ",
        ],
        "lines",
    )
    check(
        re.fullmatch(rf"SMTP server at 127\.0\.0\.1 \(.*\[127\.0\.0\.1\]\), port {server.port}:", lines(run)[0]),
        str(run),
    )
    server.settle()
    equal(server.session.commands, ["EHLO localhost", "QUIT"], "commands")


@cases(("starttls", False), ("implicit", True))
def test_the_certificate_is_shown(t, implicit):
    context = t.certificates.context()
    server = t.serve(Dialogue(keywords=(), implicit=context) if implicit else Dialogue(keywords=(), starttls=context))
    run = information(t, server, **t.tls(tls_starttls="off" if implicit else "on"))
    t.succeeded(run)
    text = run.out.decode()
    date = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"
    wanted = (
        r"TLS session parameters:\n    TLSv1\.3 \S+\nTLS certificate information:\n    Subject:\n        CN=localhost\n"
        r"    Issuer:\n        CN=Test CA\n    Validity:\n        Activation time: "
        + date
        + r"\n        Expiration time: "
        + date
        + r"\n    Fingerprints:\n        SHA256: "
        + t.certificates.fingerprint("server")
        + "\n"
        r"        SHA1 \(deprecated\): " + t.certificates.fingerprint("server", "sha1") + "\n"
    )
    check(re.search(wanted, text), text)
    check(text.endswith("No special capabilities.\n" if implicit else "via the STARTTLS command\n"), text)
    check("might advertise" not in text, text)


def test_starttls_that_is_not_used_is_mentioned_last(t):
    server = t.serve(Dialogue(keywords=(), starttls=t.certificates.context()))
    run = information(t, server)
    t.succeeded(run)
    equal(lines(run)[-1], "This server might advertise more or other capabilities when TLS is active.", "last line")


def test_a_server_without_extensions(t):
    server = t.serve(Dialogue(replies={"ehlo": "502 no\r\n", "greeting": "220 \r\n"}))
    run = information(t, server)
    t.succeeded(run)
    equal(lines(run)[1:], ["No special capabilities."], "lines")


def test_lmtp_over_a_socket(t):
    server = t.serve(Dialogue(keywords=(), lmtp=True), "unix")
    run = information(t, server, protocol="lmtp")
    t.succeeded(run)
    equal(lines(run)[0], f"LMTP server at {server.path}:", "first line")
    server.settle()
    equal(server.session.commands, ["LHLO localhost", "QUIT"], "commands")


def test_what_the_server_says_cannot_reach_the_terminal(t):
    server = t.serve(Dialogue(keywords=("\x1b[31m", "AUTH \x1b"), replies={"greeting": b"220 \x1b[31mred\x07\r\n"}))
    run = information(t, server)
    t.succeeded(run)
    check(b"\x1b" not in run.out and b"\x07" not in run.out, str(run))


def test_no_login_is_tried_but_the_command_for_the_password_is(t):
    marker = t.path("marker")
    server = t.serve(Dialogue(auth=Auth()))
    run = information(t, server, auth="on", user="joe", passwordeval=f"echo secret; echo ran >{marker}")
    t.succeeded(run)
    with open(marker, encoding="ascii") as file:
        equal(file.read(), "ran\n", "marker")
    server.settle()
    equal(server.session.commands, ["EHLO localhost", "QUIT"], "commands")
    server = t.serve(Dialogue(auth=Auth()))
    run = information(t, server, auth="on", user="joe", passwordeval="exit 3")
    check(run.code == 78 and len(run.errors) == 1 and not run.out, str(run))
    equal(len(server.sessions), 0, "connections")


@cases(
    ("greeting", {"greeting": "554 no\r\n"}, 76, 2),
    ("ehlo", {"ehlo": "502 a\r\n", "helo": "550-b\r\n550 c\r\n"}, 76, 3),
    ("end", {"ehlo": lambda session, _: session.close()}, 76, 1),
)
def test_nothing_is_shown_of_a_session_that_went_wrong(t, replies, code, count):
    server = t.serve(Dialogue(replies=replies))
    t.expect_script_errors = True
    run = information(t, server)
    equal((run.code, len(run.errors), run.out), (code, count, b""), str(run))
    check("could not send" not in run.err.decode(), str(run))


def test_tls_that_is_not_there_or_not_trusted(t):
    run = information(t, t.serve(Dialogue()), **t.tls())
    check(run.code == 69 and not run.out and len(run.errors) == 1, str(run))
    run = information(t, t.serve(Dialogue(starttls=t.certificates.context("self-signed"))), **t.tls())
    check(run.code == 69 and not run.out and len(run.errors) == 1, str(run))


def test_nobody_listens(t):
    t.configure()
    run = t.msmtp("-S", mail=b"")
    equal((run.code, run.errors), (75, ["msmtp: cannot connect to 127.0.0.1, port 1: Connection refused"]), str(run))
    t.not_logged()


def test_debug_shows_the_dialogue_and_then_the_information(t):
    server = t.serve(Dialogue(keywords=()))
    run = information(t, server, "-d")
    t.succeeded(run)
    text = run.out.decode()
    check(
        re.search(
            r"\ntls_host_override = .*\n(sandbox = .*\n)?<-- 220 test.example ESMTP ready\r\n--> EHLO localhost\r\n"
            r"<-- 250 test.example\r\n--> QUIT\r\nSMTP server at ",
            text,
        ),
        text,
    )


def test_pretend_contacts_nobody(t):
    server = t.serve(Dialogue())
    run = information(t, server, "-P")
    t.succeeded(run)
    equal(lines(run)[-1], "tls_host_override = (not set)", "last line")
    equal(len(server.sessions), 0, "connections")


def test_standard_output_that_is_full_is_an_error(t):
    server = t.serve(Dialogue())
    t.configure(server)
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [t.program, "-S"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=t.environment(),
            timeout=20,
        )
    equal((process.returncode, process.stderr), (74, b"msmtp: cannot write to standard output\n"), "the end")


# -- names


PTR = {"1.0.0.127.in-addr.arpa": [("PTR", "mx1.example.test")], "mail.example.test": [("A", "127.0.0.1")]}


def test_the_name_of_the_address(t):
    dns = namespace.enter(PTR, "192.0.2.99 localhost\n")
    server = t.serve(Dialogue(keywords=()))
    run = information(t, server, host="mail.example.test")
    t.succeeded(run)
    equal(
        lines(run)[0], f"SMTP server at mail.example.test (mx1.example.test [127.0.0.1]), port {server.port}:", "line"
    )
    check(("1.0.0.127.in-addr.arpa", 12) in dns.asked, f"{dns.asked}")


@cases(("none", {}), ("bad", {"1.0.0.127.in-addr.arpa": [("PTR", "a b$(x)")]}))
def test_an_address_without_a_name(t, names):
    namespace.enter(names, "192.0.2.99 localhost\n")
    server = t.serve(Dialogue(keywords=()))
    run = information(t, server)
    t.succeeded(run)
    equal(lines(run)[0], f"SMTP server at 127.0.0.1 ([127.0.0.1]), port {server.port}:", "line")


def test_a_name_server_that_is_silent_keeps_no_server_waiting(t):
    namespace.enter({"1.0.0.127.in-addr.arpa": "silent"}, "192.0.2.99 localhost\n")
    server = t.serve(Dialogue(keywords=()))
    started = time.monotonic()
    run = information(t, server, timeout=1)
    t.succeeded(run)
    check("([127.0.0.1])" in lines(run)[0] and time.monotonic() - started < 8, str(run))
    server.settle()
    check(server.session.commands[-1] == "QUIT", "QUIT")


def test_behind_a_proxy_no_name_server_is_asked(t):
    dns = namespace.enter({})
    proxy = socks.Proxy(Dialogue(keywords=()))
    server = t.serve(proxy)
    run = information(t, server, host="mail.example.test", port=587, proxy_host="127.0.0.1", proxy_port=server.port)
    t.succeeded(run)
    equal(lines(run)[0], "SMTP server at mail.example.test, port 587:", "line")
    equal(dns.asked, [], "questions")


@cases(("canonical", [("CNAME", "me.example.test")], "me.example.test"), ("none", None, "joes-machine"))
def test_the_canonical_name_of_this_machine(t, records, wanted):
    """%C, which is only asked for when a pattern wants it."""
    names = {"me.example.test": [("A", "127.0.0.1")]}
    if records:
        names["joes-machine"] = records + names["me.example.test"]
    dns = namespace.enter(names)
    for pattern, name in (("%C", wanted), ("%H", "joes-machine")):
        server = t.serve(Dialogue(keywords=()))
        t.configure(server, logfile=None, domain=pattern)
        before = len(dns.asked)
        t.succeeded(t.msmtp("-S", mail=b"", env={"HOSTNAME": "joes-machine"}))
        equal(server.session.commands[0], "EHLO " + name, "command")
        check(any("joes-machine" in asked for asked, _ in dns.asked[before:]) == (pattern == "%C"), f"{dns.asked}")


# -- the original


@cases(
    ("bare", {"keywords": ()}, {}),
    ("many", {"keywords": ALL, "auth": Auth(mechanisms=("LOGIN", "PLAIN", "CRAM-MD5"))}, {}),
    ("size-0", {"keywords": ("SIZE 0",)}, {}),
    ("size-kib", {"keywords": ("SIZE 1025",)}, {}),
    ("size-bad", {"keywords": ("SIZE 99999999999999999999",)}, {}),
    ("greeting", {"replies": {"greeting": "220-one\r\n220 two\r\n"}}, {}),
    ("no-ehlo", {"replies": {"ehlo": "502 no\r\n"}}, {}),
    ("lmtp", {"lmtp": True}, {"protocol": "lmtp"}),
    ("auth", {"auth": Auth()}, {"auth": "on", "user": "joe", "passwordeval": "echo x"}),
)
def test_parity(t, dialogue, settings):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    dialogue = dict({"keywords": ALL}, **dialogue)

    def once(program):
        server = t.serve(Dialogue(**dialogue))
        run = information(t, server, program=program, **settings)
        server.settle()
        return run.code, run.out.decode().replace(str(server.port), "PORT"), run.errors, server.session.commands

    equal(once(t.program), once(t.reference), "code, output, errors and commands")


def test_parity_of_a_socket(t):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")

    def once(program):
        server = t.serve(Dialogue(keywords=()), "unix")
        run = information(t, server, program=program, port=25)
        server.settle()
        return run.code, run.out.decode().replace(server.path, "PATH"), run.errors

    equal(once(t.program), once(t.reference), "code, output and errors")


@cases("starttls", "implicit")
def test_parity_under_tls(t, way):
    """But for the session's name, which every library has its own words for, and what older versions do not show."""
    if not t.reference:
        skip("Debian's msmtp could not be fetched")

    def once(program):
        context = t.certificates.context()
        server = t.serve(Dialogue(ALL, **{"implicit" if way == "implicit" else "starttls": context}))
        run = information(t, server, program=program, **t.tls(tls_starttls="off" if way == "implicit" else "on"))
        text = re.sub(r"(TLS session parameters:\n    ).*", r"\1...", run.out.decode())
        return run.code, text.replace(str(server.port), "PORT"), run.errors

    equal(once(t.program), once(t.reference), "code, output and errors")


def test_a_real_postfix(t):
    server = t.options.postfix.needed()
    for port, mode in zip(server.ports, ("on", "off")):
        t.configure(
            logfile=None,
            **t.tls(
                host="localhost", port=port, tls_starttls=mode, auth="on", user=postfix.USER, password=postfix.PASSWORD
            ),
        )
        run = t.msmtp("-S", mail=b"")
        t.succeeded(run)
        text = run.out.decode()
        check(re.search(r"SMTP server at localhost \(.*\), port \d+:\n    smtp\.example\.test ESMTP", text), text)
        for part in ("CN=localhost", "SIZE 20000000:", "    ETRN:", "    DSN:", "PLAIN", "SCRAM-SHA-256 "):
            check(part in text, f"{part}: {text}")
        check(("    STARTTLS:" in text) == (mode == "on"), text)


needs = "postfix"
