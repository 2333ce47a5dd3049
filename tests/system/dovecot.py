"""The real Dovecot of tests/servers/dovecot.sh."""

import base64
import hashlib
import hmac
import json
import os
import time

from dialogue import Mail
from processes import wait_until
from real_server import RealServer

USER, PASSWORD = "alice@example.test", "s3cret pass"


class Dovecot(RealServer):
    """ports: STARTTLS, implicit TLS, LMTP."""

    script = "dovecot.sh"

    def more_arguments(self):
        return super().more_arguments() + [self.certificates.file("ca")]

    @property
    def socket(self):
        """For LMTP."""
        return os.path.join(self.folder, "lmtp")

    def log(self):
        return self.text("maillog")

    def relayed(self, sender, seconds=10.0):
        """The mails from SENDER that were passed on, as a list of dialogue.Mail with `received`, the bytes."""

        def find():
            found = []
            for data in self.files("relay"):
                fields = json.loads(data)
                mail = Mail(fields["sender_line"])
                mail.recipient_lines, mail.received = fields["recipient_lines"], fields["content"].encode("latin-1")
                if mail.sender == sender:
                    found.append(mail)
            return found

        return wait_until(find, seconds)

    def delivered(self, name, sender, seconds=10.0):
        """The mails from SENDER in NAME's Maildir, as a list."""
        wanted = f"Return-Path: <{sender}>\n".encode()
        return wait_until(
            lambda: [data for data in self.files("mail", name, "new") if data.startswith(wanted)], seconds
        )

    def token(self, user=USER, seconds=3600, key=None):
        """A JSON web token, signed with the key that Dovecot trusts or with another."""

        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        if key is None:
            with open(os.path.join(self.folder, "token-key"), "rb") as file:
                key = file.read()
        now = int(time.time())
        claims = {"sub": user, "email": user, "iat": now - 10, "nbf": now - 10, "exp": now + seconds, "scope": "smtp"}
        said = b".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, claims))
        return (said + b"." + part(hmac.new(key, said, hashlib.sha256).digest())).decode()
