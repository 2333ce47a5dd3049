"""Debian's msmtp, unpacked into a cache folder and not installed: what compatible is compared with."""

import glob
import os
import re
import subprocess


def cache():
    """Where unpacked packages are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "msmtp-privsep-tests")


def fetch(offline=False):
    """The path of Debian's msmtp, or None when it is not to be had: then what compares with it is skipped."""
    folder = os.path.join(cache(), "msmtp")
    program = os.path.join(folder, "root/usr/bin/msmtp")
    if not os.path.exists(program) and not offline:
        try:
            os.makedirs(folder, exist_ok=True)
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(["apt-get", "-qq", "download", "msmtp"], cwd=folder, timeout=60, check=True, **quiet)
            package = glob.glob(os.path.join(folder, "msmtp_*.deb"))[0]
            subprocess.run(["dpkg", "-x", package, os.path.join(folder, "root")], timeout=30, check=True, **quiet)
        except (OSError, IndexError, subprocess.SubprocessError):
            return None
    try:
        version = subprocess.run([program, "--version"], capture_output=True, timeout=10, check=True, text=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return program if re.match(r"msmtp version 1\.", version) else None
