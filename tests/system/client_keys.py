"""Keys and certificates of clients, made for one test: kinds that the common certificates do not have, and what of a
private key could stand in a process's memory."""

import base64
import os
import re
import subprocess

KINDS = {
    "rsa-2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa-3072": ("RSA", "rsa_keygen_bits:3072"),
    "rsa-2047": ("RSA", "rsa_keygen_bits:2047"),
    "rsa-2049": ("RSA", "rsa_keygen_bits:2049"),
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "p521": ("EC", "ec_paramgen_curve:P-521"),
    "ed25519": ("ED25519", None),
}


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def make_key(t, kind, name=None):
    """The path of a new key of KIND."""
    algorithm, option = KINDS[kind]
    path = t.path(f"{name or kind}.key")
    more = ("-pkeyopt", option) if option else ()
    openssl("genpkey", "-quiet", "-algorithm", algorithm, *more, "-out", path)
    os.chmod(path, 0o600)
    return path


def issue(key, path, subject, *more, authority, authority_key):
    """A certificate at PATH for the public part of the KEY, a file."""
    public = path + ".public"
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    words = ("-new", "-force_pubkey", public, "-subj", "/CN=" + subject, "-days", "30", "-set_serial", "77")
    openssl("x509", *words, "-CA", authority, "-CAkey", authority_key, *more, "-out", path)
    os.chmod(path, 0o644)
    return path


def certify(t, key, subject="alice"):
    """The path of a certificate by the tests' CA for KEY."""
    extensions = t.path("client.ext", "basicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth\n")
    ca, ca_key = (os.path.join(t.certificates.folder, name) for name in ("ca.pem", "ca.key"))
    path = key.rsplit(".", 1)[0] + ".pem"
    return issue(key, path, subject, "-extfile", extensions, authority=ca, authority_key=ca_key)


def traces(key):
    """What only the private key in the file KEY has: PEM lines, and its numbers as files and as memory have them."""
    with open(key, "rb") as file:
        lines = file.read().split(b"\n")
    found = {line for line in lines[2:] if len(line) == 64}
    text = openssl("pkey", "-in", key, "-noout", "-text").decode()
    for name in ("privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient", "priv"):
        match = re.search(rf"^{name}:\s*((?:\s+[0-9a-f:]+\n)+)", text, re.MULTILINE)
        if match:
            number = bytes.fromhex(re.sub(r"[\s:]", "", match[1])).lstrip(b"\0")
            found |= {number, number[::-1]}
    return found


def fingerprint_of_key(certificate):
    """The digest of the public key in CERTIFICATE: in base64, and as hex digits."""
    public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    der = openssl("pkey", "-pubin", "-outform", "DER", data=public)
    digest = openssl("dgst", "-sha256", "-binary", data=der)
    return base64.b64encode(digest).decode(), digest.hex()
