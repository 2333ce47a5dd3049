"""The benchmark's tools as Python sees them: the sink, the race, the delay line, the load; and what they work on."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILT = os.path.join(ROOT, "build")
SERVER, CLIENT_HOST = "10.77.0.2", "127.0.0.1"  # over the delay line, without it
LOGIN = ("user", "secret")
CANNOT_RUN = 77
VIOLATIONS = ("bare_line_feeds", "long_lines", "early_talk", "past_synchronisation", "bad_commands", "cut_short")


class Skip(Exception):
    """Something cannot be measured here; the text says why."""


def tool(name):
    return os.path.join(BUILT, "bench", name)


def wait_until(what, holds, seconds=5.0):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not after {seconds} s")
        time.sleep(0.005)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def stop(process, seconds=5):
    """Ends a process that we started, and its group where it has one of its own."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


class Work:
    """A folder for what is measured on: certificates, mails, configuration files. It is removed at the end."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="msmtp-bench.")
        os.chmod(self.folder, 0o700)
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder, "LC_ALL": "C",
                            "USER": "bench", "HELOHOST": "localhost", "XDG_RUNTIME_DIR": self.path("run")}
        os.mkdir(self.path("run"), 0o700)
        self.mails = {}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def run(self, *words, **more):
        return subprocess.run(words, check=True, capture_output=True, text=True, env=self.environment, timeout=60, **more)

    def certificates(self):
        """A CA of our own and a server's certificate: the names of the files."""
        ca, certificate, key = (self.path(name) for name in ("ca.pem", "server.pem", "server.key"))
        if os.path.exists(certificate):
            return ca, certificate, key
        new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.run(*new, "-x509", "-days", "30", "-subj", "/CN=CA of a benchmark", "-keyout", self.path("ca.key"), "-out", ca)
        self.run(*new, "-subj", "/CN=localhost", "-keyout", key, "-out", self.path("server.csr"))
        names = self.write("names", f"subjectAltName=DNS:localhost,DNS:two.example,IP:127.0.0.1,IP:{SERVER}\n")
        self.run("openssl", "x509", "-req", "-in", self.path("server.csr"), "-CA", ca, "-CAkey", self.path("ca.key"),
                 "-CAcreateserial", "-days", "30", "-extfile", names, "-out", certificate)
        return ca, certificate, key

    def mail(self, size):
        """The file of a mail of SIZE octets in lines of 76, some of which begin with a dot."""
        if size not in self.mails:
            head = ("From: <sender@example.com>\nTo: <recipient@example.com>\nSubject: benchmark\n"
                    "Date: Thu, 01 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.com>\n\n")
            line = "The quick brown fox jumps over the lazy dog, which is measured once more...\n"
            block = (line * 19 + "." + line[1:]) * 50
            text = (head + block * (size // len(block) + 1))[:size - 1] + "\n"
            self.mails[size] = self.write(f"mail.{size}", text)
        return self.mails[size]


def sink_words(work, tls=None, auth=False, **options):
    """The command line of the sink: options by name, delay_ms=20 as --delay-ms 20."""
    words = [tool("sink")]
    if tls:
        _, certificate, key = work.certificates()
        words += ["--tls", tls, "--certificate", certificate, "--key", key]
    if auth:
        words += ["--login", ":".join(LOGIN)]
    for name, value in options.items():
        words.append("--" + name.replace("_", "-"))
        words += [] if value is True else [str(value)]
    return words


class Sink:
    """A sink on loopback for the time of a with statement; afterwards there are counts."""

    def __init__(self, work, **options):
        self.words, self.counts, self.process, self.port = sink_words(work, **options), {}, None, 0

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.counts = json.loads(stop(self.process).strip().splitlines()[-1])
        self.violations = {name: self.counts[name] for name in VIOLATIONS if self.counts[name]}


def race_words(contestants, rounds, warmup=1, timeout=30, budget=3600):
    """CONTESTANTS: {label: words}."""
    words = [tool("race"), "--rounds", str(rounds), "--warmup", str(warmup), "--timeout", str(timeout), "--budget",
             str(int(budget))]
    for label, command in contestants.items():
        words += ["--", label, *command]
    return words


def race(work, contestants, rounds, inside=None, **options):
    """The race's result. INSIDE makes of its command line another one, as of a namespace's."""
    words = race_words(contestants, rounds, **options)
    run = subprocess.run(inside(words) if inside else words, capture_output=True, text=True, env=work.environment)
    if run.returncode == CANNOT_RUN:
        raise Skip(run.stderr.strip().splitlines()[0])
    if run.returncode != 0:
        raise RuntimeError(f"race: {run.stderr.strip()}")
    return json.loads(run.stdout)


def over_delay_line(milliseconds, sink):
    """For race(): its command line at the end of a delay line, with a sink at the other."""
    return lambda words: [tool("delay"), "--rtt-ms", str(milliseconds), "--server", "exec " + shlex.join(sink),
                          "--client", "exec " + shlex.join(words)]


def with_mount(source, target, then=None):
    """For race(): its command line where SOURCE is mounted over TARGET."""
    def inside(words):
        script = f"mount --bind {shlex.quote(source)} {shlex.quote(target)} && exec {shlex.join(words)}"
        wrapped = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        return then(wrapped) if then else wrapped
    if os.geteuid() != 0:
        raise Skip("a mount namespace needs root")
    return inside


def load(port, **options):
    words = [tool("load"), "--port", str(port)]
    for name, value in options.items():
        words += ["--" + name.replace("_", "-"), str(value)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise RuntimeError(f"load: {run.stderr.strip()}")
    return json.loads(run.stdout)


def processes_of(pid):
    """PID and all that descend from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                    children.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except OSError:
                pass
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def own_memory(pid):
    """What PID and its descendants have for themselves, in kB: the private pages that they wrote to, and how many they are."""
    kilobytes, count = 0, 0
    for process in processes_of(pid):
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                kilobytes += sum(int(line.split()[1]) for line in file if line.startswith("Private_Dirty:"))
            count += 1
        except OSError:
            pass
    return kilobytes, count


class Server:
    """A daemon with what it started, for the time of a with statement."""

    def __init__(self, work, words, port):
        self.words, self.port, self.work, self.process = words, port, work, None

    def __enter__(self):
        self.log = open(self.work.path("server.log"), "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=self.work.environment, start_new_session=True)
        try:
            wait_until("the server does not listen", self.listens)
        except RuntimeError as error:
            self.__exit__()
            raise Skip(f"{error}; it said: {self.said()}") from None
        return self

    def said(self):
        self.log.seek(0)
        return self.log.read().strip()[-200:]

    def listens(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended with {self.process.returncode}")
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        stop(self.process)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: whatever is left of it
        except OSError:
            pass
