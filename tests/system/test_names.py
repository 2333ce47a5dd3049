"""Names: in a network namespace with a DNS server of our own, so that no question leaves the machine."""

import socket

import namespace
from dialogue import Dialogue
from harness import ADDRESS, MAIL, RECIPIENT, cases, check, equal


def test_a_name_that_does_not_exist(t):
    namespace.enter({})
    t.configure(host="mail.invalid", port=25)
    t.failed(t.msmtp(), 68, "cannot locate host mail\\.invalid: .+")
    t.logged("EX_NOHOST", host="mail.invalid")


def test_a_name_server_that_fails(t):
    namespace.enter({"mail.example.test": "servfail"})
    t.configure(host="mail.example.test", port=25)
    t.failed(t.msmtp(), 75, "cannot locate host mail\\.example\\.test: .+")
    t.logged("EX_TEMPFAIL")


def test_a_silent_name_server_is_timed_out(t):
    namespace.enter({"mail.example.test": "silent"})
    t.configure(host="mail.example.test", port=25, timeout=1)
    run = t.msmtp()
    check(run.code in (74, 75), f"exit 75: {run}")
    check("mail.example.test" in run.errors[0] and run.seconds < 9, f"in time: {run}")


def test_a_name_without_an_address(t):
    namespace.enter({"mail.example.test": []})
    t.configure(host="mail.example.test", port=25)
    run = t.msmtp()
    check(run.code in (68, 75), f"exit 68: {run}")


@cases(
    ("a", [("A", "127.0.0.1")], "inet"),
    ("aaaa", [("AAAA", "::1")], "inet6"),
    ("dead-ipv6-first", [("AAAA", "::2"), ("A", "127.0.0.1")], "inet"),
    ("dead-address-first", [("A", "127.0.0.9"), ("A", "127.0.0.1")], "inet"),
)
def test_a_name_from_the_dns(t, records, family):
    dns = namespace.enter({"mail.example.test": records})
    server = t.serve(Dialogue(), family)
    t.configure(server, host="mail.example.test")
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    check(("mail.example.test", 1) in dns.asked or ("mail.example.test", 28) in dns.asked, "asked")
    t.logged("EX_OK", host="mail.example.test")


def test_many_dead_addresses_before_a_good_one(t):
    namespace.enter({"mail.example.test": [("A", f"127.0.1.{n}") for n in range(1, 12)] + [("A", "127.0.0.1")]})
    server = t.serve(Dialogue())
    t.configure(server, host="mail.example.test")
    run = t.msmtp()
    t.succeeded(run)
    check(run.seconds < 8, f"seconds: {run.seconds}")


def test_a_name_from_the_hosts_file(t):
    dns = namespace.enter({}, "127.0.0.1 mail.from-hosts.test\n")
    server = t.serve(Dialogue())
    t.configure(server, host="mail.from-hosts.test")
    t.succeeded(t.msmtp())
    equal(dns.asked, [], "questions")


def test_tls_verifies_the_configured_name_not_where_it_led(t):
    """An alias in the DNS must not change what the certificate has to say."""
    namespace.enter({"evil.example.test": [("A", "127.0.0.1")], "smtp.example.test": [("A", "127.0.0.1")]})
    for name, good in (("smtp.example.test", True), ("evil.example.test", False)):
        server = t.serve(Dialogue(starttls=t.certificates.context()))
        t.configure(server, logfile=None, **t.tls(host=name))
        run = t.msmtp()
        equal(run.code, 0 if good else 69, f"{name}: {run}")
        equal(server.session.sni, name, "server name indication")


@cases(("address", {"host": "127.0.0.1"}), ("ipv6-address", {"host": "::1"}))
def test_an_address_asks_no_name_server(t, settings):
    dns = namespace.enter({})
    server = t.serve(Dialogue(), "inet6" if ":" in settings["host"] else "inet")
    t.configure(server, **settings)
    t.succeeded(t.msmtp(mail=b"To: bob@example.test\n\nno Message-ID here\n"))
    equal(dns.asked, [], "questions")


def test_a_unix_socket_asks_no_name_server(t):
    dns = namespace.enter({})
    server = t.serve(Dialogue(), "unix")
    t.configure(server)
    t.succeeded(t.msmtp(mail=b"To: bob@example.test\n\nno Message-ID here\n"))
    equal(dns.asked, [], "questions")


def test_nobody_listens_at_any_address(t):
    namespace.enter({"mail.example.test": [("A", "127.0.0.1"), ("AAAA", "::1")]})
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        t.configure(host="mail.example.test", port=port)
        t.failed(t.msmtp(), 75, f"cannot connect to mail\\.example\\.test, port {port}: Connection refused")


def test_a_host_name_in_another_script(t):
    dns = namespace.enter({"xn--bcher-kva.example.test": [("A", "127.0.0.1")]})
    server = t.serve(Dialogue())
    t.configure(server, host="bücher.example.test")
    t.succeeded(t.msmtp())
    check(all(name.isascii() for name, _ in dns.asked), f"asked in ASCII: {dns.asked}")


@cases(("space", "a b"), ("long", "x" * 1000 + ".test"), ("empty-label", "a..b"), ("control", "a\x01b"))
def test_names_that_are_none(t, name):
    namespace.enter({})
    run = t.start("--host=" + name, "--port=25", "--from=" + ADDRESS, RECIPIENT).finish(MAIL)
    check(run.code in (64, 68, 75, 78), f"refused: {run}")
    check(all(32 <= byte < 127 or byte == 10 for byte in run.err), f"printable: {run.err!r}")
