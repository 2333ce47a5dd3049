"""A real server of tests/servers/*.sh that is started once, in the background, for all tests that need it."""

import os
import re
import select
import signal
import subprocess

from harness import check, skip
import processes

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers")
CANNOT = 77
PATIENCE = 150.0  # the first start downloads packages


class RealServer:
    """run.py starts it before the tests are forked and waits for it before the first one of them; then either `reason`
    says why there is none, or `ready` are the words that the script printed."""

    script, arguments = None, ()

    def __init__(self, folder, certificates, offline=False):
        self.folder, self.certificates, self.reason, self.ready, self.seen = folder, certificates, None, None, {}
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        self.errors = open(folder + ".errors", "wb+")
        self.process = subprocess.Popen(
            ["/bin/bash", os.path.join(SCRIPTS, self.script), folder, *self.more_arguments()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=dict(os.environ, OFFLINE="1" if offline else ""),
            start_new_session=True,
        )

    def more_arguments(self):
        """What the script wants beside its folder."""
        return [self.certificates.file("server"), self.certificates.key("server")]

    def wait(self):
        """Until it is ready or has failed."""
        if self.ready is not None or self.reason:
            return
        if select.select([self.process.stdout], [], [], PATIENCE)[0]:
            match = re.fullmatch(r"ready((?: \S+)*)\n", self.process.stdout.readline().decode())
            if match:
                self.ready = match.group(1).split()
                return
        self.stop()
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace").strip()
        self.reason = text if self.process.returncode == CANNOT else "FAILED: " + text

    def needed(self):
        """For a test: skips it when the server cannot run here, and fails when it should."""
        if self.reason:
            check(not self.reason.startswith("FAILED"), f"{self.script} did not start: {self.reason}")
            skip(self.reason)
        return self

    @property
    def ports(self):
        return [int(word) for word in self.ready]

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

    def text(self, name):
        """A file of the server's folder, such as its log."""
        with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def files(self, *folder):
        """The contents of the files in a folder of the server's folder, each read once; none when it is not there
        (yet)."""
        path, found = os.path.join(self.folder, *folder), []
        for entry in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            name = os.path.join(path, entry)
            if entry.endswith(".new"):  # not yet whole
                continue
            if name not in self.seen:
                with open(name, "rb") as file:
                    self.seen[name] = file.read()
            found.append(self.seen[name])
        return found


def without_top(got, mail):
    """Whether GOT is MAIL, byte for byte but for LF as line ends, below header fields that servers put on top; a
    difference is the error. Gives those fields."""
    wanted = mail.replace(b"\r\n", b"\n")
    wanted += b"" if wanted.endswith(b"\n") else b"\n"
    top, rest = got[: max(0, len(got) - len(wanted))], got[-len(wanted) :]
    if rest != wanted:
        at = next((n for n, (a, b) in enumerate(zip(rest, wanted)) if a != b), min(len(rest), len(wanted)))
        raise AssertionError(f"differs at {at}: got {rest[max(0, at - 20):at + 40]!r}, wanted {wanted[max(0, at - 20):at + 40]!r}")
    check(re.fullmatch(rb"(?:[A-Za-z-]+: [^\n]*\n(?:[ \t][^\n]*\n)*)*", top), f"only header fields on top: {top!r}")
    return top
