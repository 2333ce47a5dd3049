"""--serverinfo and --rmqs through Debian's msmtp and ours: the same dialogue, the same words."""

from dialogue import Auth
from harness import cases
from parity import Case, compare, to_the_server

FIELDS = ("code", "stderr", "stdout", "commands", "log")
# Without SMTPUTF8, which the other version does not show, and with methods that both sort in one way.
USUAL = ("PIPELINING", "SIZE 52428800", "8BITMIME", "DSN")
CAPABILITIES = {
    "usual": USUAL, "none": (), "unknown": ("8BITMIME", "CHUNKING"), "size-0": ("SIZE 0",), "size-1": ("SIZE 1",),
    "size-1024": ("SIZE 1024",), "size-1025": ("SIZE 1025",), "size-1-mib": ("SIZE 1048576",),
    "size-over-1-mib": ("SIZE 1048577",), "size-10-gib": ("SIZE 10737418240",), "size-text": ("SIZE x",),
    "etrn": ("ETRN",),
    "lower-case": ("pipelining", "dsn", "etrn", "size 1000"), "login": ("AUTH PLAIN LOGIN CRAM-MD5",),
    "login-all": ("AUTH PLAIN EXTERNAL CRAM-MD5 DIGEST-MD5 LOGIN NTLM XOAUTH2 OTHER",),
    "login-old": ("AUTH=PLAIN LOGIN",),
    "login-unknown": ("AUTH KERBEROS_V4",), "login-twice": ("AUTH PLAIN", "AUTH LOGIN"), "starttls": ("STARTTLS",),
    "all": ("STARTTLS", "AUTH PLAIN", "PIPELINING", "SIZE 35882577", "DSN", "ETRN"),
}


def test_table_of_what_a_server_tells(t):
    rows = [Case(name, "-S", to_the_server(), keywords=keywords) for name, keywords in CAPABILITIES.items()]
    rows += [Case(f"greeting {text!r}", "--serverinfo", to_the_server(), keywords=USUAL,
        replies={"greeting": text + "\r\n"})
             for text in ("220 x", "220 ", "220-a\r\n220 b", "220 t\x01b \xc3\xa4", "554 no", "220 " + "x" * 500)]
    rows += [Case(f"hello {text!r}", "-S", to_the_server(), replies={"ehlo": text + "\r\n"})
             for text in ("502 no", "250 x", "250-x\r\n250-SIZE 5\r\n250 ETRN")]
    rows += [
        Case("lmtp", "-S", to_the_server("protocol lmtp"), lmtp=True, keywords=USUAL),
        Case("domain", "-S", to_the_server("domain x.y"), keywords=USUAL),
        Case("no login", "-S", to_the_server("auth plain", "user joe", "password x"), auth=Auth(mechanisms=("PLAIN",)),
             keywords=USUAL),
        Case("no hello", "-S", to_the_server(), replies={"ehlo": "502 no\r\n", "helo": "502 no\r\n"}),
        Case("lost", "-S", to_the_server(port="1")), Case("no host", "-S", to_the_server(host=None)),
        Case("no sender", "-S", to_the_server(**{"from": None}), keywords=USUAL),
        Case("debug", "-S -d", to_the_server(), keywords=USUAL),
        Case("pretend", "-S -P", to_the_server(), keywords=USUAL),
        Case("bundled", "-Sv", to_the_server(), keywords=USUAL),
        Case("by options", "--host=127.0.0.1 --port={PORT} -S", None, keywords=USUAL), Case("no file", "-S", None),
        Case("another account", "-S -a none", to_the_server()),
        Case("command", "-S", to_the_server("auth on", "user x", "passwordeval true")),
    ]
    compare(t, rows, FIELDS)


@cases("smtp", "lmtp")
def test_table_of_queue_starts(t, protocol):
    lines = "protocol " + protocol
    rows = [Case(f"{answer!r}", "--rmqs=example.test", to_the_server(lines), keywords=("ETRN",),
        lmtp=protocol == "lmtp",
                 replies={"other": answer + "\r\n"})
            for answer in ("250 ok", "251 none", "252 pending", "253 5 pending", "458 cannot", "459 not allowed",
                "500 what",
                           "501 bad", "502 no", "530 login", "550-a\r\n550 b", "254 x", "354 x", "421 bye", "x")]
    rows += [Case(f"argument {argument!r}", [f"--rmqs={argument}"], to_the_server(lines), keywords=("ETRN",),
        lmtp=protocol == "lmtp",
                  replies={"other": "250 ok\r\n"}) for argument in ("@example.test", "#queue", "a b", "ä.test")]
    rows += [
        Case("not offered", "--rmqs=x", to_the_server(lines), lmtp=protocol == "lmtp"),
        Case("login", "--rmqs=x", to_the_server(lines, "auth plain", "user joe", "password s3cret pass"),
        keywords=("ETRN",),
             auth=Auth(mechanisms=("PLAIN",)), lmtp=protocol == "lmtp", replies={"other": "250 ok\r\n"}),
        Case("wrong login", "--rmqs=x", to_the_server(lines, "auth plain", "user joe", "password x"),
        keywords=("ETRN",),
             auth=Auth(mechanisms=("PLAIN",)), lmtp=protocol == "lmtp", replies={"other": "250 ok\r\n"}),
        Case("no sender", "--rmqs=x", to_the_server(lines, **{"from": None}), keywords=("ETRN",),
        lmtp=protocol == "lmtp",
             replies={"other": "250 ok\r\n"}),
        Case("debug", "--rmqs=x -d", to_the_server(lines), keywords=("ETRN",), lmtp=protocol == "lmtp",
             replies={"other": "250 ok\r\n"}),
        Case("pretend", "--rmqs=x -P", to_the_server(lines), keywords=("ETRN",), lmtp=protocol == "lmtp"),
    ]
    compare(t, rows, FIELDS)
