"""Who has what while msmtpd serves a client that has to log in: the processes from outside, through /proc."""

import os

import msmtpd
from harness import check, equal, root_only
from processes import children, descriptors, name, status, wait_until

COPYING = ("msmtp-smtpd-forker", "msmtp-verifier")


def kernel_name_of(client, host, port):
    """What the kernel calls the other end of CLIENT's connection: "socket:[INODE]"."""
    ours = client.getsockname()[1]
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in list(file)[1:]:
            fields = line.split()
            local, remote = (int(fields[i].split(":")[1], 16) for i in (1, 2))
            if (local, remote) == (port, ours):
                return f"socket:[{fields[9]}]"
    raise AssertionError(f"no connection to {host}")


def all_of(daemon):
    """{what a process is: pids}: listener, session, forker, copy of it."""
    found = {"listener": [daemon.pid], "session": daemon.sessions()}
    for program in COPYING:
        found[program] = daemon.children(program)
        found["copy of " + program] = [pid for forker in found[program] for pid in children(forker)]
    return found


def test_nobody_but_the_server_has_the_client(t):
    root_only("to see the descriptors of processes that cannot be traced")
    daemon = msmtpd.start(t, "--auth=me,echo secret", "--command=/bin/true")
    client = daemon.greeted()
    socket = kernel_name_of(client, *daemon.address)

    def holders():
        return [what for what, pids in all_of(daemon).items() for pid in pids if socket in descriptors(pid).values()]

    check(wait_until(lambda: holders() == ["copy of msmtp-smtpd-forker"], 5), f"{holders()}")
    equal(daemon.stop().code, 0, "exit code")


def test_who_reads_strangers_is_confined_and_has_what_it_needs(t):
    t.needs_sandbox()
    root_only("to see the descriptors of processes that cannot be traced")
    daemon = msmtpd.start(t, "--auth=me,echo secret", "--command=/bin/true")
    daemon.greeted()
    processes = all_of(daemon)
    for what, most in (
        ("msmtp-smtpd-forker", 4),  # three, and the orders
        ("copy of msmtp-smtpd-forker", 6),  # three, the session, the check, the client
        ("msmtp-verifier", 6),  # three, the orders, both ends of a pipe for logins that failed
        ("copy of msmtp-verifier", 6),  # three, the server, the session, one end of that pipe
    ):
        check(processes[what], f"no {what}")
        for pid in processes[what]:
            facts = status(pid)
            equal((facts["Seccomp"], facts["NoNewPrivs"]), ("2", "1"), what)
            check(len(descriptors(pid)) <= most, f"{what}: {descriptors(pid)}")
            check(os.stat(f"/proc/{pid}/status").st_uid == 0, f"{what} can be traced by its user")
            if what.startswith("copy"):
                equal(descriptors(pid)[2], "/dev/null", f"the log of {what}")
    for pid in processes["listener"] + processes["session"]:
        equal(int(status(pid)["CapEff"], 16), 0, f"capabilities of {name(pid)}")
    equal(daemon.stop().code, 0, "exit code")
