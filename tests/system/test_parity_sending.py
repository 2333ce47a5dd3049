"""The same mail and the same server through Debian's msmtp and ours: same commands, same mail, same exit code, log line
and class of message, but for the differences that are meant, which stand in parity.py and, as `ours`, in the rows."""

import re

from dialogue import Auth
from harness import cases
from parity import CODES, Case, compare, to_the_server

HEAD = (
    b"From: joe@example.test\nTo: bob@example.test\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: "
    b"<1@example.test>\n"
)
BARE = b"Subject: x\n\nbody\n"

# -- mails

ADDRESSES = (
    "a@b", "<a@b>", "A B <a@b>", '"A, B" <a@b>, c@d', "a@b,c@d", "a@b;c@d", "g: a@b, c@d;", "g:;", "g:a@b;,c@d",
    "undisclosed-recipients:;", "(c) a@b", "a(c)@b", "a@b (c (d) e)", "a@(x)b", "(unclosed a@b", "a@b, (\\) x) c@d",
    "a.b.c@d", "a@b c@d", "a b", "x<a@b>y", "<@x,@y:a@b>", "@x:a@b", "a@[127.0.0.1]", "<a@[IPv6:::1]>", "<>", "", ",",
    ",,a@b,,", "a", "a@b,root", "a\\@b@c", "a\tb@c", "<a@b", "<a@b><c@d>", '"unclosed a@b', '"x" a@b',
    "=?utf-8?q?a=40b?= <c@d>",
    "jörg@b", "a@jörg.test", "<a b@c>", "\x01a@b", "a\x7fb@c", "a'b@c", "-a@b", "+a@b", "a@b.", "a@@b", "<a@b>,<a@b>",
    "a@b,A@B",
    "x:y:a@b", "a@b:c@d", "%F@x", "a" * 300 + "@b", "mailto:a@b", ";", "(a),(b)", "<a(b)c@d>", "a@b <c@d> e@f",
    "o'brien@x",
    ", ".join(f"r{number}@x" for number in range(120)),
)
FOLDED = ("a@b\n c@d", "a@b,\n c@d,\n\td@e", "a@\n b", "<a@\n b>", '"x\n y" <a@b>', "(c\n d) a@b", "a@b\n ,c@d")
# Quoted local parts and addresses of hosts, which the original takes apart.
OTHER_ADDRESSES = {
    '"a b"@c': '"a_b"@c', '<"a\\"b"@c>': '"a\\"b"@c', "a@[IPv6:::1]": "a@[IPv6:::1]", '<"(a"@b>': '"(a"@b',
}
IN_BRACKETS = 'J <"a  b"@c>'


def recipients_are(*names):
    return {
        "commands": lambda commands: commands[:2] + [f"RCPT TO:<{name}>" for name in names] + commands[-1:],
        "log": lambda log: re.sub(r"recipients=.*?(?= mailsize=| smtpstatus=| errormsg=| exitcode=|$)",
                                  lambda _: "recipients=" + ",".join(names), log),
    }


@cases("header", "argument")
def test_table_of_addresses(t, place):
    rows = []
    for value in ADDRESSES + FOLDED + tuple(OTHER_ADDRESSES) + (IN_BRACKETS,):
        ours = {}
        if value in OTHER_ADDRESSES:
            wanted = OTHER_ADDRESSES[value]
            # On the command line, where msmtpd puts them, addresses keep what their quotes hold.
            ours = recipients_are(wanted if place == "header" else wanted.replace("_", " "))
        if value == IN_BRACKETS and place == "argument":
            ours = recipients_are('"a  b"@c')
        if place == "header":
            mail = HEAD.replace(b"bob@example.test", value.encode())
            rows.append(Case(value, "-t", to_the_server(), mail + b"\nx\n", ours=ours))
        elif "\n" not in value:
            rows.append(Case(value, ["--", value], to_the_server(), BARE, ours=ours))
    compare(t, rows)


def test_table_of_senders(t):
    """From the mail's From, by -f, and from the configuration."""
    rows = [Case(f"From: {value}", "--read-envelope-from r@s", to_the_server(), f"From: {value}\n\nx\n")
            for value in ("a@b", "A B <a@b>", "a@b, c@d", "g: a@b;", "(c) a@b (d)", "<>, a@b", "jo@x\n ,y@z",
                "=?x?= <a@b>",
                          "a", "%U@x", "MAILER-DAEMON")]
    rows += [Case(f"-f {value}", ["-f", value, "r@s"], to_the_server(), BARE)
             for value in ("a@b", "<>", "", "a", "%U@x", "%H", "a'b@c", "jörg@x", "MAILER-DAEMON", "a+b@c")]
    rows += [Case(f"from {value}", "r@s", to_the_server(*more, **{"from": value}), b"From: q@r\n" + BARE)
             for value, more in (("", ()), ("%U@x", ()), ("a@b", ("auto_from on", "maildomain m.d")),
                                 ("A@b", ("auto_from on",)), ("MAILER-DAEMON", ()), ("*@b", ()), (None, ()))]
    rows += [Case(f"override {value} {words}", f"{words} r@s", to_the_server(f"allow_from_override {value}"), BARE)
             for value in ("on", "off") for words in ("", "-f q@r", "--auto-from", "--maildomain=m --auto-from")]
    compare(t, rows)


def without_lines(*patterns):
    """What a mail is without the header lines that match one of PATTERNS."""
    return lambda mails: [re.sub(b"(?m)^(?:" + b"|".join(patterns) + b")\r\n", b"", raw) for raw in mails]


HEADERS = {
    "cc": "To: a@b\nCc: c@d\nBcc: e@f\n", "order": "Bcc: e@f\nCc: c@d\nTo: a@b\n",
    "many": "To: a@b\nTo: c@d\nCc: e@f\nCc: g@h\nBcc: i@j\nBcc: k@l\n", "case": "TO: a@b\ncC: c@d\nbCC: e@f\n",
    "folded-bcc": "To: a@b\nBcc: e@f,\n g@h\nSubject: x\n", "folded-bcc-last": "To: a@b\nBcc: e@f,\n\tg@h\n",
    "bcc-empty": "To: a@b\nBcc:\nX: y\n", "bcc-only": "Bcc: a@b\n", "bcc-first": "Bcc: a@b\nTo: c@d\n",
    "resent": "Resent-To: r@s\nResent-Cc: t@u\nTo: a@b\n", "resent-late": "To: a@b\nX: y\nResent-To: r@s\n",
    "resent-twice": "Resent-To: r@s\nX: y\nResent-To: t@u\nTo: a@b\n", "resent-none": "Resent-From: r@s\nTo: a@b\n",
    "resent-folded": "Resent-Date: x\n y\nResent-To: r@s\nTo: a@b\n",
    "resent-to-folded": "Resent-To: r@s,\n t@u\nResent-Cc: v@w\nTo: a@b\n",
    "resent-from-first": "Resent-From: q@r\nResent-To: r@s\nTo: a@b\n", "none": "Subject: x\n",
    "long": "To: " + ", ".join(f"a{number}@b" for number in range(150)) + "\n",
    "long-unknown": "X: " + "y" * 5000 + "\nTo: a@b\n",
    "no-colon": "To a@b\nTo: c@d\n", "mbox": "From joe Sat\nTo: a@b\n", "quoted-from": ">From joe\nTo: a@b\n",
    "space-first": " folded nothing\nTo: a@b\n", "colon-only": ": x\nTo: a@b\n", "dot": ".x: y\nTo: a@b\n",
    "eight-bit": "Subject: Käse\nTo: a@b\n", "almost": "ToBcc: x@y\nTo: a@b\nBcc-x: z@z\n",
    "crlf": "To: a@b\r\nBcc: e@f\r\n x@y\r\nX: z\r\n", "blank-line": "To: a@b\n \nBcc: c@d\n",
    "blank-fold": "To: a@b,\n \n c@d\n",
    "to-with-blank": "To : a@b\nTo: x@y\n", "message-id": "To: a@b\nMessage-Id: <a@b>\nDATE: x\n",
    "date-with-blank": "To: a@b\nDate : x\n",
    "from-twice": "To: r@s\nFrom: a@b\nFrom: c@d\n", "from-empty": "To: r@s\nFrom:\nFrom: x@y\n",
    "from-name": "To: r@s\nFrom: J <a@b>\n",
    "sender": "To: r@s\nSender: s@t\n",
}
# A Bcc that the original overlooks would be seen by everybody.
HIDDEN = {
    "bcc-with-blank": ("Bcc : e@f\nTo: a@b\n", rb"Bcc : .*"),
    "resent-bcc": ("Resent-To: r@s\nResent-Bcc: v@w\nTo: a@b\n", rb"Resent-Bcc: .*"),
    "bcc-after-nul": ("To: a@b\n\0Bcc: x@y\nBcc: z@w\n", rb"\0?Bcc: .*"),
}
FORMS = {
    "plain": "", "undisclosed": "undisclosed_recipients on", "bcc-kept": "remove_bcc_headers off",
    "from-on": "set_from_header on",
    "nothing-added": "set_from_header off\nset_date_header off",
}


@cases("plain", "rest")
def test_table_of_headers(t, forms):
    rows = []
    for form, line in FORMS.items():
        if (form == "plain") != (forms == "plain"):
            continue
        names = HEADERS if form == "plain" else ("cc", "many", "folded-bcc", "resent", "from-twice", "from-empty",
            "crlf", "message-id")
        rows += [Case(f"{form} {name}", "-t", to_the_server(line), HEADERS[name] + "\nbody\n.\n") for name in names]
    if forms == "plain":
        rows += [Case(f"without a body {name}", "-t", to_the_server(), HEADERS[name])
            for name in ("cc", "folded-bcc-last", "crlf")]
        rows += [Case(f"without -t {name}", "z@z", to_the_server(), HEADERS[name] + "\n")
            for name in ("many", "resent", "folded-bcc")]
        rows += [Case(name, "-t z@z", to_the_server(), text + "\nx\n", ours={"mails": without_lines(pattern)})
                 for name, (text, pattern) in HIDDEN.items()]
    compare(t, rows)


BODIES = {
    "empty": b"", "newline": b"\n", "newlines": b"\n\n", "no-newline": b"x", "dot": b"\n.", "dots": b"\n..\n.",
    "nul": b"\n\0\n.\0\n",
    "crlf": b"\r\na\r\n.\r\n..\r\n", "long": b"\n" + b"x" * 3000 + b"\ny",
    "edges": b"\n" + b"".join(b"x" * count + b"\n" for count in (1021, 1022, 1023, 1024, 2046, 2047)),
    "edges-and-dots": b"\n" + b"x" * 1022 + b".\n" + b"x" * 1023 + b".\n.\n" + b"x" * 2046 + b".y\n",
    "header-only": b"To: a@b",
    "header-with-a-dot": b".foo: x\n..bar: y\n\nx\n", "latin": b"Subject: \xe4\n\n\xe4\n", "all-bytes": b"\n" + bytes(
        byte for byte in range(256) if byte != 13) + b"\n", "from": b"From: a@b\n\nFrom x\n>From y\n",
}


def test_table_of_bodies(t):
    rows = [Case(name, "bob@example.test", to_the_server(), HEAD + body if name == "from" else body)
            for name, body in BODIES.items()]
    rows += [Case(f"{words} {name}", f"{words} bob@example.test", to_the_server(), BODIES[name])
             for words in ("--set-from-header=on -F Joe", "-f <> --set-from-header=on", "-F x", "--set-date-header=off")
             for name in ("empty", "from", "dots")]
    rows += [Case("an empty name", ["-F", "", "bob@example.test"], to_the_server(), BARE)]
    compare(t, rows)


def test_a_name_goes_through_one_encoder(t):
    """Quoted or encoded; the original inserts it as it is."""
    names = {'Doe, "J" (x)': rb'"Doe, \\"J\\" (x)"', "Jörg": rb"=?utf-8?B?SsO2cmc=?="}
    rows = [Case(name, ["-F", name, "bob@example.test"], to_the_server(), BARE, ours={
        "mails": lambda mails, name=name,
        ours=ours: [raw.replace(name.encode(), ours.replace(b"\\\\", b"\\")) for raw in mails]})
        for name, ours in names.items()]
    compare(t, rows)


# -- settings, aliases, the log

SETTINGS = {
    "domain": "domain x.y", "empty-domain": "domain", "own-host": "domain %H", "from-on": "set_from_header on",
    "undisclosed": "undisclosed_recipients on", "notify-never": "dsn_notify never\ndsn_return headers",
    "notify-all": "dsn_notify success,delay,failure\ndsn_return full", "eval": "eval echo domain evaluated.test",
    "no-log": "logfile",
}


def test_table_of_settings(t):
    # The right part of a Message-ID: the domain, unless that is the one of every host.
    right = {"domain": b"x.y", "own-host": b"host", "eval": b"evaluated.test"}

    def ours(name):
        if name not in right:
            return {}
        return {"mails": lambda mails: [re.sub(rb"(Message-ID: <\.\.\.@)[^>]*", rb"\1" + right[name], raw)
            for raw in mails]}

    compare(t, [Case(name, "a@b c@d", to_the_server(lines), BARE, ours=ours(name)) for name, lines in SETTINGS.items()])


ALIASES = {
    "one": "root: a@b\n", "with-others": "root: a@b\nbob: x@y\n", "default": "default: d@d\n",
    "circle": "root: bob\nbob: root\n",
    "no-colon": "root a@b\n", "comment": "root: a@b # c\n\n# d\n", "no-alias": ": x\n",
    "twice": "root: a@b\nroot: c@d\n",
    "case": "Root: a@b\n", "two-colons": "root: a:b\n", "pipe": "root: |cmd\n", "at": "a@b: c@d\n", "missing": None,
    "chain": "root: bob\nbob: carol\ncarol: c@d\n", "unknown": "root: nobody-else\n", "crlf": "root: a@b\r\n",
    "empty": "",
}


def test_table_of_aliases(t):
    rows = [Case(name, "root x@y nobody", to_the_server("aliases {HOME}/aliases"),
        files={} if text is None else {"aliases": text})
            for name, text in ALIASES.items()]
    rows += [Case("no local name", "x@y", to_the_server("aliases {HOME}/none")),
             Case("of -t", "-t", to_the_server("aliases {HOME}/aliases"), "To: root\nCc: a@b\n\nx\n",
             files={"aliases": "root: r@s\n"}),
             # The original emits the addresses of an alias in reverse order.
             Case("two addresses", "root", to_the_server("aliases {HOME}/aliases"),
             files={"aliases": "root: a@b, c@d\n"},
                  ours=recipients_are("a@b", "c@d"))]
    compare(t, rows)


def test_table_of_logs(t):
    lines = {"year": "logfile_time_format %Y", "text": "logfile_time_format a'b", "bad": "logfile /nonexistent/x",
             "stdout": "logfile -", "long": "logfile_time_format " + "%Y-" * 40, "folder": "logfile {HOME}"}
    rows = [Case(name, "a@b c@d", to_the_server(line)) for name, line in lines.items()]
    rows += [Case("socket", "a@b", to_the_server("socket {HOME}/none", host=None)),
        Case("tls", "a@b", to_the_server("tls on")),
             Case("reply", "a@b", to_the_server(), replies={"body": "250-it's\r\n250 \"ok\"\x02\r\n"}),
             Case("login", "a@b", to_the_server("auth plain", "user joe", "password s3cret pass"),
             auth=Auth(mechanisms=("PLAIN",))),
             Case("quote", "a'b@c", to_the_server()),
             # The word "none" came later.
             Case("no time", "a@b", to_the_server(logfile_time_format="none"),
             ours={"log": lambda log: log.removeprefix("none ")})]
    compare(t, rows, ("code", "stderr", "stdout", "commands", "mails", "log"))


def test_table_of_dialogues(t):
    """As --debug prints them."""
    rows = [Case(f"{words} {keywords}", words, to_the_server(), BARE, keywords=keywords)
            for words in ("-d a@b", "-v a@b c@d", "-d -N never -R full a@b")
                for keywords in ((), ("PIPELINING", "DSN"))]
    rows += [Case("dots", "--debug a@b", to_the_server(), HEAD + b"\n.\n..x\n"),
             Case("refused", "-d a@b", to_the_server(), replies={"mail": "550-a\r\n550 b\r\n"}, keywords=()),
             Case("hello", "-d a@b", to_the_server(), replies={"ehlo": "502 no\r\n"}),
             Case("lmtp", "-d a@b c@d", to_the_server("protocol lmtp"), lmtp=True, keywords=())]
    compare(t, rows, ("code", "stderr", "stdout", "log"))


# -- what the server says

def gone(session, _ordinary):
    session.close()


def cut(session, _ordinary):
    session.reset()


REPLIES = {
    "greeting": ["220 x", "220-a\r\n220 b", "220 ", "221 x", "554 no", "421 busy", "250 x", "2", "", "abc def",
    "220x y",
                 # No reset here: whether connect() or the first read meets it is chance.
                 "220-a\r\nxyz", "x" * 3000, gone],
    "ehlo": ["250 x", "250-x\r\n250-SIZE\r\n250 PIPELINING", "502 no", "550-a\r\n550 b", "220 x",
    "250-x\r\n250 AUTH=PLAIN LOGIN",
             "250-x\r\n250 8bitmime", "250-x\r\n250-SIZE 99999999999999999999\r\n250 size 1000", gone, cut],
    "mail": ["250 ok", "250-a\r\n250 b", "251 ok", "252 x", "220 x", "354 x", "450 no", "421 bye", "550 no",
    "501-a\r\n501 b",
             "550-5.1.0 a\r\n550-5.1.0 b\r\n550 c", "2.5 x", "550 a'b\"c\x01d\te", "550 " + "y" * 900, "550 Käse",
             gone, cut],
    "rcpt": ["250 ok", "251 fwd", "252 x", "450 no", "421 bye", "550 no", "550-a\r\n550 b", "354 x", "552 full", gone,
    cut],
    "data": ["354 go", "250 x", "450 no", "421 x", "554 no", "554-a\r\n554 b", "355 x", "220 x", gone, cut],
    "body": ["250 ok", "250-a\r\n250 b", "451 later", "452-a\r\n452 b", "550 no", "554-5.7.1 a\r\n554 5.7.1 b",
    "421 bye", "552 big"],
    "quit": ["221 bye", "500 x", "", gone, cut],
}


def refusals(place, answer):
    """What we do otherwise."""
    text = answer if isinstance(answer, str) else ""
    if (place, text[:1]) in CODES:
        return {"code": CODES[place, text[:1]][1]}
    return {}


@cases(*REPLIES)
def test_table_of_replies(t, place):
    rows = []
    for answer in REPLIES[place]:
        name = repr(answer[:40]) if isinstance(answer, str) else answer.__name__
        reply = (answer + "\r\n").encode() if isinstance(answer, str) else answer
        more = {"replies": {place: reply}, "ours": refusals(place, answer)}
        words = "bob@example.test carol@example.test"
        rows.append(Case(name, words, to_the_server(), keywords=(), **more))
        if place in ("mail", "rcpt", "data") and isinstance(answer, str):
            # What the server still reads depends on when the client goes away.
            rows.append(Case(name + " in one flight", words, to_the_server(), keywords=("PIPELINING",),
                unsteady=("commands",), **more))
    compare(t, rows)


def test_table_of_replies_that_are_no_replies(t):
    """Where we are stricter (RFC 5321, 4.2), and where the last word is missing, so that nobody knows."""
    failed = {
        "commands": [], "mails": [], "code": 76,
        "stderr": ["<no valid reply>", "could not send mail (account default from HOME/.msmtprc)"],
        "log": "time host=127.0.0.1 tls=off auth=off from=joe@example.test recipients=a@b "
               "errormsg='<no valid reply>' exitcode=right\n"}
    rows = [
        Case("different codes", "a@b", to_the_server(), replies={"greeting": "220-a\r\n221 b\r\n"}, ours=failed),
        # A hello refused with 421 is followed by the end, so that HELO would be in vain.
        Case("closing", "a@b", to_the_server(), replies={"ehlo": "421 bye\r\n", "helo": "421 bye\r\n"},
             ours={"commands": ["EHLO localhost"]}),
        *(Case(f"the last word {answer}", "a@b", to_the_server(), replies={"body": answer + "\r\n"}, ours={"code": 75})
          for answer in ("251 x", "220 x", "354 x")),
    ]
    compare(t, rows)


@cases("smtp", "lmtp")
def test_table_of_several_recipients(t, protocol):
    rows = []
    for answers in (("250 ok", "550 no"), ("550 no", "250 ok"), ("450 a", "550 b"), ("550 a", "450 b"),
        ("250 a", "250 b")):
        for keywords in ((), ("PIPELINING",)):
            for place in ("rcpt", "body") if protocol == "lmtp" else ("rcpt",):
                if place == "rcpt":
                    first = next((answer for answer in answers if answer[0] != "2"), "2")
                    ours = refusals(place, first)
                else:
                    worst = "4" if any(answer[0] == "4" for answer in answers) else "5" if "550 no" in answers else ""
                    ours = {"code": {"4": 75, "5": 65}[worst]} if worst else {}
                rows.append(Case(f"{place} {answers} {keywords}", "bob@example.test carol@example.test",
                                 to_the_server("protocol " + protocol), lmtp=protocol == "lmtp", keywords=keywords,
                                 replies={place: [answer + "\r\n" for answer in answers]}, ours=ours))
    if protocol == "lmtp":
        rows.append(Case("lhlo", "a@b", to_the_server("protocol lmtp"), lmtp=True,
            replies={"ehlo": "500-x\r\n500 no\r\n"}))
    compare(t, rows)


def test_table_of_servers_that_lack_something(t):
    lines = {"notify": ("dsn_notify failure",), "return": ("dsn_return full",), "tls": ("tls on", "tls_certcheck off"),
             "auth": ("auth on", "user joe", "password x"), "plain": ("auth plain", "user joe", "password x"),
             "socket": ("socket {HOME}/none",), "name": ("host does-not-exist.invalid",),
             "address": ("source_ip 192.0.2.1",),
             "no address": ("source_ip nonsense",), "port": ("port 1",)}
    compare(t, [Case(name, "a@b", to_the_server(*more), keywords=("SIZE 1000",)) for name, more in lines.items()])


LOGINS = ("plain", "login", "cram-md5", "scram-sha-256", "scram-sha-1", "oauthbearer", "xoauth2", "external")


def test_table_of_logins(t):
    rows = []
    for method in ("plain", "login", "cram-md5", "scram-sha-256", "scram-sha-1", "on"):
        offered = ("SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN") if method == "on" else (method.upper(),)
        for password in ("s3cret pass", "wrong"):
            rows.append(Case(f"{method} {password}", "a@b",
                to_the_server("auth " + method, "user joe", "password " + password),
                             auth=Auth(mechanisms=offered)))
    rows += [Case(f"on {offered}", "a@b", to_the_server("auth on", "user joe", "password x"),
        auth=Auth(mechanisms=tuple(offered.split())))
             for offered in ("PLAIN LOGIN", "CRAM-MD5", "GSSAPI EXTERNAL")]
    for method in LOGINS:
        server = {"auth": Auth(mechanisms=(method.upper(),))}
        if method != "external":
            rows += [Case(f"{method} without a user", "a@b", to_the_server("auth " + method, "password x"), **server),
                     Case(f"{method} without a password", "a@b", to_the_server("auth " + method, "user joe"), **server)]
        rows.append(Case(f"{method} is not offered", "a@b", to_the_server("auth " + method, "user joe", "password x"),
                         auth=Auth(mechanisms=("KERBEROS_V4",))))
    compare(t, rows)


@cases(*LOGINS)
def test_table_of_answers_to_a_login(t, method):
    rows = []
    for place in ("auth-command", "auth-final"):
        for answer in ("535 no", "454 later", "504 no", "530-a\r\n530 b", "500 x", "421 bye"):
            # XOAUTH2 is refused with its only message, which we have sent then.
            ours = {"code": 77} if method == "xoauth2" else {}
            early = method == "xoauth2" or (place == "auth-command" and method.startswith("scram"))
            unsteady = ("commands",) if early else ()
            rows.append(Case(f"{place} {answer!r}", "a@b",
                to_the_server(f"auth {method}", "user joe", "password s3cret pass"),
                             auth=Auth(mechanisms=(method.upper(),)), replies={place: answer + "\r\n"}, ours=ours,
                                 unsteady=unsteady))
    compare(t, rows)
