"""What /proc says about running processes: children by parent, names, memory."""

import ctypes
import os
import time

HELPERS = (
    "msmtp-netproc-tls",
    "msmtp-netproc",
    "msmtp-authproc",
    "msmtp-resolver",
    "msmtp-signer",
    "msmtp-smtpd",
    "msmtp-smtpd-forker",
    "msmtp-verifier",
    "msmtp-keeper",
)
PR_SET_CHILD_SUBREAPER = 36


def become_subreaper():
    """Orphans of our children become our own children: so a test sees what a program leaves behind."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """The fields of stat after the name: state, parent, ... ; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def children(pid):
    """The living children of PID (no zombies)."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(name)
            if fields and int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(name))
    return sorted(found)


def descendants(pid):
    """PID's children, their children, and so on."""
    found, new = [], children(pid)
    while new:
        found += new
        new = [grandchild for child in new for grandchild in children(child)]
    return found


def command(pid):
    """The words of the command line; empty when the process is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().rstrip(b"\0").split(b"\0")
    except OSError:
        return [b""]


def name(pid):
    """The helper's name when it is one of ours (comm is cut at 15 characters), else comm."""
    word = os.path.basename(command(pid)[0]).decode("latin-1")
    if word in HELPERS:
        return word
    try:
        with open(f"/proc/{pid}/comm", encoding="latin-1") as file:
            comm = file.read().strip()
    except OSError:
        return ""
    # The two network children differ in the sixteenth character only; executables tell them apart.
    try:
        comm = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        comm = next((helper for helper in HELPERS if helper[:15] == comm), comm)
    return comm


def state(pid):
    fields = _stat(pid)
    return fields[0] if fields else ""


def wait_until(condition, seconds=5.0):
    """Poll CONDITION until it is true; gives its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def memory_contains(pid, needles):
    """Which of NEEDLES (bytes) stand in the readable memory of PID. None when the process is gone;
    PermissionError as usual."""
    found = set()
    try:
        with open(f"/proc/{pid}/maps", encoding="latin-1") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                words = line.split()
                if not words[1].startswith("r") or words[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                    continue
                start, end = (int(word, 16) for word in words[0].split("-"))
                found |= _search(memory, start, end, needles)
    except FileNotFoundError:
        return None
    except ProcessLookupError:
        return None
    return found


def _search(memory, start, end, needles):
    try:
        memory.seek(start)
        data = memory.read(end - start)
    except (OSError, OverflowError, ValueError):
        return set()
    return {needle for needle in needles if needle in data}


def descriptors(pid):
    """{number: target} of the open descriptors."""
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            pass
    return found


def status(pid):
    """The fields of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="latin-1") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}


def holders(running, needles):
    """{process name: needles in its memory}, for all processes of a run that have one."""
    found = {}
    for pid in [running.pid] + descendants(running.pid):
        inside = memory_contains(pid, needles)
        if inside:
            found[name(pid)] = inside
    return found
