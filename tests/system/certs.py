"""Certificates for the tests, made at run time with openssl(1): one CA and everything that can be wrong with what it
signs.

make(folder) gives a Certificates whose file(name) and key(name) are paths. Names: ca, other-ca, server, expired,
future,
wrong-host, cn-only, wildcard, self-signed, foreign (by the other CA), wrong-usage, nul (a NUL in the alternative
name), many-names,
weak (RSA 1024), rsa, revoked, client-ec, client-rsa, client-foreign; and crl(), a list that revokes `revoked`.
"""

import os
import ssl
import subprocess

NAMES = "DNS:localhost,DNS:smtp.example.test,IP:127.0.0.1,IP:::1"
HOSTS = ("localhost", "smtp.example.test", "127.0.0.1", "::1")

CONFIG = """
[ca]
default_ca = it
[it]
dir = .
database = index
new_certs_dir = new
serial = serial
crlnumber = crlnumber
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
x509_extensions = usr
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
"""


def _nul_name():
    """A DER sequence with one dNSName "localhost\\0.evil.test", and 127.0.0.1 nowhere."""
    name = b"localhost\0.evil.test"
    general = bytes([0x82, len(name)]) + name
    return "DER:" + ":".join(f"{byte:02x}" for byte in bytes([0x30, len(general)]) + general)


# name -> (subject CN, alternative names or None, extended usage, key, more arguments of openssl ca)
LEAVES = {
    "server": ("localhost", NAMES, "serverAuth", "ec", ()),
    "rsa": ("localhost", NAMES, "serverAuth", "rsa", ()),
    "weak": ("localhost", NAMES, "serverAuth", "weak", ()),
    "expired": (
        "localhost",
        NAMES,
        "serverAuth",
        "ec",
        ("-startdate", "20200101000000Z", "-enddate", "20210101000000Z"),
    ),
    "future": (
        "localhost",
        NAMES,
        "serverAuth",
        "ec",
        ("-startdate", "20490101000000Z", "-enddate", "20491231000000Z"),
    ),
    "wrong-host": ("mail.other.test", "DNS:mail.other.test,IP:127.9.9.9", "serverAuth", "ec", ()),
    "cn-only": ("localhost", None, "serverAuth", "ec", ()),
    "wildcard": ("*.example.test", "DNS:*.example.test", "serverAuth", "ec", ()),
    "wrong-usage": ("localhost", NAMES, "clientAuth", "ec", ()),
    "nul": ("nul", _nul_name(), "serverAuth", "ec", ()),
    "many-names": (
        "localhost",
        NAMES + "".join(f",DNS:host{n}.example.test" for n in range(1500)),
        "serverAuth",
        "ec",
        (),
    ),
    "revoked": ("localhost", NAMES, "serverAuth", "ec", ()),
    "client-ec": ("alice", "email:alice@example.test", "clientAuth", "ec", ()),
    "client-rsa": ("alice", "email:alice@example.test", "clientAuth", "rsa", ()),
}


class Certificates:
    def __init__(self, folder):
        self.folder = folder

    def file(self, name):
        return os.path.join(self.folder, name + ".pem")

    def key(self, name):
        return os.path.join(self.folder, name + ".key")

    def crl(self):
        return os.path.join(self.folder, "crl.pem")

    def context(self, name="server", client_ca=None, legacy=False, versions=None):
        """The server's side. client_ca: ask for a client certificate of that CA, and insist. legacy: allow
        weak keys and old TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if legacy:
            context.set_ciphers("ALL:@SECLEVEL=0")
        if versions:
            context.minimum_version, context.maximum_version = versions
        context.load_cert_chain(self.file(name), self.key(name))
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.file(client_ca))
        return context

    def fingerprint(self, name, digest="sha256"):
        """In openssl's form: pairs of upper-case digits with colons."""
        out = _openssl(self.folder, "x509", "-in", self.file(name), "-noout", "-fingerprint", "-" + digest)
        return out.strip().partition("=")[2]


def _openssl(folder, *arguments):
    result = subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    if result.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {result.stderr}")
    return result.stdout


def _key(folder, name, kind):
    wanted = {
        "ec": ("EC", "ec_paramgen_curve:P-256"),
        "rsa": ("RSA", "rsa_keygen_bits:2048"),
        "weak": ("RSA", "rsa_keygen_bits:1024"),
    }[kind]
    _openssl(folder, "genpkey", "-quiet", "-algorithm", wanted[0], "-pkeyopt", wanted[1], "-out", name + ".key")


def _root(folder, name, subject, extensions="root"):
    _key(folder, name, "ec")
    _openssl(
        folder,
        "req",
        "-x509",
        "-new",
        "-key",
        name + ".key",
        "-days",
        "30",
        "-subj",
        "/CN=" + subject,
        "-out",
        name + ".pem",
        "-config",
        "base.cnf",
        "-extensions",
        extensions,
    )


def _leaf(folder, name, authority="ca"):
    subject, names, usage, kind, more = LEAVES[name if name in LEAVES else "server"]
    _key(folder, name, kind)
    with open(os.path.join(folder, name + ".cnf"), "w", encoding="ascii") as config:
        config.write(CONFIG + "[usr]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = " + usage + "\n")
        if names:
            config.write(f"subjectAltName = {names}\n")
    _openssl(
        folder,
        "req",
        "-new",
        "-key",
        name + ".key",
        "-subj",
        "/CN=" + subject,
        "-out",
        name + ".csr",
        "-config",
        "base.cnf",
    )
    _openssl(
        folder,
        "ca",
        "-batch",
        "-notext",
        "-config",
        name + ".cnf",
        "-cert",
        authority + ".pem",
        "-keyfile",
        authority + ".key",
        "-in",
        name + ".csr",
        "-out",
        name + ".pem",
        *more,
    )


def make(folder):
    """All certificates, in FOLDER (about a second)."""
    os.makedirs(os.path.join(folder, "new"), exist_ok=True)
    for name, text in (
        ("index", ""),
        ("serial", "1000\n"),
        ("crlnumber", "10\n"),
        ("base.cnf", CONFIG + f"[usr]\nbasicConstraints = CA:FALSE\n[self]\nsubjectAltName = {NAMES}\n"),
    ):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    _root(folder, "ca", "Test CA")
    _root(folder, "other-ca", "Other CA")
    _root(folder, "self-signed", "localhost", "self")
    for name in LEAVES:
        _leaf(folder, name)
    _leaf(folder, "foreign", "other-ca")
    _leaf(folder, "client-foreign", "other-ca")
    common = ("-config", "server.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
    _openssl(folder, "ca", "-revoke", "revoked.pem", *common)
    _openssl(folder, "ca", "-gencrl", "-out", "crl.pem", *common)
    for file in os.listdir(folder):
        if file.endswith(".pem"):
            os.chmod(os.path.join(folder, file), 0o644)
    return Certificates(folder)
