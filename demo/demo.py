"""Sends one mail with msmtp to a server of our own, and another through msmtpd (service.py), and shows what happened:
the dialogue, the mail, the processes.

    demo.py MSMTP

Nothing of this leaves the machine or stays on it. What stands in the tables was read from the running processes while
the server held back its SCRAM challenge: at that moment each process has read a stranger's bytes, and all are there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "system"))

import certs  # noqa: E402
import processes  # noqa: E402
import service  # noqa: E402
from dialogue import Auth, Dialogue  # noqa: E402
from pages import (  # noqa: E402
    LIMIT,
    PASSWORD,
    UNREADABLE,
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
from scripted_server import Gate, ScriptedServer  # noqa: E402

MAIL = """From: Joe <joe@example.test>
To: Bob <bob@example.test>
Bcc: carol@example.test
Subject: One mail through three processes

Hello Bob,

the process that talked to your server could not have opened a file.

Joe
"""


# -- the run


def configuration(folder, server, certificates):
    path = os.path.join(folder, "msmtprc")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(
            f"account default\nhost {server.host}\nport {server.port}\ntls on\ntls_trust_file "
            f"{certificates.file('ca')}\n"
            f"auth on\nuser joe\npassword {PASSWORD}\nfrom joe@example.test\ntimeout 20\n"
        )
    return path


def sample_all(pid):
    order = {"msmtp": 0, "msmtp-netproc-tls": 1, "msmtp-authproc": 2}
    found = [Sample(one) for one in [pid] + processes.descendants(pid)]
    return sorted(found, key=lambda sample: order.get(sample.name, 9))


def run(program, folder, certificates):
    """(samples in the exchange, samples after it, the server's one session, what -d printed)."""
    exchange, after = Gate(), Gate()
    server = ScriptedServer(
        Dialogue(
            starttls=certificates.context(),
            auth=Auth(password=PASSWORD),
            replies={"challenge": exchange, "mail": after},
        )
    )
    process = None
    try:
        config = configuration(folder, server, certificates)
        process = start([program, "-C", config, "-d", "-t"], folder)
        give_mail(process, MAIL)
        exchange.wait(LIMIT)
        first = sample_all(process.pid)
        exchange.open()
        after.wait(LIMIT)
        # The credential child ends now; a moment's delay is not its remaining.
        processes.wait_until(
            lambda: not any(processes.name(pid) == "msmtp-authproc" for pid in processes.descendants(process.pid)), 1
        )
        second = sample_all(process.pid)
        after.open()
        out, err = process.communicate(timeout=LIMIT)
        if process.returncode:
            raise AssertionError(f"msmtp failed with {process.returncode}: {err.decode()}")
        server.settle()
        return first, second, server.session, out.decode("utf-8", "replace")
    except AssertionError:
        if process is not None and process.poll() is not None:
            raise AssertionError("msmtp ended early: " + process.communicate()[1].decode("utf-8", "replace")) from None
        raise
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        server.stop()


def observe_landlock(program, folder, certificates):
    """{process name: Landlock domains entered}, seen by strace in a run of its own; None where that cannot be had."""
    if not shutil.which("strace"):
        return None
    trace, gate, process = os.path.join(folder, "trace"), Gate(), None
    server = ScriptedServer(
        Dialogue(starttls=certificates.context(), auth=Auth(password=PASSWORD), replies={"challenge": gate})
    )
    try:
        process = start(
            [
                "strace",
                "-f",
                "-o",
                trace,
                "-e",
                "trace=landlock_restrict_self",
                program,
                "-C",
                configuration(folder + "/again", server, certificates),
                "-t",
            ],
            folder,
        )
        give_mail(process, MAIL)
        gate.wait(LIMIT)
        names = {pid: processes.name(pid) for pid in processes.descendants(process.pid)}
        gate.open()
        process.communicate(timeout=LIMIT)
        return count_domains(trace, names) if process.returncode == 0 else None
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        return None
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        server.stop()


def count_domains(trace, names):
    counts = dict.fromkeys(names.values(), 0)
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            pid = int(line.split()[0])
            if pid in names and re.search(r"landlock_restrict_self\(.*= 0$", line):
                counts[names[pid]] += 1
    return counts


# -- the pages


def landlock_of(sample, landlock):
    if landlock is None:
        return "see below"
    count = landlock.get(sample.name, 0)
    return f"{count} domain{'s' if count != 1 else ''} entered"


TASKS = {
    "msmtp": "reads the mail, supervises",
    "msmtp-netproc-tls": "talks to the server",
    "msmtp-authproc": "knows the password",
}


def show_processes(first, second, landlock, version, program):
    hidden = any(sample.libraries is None for sample in first)
    heading("The processes, read from /proc while the server held back its SCRAM challenge")
    table(
        with_libraries(first, program),
        lambda sample: sample.name,
        lambda sample: TASKS.get(sample.name, ""),
        [("Landlock", lambda sample: landlock_of(sample, landlock))],
    )
    print()
    if landlock is None:
        said = next((line for line in version.splitlines() if line.startswith("Sandbox:")), "Sandbox: not told")
        note(
            f"Landlock: no file of /proc shows it, and there is no strace here to watch it; msmtp "
            f'--version says "{said}".'
        )
    else:
        note(
            "Landlock: no file of /proc shows it. The numbers were counted by strace in a second run, as "
            "calls of landlock_restrict_self "
            "that succeeded; each adds to what was forbidden before."
        )
    note(about_libraries(hidden))
    left = ", ".join(sample.name for sample in second)
    holders = [sample.name for sample in second if sample.has_password]
    unread = any(sample.has_password is None for sample in second)
    heading("After authentication")
    print(f"  running: {left}")
    print(
        "  the password is in the memory of: "
        + ("(" + UNREADABLE + ")" if unread else ", ".join(holders) or "no process")
    )


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        print("usage: demo.py MSMTP (an executable; make builds it)", file=sys.stderr)
        return 64
    program = os.path.realpath(sys.argv[1])
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=LIMIT).stdout
    folder = tempfile.mkdtemp(prefix="msmtp-demo-")
    try:
        os.chmod(folder, 0o755)
        os.makedirs(folder + "/again")
        certificates = certs.make(os.path.join(folder, "certificates"))
        heading("The server")
        print("  ours, on loopback: STARTTLS with a certificate of a CA made just now, AUTH SCRAM-SHA-256")
        first, second, session, out = run(program, folder, certificates)
        heading("The dialogue, as msmtp --debug shows it (credentials are hidden by msmtp itself)")
        show_dialogue(out)
        show_mail(session.mails[0])
        show_processes(first, second, observe_landlock(program, folder, certificates), version, program)
        service.show(program, folder, configuration, certificates)
        return 0
    except AssertionError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 70
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
