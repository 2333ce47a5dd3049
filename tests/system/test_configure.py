"""--configure: service records of a real dnsmasq, and of name servers that fail."""

import shutil
import subprocess
import time

import namespace
from harness import Running, cases, check, equal, skip

FAILED = "msmtp: automatic configuration based on SRV records failed: "
NONE = "no SRV records for _submissions._tcp.{0} or _submission._tcp.{0}"


def dnsmasq(t, *records):
    """A network of our own in which dnsmasq knows RECORDS, each (service, target, port, priority, weight)."""
    program = shutil.which("dnsmasq") or skip("no dnsmasq")
    namespace.enter_empty()
    options = [
        f"--srv-host={service},{target},{port},{priority},{weight}"
        for service, target, port, priority, weight in records
    ]
    process = subprocess.Popen(
        [
            program,
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--user=root",
            "--pid-file=",
            "--local=/test/",
            "--cache-size=0",
            *options,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    t.running.append(Running(process))
    namespace.wait_for_name_server()


def configure(t, address, *arguments, **more):
    return t.msmtp("--configure=" + address, *arguments, mail=b"", **more)


def settings(run):
    return [line for line in run.out.decode().splitlines() if not line.startswith("#")]


def account(t, address, host, port, starttls, user=None):
    del t
    lines = [f"account {address}", f"host {host}", f"port {port}", "tls on", f"tls_starttls {starttls}", "auth on"]
    return lines + [f"user {user or address.rpartition('@')[0]}", f"from {address}"]


def without_password_line(lines):
    return [line for line in lines if not line.startswith("passwordeval ")]


def test_a_server_for_starttls_in_another_domain(t):
    dnsmasq(t, ("_submission._tcp.old.test", "mail.provider.test", 587, 0, 1))
    t.write_config("nonsense that nobody reads\n")
    run = configure(t, "joe.smith@old.test")
    t.succeeded(run)
    equal(
        without_password_line(settings(run)),
        account(t, "joe.smith@old.test", "mail.provider.test", 587, "on"),
        "settings",
    )
    comments = [line for line in run.out.decode().splitlines() if line.startswith("#")]
    equal(comments[0], f"# - copy this to your configuration file {t.rc}", "comment")
    equal(comments[1], "# - warning: the host does not match the mail domain; please check", "comment")
    equal(len(comments), 4, f"{comments}")


def test_tls_at_once_comes_first(t):
    dnsmasq(
        t, ("_submission._tcp.a.test", "mail.a.test", 587, 0, 1), ("_submissions._tcp.a.test", "tls.a.test", 465, 9, 1)
    )
    run = configure(t, "joe@a.test")
    t.succeeded(run)
    equal(without_password_line(settings(run)), account(t, "joe@a.test", "tls.a.test", 465, "off"), "settings")
    check(b"warning" not in run.out, str(run))


def test_the_lowest_priority_then_the_highest_weight(t):
    dnsmasq(
        t,
        *(
            ("_submission._tcp.a.test", f"h{n}.a.test", 580 + n, priority, weight)
            for n, (priority, weight) in enumerate(((10, 99), (5, 1), (5, 7), (6, 100)))
        ),
    )
    for _ in range(3):
        run = configure(t, "joe@a.test")
        check("host h2.a.test" in settings(run) and "port 582" in settings(run), str(run))


def test_a_dot_offers_nothing(t):
    dnsmasq(t, ("_submissions._tcp.a.test", ".", 0, 0, 0), ("_submission._tcp.a.test", "mail.a.test", 587, 0, 0))
    equal(settings(configure(t, "joe@a.test"))[1], "host mail.a.test", "host")


def test_a_domain_in_another_script(t):
    dnsmasq(t, ("_submission._tcp.xn--bcher-kva.test", "mail.xn--bcher-kva.test", 587, 0, 1))
    run = configure(t, "joe@bücher.test")
    t.succeeded(run)
    check("from joe@bücher.test" in settings(run) and b"warning" not in run.out, str(run))


def test_no_records(t):
    dnsmasq(t, ("_submission._tcp.a.test", "mail.a.test", 587, 0, 1))
    run = configure(t, "joe@b.test")
    equal((run.code, run.errors, run.out), (68, [FAILED + NONE.format("b.test")], b""), str(run))


def test_the_configuration_works(t):
    """It can be read by the program that wrote it."""
    dnsmasq(t, ("_submission._tcp.a.test", "mail.a.test", 587, 0, 1))
    written = configure(t, "joe@a.test").out
    t.write_config(written)
    run = t.msmtp("-P", "-a", "joe@a.test", mail=b"")
    t.succeeded(run) if b"passwordeval" not in written else None
    for line in ("host = mail.a.test", "port = 587", "user = joe", "from = joe@a.test", "auth = choose", "tls = on"):
        check(line.encode() in run.out or b"passwordeval" in written, f"{line}: {run}")


@cases(("word", "joe"), ("local", "joe@"), ("domain", "@a.test"), ("empty", ""))
def test_what_is_no_address(t, address):
    run = configure(t, address)
    equal((run.code, run.errors), (65, [FAILED + "invalid mail address"]), str(run))


@cases(("newline", "joe@a.test\naccount x"), ("control", "jo\x1be@a.test"), ("long", "x" * 2000 + "@a.test"))
def test_what_could_do_harm(t, address):
    run = configure(t, address)
    check(run.code == 64 and len(run.errors) == 1 and not run.out and b"\x1b" not in run.err, str(run))


@cases(("servfail", "servfail", 75), ("silent", "silent", 75))
def test_name_servers_that_fail(t, answer, code):
    namespace.enter({"_submissions._tcp.a.test": answer})
    started = time.monotonic()
    run = configure(t, "joe@a.test", "--timeout=3")
    check(run.code == code and len(run.errors) == 1 and run.errors[0].startswith(FAILED) and not run.out, str(run))
    check(time.monotonic() - started < 8, str(run))


@cases(
    ("text", [("SRV", "0 0 587 a\x1b[31mb.test")]),
    ("none", [("SRV", "0 0 587 a;b")]),
    ("port", [("SRV", "0 0 0 h.a.test")]),
)
def test_records_that_name_no_host(t, records):
    namespace.enter({"_submission._tcp.a.test": records, "_submissions._tcp.a.test": []})
    run = configure(t, "joe@a.test")
    equal((run.code, run.errors), (68, [FAILED + NONE.format("a.test")]), str(run))


@cases("joe@old.test", "joe.smith@a.test", "joe@none.test", "joe@", "@a.test")
def test_parity(t, address):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    dnsmasq(
        t,
        ("_submission._tcp.old.test", "mail.provider.test", 587, 0, 1),
        ("_submissions._tcp.a.test", "x.a.test", 465, 1, 1),
        ("_submissions._tcp.a.test", "y.a.test", 4650, 0, 1),
    )
    theirs, ours = (configure(t, address, program=program) for program in (t.reference, t.program))
    equal((ours.code, ours.errors), (theirs.code, theirs.errors), "code and errors")
    equal(without_password_line(settings(ours)), without_password_line(settings(theirs)), "settings")
