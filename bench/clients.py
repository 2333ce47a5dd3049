"""The programs that are compared, where they are, and how each is told to send a mail."""

import dataclasses
import glob
import os
import shutil
import subprocess

import tools

OURS, THEIRS = "ours", "msmtp"
SENDER = "sender@example.com"
# Package of Debian, file in it.
PACKAGES = {"msmtp": ("msmtp", "usr/bin/msmtp"), "msmtpd": ("msmtp-mta", "usr/bin/msmtpd"),
            "esmtp": ("esmtp", "usr/bin/esmtp"), "nullmailer": ("nullmailer", "usr/lib/nullmailer/smtp")}


@dataclasses.dataclass(frozen=True)
class Task:
    """What is to be done with a mail."""
    tls: str = ""            # "", "starttls" or "implicit"
    auth: bool = False
    system_trust: bool = False
    password_command: str = ""
    recipients: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    size: int = 2000
    timeout: int = 0
    pretend: bool = False


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "msmtp-privsep-tests")


def unpacked(package, file):
    """FILE of a Debian package, unpacked below the cache folder of the tests and not installed; None if it is not to be had."""
    folder = os.path.join(cache(), package)
    path = os.path.join(folder, "root", file)
    if not os.path.exists(path):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            os.makedirs(folder, exist_ok=True)
            subprocess.run(["apt-get", "-qq", "download", package], cwd=folder, timeout=60, check=True, **quiet)
            archive = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
            subprocess.run(["dpkg", "-x", archive, os.path.join(folder, "root")], timeout=30, check=True, **quiet)
        except (OSError, IndexError, subprocess.SubprocessError):
            return None
    return path if runs(path) else None


def runs(path):
    """Whether all libraries of a program are there."""
    try:
        found = subprocess.run(["ldd", path], capture_output=True, text=True, timeout=10)
    except OSError:
        return False
    return "not found" not in found.stdout


def find(name):
    """Debian's program as it is installed, or unpacked."""
    package, file = PACKAGES[name]
    installed = os.path.join("/", file)
    return installed if os.path.exists(installed) and runs(installed) else unpacked(package, file)


class Clients:
    """The programs that are here. words() gives what race wants."""

    def __init__(self, work):
        self.work, self.count = work, 0
        self.paths = {OURS: os.path.join(tools.BUILT, "bin/msmtp"), THEIRS: find("msmtp"), "curl": shutil.which("curl"),
                      "esmtp": find("esmtp"), "nullmailer": find("nullmailer")}
        self.paths = {label: path for label, path in self.paths.items() if path and os.path.exists(path)}

    def words(self, label, task):
        """None if that program is not here or cannot do it."""
        if label not in self.paths:
            return None
        recipients = [f"recipient{i}@example.com" for i in range(task.recipients)]
        make = {OURS: self.msmtp, THEIRS: self.msmtp}.get(label) or getattr(self, label)
        command = make(self.paths[label], task, recipients)
        return command and (command if command[0].startswith("0=") else ["0=" + self.work.mail(task.size), *command])

    def command(self, label, task):
        """Standard input and the command line, for whoever starts it otherwise; None if it takes more than these."""
        words = self.words(label, task)
        if not words or words[1].startswith("3="):
            return None
        return words[0].removeprefix("0="), words[1:]

    def contestants(self, task, labels=None):
        made = {label: self.words(label, task) for label in labels or self.paths}
        return {label: words for label, words in made.items() if words}

    def file(self, text):
        self.count += 1
        return self.work.write(f"configuration.{self.count}", text)

    def msmtp(self, path, task, recipients):
        lines = ["account default", f"host {task.host}", f"port {task.port}", f"from {SENDER}",
                 f"tls {'on' if task.tls else 'off'}"]
        if task.tls:
            lines.append(f"tls_starttls {'on' if task.tls == 'starttls' else 'off'}")
            lines.append(f"tls_trust_file {'system' if task.system_trust else self.work.certificates()[0]}")
        if task.auth:
            lines += ["auth plain", f"user {tools.LOGIN[0]}"]
            lines.append(f"passwordeval {task.password_command}" if task.password_command else
                         f"password {tools.LOGIN[1]}")
        if task.timeout:
            lines.append(f"timeout {task.timeout}")
        pretend = ["--pretend"] if task.pretend else []
        return [path, "--file=" + self.file("\n".join(lines) + "\n"), *pretend, *recipients]

    def curl(self, path, task, recipients):
        if task.password_command or task.pretend:
            return None
        words = [path, "-q", "-sS", "--crlf", "--mail-from", SENDER, "--upload-file", "-"]
        for recipient in recipients:
            words += ["--mail-rcpt", recipient]
        words.append(f"{'smtps' if task.tls == 'implicit' else 'smtp'}://{task.host}:{task.port}")
        if task.tls == "starttls":
            words.append("--ssl-reqd")
        if task.tls and not task.system_trust:
            words += ["--cacert", self.work.certificates()[0]]
        if task.auth:
            words += ["--user", ":".join(tools.LOGIN), "--login-options", "AUTH=PLAIN"]
        if task.timeout:
            words += ["--connect-timeout", str(task.timeout)]
        return words

    def esmtp(self, path, task, recipients):
        """Plain only: it refuses certificates of a CA that it is not compiled for."""
        if task.tls or task.auth or task.pretend or task.timeout:
            return None
        return [path, "-C", self.file(f"hostname = {task.host}:{task.port}\nstarttls = disabled\n"), "-f", SENDER, *recipients]

    def nullmailer(self, path, task, recipients):
        """Its program for the protocol alone: the envelope and the mail in one file, options in another."""
        if task.tls or task.auth or task.pretend or task.timeout:
            return None
        with open(self.work.mail(task.size), encoding="utf-8") as mail:
            message = self.file("\n".join([SENDER, *recipients, ""]) + "\n" + mail.read())
        return ["0=" + self.file(f"host={task.host}\nport={task.port}\n"), "3=" + message, path]
