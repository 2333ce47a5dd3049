"""What a test is given: private folders, a configuration, the program under test with a time limit, servers, and
checks.

Each test runs in a process of its own (run.py), so it may change its own namespace, user and environment.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time

import processes
from scripted_server import ScriptedServer

LIMIT = 20.0  # seconds for one run of the program
ADDRESS, RECIPIENT = "joe@example.test", "bob@example.test"
MAIL = (
    b"From: joe@example.test\nTo: bob@example.test\nSubject: test\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n"
    b"Message-ID: <1@example.test>\n\nHello.\n"
)

# What a user's environment brings; everything else is left out.
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC", "USER": "joe"}


class Skipped(Exception):
    """The test cannot run here; the text says why."""


def cases(*rows):
    """Run the test once for each row: (name, argument...) or just a name, which is then the only argument."""

    def mark(function):
        function.cases = [row if isinstance(row, tuple) else (row, row) for row in rows]
        return function

    return mark


def limit(seconds):
    """A longer time limit for one test."""

    def mark(function):
        function.limit = seconds
        return function

    return mark


class Run:
    """A finished run."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    @property
    def errors(self):
        return self.err.decode("utf-8", "replace").splitlines()

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s, stderr {self.err!r}, stdout {self.out[-2000:]!r}"


class Running:
    """The program while it runs. Its mail is fed from a thread by communicate(), or by hand through .stdin."""

    def __init__(self, process):
        self.process, self.pid, self.started = process, process.pid, time.monotonic()

    def helpers(self):
        """{name: pid} of its helpers."""
        found = {}
        for pid in processes.descendants(self.pid):
            found.setdefault(processes.name(pid), pid)
        return {name: pid for name, pid in found.items() if name in processes.HELPERS}

    def helper(self, kind, seconds=5.0):
        """The pid of the helper whose name begins with KIND ("netproc", "authproc", "resolver")."""

        def find():
            return next((pid for name, pid in self.helpers().items() if name.startswith("msmtp-" + kind)), 0)

        pid = processes.wait_until(find, seconds)
        check(pid, f"no {kind} among the processes of msmtp: {processes.descendants(self.pid)}")
        return pid

    def finish(self, data=None, seconds=LIMIT):
        try:
            out, err = self.process.communicate(data, seconds)
        except subprocess.TimeoutExpired:
            state = {processes.name(pid): processes.state(pid) for pid in processes.descendants(self.pid)}
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(
                f"msmtp did not end within {seconds} s; helpers then: {state}; stderr {err!r}, stdout {out[-1500:]!r}"
            ) from None
        return Run(self.process.returncode, out, err, time.monotonic() - self.started)


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


class Test:
    """The things of one test; made by run.py, closed after it."""

    def __init__(self, folder, program, certificates, reference=None, options=None):
        self.folder, self.program, self.certificates, self.reference = folder, program, certificates, reference
        self.options = options
        self.home = os.path.join(folder, "home")
        os.makedirs(self.home)
        for path in (folder, self.home):
            os.chmod(path, 0o755)
        self.rc = os.path.join(self.home, ".msmtprc")
        self.log = os.path.join(self.home, "log")
        self.servers, self.running = [], []
        self.expect_script_errors = False

    # -- servers and configuration

    def serve(self, script, family="inet", **more):
        path = os.path.join(self.folder, f"socket{len(self.servers)}") if family == "unix" else None
        server = ScriptedServer(script, family, path, **more)
        self.servers.append(server)
        return server

    def path(self, name, content=None, mode=0o600):
        """A file of the test's home; written when there is content."""
        path = os.path.join(self.home, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
            os.chmod(path, mode)
        return path

    def write_config(self, text, mode=0o600):
        return self.path(".msmtprc", text, mode)

    def configure(self, server=None, **settings):
        """A configuration with one account `default` for SERVER. A setting None leaves the line out."""
        base = {"host": "127.0.0.1", "port": 1, "from": ADDRESS, "timeout": 10, "logfile": self.log}
        if server is not None and server.family == "unix":
            base.update(host=None, port=None, socket=server.path)
        elif server is not None:
            base.update(host=server.host, port=server.port)
        base.update(settings)
        lines = ["account default"]
        for key, value in base.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{key.rstrip('_')} {item}" for item in values if item is not None]
        return self.write_config("\n".join(lines) + "\n")

    def tls(self, **settings):
        """The settings for STARTTLS with the tests' CA."""
        return dict({"tls": "on", "tls_trust_file": self.certificates.file("ca")}, **settings)

    # -- running

    def environment(self, more=None):
        environment = dict(ENVIRONMENT, HOME=self.home, XDG_CONFIG_HOME=os.path.join(self.home, ".config"))
        environment.update(more or {})
        return {key: value for key, value in environment.items() if value is not None}

    def start(self, *arguments, program=None, env=None, user=None, stdin=subprocess.PIPE, **more):
        words = [program or self.program, *arguments]
        if user is not None:
            more.update(user=user, group=user, extra_groups=[])
        process = subprocess.Popen(
            words,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment(env),
            start_new_session=True,
            **more,
        )
        running = Running(process)
        self.running.append(running)
        return running

    def msmtp(self, *arguments, mail=MAIL, seconds=LIMIT, **more):
        """Run the program to its end with MAIL on its standard input. Without arguments: the one recipient."""
        return self.start(*(arguments or (RECIPIENT,)), **more).finish(mail, seconds)

    def as_nobody(self):
        """The user for start(user=...) when we are root: the tests' files become his. None when we are not root."""
        if os.geteuid() != 0:
            return None
        user = pwd.getpwnam("nobody")
        for top, folders, files in os.walk(self.folder):
            for name in [top] + [os.path.join(top, entry) for entry in folders + files]:
                os.chown(name, user.pw_uid, user.pw_gid)
        return user.pw_uid

    def needs_sandbox(self):
        """Skips where the program was built without: it says so itself."""
        version = subprocess.run([self.program, "--version"], capture_output=True, text=True, timeout=20).stdout
        if "Sandbox: none" in version:
            skip("this build has no sandbox")

    # -- checks that many tests share

    def failed(self, run, code, *wanted, account=True):
        """RUN ended with CODE (or one of a tuple); its stderr lines match WANTED, each a regular expression (whole line
        without "msmtp: "), followed by "could not send mail ...", exactly and nothing else."""
        codes = code if isinstance(code, tuple) else (code,)
        check(run.code in codes, f"exit code {run.code} instead of {code}: {run}")
        patterns = list(wanted)
        if account:
            patterns.append(r"could not send mail \(account default from " + re.escape(self.rc) + r"\)")
        lines = run.errors
        check(
            len(lines) == len(patterns), f"{len(lines)} lines on stderr instead of {len(patterns)} {patterns}: {lines}"
        )
        for line, pattern in zip(lines, patterns):
            check(
                re.fullmatch("msmtp: (?:" + pattern + ")", line),
                f"stderr line {line!r} does not match {pattern!r}; all: {lines}",
            )

    def succeeded(self, run):
        check(run.code == 0, f"exit code {run.code} instead of 0: {run}")
        equal(run.err, b"", "stderr")

    def log_line(self):
        """The fields of the only line of the log file, in order, as a dictionary; "time" is what stands before."""
        with open(self.log, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        check(text.endswith("\n") and text.count("\n") == 1, f"the log is not exactly one line: {text!r}")
        match = re.fullmatch(r"(\w{3} \d\d \d\d:\d\d:\d\d) (.*)\n", text)
        check(match, f"log line: {text!r}")
        fields = re.findall(r"(\w+)=('(?:[^']*)'|[^ ]*)", match.group(2))
        equal(" ".join(f"{key}={value}" for key, value in fields), match.group(2), "log line as key=value")
        return dict(fields, time=match.group(1))

    def logged(self, code, **wanted):
        """The log has one line, with exitcode=CODE; WANTED are further fields (a value None: not there;
        "/x/": contains x)."""
        fields = self.log_line()
        check(
            fields.get("exitcode") in ((code,) if isinstance(code, str) else code),
            f"exitcode in {fields}, wanted {code}",
        )
        equal(list(fields)[-2], "exitcode", "last field of the log line")
        for key, value in wanted.items():
            if value is not None and value[:1] == value[-1:] == "/":
                check(value[1:-1] in fields.get(key, ""), f"log field {key}: {value} not in {fields}")
            else:
                equal(fields.get(key), value, f"log field {key} of {fields}")
        return fields

    def not_logged(self):
        check(not os.path.exists(self.log) or os.path.getsize(self.log) == 0, "there is a log line")

    def nothing_delivered(self, server):
        for mail in server.mails:
            check(mail.raw is None, f"the server got mail data: {mail.raw[:200]!r}" if mail.raw is not None else "")

    # -- the end

    def leftovers(self):
        """Processes that the test did not stop: orphans of the program, since we are their subreaper."""
        return processes.wait_until(lambda: None if processes.children(os.getpid()) else "none", 1.0)

    def close(self):
        """Stop everything. Gives what was wrong, as a list of texts."""
        wrong = []
        for running in self.running:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        left = processes.wait_until(lambda: not processes.children(os.getpid()), 1.5)
        if not left:
            pids = processes.descendants(os.getpid())
            wrong.append(f"processes left behind: {[processes.name(pid) + ' ' + processes.state(pid) for pid in pids]}")
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        for server in self.servers:
            server.stop()
            if server.errors and not self.expect_script_errors:
                wrong.append(f"the client said what it must not: {server.errors}")
        shutil.rmtree(self.folder, ignore_errors=True)
        return wrong


def skip(reason):
    raise Skipped(reason)


def root_only(what):
    if os.geteuid() != 0:
        skip(f"{what} needs root")
