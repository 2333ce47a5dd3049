"""The tree that `make install` makes, below a folder of the test or in its real place."""

import ctypes
import glob
import os
import subprocess

from harness import skip

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLONE_NEWNS = 0x20000


def settings():
    """What ./configure wrote for make."""
    with open(os.path.join(ROOT, "config.mk"), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" = ", 1) for line in file if " = " in line)


def install(t, stage, programs=True, **changes):
    """`make install DESTDIR=STAGE` with the program under test; CHANGES are variables of config.mk."""
    tree = os.path.dirname(os.path.dirname(t.program))
    variables = dict(settings(), DESTDIR=stage, PROGRAMS="", **changes)
    if programs:
        variables["PROGRAMS"] = " ".join([t.program, *glob.glob(os.path.join(tree, "libexec/msmtp/*"))])
    return subprocess.run(["sh", "build-aux/install.sh", "install"], cwd=ROOT, env=dict(os.environ, **variables),
                          capture_output=True, text=True, timeout=30)  # fmt: skip


def own_prefix(place):
    """An empty folder at PLACE that only this test sees."""
    if os.geteuid() != 0:
        skip("needs root for a folder of its own in the place of the prefix")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        skip("no mount namespace of our own here")
    script = 'mount --make-rprivate / && mkdir -p "$1" && mount -t tmpfs -o mode=755 none "$1"'
    result = subprocess.run(["/bin/sh", "-c", script, "sh", place], capture_output=True, text=True)
    if result.returncode:
        skip(f"cannot mount over {place}: {result.stderr.strip()}")
