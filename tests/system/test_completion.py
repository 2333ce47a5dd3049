"""Completions in real shells, and the colours of vim: the files as `make install` puts them."""

import os
import re
import shutil
import subprocess

from harness import cases, check, equal, skip
from installed import ROOT, install
from shells import Shell

PLACES = {
    "bash": "share/bash-completion/completions/msmtp",
    "zsh": "share/zsh/site-functions/_msmtp",
    "fish": "share/fish/vendor_completions.d/msmtp.fish",
    "vim": "share/vim/vimfiles/syntax/msmtp.vim",
}
DAEMON = {"bash": "msmtpd", "zsh": "_msmtpd", "fish": "msmtpd.fish"}
CONFIG = """account work
host one.example.test
  account "quoted : work"
\taccount\ttab
account two words
account $(touch evil)
account joe@example.test:work
# account comment
accounts none
eval touch EVIL; echo account evil
account last"""
SYSTEM = "account shared\r\n"
ACCOUNTS = ["work", "quoted", "tab", "two words", "$(touch evil)", "joe@example.test", "last", "shared"]


def put(t):
    """A staged installation that takes the system's files from the test's home; where its files are."""
    stage, etc = os.path.join(t.folder, "stage"), os.path.join(t.home, "etc")
    os.makedirs(etc)
    t.path("etc/msmtprc", SYSTEM)
    folders = {name: "/" + os.path.dirname(place) for name, place in PLACES.items()}
    run = install(t, stage, programs=False, sysconfdir=etc, bash_completion_dir=folders["bash"],
                  zsh_completion_dir=folders["zsh"], fish_completion_dir=folders["fish"],
                  vim_dir=os.path.dirname(folders["vim"]))  # fmt: skip
    equal((run.returncode, run.stderr), (0, ""), "install")
    return {kind: os.path.join(stage, place) for kind, place in PLACES.items()}


class Fish:
    """The same questions for fish, which answers them without a terminal."""

    def __init__(self, t, kind, file):
        if not shutil.which("fish"):
            skip("no fish here (Debian package: fish)")
        self.t, self.file = t, file

    def complete(self, line):
        """LINE's earlier words, and what its last could become."""
        run = subprocess.run(
            ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", self.file, line],
            env=self.t.environment(), cwd=self.t.home, capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        equal(run.stderr, "", "stderr of fish")
        return line.split()[1:-1] + [found.split("\t")[0] for found in run.stdout.splitlines()]

    def close(self):
        pass


def shell(t, kind):
    t.write_config(CONFIG.replace("EVIL", os.path.join(t.home, "evil")))
    return (Fish if kind == "fish" else Shell)(t, kind, put(t)[kind])


def shell_for_the_daemon(t, kind):
    file = os.path.join(os.path.dirname(put(t)[kind]), DAEMON[kind])
    return (Fish if kind == "fish" else Shell)(t, kind, file)


def values(words):
    """The values among WORDS, of which the first may still have its option before it."""
    return sorted(re.sub("^(--[a-z-]+=|-[a-zA-Z](?=[a-z]))", "", word) for word in words)


@cases("bash", "zsh", "fish")
def test_completion_knows_options_and_values(t, kind):
    asked = shell(t, kind)
    try:
        names = [word.rstrip("=") for word in asked.complete("msmtp --tls-c")]
        equal(sorted(set(names)), ["--tls-cert-file", "--tls-certcheck", "--tls-crl-file"], "--tls-c")
        equal([word.rstrip("=") for word in asked.complete("msmtp --hos")], ["--host"], "--hos")
        equal(set(word.rstrip("=") for word in asked.complete("msmtp x@y --pret")) - {"x@y"}, {"--pretend"}, "--pret")
        for line, wanted in (
            ("--tls=", ["off", "on"]),
            ("--set-date-header=", ["auto", "off"]),
            ("--auth=scram-sha-256", ["scram-sha-256", "scram-sha-256-plus"]),
            ("--auth=xo", ["xoauth2"]),
            ("--syslog=LOG_M", ["LOG_MAIL"]),
            ("--protocol=", ["lmtp", "smtp"]),
            ("--dsn-return=", ["full", "headers", "off"]),
        ):
            equal(values(asked.complete("msmtp " + line)), wanted, line)
        equal(values(asked.complete("msmtp -R fu")[-1:]), ["full"], "-R")
        equal(values(asked.complete("msmtp --protocol s")[-1:]), ["smtp"], "--protocol as two words")
    finally:
        asked.close()


@cases("bash", "zsh", "fish")
def test_completion_knows_accounts_and_files(t, kind):
    asked = shell(t, kind)
    try:
        equal(asked.complete("msmtp --account=w"), ["--account=work"], "--account=w")
        equal(asked.complete("msmtp -a joe@ex")[-1], "joe@example.test", "an account with @")
        equal(asked.complete("msmtp -a two")[-1], "two words", "an account with a blank")
        found = asked.complete("msmtp -a ")
        equal(sorted(word for word in found if word != "-a"), sorted(ACCOUNTS), "all accounts")
        # Also one that is typed stays what it is.
        asked.complete("msmtp --dsn-notify='$(touch${IFS}evil)',")
        check(not os.path.exists(os.path.join(t.home, "evil")), "a command of the configuration was run")
        t.path("other", "account elsewhere\n")
        found = asked.complete("msmtp -C other -a ")
        equal(sorted(set(found) - {"-C", "other", "-a"}), ["elsewhere", "shared"], "accounts of the file of -C")
        t.path("certificate.pem", "")
        equal(values(asked.complete("msmtp --tls-trust-file=cert")), ["certificate.pem"], "a file")
        check("system" in values(asked.complete("msmtp --tls-trust-file=")), "--tls-trust-file=system")
        equal(asked.complete("msmtp -X cert")[-1], "certificate.pem", "a file as a word of its own")
    finally:
        asked.close()


@cases("bash", "zsh", "fish")
def test_completion_knows_the_daemon(t, kind):
    asked = shell_for_the_daemon(t, kind)
    try:
        names = [word.rstrip("=") for word in asked.complete("msmtpd --max-")]
        equal(sorted(set(names)), ["--max-recipients", "--max-sessions", "--max-size"], "--max-")
        equal(asked.complete("msmtpd --session-timeout="), ["--session-timeout=off"], "a word")
        equal([values(asked.complete("msmtpd --log=" + text)) for text in ("sy", "no")], [["syslog"], ["none"]], "words")
        equal(asked.complete("msmtpd --lmtp --allow-user=daem"), ["--lmtp", "--allow-user=daemon"], "a user")
        equal(asked.complete("msmtpd --group daem")[-1], "daemon", "a group as a word of its own")
        t.path("maillog", "")
        equal(asked.complete("msmtpd --log=mai"), ["--log=maillog"], "a log file")
        equal(asked.complete("msmtpd --interface=127"), ["--interface=127.0.0.1"], "an address")
        t.path("submit", "")
        if kind != "fish":
            equal(asked.complete("msmtpd --interface=unix:sub"), ["--interface=unix:submit"], "a socket")
    finally:
        asked.close()


VIM = r"""
set nocompatible
let &runtimepath = $VIM_FILES . ',' . $VIMRUNTIME
filetype on
syntax on
for name in split($CONFIGS, ':')
  execute 'edit' fnameescape(name)
  if &filetype !=# 'msmtp' | set filetype=msmtp | endif
  for number in range(1, line('$'))
    let found = []
    for column in range(1, strlen(getline(number)))
      let group = synIDattr(synID(number, column, 1), 'name')
      if group !=# get(found, -1, '') && group !=# '' | call add(found, group) | endif
    endfor
    call writefile([name . "\t" . &filetype . "\t" . number . "\t" . join(found)], $RESULT, 'a')
  endfor
endfor
qall!
"""


def coloured(t, files):
    """[(file, type, line number, groups of the syntax in the order of the columns)] as vim has them."""
    vim = shutil.which("vim")
    if not vim or b"+syntax" not in subprocess.run([vim, "--version"], capture_output=True).stdout:
        skip("no vim with syntax highlighting here (Debian package: vim)")
    syntax = os.path.dirname(os.path.dirname(put(t)["vim"]))
    script, result = t.path("script.vim", VIM), os.path.join(t.home, "result")
    environment = t.environment(
        {"VIM_FILES": syntax, "CONFIGS": ":".join(files), "RESULT": result, "TERM": "dumb", "VIMINIT": ""}
    )
    run = subprocess.run([vim, "-es", "-N", "-u", "NONE", "-i", "NONE", "-n", "-S", script], env=environment,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=20)  # fmt: skip
    check(os.path.exists(result), f"vim: {run.returncode} {run.stdout} {run.stderr}")
    with open(result, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(name, kind, int(number), groups.split()) for name, kind, number, groups in rows]


def test_vim_knows_every_word_of_the_examples(t):
    folder = os.path.join(ROOT, "etc")
    examples = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".example")]
    equal(len(examples), 2, "examples")
    lines = {name: open(name, encoding="utf-8").read().splitlines() for name in examples}
    rows = coloured(t, examples)
    equal(len(rows), sum(len(text) for text in lines.values()), "lines that vim saw")
    for name, kind, number, groups in rows:
        text = lines[name][number - 1]
        equal(kind, "msmtp", "filetype")
        check(not {"msmtpUnknown", "msmtpWrong"} & set(groups), f"{name}:{number}: {text!r} is {groups}")
        check(bool(groups) == bool(text.strip()), f"{name}:{number}: {text!r} is {groups}")


def test_vim_marks_what_msmtp_does_not_know(t):
    """Each line with the group that its last column has; the file is recognised by its name."""
    rows = (
        ("account a : b", "msmtpParents"),
        ("hosts mail.example.test", "msmtpUnknown"),
        ("host port", "msmtpArgument"),
        ("  port 25x", "msmtpWrong"),
        ("port 25", "msmtpDigits"),
        ("timeout off", "msmtpOff"),
        ("tls maybe", "msmtpWrong"),
        ('\ttls "on"', "msmtpOnOff"),
        ("auth scram-sha-256-plus", "msmtpMethod"),
        ("auth PLAIN", "msmtpWrong"),
        ("dsn_notify failure,never", "msmtpWrong"),
        ("tls_nocertcheck on", "msmtpWrong"),
        ("# host", "msmtpComment"),
        ("passwordeval gpg -d x", "msmtpShell"),
        ("from %U", "msmtpPattern"),
    )
    file = t.write_config("\n".join(row[0] for row in rows) + "\n")
    for (text, wanted), (_, kind, _, groups) in zip(rows, coloured(t, [file])):
                equal((kind, groups[-1] if groups else None), ("msmtp", wanted), text)
