"""TLS: what a certificate must be, what a fingerprint replaces, what files must hold, and what comes before the
handshake."""

import re
import ssl

from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal

MODES = ("starttls", "implicit")
ALTERNATIVE = MAIL.replace(b"Hello", b"Hello again")


def serve(t, mode="starttls", context=None, name="server", **more):
    context = context or t.certificates.context(name, legacy=name == "weak")
    return t.serve(Dialogue(**{mode: context}, **more))


def configure(t, server, mode="starttls", **settings):
    if mode == "implicit":
        settings["tls_starttls"] = "off"
    t.configure(server, **t.tls(**settings))


def refused(t, server, run, code, *lines, log):
    t.failed(run, code, *lines)
    t.logged(log)
    server.settle()
    check(not server.mails, "nothing was sent")
    for session in server.sessions:
        check(
            not any(command.startswith(("AUTH", "MAIL")) for command in session.commands),
            f"commands: {session.commands}",
        )


@cases(*MODES)
def test_a_trusted_certificate(t, mode):
    for name in ("server", "rsa", "many-names"):
        server = serve(t, mode, name=name)
        configure(t, server, mode, logfile=None)
        t.succeeded(t.msmtp())
        equal(server.mails[0].content, MAIL, "mail")
        equal(server.session.tls_version, "TLSv1.3", "version")


def test_tls_1_2(t):
    server = serve(t, context=t.certificates.context(versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)))
    configure(t, server)
    t.succeeded(t.msmtp())
    equal(server.session.tls_version, "TLSv1.2", "version")


@cases(("1.0", ssl.TLSVersion.TLSv1), ("1.1", ssl.TLSVersion.TLSv1_1))
def test_old_tls_is_refused(t, version):
    server = serve(t, context=t.certificates.context(legacy=True, versions=(version, version)))
    configure(t, server)
    refused(t, server, t.msmtp(), 76, ".*TLS.*", log="EX_PROTOCOL")


@cases(
    *(
        (f"{name}-{mode}", name, mode)
        for mode in MODES
        for name in (
            "expired",
            "future",
            "wrong-host",
            "cn-only",
            "self-signed",
            "foreign",
            "wrong-usage",
            "nul",
            "wildcard",
        )
    )
)
def test_a_certificate_that_does_not_verify(t, name, mode):
    server = serve(t, mode, name=name, auth=Auth())
    configure(t, server, mode, auth="on", user="joe", password="x")
    refused(t, server, t.msmtp(), 69, ".*(certificate|verif).*", log="EX_UNAVAILABLE")


def test_a_weak_key_is_refused(t):
    server = serve(t, name="weak")
    configure(t, server)
    refused(t, server, t.msmtp(), (69, 76), ".*", log=("EX_UNAVAILABLE", "EX_PROTOCOL"))


def test_no_file_trusted_means_the_systems_trust_and_that_does_not_know_this_ca(t):
    server = serve(t)
    configure(t, server, tls_trust_file=None)
    refused(t, server, t.msmtp(), 69, ".*(certificate|verif).*", log="EX_UNAVAILABLE")


def test_the_environment_does_not_choose_whom_to_trust(t):
    server = serve(t)
    configure(t, server, tls_trust_file=None)
    run = t.msmtp(env={"SSL_CERT_FILE": t.certificates.file("ca"), "SSL_CERT_DIR": t.certificates.folder})
    refused(t, server, run, 69, ".*(certificate|verif).*", log="EX_UNAVAILABLE")


@cases("self-signed", "expired", "wrong-host", "foreign")
def test_certcheck_off_takes_any_certificate(t, name):
    server = serve(t, name=name)
    configure(t, server, tls_certcheck="off", tls_trust_file=None)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases(
    *(
        (f"{digest}-{form}", digest, form)
        for digest in ("sha256", "sha1", "md5")
        for form in ("colons", "lower", "spaces")
    )
)
def test_a_matching_fingerprint_replaces_the_check(t, digest, form):
    server = serve(t, name="self-signed")
    fingerprint = t.certificates.fingerprint("self-signed", digest)
    fingerprint = {"colons": fingerprint, "lower": fingerprint.lower(), "spaces": fingerprint.replace(":", " ")}[form]
    configure(t, server, tls_fingerprint=fingerprint, tls_trust_file=None)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


@cases("sha256", "sha1", "md5")
def test_another_fingerprint_is_refused(t, digest):
    server = serve(t, name="server")
    configure(t, server, tls_fingerprint=t.certificates.fingerprint("rsa", digest))
    refused(t, server, t.msmtp(), 69, ".*fingerprint.*", log="EX_UNAVAILABLE")


def test_a_matching_fingerprint_is_enough_for_an_expired_certificate(t):
    server = serve(t, name="expired")
    configure(t, server, tls_fingerprint=t.certificates.fingerprint("expired"))
    t.succeeded(t.msmtp())


@cases("AA:BB", "zz" * 32, "junk")
def test_what_is_no_fingerprint(t, value):
    server = serve(t)
    configure(t, server, tls_fingerprint=value)
    t.failed(
        t.msmtp(), 78, re.escape(t.rc) + ": line \\d+: invalid argument .* for command tls_fingerprint.*", account=False
    )
    run = t.msmtp("--tls-fingerprint=" + value, "bob@example.test", "-C", "/dev/null")
    t.failed(run, 64, "invalid argument .* for --tls-fingerprint.*", account=False)


def test_host_override_is_what_is_verified_and_asked_for(t):
    server = serve(t)
    configure(t, server, tls_host_override="smtp.example.test")
    t.succeeded(t.msmtp())
    equal(server.session.sni, "smtp.example.test", "server name indication")


def test_host_override_that_the_certificate_does_not_know(t):
    server = serve(t)
    configure(t, server, tls_host_override="mail.other.test")
    refused(t, server, t.msmtp(), 69, ".*(certificate|verif).*", log="EX_UNAVAILABLE")


def test_a_wildcard_name_matches_one_label(t):
    for name, good in (("mail.example.test", True), ("a.b.example.test", False), ("example.test", False)):
        server = serve(t, name="wildcard")
        configure(t, server, tls_host_override=name, logfile=None)
        run = t.msmtp()
        check((run.code == 0) == good, f"{name}: {run}")


@cases("client-ec", "client-rsa")
def test_a_client_certificate(t, name):
    for mode in MODES:
        server = serve(t, mode, context=t.certificates.context(client_ca="ca"))
        configure(
            t,
            server,
            mode,
            tls_cert_file=t.certificates.file(name),
            tls_key_file=t.certificates.key(name),
            logfile=None,
        )
        t.succeeded(t.msmtp())
        with open(t.certificates.file(name), encoding="ascii") as file:
            equal(server.session.peer_certificate, ssl.PEM_cert_to_DER_cert(file.read()), "the client's certificate")


@cases(("none", None), ("foreign", "client-foreign"))
def test_without_the_wanted_client_certificate_nothing_is_sent(t, name):
    server = serve(t, context=t.certificates.context(client_ca="ca"))
    files = {"tls_cert_file": t.certificates.file(name), "tls_key_file": t.certificates.key(name)} if name else {}
    configure(t, server, **files)
    run = t.msmtp()
    # Under TLS 1.3 the client may have finished its handshake when the server refuses.
    check(run.code in (74, 76), f"exit 76: {run}")
    server.settle()
    check(not server.mails, "nothing sent")


def test_a_revoked_certificate(t):
    server = serve(t, name="revoked")
    configure(t, server, logfile=None)
    t.succeeded(t.msmtp())
    server = serve(t, name="revoked")
    configure(t, server, tls_crl_file=t.certificates.crl())
    refused(t, server, t.msmtp(), 69, ".*(revoked|certificate|verif).*", log="EX_UNAVAILABLE")


def test_a_certificate_that_the_crl_does_not_name(t):
    server = serve(t)
    configure(t, server, tls_crl_file=t.certificates.crl())
    t.succeeded(t.msmtp())


@cases("tls_trust_file", "tls_crl_file", "tls_cert_file", "tls_key_file")
def test_a_tls_file_that_is_missing(t, setting):
    server = serve(t)
    files = (
        {"tls_cert_file": t.certificates.file("client-ec"), "tls_key_file": t.certificates.key("client-ec")}
        if "cert_f" in setting or "key" in setting
        else {}
    )
    configure(t, server, **dict(files, **{setting: t.path("missing.pem")}))
    refused(t, server, t.msmtp(), 66, ".*missing\\.pem.*", log="EX_NOINPUT")


@cases("tls_trust_file", "tls_crl_file")
def test_a_tls_file_of_junk(t, setting):
    server = serve(t)
    configure(t, server, **{setting: t.path("junk.pem", "this is no certificate\n")})
    refused(t, server, t.msmtp(), 66, ".*", log="EX_NOINPUT")


def test_a_key_that_does_not_fit_its_certificate(t):
    server = serve(t)
    configure(t, server, tls_cert_file=t.certificates.file("client-ec"), tls_key_file=t.certificates.key("client-rsa"))
    refused(t, server, t.msmtp(), (66, 70), ".*", log=("EX_NOINPUT", "EX_SOFTWARE"))


def test_priorities_that_libtls_does_not_know_are_a_warning(t):
    server = serve(t)
    configure(t, server, tls_priorities="NORMAL:-VERS-TLS1.0")
    run = t.msmtp()
    check(run.code == 0, str(run))
    check(
        len(run.errors) == 1 and "tls_priorities" in run.errors[0] and run.errors[0].startswith("msmtp: "),
        f"a warning: {run.errors}",
    )


def test_priorities_choose_the_version(t):
    server = serve(t)
    configure(t, server, tls_priorities="PROTOCOLS=TLSv1.2")
    t.succeeded(t.msmtp())
    equal(server.session.tls_version, "TLSv1.2", "version")


# -- STARTTLS and what comes with it


def test_starttls_that_is_not_offered(t):
    server = t.serve(Dialogue(auth=Auth()))
    configure(t, server, auth="plain", user="joe", password="s3cret pass")
    refused(t, server, t.msmtp(), 69, ".*TLS.*STARTTLS.*|.*STARTTLS.*", log="EX_UNAVAILABLE")
    server.settle()
    equal(server.session.commands, ["EHLO localhost", "QUIT"], "commands")


@cases(("454", "454 4.7.0 not now"), ("501", "501 what"), ("250", "250 ok"))
def test_starttls_refused(t, reply):
    server = serve(t, replies={"starttls": reply + "\r\n"}, auth=Auth())
    configure(t, server, auth="plain", user="joe", password="s3cret pass")
    refused(t, server, t.msmtp(), 76, ".*STARTTLS.*", "server message: " + reply, log="EX_PROTOCOL")


@cases(("whole-lines", b"250 injected\r\n250 more\r\n"), ("partial-line", b"25"), ("one-byte", b"\x16"))
def test_plaintext_after_the_reply_to_starttls_ends_the_session(t, extra):
    def inject(session, ordinary):
        session.send(ordinary.encode() + extra)
        session.start_tls(t.certificates.context())
        session.wait_for_end()

    server = t.serve(Dialogue(starttls=t.certificates.context(), replies={"starttls": inject}))
    configure(t, server)
    refused(t, server, t.msmtp(), 76, ".*", log="EX_PROTOCOL")


def test_capabilities_from_before_tls_are_forgotten(t):
    server = serve(t, keywords=("PIPELINING", "SIZE 1000", "8BITMIME", "DSN"), tls_keywords=("HELP",))
    configure(t, server)
    t.succeeded(t.msmtp("-N", "off", "bob@example.test", mail=MAIL + "ü\n".encode() + b"x" * 2000))
    equal(server.mails[0].sender_line, "MAIL FROM:<joe@example.test>", "no parameter")
    packets = [data for _, data in server.session.packets if data.startswith(b"MAIL")]
    equal(packets[0].count(b"\r\n"), 1, "no pipelining")


def test_auth_offered_before_tls_only_is_not_used(t):
    server = serve(t, keywords=("AUTH PLAIN",), tls_keywords=("HELP",))
    configure(t, server, auth="plain", user="joe", password="s3cret pass")
    run = t.msmtp()
    t.failed(run, 69, ".*authentication.*")
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")


def test_a_server_that_speaks_plaintext_instead_of_tls(t):
    def talk(session, ordinary):
        session.send(ordinary)
        session.fill()
        session.send("250 still plain\r\n" * 10)
        session.wait_for_end()
        session.close()

    def greet(session, _ordinary):
        session.send("220 plain\r\n")
        session.wait_for_end()
        session.close()

    for mode in MODES:
        server = t.serve(
            Dialogue(
                starttls=t.certificates.context(),
                replies={"starttls": talk} if mode == "starttls" else {"greeting": greet},
            )
        )
        configure(t, server, mode, logfile=None)
        run = t.msmtp()
        t.failed(run, 76, ".*TLS.*")


def test_a_server_that_closes_during_the_handshake(t):
    def hang_up(session, ordinary):
        session.send(ordinary)
        session.fill()
        session.close()

    server = t.serve(Dialogue(starttls=t.certificates.context(), replies={"starttls": hang_up}))
    configure(t, server)
    refused(t, server, t.msmtp(), (74, 76), ".*", log=("EX_PROTOCOL", "EX_IOERR"))


def test_silence_in_the_handshake_is_timed_out(t):
    def silent(session, ordinary):
        session.send(ordinary)
        session.wait_for_end()

    server = t.serve(Dialogue(starttls=t.certificates.context(), replies={"starttls": silent}))
    configure(t, server, timeout=1)
    run = t.msmtp()
    check(run.code in (74, 76) and run.seconds < 4, f"exit in time: {run}")
    check("timed out" in run.errors[0], f"reason: {run.errors}")


def test_plain_starttls_server_without_tls_setting_stays_plain(t):
    server = serve(t)
    t.configure(server)
    t.succeeded(t.msmtp())
    check(not server.session.tls, "plain")


@cases(*MODES)
def test_the_records_of_tls_are_large(t, mode):
    """1 MiB of short lines must not become a record for each line: the server's reads would show it."""
    server = serve(t, mode)
    configure(t, server, mode)
    mail = MAIL + b"a line of some twenty\n" * 50000
    t.succeeded(t.msmtp(mail=mail))
    equal(server.mails[0].content, mail, "mail")
    check(len(server.session.packets) < 2000, f"reads: {len(server.session.packets)}")


def test_tls_over_ipv6_and_a_unix_socket(t):
    server = t.serve(Dialogue(starttls=t.certificates.context()), "inet6")
    configure(t, server, logfile=None)
    t.succeeded(t.msmtp())
    server = t.serve(Dialogue(starttls=t.certificates.context()), "unix")
    configure(t, server, tls_host_override="localhost")
    t.succeeded(t.msmtp())
