"""Pins of public keys: what they accept, what survives a renewal, and what is said when none fits; and the least
Diffie-Hellman prime."""

import re
import ssl

from client_keys import fingerprint_of_key, openssl
from dialogue import Auth, Dialogue
from harness import MAIL, cases, check, equal

OTHER = "spki:sha256:" + "A" * 43 + "="


def serve(t, name="self-signed", **more):
    return t.serve(Dialogue(starttls=t.certificates.context(name), **more))


def pin_of(t, name):
    return "spki:sha256:" + fingerprint_of_key(t.certificates.file(name))[0]


@cases("base64", "hex", "colons", "blanks", "upper")
def test_a_pin_of_the_public_key_replaces_the_check(t, form):
    base64, digits = fingerprint_of_key(t.certificates.file("self-signed"))
    pairs = [digits[i : i + 2] for i in range(0, 64, 2)]
    value = {
        "base64": base64,
        "hex": digits,
        "colons": ":".join(pairs),
        "blanks": " ".join(pairs),
        "upper": digits.upper(),
    }[form]
    server = serve(t)
    t.configure(server, **t.tls(tls_fingerprint="spki:sha256:" + value, tls_trust_file=None))
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_a_pin_survives_a_renewal_and_a_fingerprint_does_not(t):
    key = t.certificates.key("server")
    renewed = t.path("renewed.pem")
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=localhost", "-days", "9", "-out", renewed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(renewed, key)
    for value, code in ((pin_of(t, "server"), 0), (t.certificates.fingerprint("server"), 69)):
        server = t.serve(Dialogue(starttls=context))
        t.configure(server, **t.tls(tls_fingerprint=value, tls_trust_file=None, logfile=None))
        equal(t.msmtp().code, code, f"exit code with {value}")


@cases("first", "second", "fingerprint")
def test_one_of_several_is_enough(t, place):
    pin, fingerprint = pin_of(t, "self-signed"), t.certificates.fingerprint("self-signed")
    value = {
        "first": f"{pin},{OTHER}",
        "second": f"{OTHER} , {pin}",
        "fingerprint": f"{OTHER},{fingerprint},{':'.join(['00'] * 20)}",
    }[place]
    server = serve(t)
    t.configure(server, **t.tls(tls_fingerprint=value, tls_trust_file=None))
    t.succeeded(t.msmtp())


def test_the_line_of_a_mismatch_can_be_copied_into_the_configuration(t):
    server = serve(t, "server", auth=Auth())
    t.configure(server, **t.tls(tls_fingerprint=OTHER, auth="on", user="joe", password="x"))
    run = t.msmtp()
    t.failed(run, 69, "TLS certificate fingerprint does not match: the server has public key spki:sha256:.*")
    t.logged("EX_UNAVAILABLE")
    server.settle()
    check(not any(command.startswith(("AUTH", "MAIL")) for command in server.session.commands), "nothing was said")
    found = re.search(r"spki:sha256:\S+", run.errors[0])[0]
    equal(found, pin_of(t, "server"), "the pin")
    t.configure(server, **t.tls(tls_fingerprint=found, logfile=None))
    t.succeeded(t.msmtp())


def test_a_mismatch_of_both_kinds_names_both(t):
    server = serve(t, "server")
    t.configure(server, **t.tls(tls_fingerprint=OTHER + "," + ":".join(["00"] * 32)))
    found = t.certificates.fingerprint("server")
    line = f"TLS certificate fingerprint does not match: the server has SHA256 {found}, public key "
    t.failed(t.msmtp(), 69, re.escape(line + pin_of(t, "server")))


@cases("spki:sha256:", "spki:sha256:AAAA", "spki:md5:" + "0" * 32, OTHER + ",", OTHER + ",x", "sha256:" + "0" * 64)
def test_what_is_no_pin(t, value):
    t.configure(None, tls_fingerprint=value)
    run = t.msmtp()
    t.failed(run, 78, ".*: invalid argument .* for command tls_fingerprint.*", account=False)


def test_pretend_shows_pins_in_a_form_that_can_be_configured(t):
    value = OTHER + "," + ":".join(["AB"] * 32)
    t.configure(None, **t.tls(tls_fingerprint=value))
    check(f"tls_fingerprint = {value}\n".encode() in t.msmtp("--pretend", "x@example.test").out, "shown")


# -- tls_min_dh_prime_bits


@cases(("enough", 2048, 0), ("too-few", 2049, 76), ("not-asked", None, 0))
def test_the_least_prime_of_diffie_hellman(t, bits, code):
    context = t.certificates.context("rsa", versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    context.set_ciphers("DHE-RSA-AES256-GCM-SHA384")
    context.load_dh_params(
        t.path("dh.pem", openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"))
    )
    server = t.serve(Dialogue(starttls=context))
    t.configure(server, **t.tls(tls_min_dh_prime_bits=bits))
    run = t.msmtp()
    equal(run.code, code, f"exit code: {run}")
    if code:
        t.failed(run, code, "TLS handshake failed: the server's Diffie-Hellman prime has 2048 bits, less than .*")
        t.nothing_delivered(server)


def test_elliptic_curves_have_no_prime_to_compare(t):
    server = serve(t, "server")
    t.configure(server, **t.tls(tls_min_dh_prime_bits=4096))
    t.succeeded(t.msmtp())
