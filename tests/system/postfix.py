"""The real Postfix of tests/servers/postfix.sh, started once for all tests that need it."""

import os
import re
import select
import signal
import subprocess
import time

import processes

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers", "postfix.sh")
USER, PASSWORD = "alice@example.test", "s3cret pass"
CANNOT = 77
PATIENCE = 120.0  # the first start downloads packages


class Postfix:
    """started() is asked before the tests are forked; then either `reason` says why there is none, or the ports
    are known."""

    def __init__(self, folder, certificates, offline=False):
        self.folder, self.reason, self.ports = folder, None, None
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        environment = dict(os.environ, OFFLINE="1" if offline else "")
        self.errors = open(folder + ".errors", "wb+")
        self.process = subprocess.Popen(
            ["/bin/bash", SCRIPT, folder, certificates.file("server"), certificates.key("server")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            start_new_session=True,
        )

    def wait(self):
        """Until it is ready or has failed."""
        if self.ports or self.reason:
            return
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                line = self.process.stdout.readline().decode()
                match = re.fullmatch(r"ready (\d+) (\d+)\n", line)
                if match:
                    self.ports = tuple(int(number) for number in match.groups())
                    return
                break
        self.stop()
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace").strip()
        self.reason = text if self.process.returncode == CANNOT else "FAILED: " + text

    def stop(self):
        if self.process.poll() is None:
            members = processes.descendants(self.process.pid)
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                for pid in [self.process.pid] + members:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
                self.process.wait()

    # -- for the tests

    def log(self):
        with open(os.path.join(self.folder, "maillog"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def delivered(self, name, sender, seconds=10.0):
        """The one mail from SENDER in NAME's Maildir, without the headers that Postfix put on top."""
        folder = os.path.join(self.folder, "mail", name, "new")
        wanted = f"Return-Path: <{sender}>\n".encode()

        def find():
            found = []
            for entry in os.listdir(folder) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, entry), "rb") as file:
                    data = file.read()
                if data.startswith(wanted):
                    found.append(data)
            return found

        return processes.wait_until(find, seconds)
