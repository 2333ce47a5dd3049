"""Sends one mail with msmtp to a server of our own and shows what happened: the dialogue, the mail, the processes.

    demo.py MSMTP

Nothing of this leaves the machine or stays on it. What stands in the table was read from the running processes while
the
server held back its SCRAM challenge: at that moment each process has read a stranger's bytes, and all are there.
"""

import base64
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "system"))

import certs  # noqa: E402
import processes  # noqa: E402
from dialogue import Auth, Dialogue  # noqa: E402
from scripted_server import Gate, ScriptedServer  # noqa: E402

WIDTH = 92
LIMIT = 30
PASSWORD = "correct horse battery staple"
MAIL = """From: Joe <joe@example.test>
To: Bob <bob@example.test>
Bcc: carol@example.test
Subject: One mail through three processes

Hello Bob,

the process that talked to your server could not have opened a file.

Joe
"""
UNREADABLE = "undumpable: hidden from this user"


class Style:
    """Bold and dim on a terminal, unless NO_COLOR is set."""

    def __init__(self):
        self.on = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def bold(self, text):
        return f"\033[1m{text}\033[0m" if self.on else text

    def dim(self, text):
        return f"\033[2m{text}\033[0m" if self.on else text


STYLE = Style()


def heading(text):
    print("\n" + STYLE.bold(text))


def note(text):
    for line in textwrap.wrap(text, WIDTH - 2):
        print("  " + STYLE.dim(line))


# -- the run


def configuration(folder, server, certificates):
    path = os.path.join(folder, "msmtprc")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(
            f"account default\nhost {server.host}\nport {server.port}\ntls on\ntls_trust_file "
            f"{certificates.file('ca')}\n"
            f"auth on\nuser joe\npassword {PASSWORD}\nfrom joe@example.test\ntimeout 20\n"
        )
    return path


def start(command, folder):
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment
    )


class Sample:
    """What /proc says about one process at this moment."""

    def __init__(self, pid):
        self.pid, self.name = pid, processes.name(pid)
        self.status = processes.status(pid)
        self.libraries = self.read(self.find_libraries)
        self.descriptors = self.read(lambda: processes.descriptors(pid))
        self.has_password = self.read(lambda: bool(processes.memory_contains(pid, forms_of_the_password())))

    @staticmethod
    def read(function):
        try:
            return function()
        except OSError:
            return None

    def find_libraries(self):
        with open(f"/proc/{self.pid}/maps", encoding="utf-8") as file:
            found = set(re.findall(r"/(lib[\w+-]+?)(?:-[\d.]+)?\.so[.\d]*$", file.read(), re.M))
        return sorted(found)


def forms_of_the_password():
    return {PASSWORD.encode(), base64.b64encode(PASSWORD.encode())}


def sample_all(pid):
    order = {"msmtp": 0, "msmtp-netproc-tls": 1, "msmtp-authproc": 2}
    found = [Sample(one) for one in [pid] + processes.descendants(pid)]
    return sorted(found, key=lambda sample: order.get(sample.name, 9))


def run(program, folder, certificates):
    """(samples in the exchange, samples after it, the server's one session, what -d printed)."""
    exchange, after = Gate(), Gate()
    server = ScriptedServer(
        Dialogue(
            starttls=certificates.context(),
            auth=Auth(password=PASSWORD),
            replies={"challenge": exchange, "mail": after},
        )
    )
    process = None
    try:
        config = configuration(folder, server, certificates)
        process = start([program, "-C", config, "-d", "-t"], folder)
        process.stdin.write(MAIL.encode())
        process.stdin.close()
        process.stdin = None
        exchange.wait(LIMIT)
        first = sample_all(process.pid)
        exchange.open()
        after.wait(LIMIT)
        # The credential child ends now; a moment's delay is not its remaining.
        processes.wait_until(
            lambda: not any(processes.name(pid) == "msmtp-authproc" for pid in processes.descendants(process.pid)), 1
        )
        second = sample_all(process.pid)
        after.open()
        out, err = process.communicate(timeout=LIMIT)
        if process.returncode:
            raise AssertionError(f"msmtp failed with {process.returncode}: {err.decode()}")
        server.settle()
        return first, second, server.session, out.decode("utf-8", "replace")
    except AssertionError:
        if process is not None and process.poll() is not None:
            raise AssertionError("msmtp ended early: " + process.communicate()[1].decode("utf-8", "replace")) from None
        raise
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        server.stop()


def observe_landlock(program, folder, certificates):
    """{process name: Landlock domains entered}, seen by strace in a run of its own; None where that cannot be had."""
    if not shutil.which("strace"):
        return None
    trace, gate, process = os.path.join(folder, "trace"), Gate(), None
    server = ScriptedServer(
        Dialogue(starttls=certificates.context(), auth=Auth(password=PASSWORD), replies={"challenge": gate})
    )
    try:
        process = start(
            [
                "strace",
                "-f",
                "-o",
                trace,
                "-e",
                "trace=landlock_restrict_self",
                program,
                "-C",
                configuration(folder + "/again", server, certificates),
                "-t",
            ],
            folder,
        )
        process.stdin.write(MAIL.encode())
        process.stdin.close()
        process.stdin = None
        gate.wait(LIMIT)
        names = {pid: processes.name(pid) for pid in processes.descendants(process.pid)}
        gate.open()
        process.communicate(timeout=LIMIT)
        return count_domains(trace, names) if process.returncode == 0 else None
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        return None
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        server.stop()


def count_domains(trace, names):
    counts = dict.fromkeys(names.values(), 0)
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            pid = int(line.split()[0])
            if pid in names and re.search(r"landlock_restrict_self\(.*= 0$", line):
                counts[names[pid]] += 1
    return counts


# -- the pages


def show_dialogue(out):
    heading("The dialogue, as msmtp --debug shows it (credentials are hidden by msmtp itself)")
    wanted = re.compile(r"(<--|-->) |TLS session|    TLSv")
    for line in out.splitlines():
        if wanted.match(line):
            print("  " + (line if len(line) <= WIDTH - 2 else line[: WIDTH - 5] + "..."))


def show_mail(mail):
    heading("The mail, as the server got it")
    print("  " + STYLE.dim(f"envelope: from <{mail.sender}> to " + ", ".join(f"<{to}>" for to in mail.recipients)))
    for line in mail.content.decode().splitlines():
        print("  | " + line)


def user_of(sample):
    uid = int(sample.status["Uid"].split()[1])
    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return str(uid)


def capabilities_of(sample):
    number = int(sample.status["CapEff"], 16)
    return f"none (CapEff {number:x})" if number == 0 else f"CapEff {number:x}"


def seccomp_of(sample):
    mode = {"0": "off", "1": "strict", "2": "filter"}.get(sample.status.get("Seccomp", ""), "not shown")
    filters = sample.status.get("Seccomp_filters")
    return f"{mode}, {filters} filter{'' if filters == '1' else 's'}" if filters and mode == "filter" else mode


def descriptors_of(sample):
    if sample.descriptors is None:
        return UNREADABLE
    kinds = []
    for number, target in sorted(sample.descriptors.items()):
        kinds.append(f"{number} {target.partition(':')[0] if ':' in target else target}")
    return ", ".join(kinds)


def password_of(sample):
    return {None: UNREADABLE, True: "yes", False: "no"}[sample.has_password]


def libraries_of(sample):
    return UNREADABLE if sample.libraries is None else " ".join(name[3:] for name in sample.libraries)


def linked_libraries(program, name):
    """What ldd(1) says about a process' executable: for users from whom the process' map is hidden."""
    path = (
        program if name == "msmtp" else os.path.join(os.path.dirname(os.path.dirname(program)), "libexec/msmtp", name)
    )
    result = subprocess.run(["ldd", path], capture_output=True, text=True, timeout=LIMIT)
    return sorted(set(re.findall(r"^\s*(lib[\w+-]+?)(?:-[\d.]+)?\.so", result.stdout, re.M))) or None


def landlock_of(sample, landlock):
    if landlock is None:
        return "see below"
    count = landlock.get(sample.name, 0)
    return f"{count} domain{'s' if count != 1 else ''} entered"


TASKS = {
    "msmtp": "reads the mail, supervises",
    "msmtp-netproc-tls": "talks to the server",
    "msmtp-authproc": "knows the password",
}


def table(samples, landlock):
    rows = [
        ("", lambda sample: sample.name),
        ("task", lambda sample: TASKS.get(sample.name, "")),
        ("pid", lambda sample: str(sample.pid)),
        ("user", user_of),
        ("capabilities", capabilities_of),
        ("no_new_privs", lambda sample: "yes" if sample.status["NoNewPrivs"] == "1" else "no"),
        ("seccomp", seccomp_of),
        ("Landlock", lambda sample: landlock_of(sample, landlock)),
        ("libraries", libraries_of),
        ("descriptors", descriptors_of),
        ("has password", password_of),
    ]
    side = 14
    width = (WIDTH - 2 - side) // len(samples) - 2
    for label, value in rows:
        cells = [textwrap.wrap(value(sample), width, break_on_hyphens=False) or [""] for sample in samples]
        for n in range(max(len(cell) for cell in cells)):
            line = (
                "  "
                + (label if n == 0 else "").ljust(side)
                + "".join((cell[n] if n < len(cell) else "").ljust(width + 2) for cell in cells)
            )
            print(STYLE.bold(line.rstrip()) if not label else line.rstrip())


def show_processes(first, second, landlock, version, program):
    hidden = any(sample.libraries is None for sample in first)
    for sample in first if hidden else ():
        sample.libraries = linked_libraries(program, sample.name)
    heading("The processes, read from /proc while the server held back its SCRAM challenge")
    table(first, landlock)
    print()
    if landlock is None:
        said = next((line for line in version.splitlines() if line.startswith("Sandbox:")), "Sandbox: not told")
        note(
            f"Landlock: no file of /proc shows it, and there is no strace here to watch it; msmtp "
            f'--version says "{said}".'
        )
    else:
        note(
            "Landlock: no file of /proc shows it. The numbers were counted by strace in a second run, as "
            "calls of landlock_restrict_self "
            "that succeeded; each adds to what was forbidden before."
        )
    note(
        (
            "Libraries: by ldd(1), since the processes are undumpable; root sees what is mapped, "
            "descriptors and memory."
            if hidden
            else 'Libraries: the shared ones that are mapped, without "lib". Descriptors: number and kind.'
        )
    )
    left = ", ".join(sample.name for sample in second)
    holders = [sample.name for sample in second if sample.has_password]
    unread = any(sample.has_password is None for sample in second)
    heading("After authentication")
    print(f"  running: {left}")
    print(
        "  the password is in the memory of: "
        + ("(" + UNREADABLE + ")" if unread else ", ".join(holders) or "no process")
    )


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        print("usage: demo.py MSMTP (an executable; make builds it)", file=sys.stderr)
        return 64
    program = os.path.realpath(sys.argv[1])
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=LIMIT).stdout
    folder = tempfile.mkdtemp(prefix="msmtp-demo-")
    try:
        os.chmod(folder, 0o755)
        os.makedirs(folder + "/again")
        certificates = certs.make(os.path.join(folder, "certificates"))
        heading("The server")
        print("  ours, on loopback: STARTTLS with a certificate of a CA made just now, AUTH SCRAM-SHA-256")
        first, second, session, out = run(program, folder, certificates)
        show_dialogue(out)
        show_mail(session.mails[0])
        show_processes(first, second, observe_landlock(program, folder, certificates), version, program)
        return 0
    except AssertionError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 70
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
