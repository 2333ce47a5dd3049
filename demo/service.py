"""The second part of the demonstration: a mail through msmtpd, from somebody who has no password to a server that wants
one. Between the two there is a unix socket and no TLS."""

import os
import re
import signal

import processes
from dialogue import Auth, Dialogue
from pages import (
    LIMIT,
    PASSWORD,
    WIDTH,
    Sample,
    about_libraries,
    give_mail,
    heading,
    note,
    show_dialogue,
    show_mail,
    start,
    table,
    with_libraries,
)
from scripted_server import Gate, ScriptedServer

MAIL = """From: Carol <carol@example.test>
To: Bob <bob@example.test>
Subject: One mail without a password

Hello Bob,

the account that this was sent through has a password, and I do not know it.

Carol
"""
TASKS = {
    "listener": "takes connections",
    "session": "runs msmtp for the mail",
    "forker": "makes servers by copying itself",
    "server": "reads the client",
}


def start_daemon(program, folder, config):
    """msmtpd on a unix socket, and the socket."""
    path = os.path.join(folder, "submit")
    command = f"{program} -C {config} -f %F --"
    daemon = start(
        [program + "d", f"--interface=unix:{path}", "--log=stderr", "--from=*:joe@example.test", f"--command={command}"],
        folder,
    )
    ready = processes.wait_until(lambda: os.path.exists(path) or daemon.poll() is not None, LIMIT)
    if not ready or daemon.poll() is not None:
        daemon.kill()
        raise AssertionError("msmtpd did not start: " + daemon.communicate()[1].decode("utf-8", "replace"))
    return daemon, path


def client_configuration(folder, path):
    file = os.path.join(folder, "client")
    with open(file, "w", encoding="ascii") as text:
        text.write(f"account default\nsocket {path}\nfrom carol@example.test\ntimeout 20\n")
    return file


def parts(pid):
    """{part: process} of msmtpd while it has one client: it keeps others ready, which have no client's socket yet."""
    children = processes.children(pid)
    sessions = [one for one in children if processes.name(one) == "msmtpd"]
    forkers = [one for one in children if processes.name(one) == "msmtp-smtpd-forker"]
    servers = [one for forker in forkers for one in processes.children(forker)]
    busy = [one for one in sessions if processes.children(one)]
    found = {"listener": pid, "session": busy[0], "forker": forkers[0], "server": servers[0]}
    return {part: Sample(one) for part, one in found.items()}


def holders(pid):
    """Which processes below PID have the password in their memory; None when that cannot be read."""
    samples = [Sample(one) for one in [pid] + processes.descendants(pid)]
    if any(sample.has_password is None for sample in samples):
        return None
    return sorted({sample.name for sample in samples if sample.has_password})


def run(program, folder, configuration, certificates):
    """(processes in the exchange, holders of the password, the server's session, what -d and the log said)."""
    gate = Gate()
    server = ScriptedServer(
        Dialogue(starttls=certificates.context(), auth=Auth(password=PASSWORD), replies={"challenge": gate})
    )
    daemon = client = None
    try:
        daemon, path = start_daemon(program, folder, configuration(folder, server, certificates))
        client = start([program, "-C", client_configuration(folder, path), "-d", "-t"], folder)
        give_mail(client, MAIL)
        gate.wait(LIMIT)
        samples, known_to = parts(daemon.pid), holders(daemon.pid)
        gate.open()
        out, err = client.communicate(timeout=LIMIT)
        if client.returncode:
            raise AssertionError(f"msmtp failed with {client.returncode}: {err.decode()}")
        server.settle()
        daemon.send_signal(signal.SIGTERM)
        log = daemon.communicate(timeout=LIMIT)[1].decode("utf-8", "replace")
        if daemon.returncode:
            raise AssertionError(f"msmtpd ended with {daemon.returncode}: {log}")
        return samples, known_to, server.session, out.decode("utf-8", "replace"), log
    finally:
        for process in (client, daemon):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        server.stop()


def show_log(log):
    heading("The log of msmtpd (--log=stderr)")
    for line in log.splitlines():
        short = re.sub(r"/\S*/", ".../", line)
        print("  " + (short if len(short) <= WIDTH - 2 else short[: WIDTH - 5] + "..."))


def show_processes(samples, known_to, program):
    hidden = any(sample.libraries is None for sample in samples.values())
    with_libraries(samples.values(), program)
    part_of = {sample.pid: part for part, sample in samples.items()}
    heading("The processes of msmtpd, read while the server behind it held back its SCRAM challenge")
    table(
        list(samples.values()),
        lambda sample: f"{sample.name} ({part_of[sample.pid]})" if sample.name == "msmtpd" else sample.name,
        lambda sample: TASKS[part_of[sample.pid]],
    )
    print()
    note(about_libraries(hidden))
    note(
        "Listener and session are not confined, since the command would inherit it; they read nothing that the client "
        "says."
    )
    print("  Of these, and of the msmtp that the session runs,")
    print(
        "  the password is in the memory of: "
        + ("(hidden from this user)" if known_to is None else ", ".join(known_to) or "no process")
    )


def show(program, folder, configuration, certificates):
    folder = os.path.join(folder, "service")
    os.makedirs(folder)
    heading("A secret for all users: msmtpd on a unix socket")
    note(
        "msmtpd has the configuration with the password; the msmtp that is called now only knows the socket. The mail "
        "goes through both to the server, and --from of msmtpd has the word about its sender."
    )
    samples, known_to, session, out, log = run(program, folder, configuration, certificates)
    heading("The dialogue of the msmtp without a password, with msmtpd")
    show_dialogue(out)
    show_mail(session.mails[0])
    show_processes(samples, known_to, program)
    show_log(log)
