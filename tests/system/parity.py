"""The same case through Debian's msmtp and through ours, at the same time, and what is compared of it.

A test is a table of cases; it reports every case that differs, not only the first. In what all cases may differ, and
why, stands here: WORDINGS, CODES and without_documented_differences(). A case that differs in a way of its own says so
with `ours`, which replaces what the original did in some field; that it does not differ any more is an error too.
"""

import base64
import os
import re
import shutil
import subprocess

from dialogue import Dialogue
from harness import MAIL, skip
from scripted_server import ScriptedServer

PATIENCE = 20.0
NAMES = {
    0: "EX_OK",
    64: "EX_USAGE",
    65: "EX_DATAERR",
    66: "EX_NOINPUT",
    68: "EX_NOHOST",
    69: "EX_UNAVAILABLE",
    70: "EX_SOFTWARE",
    71: "EX_OSERR",
    74: "EX_IOERR",
    75: "EX_TEMPFAIL",
    76: "EX_PROTOCOL",
    77: "EX_NOPERM",
    78: "EX_CONFIG",
}

# What a refusal means, by the step that is refused and the first digit of the reply: (theirs, ours). The original has
# 69 for every 4xx and for all that stands after the mail, so that greylisting looks permanent and a refused mail
# temporary.
CODES = {
    ("mail", "4"): (69, 75),
    ("rcpt", "4"): (69, 75),
    ("data", "4"): (69, 75),
    ("body", "4"): (69, 75),
    ("body", "5"): (69, 65),
}

# One thing, said in two ways: the class of a line on standard error, and of errormsg in the log. Groups that match stay
# in the class. What is not here has to be said in the same words.
WORDINGS = (
    ("greeting", r"cannot get initial OK message from server|the server.s greeting is not OK"),
    ("hello", r"SMTP server does not accept EHLO or HELO commands|EHLO is not accepted by the server|"
     r"neither EHLO nor HELO is accepted by the server"),
    ("no valid reply", r"the server sent an (?:invalid|empty) reply|no valid (?:greeting|reply)\b.*"),
    ("no valid reply", r"network read error: Connection reset by peer"),
    (
        "no answer to the mail",
        r"the server did not accept the mail|the server.s last reply says neither yes nor no; .*",
    ),
    (
        "refused by LMTP",
        r"the server refuses to send the mail to (\S+)|recipient address (\S+) not accepted by the server",
    ),
    ("no STARTTLS", r"the server does not support TLS via (?:the )?STARTTLS(?: command)?"),
    ("login refused", r"authentication failed \(method XOAUTH2\)|command AUTH XOAUTH2 failed"),
    ("ambiguous", r"option '(.*)' is ambiguous; possibilities: .*"),
    ("certificate", r"TLS certificate (?:verification failed|fingerprint does not match): .*"),
    ("TLS file", r"cannot set X509 .*|tls_(?:trust|key|cert|crl)_file: .*"),
    ("too many arguments", r"too many arguments(?:: .*)?"),
    ("defined twice", r"(.*: line \d+: account \w+) was already defined(?: in this file)?"),
    ("account name", r"(.*: line \d+): an account name must not contain .*"),
    ("eval", r"(HOME/\.msmtprc):(?: line \d+:)? (?:cannot read output of|command) '.*?'(?: exited with status \d+)?"),
    ("no way to verify", r"(account \w+ from \S+: tls requires) .*"),
    ("no host", r"account \w+ from \S+: (?:host not set|tls needs a host or tls_host_override .*)"),
    ("cannot read", r"HOME: (?:input error|Is a directory)"),
    ("aliases", r"(HOME/aliases)(?:: line \d+)?: .*"),
    ("log", r"cannot log to (\S+): .*"),
    ("source", r"cannot bind source ip (\S+): .*"),
)


class Side:
    """One of the two programs, with a home, a configuration file and a server of its own."""

    def __init__(self, t, name, program):
        self.t, self.program = t, program
        self.home = os.path.join(t.folder, name)
        self.log = os.path.join(self.home, "log")
        self.server = ScriptedServer(None)
        self.process = self.case = None
        t.servers.append(self.server)

    def place(self, text):
        """TEXT with what only the side knows."""
        return text.replace("{HOME}", self.home).replace("{PORT}", str(self.server.port))

    def start(self, case):
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        self.case = case
        self.server.sessions.clear()
        self.server.script = case.dialogue()
        for name, content in case.files.items():
            with open(os.path.join(self.home, name), "wb") as file:
                file.write(content if isinstance(content, bytes) else self.place(content).encode())
            os.chmod(file.name, 0o600)
        environment = {key: self.place(value) for key, value in case.environment.items()}
        self.process = subprocess.Popen(
            ["msmtp", *(self.place(word) for word in case.arguments)],
            executable=self.program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=dict(self.t.environment({"HOME": self.home, "XDG_CONFIG_HOME": None}), **environment),
            start_new_session=True,
        )

    def finish(self):
        """What it did, by field."""
        try:
            out, err = self.process.communicate(self.case.mail, PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            err += b"(killed after a long time)"
        self.server.settle()
        # What the client must not say is for other tests; here the original says it too.
        self.server.errors.clear()
        log = b""
        if os.path.exists(self.log) and os.path.isfile(self.log):
            with open(self.log, "rb") as file:
                log = file.read()
        return without_documented_differences(
            {
                "code": self.process.returncode,
                "stderr": self.same_words(err).splitlines(),
                "stdout": self.same_words(out).splitlines(),
                "commands": [self.same_words(line) for session in self.server.sessions for line, _ in session.lines],
                "mails": [mail.raw for mail in self.server.mails if mail.raw is not None],
                "log": self.same_words(log),
            }
        )

    def same_words(self, data):
        """DATA as text, without what differs between the two sides only because they are two."""
        text = data.decode("utf-8", "surrogateescape").replace(self.home, "HOME")
        text = re.sub(rf"\b(port(?: = |=| )){self.server.port}\b", r"\1PORT", text)
        return re.sub(r"(?<![\w/])(?:/usr/local)?/etc/(msmtprc|mailname|netrc)", r"SYSTEM/\1", text)


class Case:
    """name, then: args (a text that is split, or a list), rc (the configuration; None: no file), mail, env, files, what
    the server is (the arguments of Dialogue), and `ours`: by field a value, or a function of what theirs is. `unsteady`
    are fields that depend on who is quicker."""

    def __init__(
        self, name, args="bob@example.test", rc="", mail=MAIL, env=None, files=None, ours=None, unsteady=(), **server
    ):
        self.name, self.mail, self.ours = name, mail.encode() if isinstance(mail, str) else mail, ours or {}
        self.unsteady = unsteady
        self.arguments = args.split() if isinstance(args, str) else args
        self.environment, self.files = env or {}, dict(files or {})
        if rc is not None:
            self.files.setdefault(".msmtprc", rc)
        self.dialogue = lambda: Dialogue(**server)


def to_the_server(*lines, **settings):
    """A configuration for the side's server: one account, with more lines."""
    base = {
        "host": "127.0.0.1",
        "port": "{PORT}",
        "from": "joe@example.test",
        "logfile": "{HOME}/log",
        "logfile_time_format": "time",
        "timeout": "10",
    }
    base.update(settings)
    rows = [f"{key} {value}" for key, value in base.items() if value is not None]
    return "\n".join(["account default", *rows, *lines, ""])


# -- the ways in which the two always differ


def without_documented_differences(done):
    done["stderr"], done["stdout"] = classes(done["stderr"]), same_dialogue(same_keys(done["stdout"]))
    done["commands"] = same_login([command_without_differences(line) for line in done["commands"] if line != "QUIT"])
    done["log"] = same_log(done)
    done["mails"] = [same_mail(raw) for raw in done["mails"]]
    return done


def the_class(text):
    # We say what would be right.
    text = re.sub(r" \((?:expected|only|set) .*\)$", "", text)
    for name, pattern in WORDINGS:
        match = re.fullmatch(pattern, text)
        if match:
            return " ".join([f"<{name}>", *(group for group in match.groups() if group)])
    return text


def classes(lines):
    """The lines of standard error as classes. We also show what the server said when that is no valid reply."""
    found = [the_class(line.removeprefix("msmtp: ")) for line in lines]
    if "<no valid reply>" in found:
        found = [line for line in found if not line.startswith("server message: ")]
    return found


def same_keys(lines):
    """What --pretend prints, in the keys of the version that we follow: 1.8.33 has more than the one that we are
    compared with, and set_to_header in the place of undisclosed_recipients."""
    kept, to_header = [], []
    for line in lines:
        key, _, value = line.partition(" = ")
        if key == "undisclosed_recipients":
            to_header.append("set_to_header = " + ("undisclosed_recipients" if value == "on" else "off"))
        elif key == "set_to_header":
            to_header.append(line)
        elif key not in ("from_full_name", "set_msgid_header", "sandbox"):
            kept.append(line)
    return kept + to_header


def same_dialogue(lines):
    """What --debug prints, without what stands in the other functions; the answer to QUIT is not waited for."""
    mail = same_mail("\r\n".join(lines).encode().replace(b"\r\n--> ", b"\r\n")).decode().split("\r\n")
    arrows = ["--> " if line.startswith("--> ") else "" for line in lines]
    lines = [arrow + command_without_differences(line) for arrow, line in zip(arrows, mail)]
    return [line for line in lines if line != "--> QUIT" and not line.startswith("<-- 221 ")]


def command_without_differences(line):
    """SIZE=, BODY= and SMTPUTF8 are asked for where the server offers them; domains are sent in ASCII."""
    line = re.sub(r"^(MAIL .*?)(?: (?:SIZE=\d+|BODY=8BITMIME|SMTPUTF8))+", r"\1", line)
    match = re.match(r"(?:MAIL FROM|RCPT TO):<.*@(.*[^\x00-\x7f].*)>", line)
    return line.replace(match.group(1), match.group(1).encode("idna").decode()) if match else line


def same_login(commands):
    """SCRAM, NTLM and XOAUTH2 with the first message in the line of AUTH, as we send it, and without nonces."""
    found = []
    for line in commands:
        if found and re.fullmatch(r"AUTH (SCRAM-\S+|NTLM|XOAUTH2)", found[-1]):
            found[-1] += " " + line
        else:
            found.append(line)
    if found[1:] and found[1].startswith("AUTH "):
        found[1:] = [re.sub(r"[A-Za-z0-9+/]{8,}=*$", readable, line) for line in found[1:]]
    return found


def readable(match):
    try:
        text = base64.b64decode(match.group(), validate=True).decode("latin-1")
    except ValueError:
        return match.group()
    return repr(re.sub(r"\b([rp])=[^,]*|\bport=\d+", r"\1...", text)) if text.isascii() else match.group()


def same_log(done):
    """The log line with the error as a class, and exit code and size replaced when they are right. We show quotes in no
    field, and what the server said also when that is no valid reply."""
    text = re.sub(r"errormsg='([^']*)'", lambda match: f"errormsg='{the_class(match.group(1))}'", done["log"])
    text = re.sub(
        r"\b((?:host|user|from|recipients)=)(\S+)",
        lambda match: match.group(1) + match.group(2).replace("'", "?"),
        text,
    )
    text = re.sub(r" (smtpstatus=\S+ )?smtpmsg='[^']*'(?= errormsg='<no valid reply>')", "", text)
    text = text.replace(f"exitcode={NAMES.get(done['code'])}\n", "exitcode=right\n")
    for raw in done["mails"]:
        size = len(re.sub(rb"(\A|\r\n)\.", rb"\1", raw).replace(b"\r\n", b"\n"))
        text = text.replace(f"mailsize={size} ", "mailsize=right ")
    return text


def same_mail(raw):
    """The left part of a Message-ID is random, and the time goes on. Without a domain in the sender the right part is
    the host now, and was our own host's name."""
    raw = re.sub(rb"(?m)^(Message-ID: <)[0-9a-f]{32}(?:\.[^@>]*)?@", rb"\1...@", raw)
    raw = re.sub(rb"(?m)^(Message-ID: <)(?!\d@)[\w.+-]{20,}@", rb"\1...@", raw)
    own = os.uname().nodename.encode()
    raw = re.sub(rb"(?m)^(Message-ID: <...@)(?:" + re.escape(own) + rb"[^>]*|127\.0\.0\.1)>", rb"\1host>", raw)
    return re.sub(rb"(?m)^(Date: )\w{3}, \d\d \w{3} 2\d{3} \d\d:\d\d:\d\d ", rb"\1", raw)


# -- the comparison


def compare(t, cases, fields=("code", "stderr", "commands", "mails", "log")):
    """Run all CASES and report all differences in FIELDS."""
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    sides, wrong, names = (Side(t, "theirs", t.reference), Side(t, "ours", t.program)), [], set()
    for case in cases:
        assert case.name not in names, f"two cases {case.name}"
        names.add(case.name)
        for side in sides:
            side.start(case)
        theirs, ours = (side.finish() for side in sides)
        for field in fields:
            if field in case.unsteady:
                continue
            wish = case.ours.get(field, theirs[field])
            wish = wish(theirs[field]) if callable(wish) else wish
            if field in case.ours and wish == theirs[field]:
                wrong.append(f"{case.name}: {field}: no difference any more: {wish!r}")
            elif ours[field] != wish:
                wrong.append(f"{case.name}: {field}: ours {ours[field]!r}, wanted {wish!r}")
    if wrong:
        raise AssertionError(f"{len(wrong)} differences in {len(names)} cases:\n" + "\n".join(wrong))
