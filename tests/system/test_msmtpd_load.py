"""msmtpd under many clients: at once, one after the other, and some that only keep a place."""

import os
import socket
import time

import load
from harness import check, equal, limit, skip
from msmtpd import start
from processes import descriptors, wait_until

# The whole number of the endurance test is 10,000; a run of all tests has less time.
SESSIONS = int(os.environ.get("MSMTP_LOAD_SESSIONS", "800"))
# A line for each mail, in one write; the sender is what tells mails apart.
COUNTER = """#!/bin/sh
while read -r line; do :; done
echo "$1" >>"$COUNT_FILE"
"""


def counting(t, *options):
    """msmtpd with a command that writes the sender of each mail down; what was written."""
    path = t.path("counted", "")
    command = t.path("count", COUNTER.replace("$COUNT_FILE", path), 0o755)
    daemon = start(t, f"--command={command} %F --", *options)
    return daemon, lambda: open(path, encoding="ascii").read().split()


def warm(daemon, with_mail=True):
    """So many at once that it keeps more sessions ready from now on, and all that is done once has been done."""
    equal(load.failures(load.sessions(daemon.address, 100, 30, with_mail)), [], "failures")


def settled(daemon):
    """Waits until no session is left, and none rests, which takes a second; then the processes of the server."""
    seen = []

    def quiet():
        seen.append((time.monotonic(), len(load.tree(daemon.pid))))
        recent = [number for when, number in seen if when > seen[-1][0] - 1.5]
        return seen[-1][0] - seen[0][0] > 1.5 and len(set(recent)) == 1

    check(wait_until(quiet, 10), f"the number of processes does not settle: {seen[-50:]}")
    return seen[-1][1]


def needs_memory(t, daemon):
    try:
        return load.memory(daemon.pid)
    except PermissionError:
        skip("the memory of another process is shown to root only")


class Use:
    """What the processes that last use, and how many there are in all."""

    def __init__(self, t, daemon):
        self.processes, self.zombies = settled(daemon), load.zombies(daemon.pid)
        lasting = load.lasting(daemon.pid)
        check("msmtp-smtpd-forker" in lasting, f"{lasting}")
        needs_memory(t, daemon)
        self.pids = lasting
        self.descriptors = {name: len(descriptors(pid)) for name, pid in lasting.items()}
        self.anonymous = {name: load.memory(pid)[1] for name, pid in lasting.items()}


def unchanged(before, after, kilobytes):
    equal(after.pids, before.pids, "the processes that last")
    # A listener that was found without a session keeps four more ready from then on, of two processes each.
    more = after.processes - before.processes
    check(more in (0, 8), f"processes at rest: got {after.processes}, wanted {before.processes}")
    equal(after.zombies, [], "zombies")
    equal(after.descriptors, before.descriptors, "descriptors")
    for name, size in after.anonymous.items():
        grown = size - before.anonymous[name]
        check(grown <= kilobytes, f"{name} has grown by {grown} kB: from {before.anonymous[name]} to {size}")


def test_64_clients_at_once(t):
    daemon, counted = counting(t)
    clients = load.sessions(daemon.address, 256, 64)
    equal(load.failures(clients), [], "failures")
    equal(sorted(counted()), sorted(client.sender().decode() for client in clients), "mails handed over")
    settled(daemon)
    equal(load.zombies(daemon.pid), [], "zombies")


@limit(400)
def test_many_sessions_leave_nothing_behind(t):
    """One after the other, with a mail in every fifth. Afterwards it is as quick as one that has just started; the two
    take turns, since other work on this machine slows them down alike."""
    daemon, counted = counting(t)
    warm(daemon)
    before = Use(t, daemon)
    clients = []
    for number in range(SESSIONS // 50):
        first = 1000 + 50 * number
        clients += load.sessions(daemon.address, 40, 1, with_mail=False, first=first)
        clients += load.sessions(daemon.address, 10, 1, first=first + 40)
    equal(load.failures(clients), [], "failures")
    unchanged(before, Use(t, daemon), 64)
    equal(len(counted()), 100 + SESSIONS // 50 * 10, "mails handed over")
    fresh = start(t, "--command=true %F --", log=t.path("fresh.log"))
    old_time, fresh_time = taking_turns(daemon, fresh)
    print_out(f"{len(clients)} sessions; then one takes {old_time:.2f} ms, and in a fresh server {fresh_time:.2f} ms")
    check(old_time < 2 * fresh_time, f"the sessions became slower: {old_time:.2f} ms, in a fresh one {fresh_time:.2f}")


def taking_turns(*daemons):
    """The milliseconds of a session that only a quarter of them is below, for each."""
    times = [[] for _ in daemons]
    for _ in range(80):
        for own, daemon in zip(times, daemons):
            (client,) = load.sessions(daemon.address, 1, 1, with_mail=False)
            equal(client.failure, None, "failure")
            own.append(1000 * client.seconds)
    return [sorted(own)[20] for own in times]


def print_out(text):
    if "MSMTP_LOAD_SESSIONS" in os.environ:
        os.write(2, (text + "\n").encode())


def test_logins_leave_nothing_behind(t):
    """The same for the process that checks passwords."""
    daemon, _ = counting(t, f"--auth=me,cat {t.path('secret', 'password')}")
    warm(daemon, with_mail=False)
    before = Use(t, daemon)
    check("msmtp-verifier" in before.pids, f"{before.pids}")
    equal(load.failures(load.sessions(daemon.address, 200, 4, with_mail=False)), [], "failures")
    unchanged(before, Use(t, daemon), 64)


def test_clients_that_vanish_leave_nothing_behind(t):
    daemon, _ = counting(t)
    warm(daemon)
    before = Use(t, daemon)
    for state in (load.GREETING, load.HELLO, load.RECIPIENT, load.DATA, load.CONTENT):
        for number in range(20):
            load.vanish(daemon.address, state, reset=number % 2 == 0)
    unchanged(before, Use(t, daemon), 64)


def seconds_until_served(daemon, most, meanwhile=lambda: None):
    """How long one who tries again and again is told that all places are taken."""
    began = time.monotonic()
    while True:
        meanwhile()
        (client,) = load.sessions(daemon.address, 1, 1, first=5)
        if not client.failure:
            return time.monotonic() - began
        check(client.busy, client.failure)
        check(time.monotonic() - began < most, "still nobody else is served")
        time.sleep(0.05)


def test_idle_connections_do_not_keep_others_out(t):
    """A thousand that say nothing, and places for 100: whoever waits has one when the timer is over."""
    timer = 2
    daemon, counted = counting(t, "--max-sessions=100", f"--timeout={timer}")
    connections = load.idle(daemon.address, 1000)
    seconds = seconds_until_served(daemon, timer + 8)
    check(seconds > 0.1, "the house was never full")
    print_out(f"served {seconds:.1f} s after 1,000 idle connections, with --timeout={timer}")
    equal(counted(), ["joe5@example.test"], "mails")
    for one in connections:
        one.close()


def test_slow_clients_do_not_keep_others_out(t):
    """A byte now and then does not stop the timer of a command."""
    daemon, counted = counting(t, "--max-sessions=5", "--timeout=1")
    slow = load.idle(daemon.address, 5)
    for one in slow:
        check(one.recv(100).startswith(b"220 "), "greeting")

    def a_byte_each():
        for one in slow:
            try:
                one.send(b"N")
            except OSError:
                pass

    check(seconds_until_served(daemon, 9, a_byte_each) > 0.5, "the house was never full")
    for one in slow:
        one.close()


def test_idle_sessions_are_small(t):
    daemon, _ = counting(t)
    needs_memory(t, daemon)
    settled(daemon)
    before, count = load.tree_memory(daemon.pid), 60
    connections = load.idle(daemon.address, count)
    for one in connections:
        check(one.recv(100).startswith(b"220 "), "greeting")
        one.send(b"EHLO client.example.test\r\n")
        check(one.recv(4096).startswith(b"250"), "EHLO")
    settled(daemon)
    each = (load.tree_memory(daemon.pid) - before) / count
    print_out(f"an idle session has {each:.0f} kB")
    check(each < 600, f"an idle session has {each:.0f} kB")
    for one in connections:
        one.close()


def test_full_house_is_told_so(t):
    daemon, _ = counting(t, "--max-sessions=3")
    connections = load.idle(daemon.address, 3)
    for one in connections:
        check(one.recv(100).startswith(b"220 "), "greeting")
    with socket.create_connection(daemon.address, 10) as late:
        said = late.makefile("rb").read()
    check(said.startswith(b"421 4."), f"{said!r}")
    connections.pop().close()
    check(wait_until(lambda: not load.failures(load.sessions(daemon.address, 1, 1, with_mail=False)), 5), "a free place")
    for one in connections:
        one.close()
