"""The desktop's key ring: a real gnome-keyring-daemon, entries that are there, not there, or locked."""

import os
import select
import subprocess

from dialogue import Auth, Dialogue
from harness import MAIL, Skipped, cases, check, equal

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "s3cret-pass"
LOCKED = "warning: key ring: it has the password, but is locked|key ring: it has the password, but is locked"
NONE = "authentication method SCRAM-SHA-256 needs a password"


class Keyring:
    """The daemon, led by its script; ends when its standard input is closed."""

    def __init__(self, t):
        folder = os.path.join(t.folder, "keyring")
        os.makedirs(folder, 0o700)
        self.process = subprocess.Popen(["bash", os.path.join(HERE, "..", "servers", "keyring.sh"), folder], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.answer()
        if not line.startswith("ready "):
            reason = self.process.communicate()[1].strip()
            if self.process.returncode == 77:
                raise Skipped(reason)
            raise AssertionError(f"keyring.sh: {reason}")
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": line.split()[1], "XDG_RUNTIME_DIR": os.path.join(folder, "run")}

    def answer(self):
        check(select.select([self.process.stdout], [], [], 20)[0], "keyring.sh says nothing")
        return self.process.stdout.readline()

    def tell(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        equal(self.answer(), "done\n", " ".join(words))

    def store(self, password=PASSWORD, host="127.0.0.1", service="smtp", user="joe"):
        self.tell("store", password, "host", host, "service", service, "user", user)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)


def login(t, **settings):
    server = t.serve(Dialogue(auth=Auth(password=PASSWORD), starttls=t.certificates.context()))
    t.configure(server, auth="on", user="joe", **t.tls(**settings))
    return server


def with_keyring(t):
    if b"Keyring support: none" in t.msmtp("--version").out:
        raise Skipped("built without libsecret")
    return Keyring(t)


def test_a_stored_password_is_found(t):
    with with_keyring(t) as keyring:
        keyring.store()
        keyring.store("wrong", user="jane")
        keyring.store("wrong", host="127.0.0.2")
        keyring.store("wrong", service="imap")
        server = login(t)
        t.succeeded(t.msmtp(env=keyring.environment))
        equal(server.mails[0].content, MAIL, "mail")


def test_the_bus_of_the_runtime_directory_is_found(t):
    with with_keyring(t) as keyring:
        keyring.store()
        login(t)
        t.succeeded(t.msmtp(env={"XDG_RUNTIME_DIR": keyring.environment["XDG_RUNTIME_DIR"]}))


def test_a_password_of_the_network_is_found(t):
    """As desktops have always stored them; one of our own comes first."""
    network = ("user", "joe", "protocol", "smtp", "server", "127.0.0.1",
               "xdg:schema", "org.gnome.keyring.NetworkPassword")
    with with_keyring(t) as keyring:
        keyring.tell("store", PASSWORD, *network)
        login(t, logfile=None)
        t.succeeded(t.msmtp(env=keyring.environment))
        keyring.tell("store", "wrong", *network)
        keyring.store()
        login(t, logfile=None)
        t.succeeded(t.msmtp(env=keyring.environment))


def test_it_comes_before_netrc_and_after_passwordeval(t):
    with with_keyring(t) as keyring:
        keyring.store()
        t.path(".netrc", "machine 127.0.0.1 login joe password wrong\n")
        login(t, logfile=None)
        t.succeeded(t.msmtp(env=keyring.environment))
        keyring.store("wrong")
        login(t, logfile=None, passwordeval=f"echo {PASSWORD}")
        t.succeeded(t.msmtp(env=keyring.environment))


@cases(("other-host", {"host": "mail.example"}), ("other-user", {"user": "jane"}),
       ("other-service", {"service": "imap"}), ("empty", None))
def test_without_an_entry_the_search_goes_on_at_once(t, entry):
    with with_keyring(t) as keyring:
        if entry:
            keyring.store(**entry)
        login(t, logfile=None)
        run = t.msmtp(env=keyring.environment)
        t.failed(run, 69, NONE)
        check(run.seconds < 5, f"at once: {run.seconds}")
        t.path(".netrc", f"machine 127.0.0.1 login joe password {PASSWORD}\n")
        login(t, logfile=None)
        t.succeeded(t.msmtp(env=keyring.environment))


def test_a_locked_key_ring_is_passed_over_at_once(t):
    with with_keyring(t) as keyring:
        keyring.store()
        keyring.tell("lock")
        login(t, logfile=None)
        run = t.msmtp(env=keyring.environment)
        t.failed(run, 69, LOCKED, NONE)
        check(run.seconds < 5, f"at once: {run.seconds}")
        t.path(".netrc", f"machine 127.0.0.1 login joe password {PASSWORD}\n")
        login(t, logfile=None)
        run = t.msmtp(env=keyring.environment)
        equal(run.code, 0, f"exit code of {run}")
        equal(len(run.errors), 1, f"lines of {run}")


@cases(("no-bus", {}), ("no-socket", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus"}),
       ("nonsense", {"DBUS_SESSION_BUS_ADDRESS": "nonsense"}),
       ("display", {"DISPLAY": ":99", "XDG_RUNTIME_DIR": "/nowhere"}))
def test_without_a_bus_the_search_goes_on_at_once(t, environment):
    t.path(".netrc", f"machine 127.0.0.1 login joe password {PASSWORD}\n")
    login(t)
    run = t.msmtp(env=environment)
    t.succeeded(run)
    check(run.seconds < 5, f"at once: {run.seconds}")


def test_a_bus_that_does_not_answer_is_left_after_ten_seconds(t):
    if b"Keyring support: none" in t.msmtp("--version").out:
        raise Skipped("built without libsecret")
    silent = t.serve(lambda session: session.wait_for_end(), "unix")
    t.path(".netrc", f"machine 127.0.0.1 login joe password {PASSWORD}\n")
    login(t)
    t.expect_script_errors = True
    run = t.msmtp(env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={silent.path}"})
    equal(run.code, 0, f"exit code of {run}")
    equal(len(run.errors), 1, f"lines of {run}")
    check("did not answer within 10 seconds" in run.errors[0], str(run))
    check(run.seconds < 15, f"in time: {run.seconds}")
