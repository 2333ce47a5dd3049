"""What the parts of the demonstration share: starting programs, and pages with a dialogue, a mail, a table of processes."""

import base64
import os
import pwd
import re
import subprocess
import sys
import textwrap

import processes

WIDTH = 96
LIMIT = 30
PASSWORD = "correct horse battery staple"
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
    tree = os.path.dirname(os.path.dirname(program))
    part = "bin" if name in ("msmtp", "msmtpd") else "libexec/msmtp"
    result = subprocess.run(["ldd", os.path.join(tree, part, name)], capture_output=True, text=True, timeout=LIMIT)
    return sorted(set(re.findall(r"^\s*(lib[\w+-]+?)(?:-[\d.]+)?\.so", result.stdout, re.M))) or None


def with_libraries(samples, program):
    """SAMPLES, where what is hidden of them is known nevertheless."""
    for sample in samples:
        if sample.libraries is None:
            sample.libraries = linked_libraries(program, sample.name)
    return samples


def about_libraries(hidden):
    return (
        "Libraries: by ldd(1), since the processes are undumpable; root sees what is mapped, descriptors and memory."
        if hidden
        else 'Libraries: the shared ones that are mapped, without "lib". Descriptors: number and kind.'
    )


def table(samples, name, task, more=()):
    """A column for each of SAMPLES, headed by what NAME says of it; MORE are further (row, function of a sample)."""
    rows = [
        ("", name),
        ("task", task),
        ("pid", lambda sample: str(sample.pid)),
        ("user", user_of),
        ("capabilities", capabilities_of),
        ("no_new_privs", lambda sample: "yes" if sample.status["NoNewPrivs"] == "1" else "no"),
        ("seccomp", seccomp_of),
        *more,
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


def start(command, folder):
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment
    )


def give_mail(process, mail):
    process.stdin.write(mail.encode())
    process.stdin.close()
    process.stdin = None


def show_dialogue(out):
    wanted = re.compile(r"(<--|-->) |TLS session|    TLSv")
    for line in out.splitlines():
        if wanted.match(line):
            print("  " + (line if len(line) <= WIDTH - 2 else line[: WIDTH - 5] + "..."))


def show_mail(mail):
    heading("The mail, as the server got it")
    print("  " + STYLE.dim(f"envelope: from <{mail.sender}> to " + ", ".join(f"<{to}>" for to in mail.recipients)))
    for line in mail.content.decode().splitlines():
        print("  | " + line)
