"""The private key of a client certificate: every kind of it signs, and no process that hears the server has it."""

import os
import pty
import re
import signal
import ssl
import subprocess
import threading

import processes
from client_keys import certify, issue, make_key, openssl, traces
from dialogue import Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal, root_only
from scripted_server import Gate

KINDS = ("rsa-2048", "p256", "ed25519")
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def demanding(t, version="1.3", **more):
    """A server that wants a certificate of the tests' CA."""
    versions = (VERSIONS[version], VERSIONS[version])
    return t.serve(Dialogue(starttls=t.certificates.context(client_ca="ca", versions=versions), **more))


def prepared(t, server, key, certificate, **settings):
    t.configure(server, **t.tls(tls_key_file=key, tls_cert_file=certificate, **settings))


@cases(
    *(
        (f"{kind}-{version}", kind, version)
        for kind in ("rsa-2048", "rsa-2047", "rsa-2049", "p256", "p384", "p521", "ed25519")
        for version in VERSIONS
        if (kind, version) != ("p521", "1.2")  # not among the curves that libtls offers
    )
)
def test_each_kind_of_key_signs(t, kind, version):
    key = make_key(t, kind)
    certificate = certify(t, key)
    server = demanding(t, version)
    prepared(t, server, key, certificate)
    t.succeeded(t.msmtp())
    equal(server.session.tls_version, "TLSv" + version, "version")
    with open(certificate, encoding="ascii") as file:
        equal(server.session.peer_certificate, ssl.PEM_cert_to_DER_cert(file.read()), "the client's certificate")


@cases(*KINDS)
def test_a_server_with_a_key_of_the_same_kind_is_still_verified(t, kind):
    key = make_key(t, kind)
    certificate = certify(t, key)
    ca, ca_key = (os.path.join(t.certificates.folder, name) for name in ("ca.pem", "ca.key"))
    extensions = t.path("server.ext", "subjectAltName = IP:127.0.0.1\n")
    for authority, code in (((ca, ca_key), 0), ((certificate, key), 69)):
        theirs = make_key(t, kind, "server")
        path = t.path("server.pem")
        issue(theirs, path, "localhost", "-extfile", extensions, authority=authority[0], authority_key=authority[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, theirs)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca)
        server = t.serve(Dialogue(starttls=context))
        prepared(t, server, key, certificate, logfile=None)
        run = t.msmtp()
        equal(run.code, code, f"exit code: {run}")


def test_a_server_that_wants_no_certificate_gets_no_signature(t):
    key = make_key(t, "p256")
    server = t.serve(Dialogue(starttls=t.certificates.context()))
    prepared(t, server, key, certify(t, key))
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_the_older_form_of_a_key_file(t):
    key = make_key(t, "rsa-2048")
    certificate = certify(t, key)
    older = t.path("older.key", openssl("rsa", "-in", key, "-traditional"))
    server = demanding(t)
    prepared(t, server, older, certificate)
    t.succeeded(t.msmtp())


def test_a_key_file_that_begins_with_parameters(t):
    key = t.path("older.key", openssl("ecparam", "-name", "prime256v1", "-genkey"))
    with open(key, encoding="ascii") as file:
        check("BEGIN EC PARAMETERS" in file.read(), "parameters")
    server = demanding(t)
    prepared(t, server, key, certify(t, key))
    t.succeeded(t.msmtp())


def test_as_an_ordinary_user(t):
    key = make_key(t, "rsa-2048")
    server = demanding(t)
    prepared(t, server, key, certify(t, key))
    t.succeeded(t.msmtp(user=t.as_nobody()))


def test_certificates_of_issuers_are_sent_too(t):
    """The issuer's certificate stands behind the client's in the file; the server knows the root alone."""
    key = make_key(t, "p256")
    middle = make_key(t, "p384")
    ca, ca_key = (os.path.join(t.certificates.folder, name) for name in ("ca.pem", "ca.key"))
    extensions = t.path("middle.ext", "basicConstraints = critical,CA:TRUE\nkeyUsage = keyCertSign\n")
    between = issue(middle, t.path("middle.pem"), "between", "-extfile", extensions, authority=ca, authority_key=ca_key)
    leaf = issue(key, t.path("leaf.pem"), "alice", authority=between, authority_key=middle)
    with open(leaf, encoding="ascii") as first, open(between, encoding="ascii") as second:
        both = t.path("both.pem", first.read() + second.read())
    server = demanding(t)
    prepared(t, server, key, both)
    t.succeeded(t.msmtp())
    server = demanding(t, "1.2")
    prepared(t, server, key, leaf, logfile=None)
    check(t.msmtp().code in (74, 76), "without the issuer the server does not know the certificate")


# -- what is in their memory


@cases(*((f"{kind}-{version}", kind, version) for kind in ("rsa-2048", "p256", "ed25519") for version in VERSIONS))
def test_the_network_child_never_has_the_key(t, kind, version):
    t.needs_sandbox()
    root_only("reading the memory of another process")
    key = make_key(t, kind)
    needles = traces(key)
    check(needles, "something to look for")
    before, after = Gate(), Gate()
    server = demanding(t, version, replies={"starttls": before, "mail": after})
    prepared(t, server, key, certify(t, key))
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    before.wait()
    equal(set(processes.holders(running, needles)), {"msmtp-signer"}, "who has the key before the handshake")
    before.open()
    after.wait()
    equal(processes.holders(running, needles), {}, "who has it after the handshake")
    check(processes.wait_until(lambda: "msmtp-signer" not in running.helpers(), 2), f"{running.helpers()}")
    after.open()
    t.succeeded(running.finish())


def test_the_signer_is_locked_and_without_rights_when_the_server_speaks(t):
    t.needs_sandbox()
    key = make_key(t, "p256")
    gate = Gate()
    server = demanding(t, replies={"greeting": gate})
    prepared(t, server, key, certify(t, key))
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    gate.wait()
    facts = processes.status(running.helper("signer"))
    equal((facts["Seccomp"], facts["NoNewPrivs"], facts["CapPrm"].strip("0")), ("2", "1", ""), "its rights")
    gate.open()
    t.succeeded(running.finish())


def test_without_a_client_certificate_there_is_no_signer(t):
    gate = Gate()
    server = t.serve(Dialogue(starttls=t.certificates.context(), replies={"mail": gate}))
    t.configure(server, **t.tls())
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    gate.wait()
    check("msmtp-signer" not in running.helpers(), f"{running.helpers()}")
    gate.open()
    t.succeeded(running.finish())


def test_a_signer_that_is_killed_is_named(t):
    key = make_key(t, "p256")
    gate = Gate()
    server = demanding(t, replies={"starttls": gate})
    prepared(t, server, key, certify(t, key))
    running = t.start(RECIPIENT)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    gate.wait()
    os.kill(running.helper("signer"), signal.SIGKILL)
    gate.open()
    t.failed(running.finish(), 70, "msmtp-signer was killed by signal 9; nothing was sent")
    t.nothing_delivered(server)


# -- what can be wrong with the files


@cases(("rsa-for-ec", "rsa-2048", "p256"), ("ec-for-rsa", "p256", "rsa-2048"), ("other-ec", "p384", "p256"))
def test_a_key_that_does_not_fit_its_certificate_is_noticed_at_once(t, mine, other):
    server = demanding(t)
    prepared(t, server, make_key(t, mine), certify(t, make_key(t, other)))
    t.failed(t.msmtp(), 66, "tls_cert_file: .*: cannot be used: it does not belong to the private key of tls_key_file")
    t.logged("EX_NOINPUT")
    equal(server.sessions, [], "connections")


@cases(
    ("junk", "this is no key\n", "no PRIVATE KEY in it"),
    (
        "broken",
        "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n",
        "cannot be used: not a private key .*",
    ),
)
def test_a_key_file_that_is_none(t, content, reason):
    server = demanding(t)
    key = t.path("bad.key", content)
    prepared(t, server, key, t.certificates.file("client-ec"))
    t.failed(t.msmtp(), 66, "tls_key_file: " + re.escape(key) + ": " + reason)
    equal(server.sessions, [], "connections")


def test_an_encrypted_key_without_a_terminal(t):
    key = make_key(t, "p256")
    encrypted = t.path("encrypted.key", openssl("pkey", "-in", key, "-aes256", "-passout", "pass:open sesame"))
    server = demanding(t)
    prepared(t, server, encrypted, certify(t, key))
    t.failed(t.msmtp(), 66, "tls_key_file: .*encrypted\\.key: it is encrypted, and no passphrase .*")


@cases(("right", "open sesame", 0), ("wrong", "open barley", 66))
def test_an_encrypted_key_asks_on_the_terminal(t, passphrase, code):
    key = make_key(t, "p256")
    encrypted = t.path("encrypted.key", openssl("pkey", "-in", key, "-aes256", "-passout", "pass:open sesame"))
    server = demanding(t)
    prepared(t, server, encrypted, certify(t, key))
    seen, status = on_a_terminal(t, passphrase)
    equal(status, code, f"exit code; on the terminal: {seen}")
    check(b"passphrase of " in seen and passphrase.encode() not in seen, f"on the terminal: {seen}")


def on_a_terminal(t, answer):
    """(what a terminal shows, exit code) of the program, which is told ANSWER at its first question."""
    mail = t.path("mail", MAIL)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(t.home)
        os.dup2(os.open(mail, os.O_RDONLY), 0)
        os.execve(t.program, [t.program, RECIPIENT], t.environment())
    timer = threading.Timer(15, os.kill, (child, signal.SIGKILL))
    timer.start()
    seen, answered = b"", False
    try:
        while True:
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if not answered and seen.rstrip().endswith(b":"):
                os.write(terminal, answer.encode() + b"\n")
                answered = True
    finally:
        timer.cancel()
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    return seen, os.waitstatus_to_exitcode(status)


def test_the_mail_that_chooses_the_account_chooses_its_key(t):
    """Among accounts with different keys, the one that the sender names signs."""
    first, second = make_key(t, "p256"), make_key(t, "rsa-2048")
    server = demanding(t)
    text = ""
    for name, key in (("one", first), ("two", second)):
        text += (
            f"account {name}\nhost 127.0.0.1\nport {server.port}\nfrom {name}@example.test\ntls on\ntimeout 10\n"
            f"tls_trust_file {t.certificates.file('ca')}\ntls_key_file {key}\ntls_cert_file {certify(t, key, name)}\n"
        )
    t.write_config(text + f"account three\nhost 127.0.0.1\nport {server.port}\nfrom three@example.test\n")
    t.succeeded(t.msmtp("--read-envelope-from", RECIPIENT, mail=b"From: two@example.test\n\nHi\n"))
    subject = openssl("x509", "-inform", "DER", "-noout", "-subject", data=server.session.peer_certificate)
    check(b"two" in subject, f"whose certificate: {subject}")
    t.succeeded(t.msmtp("--read-envelope-from", RECIPIENT, mail=b"From: three@example.test\n\nHi\n"))
    equal(server.sessions[-1].peer_certificate, None, "the certificate of an account without one")


def test_each_mail_of_a_session_is_signed_for(t):
    key = make_key(t, "p256")
    server = demanding(t)
    prepared(t, server, key, certify(t, key), logfile=None)
    mail = b"MAIL FROM:<joe@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: x\r\n\r\nHi\r\n.\r\n"
    run = t.msmtp("-bs", mail=b"EHLO localhost\r\n" + mail + mail + b"QUIT\r\n")
    equal(run.code, 0, f"exit code: {run}")
    equal(len(server.mails), 2, f"mails: {run}")
    check(all(session.peer_certificate for session in server.sessions), "each with the certificate")


def test_pretending_needs_no_key(t):
    t.configure(None, **t.tls(tls_key_file="/nonexistent", tls_cert_file="/nonexistent"))
    run = subprocess.run(
        [t.program, "--pretend", RECIPIENT], input=MAIL, capture_output=True, env=t.environment(), timeout=10
    )
    equal(run.returncode, 0, "exit code")
