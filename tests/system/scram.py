"""The server's side of SCRAM (RFC 5802, RFC 7677), which can also lie in the ways that a client has to notice."""

import base64
import hashlib
import hmac
import os

# What the server may do wrong. The first five are attacks, the last is a server that refuses politely.
LIES = ("signature", "iterations-1", "iterations-huge", "nonce", "no-verifier", "junk", "error")
NOT_BOUND, HIDDEN = "e=channel-bindings-dont-match", "e=server-does-support-channel-binding"


def _fields(message):
    """The attributes of a SCRAM message, by letter; a later one of the same letter wins."""
    return {part[:1]: part[2:] for part in message.split(",") if part[1:2] == "="}


def _unescape(name):
    return name.replace("=2C", ",").replace("=3D", "=")


class ScramServer:
    """One exchange. first() and final() take the client's messages and give the server's answers, all as text.

    BINDING is what this end of the TLS connection knows as tls-unique, for a mechanism that asks for it. supports_binding:
    the server offers that, whatever the client saw."""

    def __init__(self, user, password, digest="sha256", iterations=4096, lie=None, binding=None,
                 supports_binding=False):
        self.user, self.digest, self.lie = user, digest, lie
        self.binding, self.supports_binding, self.flag = binding, supports_binding, None
        self.iterations = {"iterations-1": 1, "iterations-huge": 2**31}.get(lie, iterations)
        self.salt = os.urandom(16)
        # A lying server need not have computed anything: with 2^31 rounds it could not.
        rounds = self.iterations if self.iterations < 100000 else 1
        self.salted = hashlib.pbkdf2_hmac(digest, password.encode(), self.salt, rounds)
        self.ok = False
        self.seen_user = None

    def _mac(self, key, text):
        return hmac.new(key, text.encode() if isinstance(text, str) else text, self.digest).digest()

    def first(self, client_first):
        """The server-first-message. ValueError when the client's message is no client-first-message."""
        binding, _authzid, self.bare = client_first.split(",", 2)
        if binding not in (("n", "y") if self.binding is None else ("p=tls-unique",)):
            raise ValueError(f"channel binding flag {binding!r}")
        self.flag = binding
        self.gs2 = client_first[: len(client_first) - len(self.bare)]
        fields = _fields(self.bare)
        self.seen_user = _unescape(fields["n"])
        self.nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
        if self.lie == "nonce":
            self.nonce = base64.b64encode(os.urandom(24)).decode()
        salt = base64.b64encode(self.salt).decode()
        self.server_first = f"r={self.nonce},s={salt},i={self.iterations}"
        if self.lie == "junk":
            return "this is not a message of SCRAM"
        return self.server_first

    def final(self, client_final):
        """The server-final-message, or None when the proof is wrong: then the server refuses with 535."""
        without_proof, _, proof = client_final.rpartition(",p=")
        fields = _fields(without_proof)
        header, data = self.gs2.encode(), base64.b64decode(fields["c"])
        if data[: len(header)] != header:
            raise ValueError("channel binding data differ from the first message")
        if data[len(header) :] != (self.binding or b""):
            return NOT_BOUND
        if self.flag == "y" and self.supports_binding:
            return HIDDEN
        message = ",".join((self.bare, self.server_first, without_proof))
        client_key = self._mac(self.salted, "Client Key")
        stored = hashlib.new(self.digest, client_key).digest()
        signature = self._mac(stored, message)
        expected = bytes(a ^ b for a, b in zip(client_key, signature))
        self.ok = (
            fields["r"] == self.nonce
            and self.seen_user == self.user
            and hmac.compare_digest(expected, base64.b64decode(proof))
        )
        if self.lie == "error":
            return "e=other-error"
        if self.lie == "no-verifier":
            return "x=nothing"
        if not self.ok and self.lie is None:
            return None
        verifier = self._mac(self._mac(self.salted, "Server Key"), message)
        if self.lie == "signature":
            verifier = bytes([verifier[0] ^ 1]) + verifier[1:]
        return "v=" + base64.b64encode(verifier).decode()
