"""Interactive shells on a terminal of their own, asked for completions as a user's keys would ask."""

import os
import pty
import select
import shutil
import time

from harness import check, skip

# Inserts all completions at once; then the line is not run but handed to "answer", so the shell itself undoes its
# quoting.
ALL, BEGINNING, KILL = b"\x1b*", b"\x01", b"\x15"

ANSWER = 'answer() { printf "%s\\n" "$@" >"$HOME/answer.new"; mv "$HOME/answer.new" "$HOME/answer"; }\n'
START = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SETUP = {
    "bash": "source '%(file)s'\n",
    "zsh": """fpath=('%(folder)s' $fpath); autoload -Uz compinit; compinit -u -D
zle -C all-matches complete-word _generic; bindkey -e; bindkey '\\e*' all-matches
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
unsetopt prompt_cr prompt_sp
""",
}


class Shell:
    """A shell of KIND ("bash", "zsh") with the completion FILE loaded."""

    def __init__(self, t, kind, file):
        program = shutil.which(kind)
        if not program:
            skip(f"no {kind} here (Debian package: {kind})")
        self.answer_file, self.kind, self.seen = os.path.join(t.home, "answer"), kind, b""
        environment = t.environment({"TERM": "dumb", "PS1": "$ "})
        setup = t.path("setup", ANSWER + SETUP[kind] % {"file": file, "folder": os.path.dirname(file)})
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(t.home)
            os.execve(program, START[kind], environment)
        self.ask(f". {setup}; answer ready".encode(), seconds=15)

    def complete(self, line):
        """The words of LINE after everything that could complete its end was put there, without the first word."""
        return self.ask(line.encode() + ALL + BEGINNING + b"answer ")[1:]

    def ask(self, keys, seconds=10):
        if os.path.exists(self.answer_file):
            os.unlink(self.answer_file)
        os.write(self.terminal, KILL + keys + b"\r")
        end = time.monotonic() + seconds
        while not os.path.exists(self.answer_file):
            check(time.monotonic() < end, f"{self.kind} does not answer; on its terminal: {self.seen[-800:]!r}")
            if select.select([self.terminal], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.terminal, 65536)
                except OSError:
                    break
        with open(self.answer_file, encoding="utf-8") as file:
            return file.read().splitlines()

    def close(self):
        os.close(self.terminal)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
