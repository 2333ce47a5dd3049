"""The server's side of the mechanisms that not every server has: EXTERNAL, OAUTHBEARER, XOAUTH2, DIGEST-MD5, NTLM."""

import base64
import hashlib
import hmac
import os
import re
import struct
import subprocess

from dialogue import Dialogue, Interrupted

OTHERS = ("EXTERNAL", "OAUTHBEARER", "XOAUTH2", "DIGEST-MD5", "NTLM")
CHALLENGE = bytes.fromhex("0123456789abcdef")


def _openssl(*words, data):
    """MD4 and DES are in the legacy provider only."""
    return subprocess.run(["openssl", *words, "-provider", "legacy", "-provider", "default"], input=data, check=True,
                          capture_output=True).stdout


def nt_response(password, challenge):
    """The 24 bytes that a client answers with (MS-NLMP, 3.3.1)."""
    key = _openssl("dgst", "-md4", "-binary", data=password.encode("utf-16le")) + bytes(5)
    answer = b""
    for part in (key[:7], key[7:14], key[14:]):
        bits = int.from_bytes(part, "big")
        wide = bytes(((bits >> (49 - 7 * i)) & 0x7f) << 1 for i in range(8))
        answer += _openssl("enc", "-des-ecb", "-nopad", "-K", wide.hex(), data=challenge)
    return answer


class Mechanisms(Dialogue):
    """A server with those mechanisms too. What a client sent is kept: in `said`, a list of messages, and `command`."""

    def __init__(self, *arguments, lie=None, realm="example.test", **more):
        super().__init__(*arguments, **more)
        self.lie, self.realm, self.said, self.auth_line = lie, realm, [], None

    def authenticate(self, session, line):
        words = line.split(" ")
        mechanism, self.auth_line = words[1].upper(), line
        if mechanism not in OTHERS or "auth-command" in self.replies:
            super().authenticate(session, line)
            return
        self.auth.used = mechanism
        first = None if len(words) < 3 else b"" if words[2] == "=" else base64.b64decode(words[2], validate=True)
        step = getattr(self, mechanism.lower().replace("-", "_"))
        good = step(session, first)
        if good is None:
            session.send("501 5.5.2 cancelled\r\n")
        else:
            self.authenticated = good
            self.answer(session, "auth-final", "235 2.7.0 welcome\r\n" if good else "535 5.7.8 no\r\n")

    def ask(self, session, place, challenge):
        response = super().ask(session, place, challenge)
        self.said.append(response)
        return response

    def message(self, session, first):
        if first is not None:
            self.said.append(first)
            return first
        return self.ask(session, "auth", "")

    def external(self, session, first):
        return self.message(session, first) in (b"", self.auth.user.encode())

    def bearer(self, session, first, wanted):
        given = self.message(session, first)
        if given is None or given == wanted:
            return None if given is None else True
        answer = self.ask(session, "challenge", '{"status":"invalid_token","scope":"mail"}')
        return None if answer is None else False

    def oauthbearer(self, session, first):
        user = self.auth.user.replace("=", "=3D").replace(",", "=2C")
        port = session.sock.getsockname()[1]
        wanted = f"n,a={user},\1host=127.0.0.1\1port={port}\1auth=Bearer {self.auth.password}\1\1"
        return self.bearer(session, first, wanted.encode())

    def xoauth2(self, session, first):
        return self.bearer(session, first, f"user={self.auth.user}\1auth=Bearer {self.auth.password}\1\1".encode())

    def digest_md5(self, session, _first):
        nonce = base64.b64encode(os.urandom(12)).decode()
        realm = f'realm="{self.realm}",' if self.realm else ""
        given = self.ask(session, "auth", f'{realm}nonce="{nonce}",qop="auth",charset=utf-8,algorithm=md5-sess')
        if given is None:
            return None
        pairs = re.findall(r'([a-z-]+)=("[^"]*"|[^,]*)', given.decode())
        fields = {name: value.strip('"') for name, value in pairs}
        secret = hashlib.md5(f"{self.auth.user}:{fields.get('realm', '')}:{self.auth.password}".encode()).digest()
        a1 = hashlib.md5(secret + f":{fields['nonce']}:{fields['cnonce']}".encode()).hexdigest()

        def digest(prefix):
            a2 = hashlib.md5(f"{prefix}:{fields['digest-uri']}".encode()).hexdigest()
            middle = ":".join(fields[name] for name in ("nonce", "nc", "cnonce", "qop"))
            return hashlib.md5(f"{a1}:{middle}:{a2}".encode()).hexdigest()

        good = (fields["username"], fields["nonce"], fields["digest-uri"]) == (self.auth.user, nonce, "smtp/127.0.0.1")
        if not good or not hmac.compare_digest(digest("AUTHENTICATE"), fields["response"]):
            return False
        if self.lie == "no-proof":
            return True
        proof = "0" * 32 if self.lie == "wrong-proof" else digest("")
        return None if self.ask(session, "verifier", "rspauth=" + proof) is None else True

    def ntlm(self, session, first):
        """Asked for its first message as Exchange does it: without base64."""
        if first is None:
            session.send("334 ntlm supported\r\n")
            first = self.response(session)
        self.said.append(first)
        target = "DOMAIN".encode("utf-16le")
        offset = 60000 if self.lie == "outside" else 48
        head = struct.pack("<IHHII", 2, len(target), len(target), offset, 0x8201)
        given = self.ask(session, "challenge", b"NTLMSSP\0" + head + CHALLENGE + bytes(16) + target)
        if given is None or len(given) < 44:
            return None
        size, _, at = struct.unpack_from("<HHI", given, 20)
        name_size, _, name_at = struct.unpack_from("<HHI", given, 36)
        user = given[name_at:name_at + name_size].decode("utf-16le")
        return (user, given[at:at + size]) == (self.auth.user, nt_response(self.auth.password, CHALLENGE))
