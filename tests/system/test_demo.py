"""The demonstration runs, shows what it promises, and cleans up."""

import os
import subprocess
import sys

from harness import check, equal

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "demo", "demo.py")


def test_the_demonstration(t):
    t.needs_sandbox()
    environment = t.environment({"TMPDIR": t.folder, "NO_COLOR": "1"})
    run = subprocess.run(
        [sys.executable, DEMO, t.program],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    equal((run.returncode, run.stderr), (0, ""), "exit code and stderr")
    for text in (
        "--> AUTH SCRAM-SHA-256 *",
        "| Subject: One mail through three processes",
        "msmtp-netproc-tls",
        "no_new_privs  yes",
        "filter,",
        "after authentication".capitalize(),
        "<-- 220 localhost ESMTP msmtpd",
        "<-- 250 2.0.0 Ok, mail was piped",
        "envelope: from <joe@example.test> to <bob@example.test>",
        "| Subject: One mail without a password",
        "msmtpd (listener)",
        "msmtpd (session)",
        "reads the client",
        "a mail of ",
    ):
        check(text in run.stdout, f"{text!r} in {run.stdout}")
    known_to = run.stdout.rpartition("the password is in the memory of: ")[2].splitlines()[0]
    check(known_to in ("msmtp-authproc", "(hidden from this user)"), f"who has the password: {known_to}")
    check("correct horse" not in run.stdout, "no password")
    check("\033" not in run.stdout, "no colour")
    check(max(len(line) for line in run.stdout.splitlines()) <= 100, "at most 100 columns")
    equal([name for name in os.listdir(t.folder) if name.startswith("msmtp-demo")], [], "what is left behind")
