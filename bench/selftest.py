"""Tests of the benchmark's tools: the sink counts what is wrong, the race times, the load loads, the line delays.

run() ends with a line "N passed, N failed, N skipped"."""

import hashlib
import json
import os
import socket
import sys
import time
import traceback
import xml.etree.ElementTree

import picture
import results
import tools
from clients import OURS, THEIRS
from results import Row
from tools import Sink, Skip, race

ENVELOPE = [b"MAIL FROM:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n"]
CONTENT = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\x2e\r\nthree\r\n"


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


def talk(sink, *flights, wait_first=True, finish=True):
    """Says each flight when something has been answered to the one before; all answers."""
    heard = b""
    with socket.create_connection(("127.0.0.1", sink.port), timeout=3) as sock:
        if wait_first:
            heard += sock.recv(65536)
        for flight in flights:
            sock.sendall(flight)
            heard += sock.recv(65536)
        while finish and (data := sock.recv(65536)):
            heard += data
    return heard


def stuffed(content):
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def test_a_right_client_violates_nothing(work):
    for options, end in (({}, [b"DATA\r\n", stuffed(CONTENT) + b"QUIT\r\n"]),
                         ({"lmtp": True}, [b"DATA\r\n", stuffed(CONTENT) + b"QUIT\r\n"]),
                         ({}, [b"BDAT 10\r\n" + CONTENT[:10] + b"BDAT %d LAST\r\n" % (len(CONTENT) - 10) + CONTENT[10:] +
                               b"QUIT\r\n"])):
        hashes = work.write("hashes", "")
        with Sink(work, hashes=hashes, delay_ms=20, **options) as sink:
            talk(sink, b"LHLO x\r\n" if options else b"EHLO x\r\n", b"".join(ENVELOPE + end[:1]), *end[1:])
        with open(hashes, encoding="ascii") as file:
            equal(file.read(), hashlib.sha256(CONTENT).hexdigest() + " 1\n", "hash")
        equal(sink.violations, {}, "violations")
        equal(sink.counts["mails"], 1, "mails")
        equal(sink.counts["content_bytes"], len(CONTENT), "octets")
        equal(sink.counts["round_trips"], 4 + (len(end) - 1), "round trips")


def violation(work, name, *flights, delay_ms=0, **how):
    with Sink(work, delay_ms=delay_ms) as sink:
        talk(sink, *flights, **how)
    equal(sink.violations, {name: 1}, "violations")


def test_violations_are_counted(work):
    envelope = b"".join(ENVELOPE)
    violation(work, "early_talk", b"EHLO x\r\n", wait_first=False, finish=False, delay_ms=20)
    violation(work, "past_synchronisation", b"EHLO x\r\n" + ENVELOPE[0] + b"RSET\r\nQUIT\r\n")
    violation(work, "past_synchronisation", b"EHLO x\r\n", envelope + b"DATA\r\n" + stuffed(CONTENT), b"QUIT\r\n")
    violation(work, "bare_line_feeds", b"EHLO x\r\n", envelope + b"DATA\r\n", b"one\ntwo\r\n.\r\nQUIT\r\n")
    violation(work, "bare_line_feeds", b"EHLO x\r\n", envelope + b"BDAT 4 LAST\r\none\nQUIT\r\n")
    violation(work, "long_lines", b"EHLO x\r\n", envelope + b"DATA\r\n", b"x" * 1001 + b"\r\n.\r\nQUIT\r\n")
    violation(work, "bad_commands", b"EHLO x\r\n", b"WHAT\r\n", b"QUIT\r\n")
    violation(work, "cut_short", b"EHLO x\r\n", envelope, finish=False)


def test_the_end_is_found_however_it_is_cut(work):
    text = stuffed(CONTENT) + b"QUIT\r\n"
    hashes = work.write("hashes", "")
    with Sink(work, hashes=hashes) as sink:
        for cut in range(1, len(text)):
            with socket.create_connection(("127.0.0.1", sink.port), timeout=3) as sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                file = sock.makefile("rb")
                file.readline()
                sock.sendall(b"HELO x\r\n")
                file.readline()
                for command in ENVELOPE + [b"DATA\r\n"]:
                    sock.sendall(command)
                    file.readline()
                sock.sendall(text[:cut])
                time.sleep(0.001)
                sock.sendall(text[cut:])
                equal(file.readline() + file.readline(), b"250 taken\r\n221 bye\r\n", f"answers, cut at {cut}")
    with open(hashes, encoding="ascii") as file:
        equal(set(file.read().split()), {hashlib.sha256(CONTENT).hexdigest(), "1"}, "hashes")
    equal(sink.violations, {}, "violations")


def test_the_race_times_and_tells_failures(work):
    result = race(work, {"nap": ["sleep", "0.05"], "none": ["true"], "bad": ["NAME=7", "sh", "-c", "exit $NAME"],
                         "in": ["0=" + work.write("word", "x\n"), "sh", "-c", "read w; [ $w = x ]"],
                         "slow": ["sleep", "9"]}, 3, warmup=0, timeout=1, budget=2)
    equal([len(part["ms"]) for part in result.values()], [3] * 5, "rounds")
    naps = [value for value in result["nap"]["ms"] if value]
    if not 50 <= min(naps) < 500 or not min(result["none"]["ms"]) < min(naps):
        raise AssertionError(f"times: {result}")
    equal([part["failed"] for part in result.values()], [0, 0, 3, 0, 3], "failures")
    equal((result["bad"]["why"], result["slow"]["why"]), ("exit status 7", "took longer than 1 s"), "reasons")


def test_the_load_arrives(work):
    with Sink(work) as sink:
        found = tools.load(sink.port, clients=3, mails=2, sessions=30)
    equal((found["sessions"], found["mails"], found["failed"]), (30, 60, 0), "load")
    equal((sink.counts["mails"], sink.counts["connections"]), (60, 30), "sink")
    equal(sink.violations, {}, "violations")


def test_the_line_delays(work):
    script = "import socket, time; b = time.monotonic(); socket.create_connection(('10.77.0.2', 2525)); t = time.monotonic() - b; " \
             "assert 0.04 <= t < 0.4, t"
    sink = tools.sink_words(work, listen=tools.SERVER, port=2525)
    result = race(work, {"connect": [sys.executable, "-c", script]}, 1, warmup=0, inside=tools.over_delay_line(40, sink))
    equal(result["connect"]["failed"], 0, "failures")


def test_tls_is_counted_and_goes_on(work):
    import ssl
    ca, _, _ = work.certificates()
    with Sink(work, tls="starttls", auth=True) as sink:
        with socket.create_connection(("127.0.0.1", sink.port), timeout=3) as sock:
            for words in (b"EHLO x\r\n", b"STARTTLS\r\n"):
                sock.recv(999)
                sock.sendall(words)
            sock.recv(999)
            with ssl.create_default_context(cafile=ca).wrap_socket(sock, server_hostname="localhost") as tls:
                for words, wanted in ((b"EHLO x\r\n", b"250-"), (b"MAIL FROM:<>\r\n", b"530"),
                                      (b"AUTH PLAIN AHVzZXIAc2VjcmV0\r\n", b"235"), (b"QUIT\r\n", b"221")):
                    tls.sendall(words)
                    equal(tls.recv(999)[:len(wanted)], wanted, words)
    equal((sink.counts["handshakes"], sink.violations), (1, {"bad_commands": 1}), "sink")
    if not 5 <= sink.counts["tls_records"] <= 9:
        raise AssertionError(f"records: {sink.counts}")


def test_rows_and_the_picture(_):
    row = Row("plain", "2 kB", "ms", {OURS: [1.0, 2.0, None, 3.0], THEIRS: [10.0, 10.0, 10.0, 30.0]}, at_most=0.04)
    equal((row.median(OURS), row.ratio(OURS)[1], row.advantage(THEIRS)), (2.0, 0.1, 10.0), "statistics")
    equal([fine for _, fine in row.aims()], [False], "aims")
    facts = {"processor": "<one>", "cores": 2, "kernel": "6.1"}
    found = json.loads(results.as_json([row], [], facts))
    equal(found["rows"][0]["programs"][OURS], {"median": 2.0, "quartiles": [1.5, 2.5], "n": 3, "ratio": [0.1, 0.1, 0.15]},
          "JSON")
    tree = xml.etree.ElementTree.fromstring(picture.draw([row], facts))
    equal(tree.tag, "{http://www.w3.org/2000/svg}svg", "picture")
    xml.etree.ElementTree.fromstring(picture.draw([], facts))


def run():
    passed = failed = skipped = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        work = tools.Work()
        try:
            test(work)
            passed += 1
        except Skip as reason:
            skipped += 1
            print(f"SKIP {name}: {reason}")
        except Exception:
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}")
        finally:
            work.close()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0
