"""SOCKS: what the proxy is asked, what it may answer, and that nothing goes another way."""

import re
import shutil
import socket

import namespace
import socks
from dialogue import Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal, limit, skip
from socks import IPV4, IPV6, NAME, Proxy

HOST = "mail.example.test"
PASSWORD = "s3cret pass"


def through(t, proxy, family="inet", **settings):
    """A configuration for HOST behind the scripted PROXY."""
    server = t.serve(proxy, family)
    base = {"host": HOST, "port": 587, "proxy_host": server.host, "proxy_port": server.port}
    base.update(settings)
    t.configure(**base)
    return server


def delivered(server):
    equal([mail.content for mail in server.mails], [MAIL], "the mail")


# -- the way of a mail

@cases("whole", "bytes", "joined")
def test_the_name_goes_to_the_proxy_and_to_no_name_server(t, way):
    """In a network without a route or a name: only the proxy knows the host."""
    dns = namespace.enter({})
    proxy = Proxy(Dialogue(), way=way)
    server = through(t, proxy)
    t.succeeded(t.msmtp(mail=MAIL))
    delivered(server)
    equal(proxy.asked, [(NAME, HOST, 587)], "what the proxy was asked for")
    equal(dns.asked, [], "questions to the name server")
    equal(len(server.sessions), 1, "connections to the proxy")
    t.logged("EX_OK", host=HOST)


@cases(("starttls", "bytes"), ("starttls-joined", "joined"), ("implicit", "whole"))
def test_under_tls_the_name_is_that_of_the_server(t, way):
    context = t.certificates.context()
    implicit = way == "whole"
    dialogue = Dialogue(implicit=context) if implicit else Dialogue(starttls=context)
    proxy = Proxy(dialogue, way=way)
    server = through(t, proxy, **t.tls(host="smtp.example.test", tls_starttls="off" if implicit else "on"))
    t.succeeded(t.msmtp())
    delivered(server)
    equal(server.session.sni, "smtp.example.test", "server name indication")
    equal(proxy.asked, [(NAME, "smtp.example.test", 587)], "what the proxy was asked for")


def test_a_certificate_of_another_name_is_refused_behind_the_proxy_too(t):
    server = through(t, Proxy(Dialogue(starttls=t.certificates.context())), **t.tls(host="evil.example.test"))
    run = t.msmtp()
    equal(run.code, 69, f"exit code: {run}")
    t.nothing_delivered(server)


@cases(("ipv4", "192.0.2.7", IPV4), ("ipv6", "2001:db8::7", IPV6), ("short", "127.1", NAME),
       ("onion", "abcd.onion", NAME), ("final-dot", "mail.example.test.", NAME), ("255-bytes", "x" * 255, NAME))
def test_what_the_proxy_is_asked_for(t, host, kind):
    proxy = Proxy(Dialogue())
    server = through(t, proxy, host=host, port=2525)
    t.succeeded(t.msmtp())
    delivered(server)
    equal(proxy.asked, [(kind, host, 2525)], "what the proxy was asked for")


def test_a_name_in_another_script_goes_to_the_proxy_as_a_labels(t):
    proxy = Proxy(Dialogue())
    through(t, proxy, host="bücher.example.test")
    t.succeeded(t.msmtp())
    equal(proxy.asked, [(NAME, "xn--bcher-kva.example.test", 587)], "what the proxy was asked for")


@cases(("ipv4", b"\x01\x7f\0\0\x01\x12\x34"), ("ipv6", b"\x04" + bytes(16) + b"\x12\x34"),
       ("empty-name", b"\x03\0\x12\x34"), ("name-of-255-bytes", b"\x03\xff" + b"n" * 255 + b"\x12\x34"))
def test_bound_addresses_of_every_type(t, bound):
    server = through(t, Proxy(Dialogue(), bound=bound, way="joined"))
    t.succeeded(t.msmtp())
    delivered(server)


def test_a_proxy_at_an_ipv6_address(t):
    server = through(t, Proxy(Dialogue()), "inet6")
    t.succeeded(t.msmtp())
    delivered(server)


def test_only_the_name_of_the_proxy_itself_is_resolved(t):
    dns = namespace.enter({"proxy.example.test": [("A", "127.0.0.1")]})
    server = through(t, Proxy(Dialogue()), proxy_host="proxy.example.test")
    t.succeeded(t.msmtp())
    delivered(server)
    equal({name for name, _ in dns.asked}, {"proxy.example.test"}, "questions to the name server")


def test_a_proxy_whose_name_does_not_exist(t):
    namespace.enter({})
    through(t, Proxy(Dialogue()), proxy_host="proxy.invalid")
    t.failed(t.msmtp(), 68, "cannot locate host proxy\\.invalid: .+")


def test_the_source_address_is_that_of_the_connection_to_the_proxy(t):
    peers = []

    def script(session):
        peers.append(session.sock.getpeername()[0])
        Proxy(Dialogue())(session)

    server = through(t, script, source_ip="127.0.0.5")
    t.succeeded(t.msmtp())
    delivered(server)
    equal(peers, ["127.0.0.5"], "where the connection came from")


def test_a_socket_stands_above_the_proxy(t):
    server = t.serve(Dialogue(), "unix")
    t.configure(server, proxy_host="127.0.0.1", proxy_port=1)
    t.succeeded(t.msmtp())
    delivered(server)


def test_the_proxy_may_be_given_on_the_command_line(t):
    proxy = Proxy(Dialogue())
    server = t.serve(proxy)
    t.configure(host=HOST, port=25)
    t.succeeded(t.msmtp("--proxy-host=127.0.0.1", f"--proxy-port={server.port}", RECIPIENT))
    equal(proxy.asked, [(NAME, HOST, 25)], "what the proxy was asked for")


# -- isolation

def test_each_account_has_circuits_of_its_own(t):
    proxy = Proxy(Dialogue(), wants_login=True)
    server = t.serve(proxy)
    common = f"host {HOST}\nport 587\nproxy_host 127.0.0.1\nproxy_port {server.port}\n"
    t.write_config(f"account work\n{common}from joe@work.test\naccount home\n{common}from joe@home.test\n")
    for account in ("work", "home", "work"):
        t.succeeded(t.msmtp("-a", account, RECIPIENT))
    work, home, again = proxy.users
    check(work == again and work != home, f"one name for each account: {proxy.users}")
    for word in ("work", "home", "joe", "mail"):
        check(word not in work + home, f"the names say nothing: {proxy.users}")
    equal(proxy.methods, [(0, 2)] * 3, "methods that were offered")


def test_a_proxy_without_logins_hears_of_none(t):
    proxy = Proxy(Dialogue(), wants_login=False)
    server = through(t, proxy)
    t.succeeded(t.msmtp())
    equal(proxy.users, [], "logins")
    check(b"msmtp-" not in server.session.received(), "no isolation name on the wire")


# -- what a proxy may say

REASONS = {
    1: "general failure of the proxy",
    2: "the rules of the proxy do not allow it",
    3: "the network is unreachable from the proxy",
    4: "the host is unreachable from the proxy, or there is no such host",
    5: "the server refuses the connection",
    6: "the connection took too long \\(TTL expired\\)",
    7: "the proxy cannot connect to servers \\(command not supported\\)",
    8: "the proxy cannot use this kind of address",
    0xF0: "the onion service's descriptor cannot be found",
    0x2A: "the reply code 0x2a is unknown",
}


@cases(*((f"{code:#04x}", code) for code in REASONS))
def test_every_refusal_is_explained(t, code):
    server = through(t, Proxy(Dialogue(), outcome=bytes([5, code, 0]) + b"\x01\0\0\0\0\0\0"))
    t.failed(t.msmtp(), 69, "proxy failure: cannot connect to mail\\.example\\.test, port 587: " + REASONS[code])
    t.logged("EX_UNAVAILABLE", host=HOST, errormsg="/proxy failure/")
    equal(len(server.sessions), 1, "connections to the proxy")


def closing(data):
    def script(session):
        session.send(data)
        session.close()
    return script


@cases(("http", {"method": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "the reply is not one of SOCKS version 5"),
       ("smtp", {"method": b"220 mail.example.test ESMTP\r\n"}, "the reply is not one of SOCKS version 5"),
       ("socks-4", {"method": b"\0\x5a"}, "the reply is not one of SOCKS version 5"),
       ("no-method", {"method": b"\x05\xff"}, "the proxy wants an authentication that we do not have"),
       ("gssapi", {"method": b"\x05\x01"}, "the proxy chose an authentication that was not offered"),
       ("login-refused", {"login": b"\x01\x01"}, "the proxy wants a user name and a password of its own"),
       ("login-version", {"login": b"\x05\0"}, "the reply to the login is not one of RFC 1929"),
       ("outcome-version", {"outcome": b"\x04\0\0\x01" + bytes(6)}, "the reply is not one of SOCKS version 5"),
       ("address-type", {"outcome": b"\x05\0\0\x02" + bytes(6)}, "the reply has an address of an unknown type"),
       ("short-refusal", {"outcome": closing(b"\x05\x02")},
        "cannot connect to .*: the rules of the proxy do not allow it"))
def test_what_is_not_socks_is_a_failure_of_the_proxy(t, replacements, reason):
    server = through(t, Proxy(Dialogue(), wants_login="login" in replacements, **replacements))
    t.expect_script_errors = True  # the client goes away in the middle
    t.failed(t.msmtp(), 69, "proxy failure: " + reason)
    t.logged("EX_UNAVAILABLE")
    t.nothing_delivered(server)


PLACES = ("method", "login", "outcome")
STARTS = {"method": b"\x05", "login": b"\x01", "outcome": b"\x05\0\0\x03\xffabc"}


@cases(*((f"{place}-{part}", place, part) for place in PLACES for part in ("nothing", "a-part")))
def test_silence_of_the_proxy_is_timed_out(t, place, part):
    def script(session):
        session.send(STARTS[place] if part == "a-part" else b"")
        session.wait_for_end()

    server = through(t, Proxy(Dialogue(), wants_login=True, **{place: script}), timeout=1)
    t.expect_script_errors = True
    run = t.msmtp()
    t.failed(run, 74, "no valid reply of the proxy: network read error: the operation timed out")
    t.logged("EX_IOERR")
    check(0.9 < run.seconds < 9, f"seconds: {run.seconds}")
    t.nothing_delivered(server)


def test_single_bytes_do_not_extend_the_time(t):
    def script(session):
        session.drip(b"\x05\0\0\x03\xff" + b"n" * 255, 0.3)

    through(t, Proxy(Dialogue(), outcome=script), timeout=2)
    t.expect_script_errors = True
    run = t.msmtp()
    t.failed(run, 74, "no valid reply of the proxy: network read error: the operation timed out")
    check(run.seconds < 9, f"seconds: {run.seconds}")


@cases(*((f"{place}-{part}", place, part) for place in PLACES for part in ("nothing", "a-part")))
def test_a_proxy_that_closes_the_connection(t, place, part):
    replacement = {place: closing(STARTS[place] if part == "a-part" else b"")}
    server = through(t, Proxy(Dialogue(), wants_login=True, **replacement))
    t.failed(t.msmtp(), 74, "no valid reply of the proxy: the proxy closed the connection")
    t.logged("EX_IOERR")
    t.nothing_delivered(server)


def test_a_reset_of_the_proxy(t):
    through(t, Proxy(Dialogue(), outcome=lambda session: session.reset()))
    t.failed(t.msmtp(), 74, "no valid reply of the proxy: network read error: Connection reset by peer")


def test_a_proxy_that_does_not_listen_is_named(t):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        t.configure(host=HOST, port=587, proxy_host="127.0.0.1", proxy_port=port)
        t.failed(t.msmtp(), 75, f"cannot connect to the proxy 127\\.0\\.0\\.1, port {port}: Connection refused")
        t.logged("EX_TEMPFAIL", host=HOST)


# -- hosts for no proxy, and no host for the resolver

@cases(("long", "x" * 256, "longer than the 255 bytes that a proxy can be told"),
       ("no-a-labels", "ü" * 64 + ".test", "not a name that has A-labels"),
       ("scope", "fe80::1%1", "a proxy knows nothing of the interfaces of this machine"))
def test_a_host_that_the_proxy_cannot_be_told(t, host, reason):
    server = through(t, Proxy(Dialogue()), host=host)
    t.failed(t.msmtp(), 68, f"cannot locate host {host}: {reason}")
    equal(len(server.sessions), 0, "connections to the proxy")


@cases("abcd.onion", "ABCD.Onion", "abcd.onion.")
def test_an_onion_service_without_a_proxy_is_no_question_for_a_name_server(t, host):
    dns = namespace.enter({})
    t.configure(host=host, port=25)
    t.failed(t.msmtp(), 68, f"cannot locate host {re.escape(host)}: onion services are reached through a proxy only")
    equal(dns.asked, [], "questions to the name server")


# -- secrets

@cases("plain", "login")
def test_a_server_behind_a_proxy_is_never_this_machine(t, mechanism):
    """So a password in clear text is worth a warning, although the proxy is on loopback."""
    auth = Auth(mechanisms=(mechanism.upper(),))
    for host in (HOST, "127.0.0.1"):
        server = through(t, Proxy(Dialogue(auth=auth)), host=host, auth=mechanism, user="joe", password=PASSWORD)
        run = t.msmtp()
        equal(run.code, 0, f"exit code: {run}")
        equal(run.errors, ["msmtp: warning: the password is sent in cleartext, because authentication method "
                           f"{mechanism.upper()} is used without TLS"], "stderr")
        delivered(server)


# -- nothing goes another way

@cases("address", "localhost")
def test_no_packet_but_to_the_proxy(t, proxy_host):
    """Every system call of every process that could send something somewhere."""
    if not shutil.which("strace"):
        skip("no strace")
    dns = namespace.enter({})
    proxy = Proxy(Dialogue(starttls=t.certificates.context()), wants_login=True)
    named = {"proxy_host": "localhost"} if proxy_host == "localhost" else {}
    server = through(t, proxy, **t.tls(host="smtp.example.test", **named))
    trace = t.path("trace")
    words = ("-f", "-s", "0", "-e", "trace=%network", "-o", trace, t.program, RECIPIENT)
    mail = b"To: bob@example.test\n\nno Message-ID and no Date\n"
    run = t.start(*words, program="strace").finish(mail)
    if b"ptrace" in run.err.lower():
        skip("strace may not trace here")
    equal(run.code, 0, f"exit code: {run}")
    equal(proxy.asked, [(NAME, "smtp.example.test", 587)], "what the proxy was asked for")
    equal(dns.asked, [], "questions to the name server")
    with open(trace, encoding="latin-1") as file:
        calls = file.read().splitlines()
    check_connects(calls, server.port, proxy_host)
    for call in calls:
        sends = re.search(r"\bsend(to|msg|mmsg)?\(", call)
        check(not (sends and re.search(r"sa_family=AF_INET|sin6?_", call)), f"nothing is sent to an address: {call}")
        check(not re.search(r"\bsocket\(AF_(NETLINK|PACKET).*= \d", call), f"no other socket: {call}")


def check_connects(calls, port, proxy_host):
    """Arguments stand on the first line of a call that another one interrupts."""
    connects = [call for call in calls if re.search(r"\bconnect\(.*AF_INET", call)]
    check(connects, f"a connection: {calls}")
    if proxy_host == "address":
        check(len(connects) == 1, f"one connection: {connects}")
        for call in calls:
            check(not re.search(r"\bsocket\(AF_INET6?, (?!SOCK_STREAM)", call), f"no socket for packets: {call}")
    # Port 0: how the C library finds out which address to prefer, without sending anything.
    ports = (port, 0) if proxy_host == "localhost" else (port,)
    for call in connects:
        check(re.search(rf"htons\(({'|'.join(map(str, ports))})\)", call) and re.search(r'"(127\.0\.0\.1|::1)"', call),
              f"only to the proxy: {call}")


def test_the_resolver_is_not_even_started(t):
    seen = []

    def script(session):
        seen.append(sorted(running.helpers()))
        Proxy(Dialogue())(session)

    through(t, script)
    running = t.start(RECIPIENT)
    t.succeeded(running.finish(MAIL))
    equal(seen, [["msmtp-netproc"]], "helpers while the proxy is asked")


# -- real proxies

@limit(100.0)
def test_real_proxies(t):
    with socks.microsocks_and_dante(t) as (microsocks, with_login, dante):
        server = t.serve(Dialogue(starttls=t.certificates.context()))
        settings = {"logfile": None, "proxy_host": "127.0.0.1", "port": server.port}
        for number, (port, host) in enumerate((proxy, host) for proxy in (microsocks, dante)
                                              for host in ("127.0.0.1", "localhost")):
            t.configure(proxy_port=port, **settings, **t.tls(host=host))
            t.succeeded(t.msmtp())
            equal(len(server.mails), number + 1, "mails")

        t.configure(proxy_port=with_login, **settings, host="127.0.0.1")
        t.failed(t.msmtp(), 69, "proxy failure: the proxy wants a user name and a password of its own")

        t.configure(proxy_port=dante, **settings, host="127.0.0.2")
        t.failed(t.msmtp(), 69, "proxy failure: cannot connect to 127\\.0\\.0\\.2, port .*: " + REASONS[2])

        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings["port"] = unused.getsockname()[1]
            for port in (microsocks, dante):
                t.configure(proxy_port=port, **settings, host="127.0.0.1")
                t.failed(t.msmtp(), 69, "proxy failure: cannot connect to 127\\.0\\.0\\.1, port .*: " + REASONS[5])
        equal(len(server.mails), 4, "mails")


@limit(300.0)
def test_tor_itself(t):
    """A Tor network in a network that has nothing else: an onion service, and circuits of its own for each account."""
    socks.fetch_tor(t)
    dns = namespace.enter({})
    server = t.serve(Dialogue())
    with socks.tor_network(t, server.port) as (port, onion):
        common = f"host {onion}\nport 25\nproxy_host 127.0.0.1\nproxy_port {port}\n"
        t.write_config(f"account work\n{common}from joe@work.test\naccount home\n{common}from joe@home.test\n"
                       f"account nowhere : work\nhost {'a' * 56}.onion\n")
        for account in ("work", "home", "work"):
            t.succeeded(t.msmtp("-a", account, RECIPIENT, seconds=60))
        equal([mail.sender for mail in server.mails], ["joe@work.test", "joe@home.test", "joe@work.test"], "mails")
        users = set(socks.users_of_circuits(t))
        check(len(users) == 2 and all(user.startswith("msmtp-") for user in users), f"users of circuits: {users}")
        run = t.msmtp("-a", "nowhere", RECIPIENT, seconds=60)
        equal(run.code, 69, f"exit code: {run}")
        check(run.errors[0].startswith("msmtp: proxy failure: cannot connect to aaaa"), f"{run.errors}")
        equal(dns.asked, [], "questions to the name server")
