"""Runs a program as the system calls of a systemd unit allow it: where no systemd runs that would do so.

As a script: under_unit.py UNIT PROGRAM [ARGUMENT...]. Of the unit it takes SystemCallFilter=, MemoryDenyWriteExecute=,
RestrictAddressFamilies=, RestrictNamespaces= and NoNewPrivileges=; users, capabilities and file systems are for others.
"""

import ctypes
import errno
import os
import subprocess
import sys

ALLOW, KILL = 0x7FFF0000, 0x80000000
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80)
PR_SET_NO_NEW_PRIVS = 38


def settings(unit):
    """{name: [value, ...]} of the unit file; an empty value takes those before it back."""
    found = {}
    with open(unit, encoding="utf-8") as file:
        for line in file:
            name, sign, value = line.rstrip("\n").partition("=")
            if sign and not line.startswith(("#", "[")):
                found[name] = found.get(name, []) + [value] if value else []
    return found


def calls_of(name, known={}):
    """The system calls of a set such as @system-service, or the one called NAME."""
    if not name.startswith("@"):
        return {name}
    if name not in known:
        said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=20, check=True).stdout
        words = [line.strip() for line in said.splitlines()[1:]]
        known[name] = set().union(*(calls_of(word) for word in words if word and not word.startswith("#")))
    return known[name]


def allowed_calls(unit):
    """The names of the calls that SystemCallFilter= leaves; the first line says allow."""
    allowed = set(calls_of("@default"))
    for value in settings(unit)["SystemCallFilter"]:
        named = set().union(*(calls_of(word) for word in value.lstrip("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    def __init__(self, action):
        self.library = ctypes.CDLL("libseccomp.so.2")
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.library.seccomp_init.argtypes = [ctypes.c_uint32]
        self.library.seccomp_load.argtypes = [ctypes.c_void_p]
        self.library.seccomp_rule_add_array.argtypes = [
            ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
        self.context = self.library.seccomp_init(action)

    def rule(self, action, name, *comparisons):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        list_of_them = (Comparison * len(comparisons))(*comparisons)
        if self.library.seccomp_rule_add_array(self.context, action, number, len(comparisons), list_of_them) != 0:
            raise OSError(f"no rule for {name}")

    def load(self):
        if self.library.seccomp_load(self.context) != 0:
            raise OSError("the filter cannot be loaded")


def error(number):
    return 0x00050000 | number


def confine(unit):
    """This process, and whatever it becomes."""
    wanted = settings(unit)
    allowed = allowed_calls(unit)
    if wanted["NoNewPrivileges"] != ["yes"] or ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("no_new_privs is not set")
    more = Filter(ALLOW)
    if wanted["MemoryDenyWriteExecute"] == ["yes"]:
        both = PROT_WRITE | PROT_EXEC
        more.rule(error(errno.EPERM), "mmap", Comparison(2, MASKED_EQUAL, both, both))
        for name in ("mprotect", "pkey_mprotect"):
            more.rule(error(errno.EPERM), name, Comparison(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    if wanted["RestrictNamespaces"] == ["yes"]:
        more.rule(error(errno.ENOSYS), "clone3")
        for flag in NAMESPACES:
            more.rule(error(errno.EPERM), "clone", Comparison(0, MASKED_EQUAL, flag, flag))
            more.rule(error(errno.EPERM), "unshare", Comparison(0, MASKED_EQUAL, flag, flag))
        more.rule(error(errno.EPERM), "setns")
    families = {getattr(__import__("socket"), name) for name in wanted["RestrictAddressFamilies"][0].split()}
    for family in set(range(46)) - families:
        more.rule(error(errno.EAFNOSUPPORT), "socket", Comparison(0, EQUAL, family, 0))
    calls = Filter(error(errno.EPERM))
    for name in allowed:
        calls.rule(ALLOW, name)
    more.load()
    calls.load()


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
