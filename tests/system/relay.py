"""A server to which another server passes mails on: relay.py FOLDER, run by tests/servers/dovecot.sh.

Prints its port and runs until its standard input is closed. Each mail becomes FOLDER/NUMBER, JSON with sender_line,
recipient_lines and the mail in `content`, as latin-1. Recipients named refused-... get 550, later-... 451.
"""

import itertools
import json
import os
import re
import sys

sys.dont_write_bytecode = True

from dialogue import PLAIN_KEYWORDS, Dialogue  # noqa: E402
from scripted_server import ScriptedServer  # noqa: E402


class Relay(Dialogue):
    numbers = itertools.count()

    def __init__(self, folder):
        super().__init__(keywords=PLAIN_KEYWORDS)
        self.folder = folder

    def transaction(self, session, verb, line):
        refused = re.match(r"RCPT TO:<(refused|later)", line, re.I)
        if refused:
            session.send("550 5.1.1 no such user\r\n" if refused.group(1) == "refused" else "451 4.2.1 try later\r\n")
        else:
            super().transaction(session, verb, line)

    def finish(self, session, raw):
        mail = self.mail
        name = os.path.join(self.folder, f"{next(self.numbers)}")
        with open(name + ".new", "w", encoding="ascii") as file:
            mail.raw = raw
            json.dump({"sender_line": mail.sender_line, "recipient_lines": mail.recipient_lines,
                       "content": mail.content.decode("latin-1")}, file)
        os.rename(name + ".new", name)
        super().finish(session, raw)


def main():
    folder = sys.argv[1]
    server = ScriptedServer(lambda session: Relay(folder)(session), backlog=64)
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop()


main()
