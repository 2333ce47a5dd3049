"""A network of the test's own: nothing but loopback, and a small DNS server that answers what the test says.

enter(names) moves this process (and what it starts later) there. It needs root or unprivileged user namespaces."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time

from harness import skip

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "AAAA": 28, "SRV": 33}
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3


def enter(names, hosts=None):
    """NAMES: {name: [(type, value), ...]}; a value "servfail" or "silent" is that behaviour; other names do not
    exist."""
    enter_empty(hosts)
    try:
        return DnsServer(names)
    except OSError as error:
        skip(f"no name server of our own here: {error}")


def enter_empty(hosts=None):
    """The same, where the test starts a name server of its own on 127.0.0.1."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)
    if libc.unshare(flags) != 0:
        skip(f"no namespaces of our own here: {os.strerror(ctypes.get_errno())}")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open("/proc/self/" + name, "w", encoding="ascii") as file:
                file.write(text)
    bring_loopback_up()
    try:
        replace("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
        replace("/etc/hosts", hosts or "127.0.0.1 localhost\n::1 localhost\n")
    except OSError as error:
        skip(f"cannot change resolv.conf in a namespace: {error}")


def wait_for_name_server(seconds=10.0):
    """Until it answers."""
    query = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + wire_name("localhost") + struct.pack(">HH", 1, 1)
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        while time.monotonic() < end:
            try:
                sock.sendto(query, ("127.0.0.1", 53))
                sock.recv(512)
                return
            except OSError:
                time.sleep(0.02)
    raise AssertionError("the name server does not answer")


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(sock, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def add_address(address, number=1):
    """An IPv4 address of this machine that is not loopback, though it leads here: the NUMBERth. In the namespace of
    enter()."""
    sockaddr = struct.pack("HH4s8s", socket.AF_INET, 0, socket.inet_aton(address), b"")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("16s16s", b"lo:%d" % number, sockaddr) + bytes(8))


def own_devices(folder):
    """A /dev of the test's own, made in FOLDER, with the devices that programs need and room for /dev/log."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        skip("no mount namespace of our own here")
    script = """set -e
        mount --make-rprivate /
        place=$(mktemp -d -p "$1")
        mount -t tmpfs -o mode=755 none $place
        for device in null zero full random urandom tty; do
            : >$place/$device
            mount --bind /dev/$device $place/$device
        done
        mount --rbind $place /dev"""
    result = subprocess.run(["/bin/sh", "-c", script, "sh", folder], capture_output=True, text=True)
    if result.returncode:
        skip(f"cannot make a /dev of our own: {result.stderr.strip()}")


def mount(source, target, flags):
    """mount(2) by ourselves: in a user namespace mount(8) would not have the capability any more."""
    source = source.encode() if source else None
    if ctypes.CDLL(None, use_errno=True).mount(source, target.encode(), None, flags, None) != 0:
        raise OSError(ctypes.get_errno(), "mount: " + os.strerror(ctypes.get_errno()))


def replace(path, text):
    """Another file under PATH, for this mount namespace only."""
    mount(None, "/", MS_REC | MS_PRIVATE)
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    mount(file.name, path, MS_BIND)
    os.unlink(file.name)


class DnsServer:
    """UDP only, on port 53 of loopback; remembers what it was asked."""

    def __init__(self, names):
        self.names, self.asked = names, []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            answer = self._answer(query)
            if answer:
                self.sock.sendto(answer, peer)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        question, known = query[12 : at + 5], self.names.get(name)
        if known == "silent":
            return None
        code = SERVER_FAILURE if known == "servfail" else NO_SUCH_NAME if known is None else NO_ERROR
        records = [] if isinstance(known, str) or known is None else known
        answers, owner = b"", b"\xc0\x0c"
        for type_, value in records:
            if TYPES[type_] in (kind, TYPES["CNAME"]):
                answers += record(owner, TYPES[type_], value)
                owner = wire_name(value) if type_ == "CNAME" else owner
        count = sum(TYPES[type_] in (kind, TYPES["CNAME"]) for type_, _ in records)
        return query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, count, 0, 0) + question + answers


def wire_name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def record(owner, kind, value):
    if kind in (TYPES["CNAME"], TYPES["PTR"]):
        data = wire_name(value)
    elif kind == TYPES["SRV"]:
        *numbers, target = value.split(" ", 3)
        data = struct.pack(">HHH", *map(int, numbers)) + wire_name(target)
    else:
        data = socket.inet_pton(socket.AF_INET if kind == TYPES["A"] else socket.AF_INET6, value)
    return owner + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
