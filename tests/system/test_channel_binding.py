"""SCRAM with and without a binding to the TLS connection: what is chosen, what is said, what a server may answer.

Python's TLS knows tls-unique only, so this is TLS 1.2; test_dovecot24.py has both.
"""

import ssl

from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal

PLUS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")
ALL = ("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256") + PLUS
TLS_1_2 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
NO_EXTENDED_MASTER_SECRET = 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET
PASSWORD = "s3cret pass"
REFUSED = r"authentication failed \(method {}\)"


def login(t, auth, method="on", bound=True, **settings):
    """(server) that wants to be logged into by METHOD; not BOUND: the TLS connection offers nothing to bind to."""
    context = t.certificates.context(versions=TLS_1_2)
    if not bound:
        context.options |= NO_EXTENDED_MASTER_SECRET
    server = t.serve(Dialogue(auth=auth, starttls=context))
    t.configure(server, auth=method, user="joe", **dict(t.tls(password=PASSWORD), **settings))
    return server


@cases(*PLUS)
def test_each_succeeds(t, mechanism):
    auth = Auth(mechanisms=(mechanism,))
    server = login(t, auth, mechanism.lower())
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    equal(auth.scram.flag, "p=tls-unique", "flag")


@cases(
    ("best", ALL, True, "SCRAM-SHA-256-PLUS", "p=tls-unique"),
    ("second", ("SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"), True, "SCRAM-SHA-1-PLUS", "p=tls-unique"),
    ("not-offered", ("PLAIN", "SCRAM-SHA-256"), True, "SCRAM-SHA-256", "y"),
    ("nothing-to-bind-to", ALL, False, "SCRAM-SHA-256", "n"),
)
def test_auth_on_chooses(t, offered, bound, wanted, flag):
    auth = Auth(mechanisms=offered)
    login(t, auth, bound=bound)
    t.succeeded(t.msmtp())
    equal((auth.used, auth.scram.flag), (wanted, flag), "mechanism and flag")


def test_a_method_without_binding_by_the_users_wish(t):
    auth = Auth(mechanisms=ALL)
    login(t, auth, "scram-sha-256")
    t.succeeded(t.msmtp())
    equal((auth.used, auth.scram.flag), ("SCRAM-SHA-256", "n"), "mechanism and flag")


def test_without_tls_nothing_is_said_about_binding(t):
    auth = Auth(mechanisms=ALL)
    server = t.serve(Dialogue(auth=auth))
    t.configure(server, auth="on", user="joe", password=PASSWORD)
    t.succeeded(t.msmtp())
    equal((auth.used, auth.scram.flag), ("SCRAM-SHA-256", "n"), "mechanism and flag")


@cases(*PLUS)
def test_a_wrong_password_is_refused(t, mechanism):
    server = login(t, Auth(mechanisms=(mechanism,)), mechanism.lower(), password="wrong")
    t.failed(t.msmtp(), 77, REFUSED.format(mechanism), "server message: 535 5\\.7\\.8 no")
    t.nothing_delivered(server)


@cases(*PLUS)
def test_another_connection_is_refused(t, mechanism):
    server = login(t, Auth(mechanisms=(mechanism,), elsewhere=True), mechanism.lower())
    t.failed(
        t.msmtp(),
        77,
        REFUSED.format(mechanism) + ": channel-bindings-dont-match: the TLS connection does not end at this server, "
        "somebody may be in between",
    )
    t.logged("EX_NOPERM")
    t.nothing_delivered(server)


def test_an_offer_that_was_hidden_is_noticed(t):
    server = login(t, Auth(mechanisms=("SCRAM-SHA-256",), supports_binding=True))
    t.failed(
        t.msmtp(),
        77,
        REFUSED.format("SCRAM-SHA-256") + ": server-does-support-channel-binding: somebody in between may have hidden "
        "that the server offers it",
    )
    t.nothing_delivered(server)


@cases("signature", "no-verifier")
def test_a_server_that_does_not_prove_itself(t, lie):
    for mechanism in PLUS:
        server = login(t, Auth(mechanisms=(mechanism,), lie=lie), mechanism.lower(), logfile=None)
        t.failed(t.msmtp(), 76, r"the server did not prove that it knows the password \(method .*-PLUS\)")
        t.nothing_delivered(server)


def test_the_method_needs_tls(t):
    server = t.serve(Dialogue(auth=Auth(mechanisms=ALL)))
    t.configure(server, auth="scram-sha-256-plus", user="joe", password=PASSWORD)
    t.failed(t.msmtp(), 69, "authentication method SCRAM-SHA-256-PLUS needs tls on", account=False)
    check(not server.sessions, "no connection")


def test_the_method_needs_something_to_bind_to(t):
    server = login(t, Auth(mechanisms=ALL), "scram-sha-256-plus", bound=False)
    t.failed(t.msmtp(), 69, "authentication method SCRAM-SHA-256-PLUS needs TLS 1\\.3, or TLS 1\\.2 with the extended "
             "master secret")
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")


def test_the_method_is_not_offered(t):
    server = login(t, Auth(mechanisms=("SCRAM-SHA-256",)), "scram-sha-256-plus")
    t.failed(t.msmtp(), 69, "the server does not support authentication method SCRAM-SHA-256-PLUS")
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")


def test_version_names_them(t):
    run = t.msmtp("--version")
    lines = run.out.decode().splitlines()
    line = lines[lines.index("Supported authentication methods:") + 1]
    check(line.startswith("scram-sha-256-plus scram-sha-1-plus scram-sha-256 "), line)
