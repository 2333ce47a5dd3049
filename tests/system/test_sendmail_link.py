"""The program under the names that sendmail has: links as `make install` makes them, mailq and newaliases."""

import os
import shutil
import subprocess

from dialogue import Dialogue
from harness import MAIL, RECIPIENT, cases, check, equal, root_only
from installed import install, own_prefix, settings

QUEUE, ALIASES = b"Mail queue is empty: ", b"Nothing to do: "


def staged(t, name, kind="sbindir"):
    """An installation below a folder of the test, with its links; gives the link NAME."""
    stage = os.path.join(t.folder, "stage")
    run = install(t, stage, SENDMAIL_LINK="yes")
    equal((run.returncode, run.stderr), (0, ""), "install")
    link = stage + settings()[kind] + "/" + name
    check(os.path.islink(link), f"{link} is no link")
    return link


def test_sendmail_sends_through_the_link(t):
    server = t.serve(Dialogue())
    t.configure(server)
    run = t.msmtp("-i", "-t", program=staged(t, "sendmail"))
    t.succeeded(run)
    server.settle()
    equal(server.session.mails[0].content, MAIL, "mail")


def test_a_complaint_has_the_name_of_the_link(t):
    run = t.msmtp(program=staged(t, "sendmail"))
    equal(run.code, 78, "exit code without a configuration")
    check(run.errors[0].startswith("sendmail: account default not found"), f"{run}")


def test_a_link_to_the_link_finds_the_helpers_too(t):
    """And nothing that lies beside it."""
    server = t.serve(Dialogue())
    t.configure(server)
    os.makedirs(t.path("mine/bin"))
    trap(t)
    os.symlink(staged(t, "sendmail"), t.path("mine/bin/sendmail"))
    t.succeeded(t.msmtp(program=t.path("mine/bin/sendmail")))
    server.settle()
    check(not os.path.exists(t.path("trapped")), "a program beside the link was started")


def trap(t):
    """Programs of the helpers' names where they would be if the link were the program."""
    folder = t.path("mine/libexec/msmtp")
    os.makedirs(folder, exist_ok=True)
    for name in ("resolver", "netproc", "netproc-tls", "authproc", "keyring"):
        t.path(f"mine/libexec/msmtp/msmtp-{name}", f"#!/bin/sh\necho {name} >>{t.path('trapped')}\n", 0o755)
    return folder


@cases(
    ("mailq", "mailq", (), QUEUE),
    ("mailq with options", "mailq", ("-v", "-Ac", "-qRx", "--nonsense", "-C/nonexistent"), QUEUE),
    ("newaliases", "newaliases", (), ALIASES),
    ("newaliases with options", "newaliases", ("-v", "-oA/etc/aliases", "-bp"), ALIASES),
    ("sendmail -bp", "sendmail", ("-bp",), QUEUE),
    ("sendmail -v -bp", "sendmail", ("-v", "-bp"), QUEUE),
    ("sendmail -bi", "sendmail", ("-bi",), ALIASES),
    ("sendmail -bs -bi x", "sendmail", ("-bs", "-bi", RECIPIENT), ALIASES),
)
def test_harmless_answers(t, name, arguments, wanted):
    """No mail is read, no configuration, nothing sent."""
    server = t.serve(Dialogue())
    t.configure(server, hots="x")
    mail = t.path("mail", MAIL)
    with open(mail, "rb") as file:
        link = staged(t, name, "sbindir" if name == "sendmail" else "bindir")
        run = t.start(*arguments, program=link, stdin=file).finish()
        equal(os.lseek(file.fileno(), 0, os.SEEK_CUR), 0, "how much of standard input was read")
    t.succeeded(run)
    check(run.out.startswith(wanted) and run.out.endswith(b"\n") and run.out.count(b"\n") == 1, f"{run}")
    equal(len(server.sessions), 0, "connections")
    t.not_logged()


def test_an_answer_that_nobody_gets_is_an_error(t):
    with open("/dev/full", "wb") as full:
        link = staged(t, "mailq", "bindir")
        run = subprocess.run([link], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                             env=t.environment(), timeout=20)  # fmt: skip
    equal((run.returncode, run.stderr), (74, b"mailq: cannot write to standard output: No space left on device\n"),
          "with a full disk behind standard output")  # fmt: skip


@cases("as it is", "set-id")
def test_installed_in_its_prefix(t, kind):
    """At the place that ./configure was told, started by a user through a link of his own."""
    root_only("another user")
    server = t.serve(Dialogue())
    places = settings()
    trap(t)
    program = shutil.copytree(os.path.dirname(os.path.dirname(t.program)), t.path("tree"), ignore=no_tests)
    t.program = os.path.join(program, "bin/msmtp")
    own_prefix(places["prefix"])
    run = install(t, "", SENDMAIL_LINK="yes")
    equal((run.returncode, run.stderr), (0, ""), "install")
    if kind == "set-id":
        set_id(places["bindir"] + "/msmtp")
        probe = shutil.copy(shutil.which("id"), places["bindir"])
        set_id(probe)
        user = subprocess.run([probe, "-u"], user="nobody", capture_output=True, text=True, timeout=20).stdout
        equal(user, "1\n", "whom a set-id program runs as here")
    os.makedirs(t.path("mine/bin"), exist_ok=True)
    os.symlink(places["sbindir"] + "/sendmail", t.path("mine/bin/sendmail"))
    user = t.as_nobody()
    for link in (places["sbindir"] + "/sendmail", t.path("mine/bin/sendmail")):
        run = t.msmtp("--host=127.0.0.1", f"--port={server.port}", "-f", "joe@example.test", "--timeout=10", RECIPIENT,
                      program=link, user=user)  # fmt: skip
        t.succeeded(run)
    server.settle()
    equal([mail.content for mail in server.mails], [MAIL, MAIL], "mails")
    check(not os.path.exists(t.path("trapped")), "a program beside the link was started")


def set_id(file):
    os.chown(file, 1, 1)
    os.chmod(file, 0o6755)


def no_tests(folder, names):
    """Of a tree of programs only the programs."""
    return [name for name in names if name not in ("bin", "libexec", "msmtp") and not name.startswith("msmtp-")]
