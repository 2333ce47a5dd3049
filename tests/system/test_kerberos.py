"""GSSAPI: a real Kerberos, and tickets that are missing, old, or for another service."""

import re
import socket

from harness import cases, check, equal, root_only
from processes import wait_until

needs = "kerberos"
METHOD = r" \(method GSSAPI\)"


def connect(t, **settings):
    server = t.options.kerberos.needed()
    base = t.tls(host="localhost", port=server.ports[0], auth="gssapi", user="alice")
    t.configure(**dict(base, **{"from": "alice@example.test"}, **settings))
    return server


def send(t, server, tickets="good", configuration="krb5.conf", **more):
    return t.msmtp("bob@example.test", env=server.environment(t.folder, tickets, configuration), **more)


def logins(server):
    return server.log().count("Logged in: user=<alice") + server.log().count("Login: user=<alice")


def test_a_ticket_instead_of_a_password(t):
    marker = t.path("marker")
    server = connect(t, passwordeval=f"touch {marker}; exit 1")
    before = logins(server)
    t.succeeded(send(t, server))
    check(wait_until(lambda: logins(server) > before, 5), f"a login with GSSAPI in the log: {server.log()[-1500:]}")
    check("method=GSSAPI" in server.log(), server.log()[-1500:])
    t.logged("EX_OK", auth="on", user="alice")


def test_the_ticket_says_who_logs_in(t):
    """The user of the configuration may be a mail address, which no ticket names."""
    server = connect(t, user="somebody@else.test")
    t.succeeded(send(t, server))


def test_an_ordinary_user(t):
    root_only("becoming an ordinary user")
    server = connect(t)
    environment = server.environment(t.folder)
    user = t.as_nobody()
    t.succeeded(t.msmtp("bob@example.test", env=environment, user=user, program=t.options.program_for_all))


@cases(
    ("none", None, "krb5.conf", 69, f"no Kerberos ticket{METHOD}: .*credentials.*"),
    ("expired", "expired", "krb5.conf", 77, f"authentication failed{METHOD}: .*expired.*"),
    ("center-down", "good", "dead.conf", 75, f"authentication failed{METHOD}: Cannot contact any KDC for .*"),
    ("unknown-realm", "good", "other.conf", 77, f"authentication failed{METHOD}: Cannot find KDC for .*"),
    ("no-configuration", "good", "none.conf", (69, 77), f".*{METHOD}: .*"),
)
def test_a_ticket_that_cannot_be_had(t, tickets, configuration, code, reason):
    server = connect(t)
    run = send(t, server, tickets, configuration)
    t.failed(run, code, reason)
    check(run.seconds < 15, f"{run.seconds} seconds")


def one_port_of_both_kinds():
    """A listening TCP socket, and a UDP socket with the same port, which may take more than one attempt."""
    for _ in range(50):
        deaf, silent = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            silent.bind(deaf.getsockname())
            return deaf, silent
        except OSError:
            deaf.close()
            silent.close()
    raise OSError("no port is free for TCP and UDP")


def test_a_center_that_says_nothing(t):
    """Then the account's timeout is the limit, and some seconds more."""
    server = connect(t, timeout="1")
    deaf, silent = one_port_of_both_kinds()
    with deaf, silent:
        port = deaf.getsockname()[1]
        configuration = t.path("krb5.conf", re.sub("kdc = .*", f"kdc = 127.0.0.1:{port}", server.text("krb5.conf")))
        run = t.msmtp("bob@example.test", env=dict(server.environment(t.folder), KRB5_CONFIG=configuration))
    t.failed(run, 75, f"no Kerberos ticket{METHOD}: the operation timed out")
    check(run.seconds < 12, f"{run.seconds} seconds")


def test_a_service_that_the_realm_does_not_know(t):
    """tls_host_override is for the certificate only."""
    server = connect(t, host="127.0.0.1", tls_host_override="localhost")
    t.failed(send(t, server), 77, f"authentication failed{METHOD}: Server smtp/127\\.0\\.0\\.1@EXAMPLE\\.TEST not found .*")


def test_the_name_of_the_certificate_is_another(t):
    server = connect(t, tls_host_override="127.0.0.1")
    t.succeeded(send(t, server))


def test_version_names_it(t):
    run = t.msmtp("--version")
    equal(run.code, 0, "exit code")
    check(" gssapi " in run.out.decode(), run.out.decode())
