"""The real Dovecot of tests/servers/dovecot24.sh, and somebody who sits between it and the client."""

import socket
import ssl
import threading

from real_server import RealServer

USER, PASSWORD = "alice@example.test", "s3cret pass"


class Dovecot24(RealServer):
    """ports: implicit TLS."""

    script = "dovecot24.sh"

    def log(self):
        return self.text("maillog")


class Between:
    """Ends the client's TLS with the certificate of CONTEXT and leads another connection of the same TLS version to PORT;
    what goes to the client passes through CHANGE. Ends with the connection."""

    def __init__(self, context, port, change=lambda data: data):
        self.context, self.server_port, self.change = context, port, change
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            with self.listener:
                self.listener.settimeout(20)
                client = self.context.wrap_socket(self.listener.accept()[0], server_side=True)
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            if client.version() == "TLSv1.2":  # else the server would not even know what the client means
                trusting.maximum_version = ssl.TLSVersion.TLSv1_2
            server = trusting.wrap_socket(socket.create_connection(("127.0.0.1", self.server_port)))
        except OSError:
            return
        threading.Thread(target=self.pass_on, args=(client, server, lambda data: data), daemon=True).start()
        self.pass_on(server, client, self.change)

    @staticmethod
    def pass_on(source, sink, change):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(change(data))
        except (OSError, ValueError):
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
