"""What the documentation shows is understood by the program: the example configurations, those in the manual page, and
the command lines in it."""

import os
import re
import shlex

from harness import cases, check, equal
from installed import ROOT

# The commands that examples call for a password, each a program that says one.
HELPERS = ("gpg", "secret-tool", "oauth-token")


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def unescape(line):
    """A line of the manual's source as a reader sees it."""
    for escape, text in (("\\&", ""), ("\\e", "\\"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\-", "-")):
        line = line.replace(escape, text)
    return line


def shown(page="msmtp"):
    """The displays of the manual page: those of several lines as one text each, those of one line likewise."""
    lines, blocks, block = [unescape(line) for line in read(f"man/{page}.1").splitlines()], [], None
    for line in lines:
        if line.startswith(".Bd "):
            block = []
        elif line == ".Ed":
            blocks.append("\n".join(block) + "\n")
            block = None
        elif block is not None:
            block.append(line)
    return blocks, [line[len(".Dl ") :] for line in lines if line.startswith(".Dl ")]


def configurations(page="msmtp"):
    """The displays that are configurations: their first word says so."""
    words = ("account", "defaults")
    return [text for text in shown(page)[0] if re.sub("^(#.*\n)+", "", text).split()[0] in words]


def accounts(text):
    return re.findall(r"^account ([^:\n]*?) *(?::.*)?$", text, re.M)


def environment(t):
    folder = t.path("programs")
    os.makedirs(folder, exist_ok=True)
    for name in HELPERS:
        t.path(f"programs/{name}", "#!/bin/sh\necho password\n", 0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "HOSTNAME": "here.example.test"}


def understood(t, text, what):
    """Every account in TEXT can be looked at, without a word on standard error."""
    names = accounts(text)
    check(names, f"{what}: no account")
    path, variables = t.path("configuration", text), environment(t)
    for name in names:
        run = t.msmtp("-C", path, "-a", name, "-P", "bob@example.test", mail=b"", env=variables)
        check(run.code == 0 and not run.err, f"{what}, account {name}: {run}")
        check(f"using account {name} from {path}\n".encode() in run.out, f"{what}, account {name}: {run}")
    return names


@cases("msmtprc-user.example", "msmtprc-system.example")
def test_example_files_are_understood(t, name):
    """As they are, and with everything that is not in use."""
    text = read("etc/" + name)
    names = understood(t, text, name)
    check("default" in names, f"{name} has no account default")
    whole = re.sub(r"^#(?=[a-z])", "", text, flags=re.M)
    check(whole != text, f"{name}: nothing to take a # from")
    # Not on every machine.
    whole = whole.replace("cat /etc/msmtp-password", "gpg")
    check(len(understood(t, whole, name + " without its #")) > len(names), "accounts that are not in use")


def test_every_command_of_the_example_has_a_comment_before_it(t):
    """A paragraph of commands begins with one, unless it goes on with an account."""
    for paragraph in re.split(r"\n\n+", read("etc/msmtprc-user.example").strip()):
        lines = paragraph.split("\n")
        check(lines[0].startswith("# ") or re.match(r"#?(account|defaults)\b", lines[0]), f"no comment: {paragraph!r}")


def test_configurations_of_the_manual_are_understood(t):
    texts = configurations()
    check(len(texts) >= 5, f"only {len(texts)} configurations in the manual page")
    for text in texts:
        understood(t, text, f"in the manual page: {text[:60]!r}")


def test_command_lines_of_the_manual_are_understood(t):
    """With -P in addition; the accounts are those of the manual's configurations."""
    path = t.path(".msmtprc", "\n".join(dict.fromkeys(merged(configurations()))))
    variables, count = environment(t), 0
    for line in shown()[1]:
        match = re.search(r"(?:^\$ |\| )((?:[A-Z]+=\S+ )?msmtp (?:[^<|]*))", line)
        # --configure asks the DNS, with -P too.
        if not match or "--configure" in line:
            continue
        words = shlex.split(match.group(1))
        assigned = dict(word.split("=", 1) for word in words[: words.index("msmtp")])
        run = t.msmtp(*words[words.index("msmtp") + 1 :], "-P", mail=b"To: bob@example.test\n\n",
                      env=dict(variables, **assigned))  # fmt: skip
        check(run.code == 0 and not run.err, f"{line!r} with {path}: {run}")
        count += 1
    check(count >= 4, f"only {count} command lines in the manual page")


def merged(texts):
    """One configuration of the first account of each name in TEXTS, without what is for all."""
    seen = set()
    for text in texts:
        for account in re.findall(r"^account .*\n(?:(?!account|defaults).*\n)*", text, re.M):
            name = accounts(account)[0]
            if name not in seen:
                seen.add(name)
                yield account


def test_shown_commands_stand_in_the_examples(t):
    """The key ring is asked for what the manual stores in it."""
    stored = [line for line in shown()[1] if line.startswith("$ secret-tool store") and "HOST" not in line]
    equal(len(stored), 1, "secret-tool lines with values")
    host, user = re.search(r" host (\S+) service smtp user (\S+)$", stored[0]).groups()
    check(any(f"host {host}\n" in text and f"user {user}\n" in text for text in configurations()), stored[0])


# -- msmtpd


def ask_the_daemon(t, *words):
    return t.start(*words, program=os.path.join(os.path.dirname(t.program), "msmtpd")).finish(b"")


def test_every_option_of_the_daemon_is_in_its_manual(t):
    """Each with its defaults, which --help has in parentheses."""
    helped = ask_the_daemon(t, "--help").out.decode()
    page = read("man/msmtpd.1")
    documented = set(re.findall(r"Fl -([a-z-]+)", "\n".join(re.findall(r"^\.It (Fl .*)$", page, re.M))))
    equal(documented, set(re.findall(r"^  --([a-z-]+)", helped, re.M)), "options")
    for name, text in re.findall(r"^  --([a-z-]+)((?:.*\n(?!  -|\S))*.*)", helped, re.M):
        for value in re.findall(r"\(([0-9.]+M?|none)\)", text):
            item = next(part for part in page.split("\n.It ") if part.startswith(f"Fl -{name} ") and "default" in part)
            said = re.search(r"default is\s+(?:\.Cm )?(\S+?)[,.;]?(?:\s|$)", item)
            equal(said and said.group(1), value, f"default of --{name}")


def test_configurations_in_the_manual_of_the_daemon_are_understood(t):
    texts = configurations("msmtpd")
    equal(len(texts), 2, "configurations")
    for text in texts:
        understood(t, text, f"in the manual page: {text[:60]!r}")


def test_command_lines_in_the_manual_of_the_daemon_are_understood(t):
    count = 0
    for line in shown("msmtpd")[1]:
        if match := re.match(r"[$#] (?:systemd-socket-activate -l \S+ )?(msmtpd .*)", line):
            run = ask_the_daemon(t, *shlex.split(match.group(1))[1:], "--version")
            check(run.code == 0 and not run.err and run.out.startswith(b"msmtpd "), f"{line!r}: {run}")
            count += 1
    check(count >= 6, f"only {count} command lines in the manual page")
