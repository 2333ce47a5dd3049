"""What a large mail costs, counted: system calls of all processes, TLS records, processes; and what a sink saw wrong.

Times are for the benchmark; counts hardly depend on the machine. The sink is the benchmark's."""

import json
import os
import re
import shutil
import subprocess

from harness import RECIPIENT, cases, check, equal, limit, skip

SIZE = 25_000_000
SINK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/bench/sink")
LOGIN = ("joe", "s3cret")
HEADERS = b"""From: <joe@example.test>
Date: Thu, 01 Jan 2026 00:00:00 +0000
Message-ID: <1@example.test>
Subject: large

"""
# One write a line would be 330,000 of both. Waiting makes the number of calls vary by a tenth.
MOST_CALLS = {"plain": 3_500, "implicit": 4_500}
MOST_RECORDS = 1_700
VIOLATIONS = ("bare_line_feeds", "long_lines", "early_talk", "past_synchronisation", "bad_commands", "cut_short")


class Sink:
    family, host = "inet", "127.0.0.1"

    def __init__(self, t, tls, auth):
        if not os.access(SINK, os.X_OK):
            skip("the benchmark's tools are not built")
        words = [SINK]
        if tls != "plain":
            words += ["--tls", tls, "--certificate", t.certificates.file("server"), "--key", t.certificates.key("server")]
        self.process = subprocess.Popen(words + (["--login", ":".join(LOGIN)] if auth else []), stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.counts = json.loads(self.process.communicate(timeout=10)[0])


def traced(t, tls, auth, size, *words):
    """What the sink counted while strace with WORDS watched a mail; strace's file."""
    if not shutil.which("strace"):
        skip("no strace")
    line = b"a line of seventy-six octets, of which there are so many that the mail is big..\n"
    mail = HEADERS + line * (size // len(line))
    trace = t.path("trace")
    with Sink(t, tls, auth) as sink:
        settings = {} if tls == "plain" else t.tls(tls_starttls="off" if tls == "implicit" else "on")
        if auth:
            settings.update(auth="plain", user=LOGIN[0], password=LOGIN[1])
        t.configure(sink, logfile=None, **settings)
        with open(t.path("mail", mail), "rb") as file:
            run = t.start("-f", *words, "-o", trace, t.program, RECIPIENT, program="strace", stdin=file).finish(seconds=60)
    if b"ptrace" in run.err.lower():
        skip("strace may not trace here")
    equal(run.code, 0, f"exit code: {run}")
    equal({name: sink.counts[name] for name in VIOLATIONS if sink.counts[name]}, {}, "violations of the protocol")
    equal((sink.counts["mails"], sink.counts["content_bytes"]), (1, len(mail) + mail.count(b"\n")), "mails, octets")
    with open(trace, encoding="latin-1") as file:
        return sink.counts, file.read()


@cases("plain", "implicit")
@limit(90)
def test_a_large_mail_takes_few_system_calls(t, tls):
    counts, summary = traced(t, tls, False, SIZE, "-c")
    calls = re.search(r"^100\.00 +[\d.]+ +\d+ +(\d+) .*total$", summary, re.M)
    check(calls, f"strace's summary: {summary}")
    check(int(calls[1]) <= MOST_CALLS[tls], f"{calls[1]} system calls, at most {MOST_CALLS[tls]}")
    check(counts["tls_records"] <= MOST_RECORDS, f"{counts['tls_records']} TLS records, at most {MOST_RECORDS}")


@cases(("plain", "plain", False, 2), ("tls", "implicit", False, 2), ("tls-auth", "implicit", True, 3),
       ("starttls-auth", "starttls", True, 3))
def test_no_process_more_than_it_takes(t, tls, auth, wanted):
    """The parent, and netproc; authproc where there is a login. A server given by its address needs no resolver."""
    _, trace = traced(t, tls, auth, 2000, "-e", "trace=execve")
    started = set(re.findall(r"^(\d+) ", trace, re.M))
    equal(len(started), wanted, f"processes: {trace}")
