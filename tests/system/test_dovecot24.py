"""SCRAM that is bound to the TLS connection, with a real server that checks it, and somebody in between."""

import dovecot24
from dovecot24 import Between
from harness import cases, check
from processes import wait_until

needs = "dovecot24"

VERSIONS = ("TLSv1.2", "TLSv1.3")


def connect(t, port=None, **settings):
    server = t.options.dovecot24.needed()
    base = t.tls(host="localhost", port=port or server.ports[0], tls_starttls="off", user=dovecot24.USER,
                 password=dovecot24.PASSWORD)
    t.configure(**dict(base, **{"from": "alice@example.test"}, **settings))
    return server


def logged_in(server, mechanism):
    def count():
        return server.log().count(f"user=<{dovecot24.USER}>, method={mechanism},")

    return count


@cases(
    *(
        (f"{method}-{version}", method, version)
        for method in ("scram-sha-256-plus", "scram-sha-1-plus", "scram-sha-256", "on")
        for version in VERSIONS
    )
)
def test_the_server_finds_the_same_binding(t, method, version):
    server = connect(t, auth=method, tls_priorities="PROTOCOLS=" + version)
    count = logged_in(server, "SCRAM-SHA-256-PLUS" if method == "on" else method.upper())
    before = count()
    t.succeeded(t.msmtp("bob@example.test"))
    check(wait_until(lambda: count() > before, 5), f"a login in the log: {server.log()[-1500:]}")


@cases(*((f"{method}-{version}", method, version) for method in ("scram-sha-256-plus", "on") for version in VERSIONS))
def test_a_wrong_password(t, method, version):
    connect(t, auth=method, tls_priorities="PROTOCOLS=" + version, password="wrong")
    t.failed(t.msmtp("bob@example.test"), 77, r"authentication failed \(method SCRAM-SHA-256-PLUS\).*",
             "server message: 535 .*")


@cases(
    *(
        (f"{method}-{version}-{certificate}", method, version, certificate)
        for method in ("scram-sha-256-plus", "on")
        for version in VERSIONS
        for certificate in ("trusted", "unchecked")
    )
)
def test_somebody_in_between_is_refused(t, method, version, certificate):
    """With a certificate that the client accepts: from its own authority, or because it checks none."""
    server = t.options.dovecot24.needed()
    name, settings = ("rsa", {}) if certificate == "trusted" else ("foreign", {"tls_certcheck": "off"})
    between = Between(t.certificates.context(name), server.ports[0])
    connect(t, port=between.port, auth=method, tls_priorities="PROTOCOLS=" + version, **settings)
    t.failed(t.msmtp("bob@example.test"), 77, r"authentication failed \(method SCRAM-SHA-256-PLUS\).*",
             "server message: 535 .*")


@cases(*VERSIONS)
def test_a_login_without_binding_gets_through(t, version):
    """What the two above are about: PLAIN does not notice anything."""
    server = t.options.dovecot24.needed()
    between = Between(t.certificates.context("rsa"), server.ports[0])
    connect(t, port=between.port, auth="plain", tls_priorities="PROTOCOLS=" + version)
    t.succeeded(t.msmtp("bob@example.test"))


@cases(*VERSIONS)
def test_somebody_who_hides_the_offer_is_noticed(t, version):
    """The login says that it would have been bound, and the server knows that it offered that."""
    server = t.options.dovecot24.needed()
    hide = lambda data: data.replace(b" SCRAM-SHA-1-PLUS", b"").replace(b" SCRAM-SHA-256-PLUS", b"")  # noqa: E731
    between = Between(t.certificates.context("rsa"), server.ports[0], hide)
    connect(t, port=between.port, auth="on", tls_priorities="PROTOCOLS=" + version)
    t.failed(t.msmtp("bob@example.test"), 77, r"authentication failed \(method SCRAM-SHA-256\).*",
             "server message: 535 .*")
