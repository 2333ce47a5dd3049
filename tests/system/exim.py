"""The real Exim of tests/servers/exim.sh."""

from processes import wait_until
from real_server import RealServer

USER, PASSWORD = "alice", "s3cret pass"


class Exim(RealServer):
    """ports: without TLS and login, STARTTLS, implicit TLS."""

    script = "exim.sh"

    def more_arguments(self):
        return super().more_arguments() + [self.certificates.file("ca")]

    def log(self):
        return self.text("log/mainlog")

    def delivered(self, name, sender, seconds=10.0):
        """The mails from SENDER in NAME's Maildir, as a list."""
        wanted = f"Return-path: <{sender}>\n".encode()
        return wait_until(
            lambda: [data for data in self.files("mail", name, "new") if data.startswith(wanted)], seconds
        )
