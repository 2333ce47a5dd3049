"""The real Postfix of tests/servers/postfix.sh."""

import processes
from real_server import RealServer

USER, PASSWORD = "alice@example.test", "s3cret pass"


class Postfix(RealServer):
    """ports: STARTTLS, implicit TLS."""

    script = "postfix.sh"

    def log(self):
        return self.text("maillog")

    def delivered(self, name, sender, seconds=10.0):
        """The mails from SENDER in NAME's Maildir, as a list."""
        wanted = f"Return-Path: <{sender}>\n".encode()
        return processes.wait_until(
            lambda: [data for data in self.files("mail", name, "new") if data.startswith(wanted)], seconds
        )
