"""Kept connections in tests: where their keepers are found, which there are, and their end."""

import os
import signal

import processes
from dialogue import PLAIN_KEYWORDS, Auth, Dialogue
from harness import MAIL, RECIPIENT, check
from processes import wait_until

PASSWORD = "s3cret pass"
KEYWORDS = PLAIN_KEYWORDS + ("CHUNKING",)
KEPT = ("msmtp-keeper", "msmtp-netproc", "msmtp-netproc-tls")


def runtime(t):
    """A directory for sockets, as the system makes one when a user logs in."""
    path = os.path.join(t.home, "run")
    os.makedirs(path, 0o700, exist_ok=True)
    return path


def environment(t, **more):
    return dict({"XDG_RUNTIME_DIR": runtime(t)}, **more)


def serve(t, seconds=30, tls="starttls", settings=None, keywords=KEYWORDS, **dialogue):
    """A server, and a configuration for it that keeps connections."""
    if tls == "plain":
        more = {}
    else:
        dialogue = {"auth": Auth(password=PASSWORD, mechanisms=("PLAIN",)), tls: t.certificates.context(), **dialogue}
        more = t.tls(auth="on", user="joe", password=PASSWORD, tls_starttls="on" if tls == "starttls" else "off")
    server = t.serve(lambda session: Dialogue(keywords=keywords, **dialogue)(session))
    t.configure(server, keep_connection=seconds, **more, **(settings or {}))
    return server


def send(t, *arguments, mail=MAIL, env=None, **more):
    """From a file: that is there at once, however busy the machine is."""
    with open(t.path("mail", mail), "rb") as file:
        words = arguments or (RECIPIENT,)
        return t.start(*words, env=environment(t, **(env or {})), stdin=file, **more).finish()


def send_all(t, count, *arguments, **more):
    for _ in range(count):
        t.succeeded(send(t, *arguments, **more))


def orphans():
    """{name: [pid]} of what keeps connections: their starters have ended, and we have inherited them."""
    found = {}
    for pid in processes.children(os.getpid()):
        name = processes.name(pid)
        if name in KEPT:
            found.setdefault(name, []).append(pid)
    return found


def keepers():
    return orphans().get("msmtp-keeper", [])


def network_children():
    return [pid for name, pids in orphans().items() if name != "msmtp-keeper" for pid in pids]


def are_gone(seconds=5.0):
    return wait_until(lambda: not orphans(), seconds)


def end():
    """No keeper is left to the next test; that the network children then end by themselves is part of each."""
    for pid in keepers():
        os.kill(pid, signal.SIGKILL)
    check(are_gone(), f"a network child has not ended with its keeper: {orphans()}")
