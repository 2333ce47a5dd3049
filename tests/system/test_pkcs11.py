"""Keys and certificates on a token: SoftHSM, with a folder of its own for each test."""

import os
import shutil
import ssl
import subprocess

import processes
from client_keys import certify, make_key, openssl, traces
from dialogue import Auth, Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal, root_only, skip
from scripted_server import Gate
from test_client_key import on_a_terminal

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "4711-secret-pin"


class Token:
    """A token with the label "mail", its PIN, and what is put on it."""

    def __init__(self, t):
        for program in ("softhsm2-util", "pkcs11-tool"):
            if not shutil.which(program):
                skip("no " + program)
        if not os.path.exists(MODULE):
            skip("no " + MODULE)
        signer = os.path.join(os.path.dirname(t.program), "../libexec/msmtp/msmtp-signer")
        with open(signer, "rb") as file:
            if b"libp11-kit" not in file.read():
                skip("a build without p11-kit")
        self.t = t
        folder = t.path("tokens")
        os.mkdir(folder)
        configuration = t.path("softhsm2.conf", f"directories.tokendir = {folder}\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": configuration}
        self.util("--init-token", "--free", "--label", "mail", "--pin", PIN, "--so-pin", "87654321")

    def run(self, *words):
        environment = dict(os.environ, **self.environment)
        done = subprocess.run(words, env=environment, capture_output=True, timeout=30)
        check(done.returncode == 0, f"{words}: {done.stderr}")

    def util(self, *words):
        self.run("softhsm2-util", *words)

    def put_key(self, kind, label="key", number="01"):
        """The paths of the key, which is on the token now, and its certificate."""
        key = make_key(self.t, kind)
        self.util("--import", key, "--token", "mail", "--label", label, "--id", number, "--pin", PIN)
        return key, certify(self.t, key)

    def put_certificate(self, certificate, label="key", number="01"):
        der = self.t.path("certificate.der", openssl("x509", "-in", certificate, "-outform", "DER"))
        login = ("--token-label", "mail", "--login", "--pin", PIN)
        what = ("--write-object", der, "--type", "cert", "--id", number, "--label", label)
        self.run("pkcs11-tool", "--module", MODULE, *login, *what)

    def msmtp(self, *words, **more):
        return self.t.msmtp(*words, env=self.environment, **more)


def demanding(t, version="1.3", **more):
    versions = (VERSIONS[version], VERSIONS[version])
    return t.serve(Dialogue(starttls=t.certificates.context(client_ca="ca", versions=versions), **more))


def configure(t, server, key="pkcs11:token=mail;object=key", certificate="pkcs11:token=mail;object=key", **settings):
    settings = dict({"password": PIN}, **settings)
    t.configure(server, **t.tls(tls_key_file=key, tls_cert_file=certificate, **settings))


@cases(*((f"{kind}-{version}", kind, version) for kind in ("rsa-2048", "p256", "p384") for version in VERSIONS))
def test_a_key_on_a_token_signs(t, kind, version):
    token = Token(t)
    _, certificate = token.put_key(kind)
    token.put_certificate(certificate)
    server = demanding(t, version)
    configure(t, server)
    t.succeeded(token.msmtp())
    with open(certificate, encoding="ascii") as file:
        equal(server.session.peer_certificate, ssl.PEM_cert_to_DER_cert(file.read()), "the client's certificate")


def test_as_an_ordinary_user(t):
    token = Token(t)
    _, certificate = token.put_key("p256")
    server = demanding(t)
    configure(t, server, certificate=certificate)
    t.succeeded(token.msmtp(user=t.as_nobody()))


def test_the_certificate_may_be_a_file(t):
    token = Token(t)
    _, certificate = token.put_key("p256")
    server = demanding(t)
    configure(t, server, certificate=certificate)
    t.succeeded(token.msmtp())


def test_the_key_may_be_a_file(t):
    token = Token(t)
    key, certificate = token.put_key("p256")
    token.put_certificate(certificate)
    server = demanding(t)
    configure(t, server, key=key, password=None)
    t.succeeded(token.msmtp())


@cases("id", "type", "module-path", "pin-value", "pin-source", "pin-source-uri", "passwordeval", "terminal", "netrc")
def test_ways_to_name_the_key_and_its_pin(t, way):
    token = Token(t)
    token.put_key("rsa-2048", label="other", number="02")
    _, certificate = token.put_key("p256")
    key, settings = "pkcs11:token=mail;object=key", {"password": None}
    if way == "id":
        key, settings = "pkcs11:token=mail;id=%01", {}
    elif way == "type":
        key, settings = key + ";type=private", {}
    elif way == "module-path":
        key, settings = key + "?module-path=" + MODULE, {}
    elif way == "pin-value":
        key += "?pin-value=" + PIN
    elif way == "pin-source":
        key += "?pin-source=" + t.path("pin", PIN + "\n")
    elif way == "pin-source-uri":
        key += "?pin-source=file:" + t.path("pin", PIN)
    elif way == "passwordeval":
        settings["passwordeval"] = "cat " + t.path("pin", PIN + "\n")
    elif way == "netrc":
        t.path(".netrc", f"machine 127.0.0.1 login joe password {PIN}\n")
        settings["user"] = "joe"
    server = demanding(t)
    configure(t, server, key=key, certificate=certificate, **settings)
    if way == "terminal":
        environment = t.environment
        t.environment = lambda more=None: environment(dict(token.environment, **(more or {})))
        seen, status = on_a_terminal(t, PIN)
        equal(status, 0, f"exit code; on the terminal: {seen}")
        check(b"PIN of the token mail: " in seen and PIN.encode() not in seen, f"on the terminal: {seen}")
    else:
        t.succeeded(token.msmtp())
    equal(server.mails[0].content, MAIL, "mail")


def test_the_password_is_for_the_login_too(t):
    """As ever: with a token the one password is both."""
    token = Token(t)
    _, certificate = token.put_key("p256")
    server = demanding(t, auth=Auth(user="joe", password=PIN, mechanisms=("PLAIN",)))
    configure(t, server, certificate=certificate, auth="plain", user="joe")
    t.succeeded(token.msmtp())
    check(any(command.startswith("AUTH") for command in server.session.commands), "logged in")


@cases(
    ("token", "pkcs11:token=nothing;object=key", PIN, "tls_key_file: pkcs11:token=nothing;object=key: there is no .*"),
    ("object", "pkcs11:token=mail;object=none", PIN, "tls_key_file: .*object=none: the token has no such private key"),
    ("pin", "pkcs11:token=mail;object=key", "wrong", "tls_key_file: .*: the PIN is not correct"),
    ("pin-value", "pkcs11:token=mail;object=key?pin-value=wr0ng", None, "tls_key_file: .*key: the PIN is not correct"),
    ("no-pin", "pkcs11:token=mail;object=key", None, "tls_key_file: .*: the token wants a PIN, and there is none .*"),
    ("junk", "pkcs11:what=ever", PIN, "tls_key_file: pkcs11:what=ever: not a PKCS#11 URI that p11-kit knows"),
    ("module", "pkcs11:object=key?module-path=/nonexistent.so", PIN, "tls_key_file: .*: its module cannot be loaded"),
    ("pin-source", "pkcs11:token=mail?pin-source=/nonexistent", PIN, "tls_key_file: .*: pin-source: /nonexistent: .*"),
)
def test_what_can_be_wrong(t, key, password, line):
    token = Token(t)
    _, certificate = token.put_key("p256")
    server = demanding(t)
    configure(t, server, key=key, certificate=certificate, password=password)
    run = token.msmtp()
    t.failed(run, 66, line)
    check(b"wr0ng" not in run.err and PIN.encode() not in run.err, f"no PIN is shown: {run.err}")
    t.logged("EX_NOINPUT")
    equal(server.sessions, [], "connections")


def test_a_certificate_that_is_not_there(t):
    token = Token(t)
    token.put_key("p256")
    configure(t, demanding(t))
    t.failed(token.msmtp(), 66, "tls_cert_file: .*: the token has no such certificate")


@cases(*VERSIONS)
def test_a_certificate_of_another_key_is_noticed_before_the_server_sees_it(t, version):
    token = Token(t)
    token.put_key("p256")
    configure(t, demanding(t, version), certificate=certify(t, make_key(t, "p384"), "other").replace("p384", "p384"))
    run = token.msmtp()
    check(run.code == 66 and "does not belong to the private key" in run.errors[0], f"{run}")
    other = make_key(t, "p256")
    server = demanding(t, version)
    configure(t, server, certificate=certify(t, other, "other"), logfile=None)
    run = token.msmtp()
    t.failed(run, 66, "tls_cert_file: .*: it does not belong to the private key of tls_key_file.*")


def test_a_wrong_pin_goes_to_no_other_token(t):
    token = Token(t)
    _, certificate = token.put_key("p256")
    token.util("--init-token", "--free", "--label", "other", "--pin", "1234", "--so-pin", "87654321")
    configure(t, demanding(t), key="pkcs11:object=key", certificate=certificate)
    t.failed(token.msmtp(), 66, "tls_key_file: pkcs11:object=key: more than one token fits; name it, .*")


@cases("rsa-2048", "p256")
def test_no_process_that_hears_the_server_has_the_key_or_the_pin(t, kind):
    t.needs_sandbox()
    root_only("reading the memory of another process")
    token = Token(t)
    key, certificate = token.put_key(kind)
    needles = traces(key) | {PIN.encode()}
    before, after = Gate(), Gate()
    server = demanding(t, replies={"starttls": before, "mail": after})
    configure(t, server, certificate=certificate)
    running = t.start(RECIPIENT, env=token.environment)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    before.wait()
    found = processes.holders(running, needles)
    check(set(found) <= {"msmtp-signer"}, f"who has it: {found}")
    before.open()
    after.wait()
    equal(processes.holders(running, needles), {}, "who has it after the handshake")
    after.open()
    t.succeeded(running.finish())


def test_the_process_of_a_token_has_no_network_when_it_hears_the_network_child(t):
    t.needs_sandbox()
    token = Token(t)
    _, certificate = token.put_key("p256")
    gate = Gate()
    configure(t, demanding(t, replies={"starttls": gate}), certificate=certificate)
    running = t.start(RECIPIENT, env=token.environment)
    running.process.stdin.write(MAIL)
    running.process.stdin.close()
    running.process.stdin = None
    gate.wait()
    facts = processes.status(running.helper("signer"))
    equal((facts["Seccomp"], facts["NoNewPrivs"]), ("2", "1"), "its rights")
    gate.open()
    t.succeeded(running.finish())
