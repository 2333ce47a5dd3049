"""The same command line and the same configuration through Debian's msmtp and ours: same exit code, same class of
message, same settings printed, but for the differences that are meant, which stand in parity.py and in the rows."""

from harness import cases, equal, skip
from parity import Case, compare, to_the_server

PRETENDED = ("code", "stderr", "stdout")

ON_OFF = ["", "=on", "=off", "=ON", "="]
AUTOMATIC = ["", "=auto", "=on", "=off", "=x", "="]
NUMBER = ["=1", "=0", "=65535", "=65536", "=-1", "=x", "=1x", "=", "=99999999999999999999"]
TEXT = ["=", "=x y", "=ö", "=a@b.test", " next"]
PATH = ["=", "=~/x", "=~joe/x", "=/a b", "=system", " next"]
METHODS = ("scram-sha-256", "scram-sha-1", "plain", "gssapi", "external", "oauthbearer", "cram-md5", "digest-md5",
           "login", "ntlm", "xoauth2")
PRINTS = [":".join(["aB"] * count) for count in (16, 20, 32, 31)] + [" ".join(["AB"] * 32), "x"]

OPTIONS = {
    "switches": {
        **{name: ON_OFF for name in (
            "tls", "tls-starttls", "tls-certcheck", "auto-from", "remove-bcc-headers", "keepbcc",
            "undisclosed-recipients", "add-missing-from-header", "add-missing-date-header")},
        **{name: AUTOMATIC for name in ("set-from-header", "set-date-header", "set-msgid-header")},
        "tls-force-sslv3": ["", "=on", "=x"],
        "read-recipients": ["", "=x"],
        "read-envelope-from": ["", "=x"],
    },
    "numbers": {
        **{name: NUMBER for name in ("port", "proxy-port", "tls-min-dh-prime-bits")},
        "timeout": NUMBER + ["=off", "=OFF"],
        "connect-timeout": ["=1", "=off"],
    },
    "texts": {
        **{name: TEXT for name in (
            "host", "domain", "source-ip", "proxy-host", "socket", "user", "tls-host-override", "maildomain",
            "tls-priorities", "from", "account", "file")},
        **{name: PATH for name in (
            "tls-trust-file", "tls-crl-file", "tls-key-file", "tls-cert-file", "logfile", "aliases")},
    },
    "words": {
        "passwordeval": ["=echo x", "=", " true"],
        "protocol": ["=smtp", "=lmtp", "=LMTP", "=", "=x"],
        "auth": ["", "=on", "=off", "=", "=none", "=PLAIN", "=anonymous", *("=" + method for method in METHODS)],
        "tls-fingerprint": ["=", *("=" + value for value in PRINTS)],
        "dsn-notify": ["=off", "=never", "=failure", "=failure,delay", "=success,failure,delay", "=never,failure",
                       "=FAILURE", "=", "=failure,", "=failure,failure", "=x"],
        "dsn-return": ["=off", "=headers", "=hdrs", "=full", "=HDRS", "=", "=x"],
        "syslog": ["", "=on", "=off", "=LOG_USER", "=LOG_MAIL", "=LOG_LOCAL7", "=LOG_LOCAL8", "=log_mail", "="],
        "logfile-time-format": ["=none", "=%Y", "=", "=x"],
        "from": ["=<>", "=%U@x", "=MAILER-DAEMON"],
    },
}
ACCOUNTS = (
    "account default\nhost h.test\nfrom joe@example.test\nuser u\npassword p\n\naccount next\nhost n.test\n"
    "from n@x.test\n"
)


@cases(*OPTIONS)
def test_table_of_options(t, group):
    rows = []
    for name, values in OPTIONS[group].items():
        for value in values:
            words = ["--" + name, value[1:]] if value.startswith(" ") else ["--" + name + value]
            rows.append(Case(f"--{name}{value}", ["-P", *words, "bob@example.test"], ACCOUNTS))
    compare(t, rows, PRETENDED)


WORDS = (
    "", "-t", "-ti", "-it --", "-oi", "-oem", "-o i", "-o -t", "-o", "-o7", "-om", "-odb", "-oQ/x", "-B8BITMIME",
    "-B 7BIT",
    "-b m", "-bm", "-bx", "-bd", "-b", "-A x", "-Ac", "-h 5", "-L tag", "-O opt=val", "-G", "-i", "-m", "-n",
    "-F Joe",
    "-FJoe", "-F", "-f a@b", "-fa@b", "-f", "-r a@b", "-N never", "-R full", "-N x", "-R x", "-X {HOME}/x", "-X -",
    "-C /dev/null",
    "-C {HOME}/none", "-C {HOME}", "-a next", "-a none", "-a", "-anext", "-v", "-Pv", "-d0.2", "-q", "-q5m", "-s",
    "-p", "-U", "-V",
    "-x", "-I", "-E", "-Q", "-D", "-c", "--nonsense", "--nonsense=x", "--t", "--tls-c", "--host",
    "--host=h --account=default",
    "-a default --host=h", "--from=a@b --read-envelope-from", "--read-envelope-from --from=a@b",
    "--read-envelope-from --read-envelope-from", "-f a@b -f c@d", "-a none -a next", "-- -t", "-- --host=x",
    "x@y -i z@w", "-", "--",
    "--ver=x", "--tls=on --tls=off", "--port=1 --port=x", "--host=", "--host=h --from=", "--prot=lmtp", "--read-r",
    "-t -t",
    "-t a@b (c) ,", "--undisclosed", "--set-from", "--add-missing-from",
)


def test_table_of_command_lines(t):
    """Short options, those of sendmail, abbreviations, conflicts, errors; with -P, so that nothing is sent."""
    compare(t, [Case(f"msmtp -P {words}", "-P " + words, ACCOUNTS) for words in WORDS], PRETENDED)


def test_table_of_command_lines_without_recipients(t):
    rows = [Case(f"msmtp {words}", words, to_the_server(), mail=b"From: x@y\n\n") for words in (
        "", "-t", "-i", "--", "--port=x", "--read-envelope-from", "-f", "-S a@b", "--rmqs=x a@b", "-S --rmqs=x",
        "--rmqs=x -S", "--rmqs")]
    compare(t, rows)


# -- configurations

VALUES = {
    "switches": {
        **{name: ["", "on", "off", "auto", '"on"'] for name in (
            "tls", "tls_starttls", "tls_certcheck", "remove_bcc_headers", "auto_from", "undisclosed_recipients",
            "add_missing_from_header", "add_missing_date_header", "keepbcc", "set_from_header", "set_date_header",
            "allow_from_override", "tls_nocertcheck", "tls_nostarttls")},
        "tls_force_sslv3": ["", "on", "x"],
    },
    "words": {
        "auth": ["", "on", "off", "ON", "PLAIN", "none", *METHODS],
        "syslog": ["", "on", "off", "LOG_MAIL", "LOG_LOCAL7", "LOG_DAEMON"],
        "protocol": ["", "smtp", "lmtp", "SMTP"],
        "tls_fingerprint": ["", *PRINTS],
        "dsn_notify": ["", "off", "never", "failure", "delay,failure", "success, failure", "FAILURE", "never,delay"],
        "dsn_return": ["", "off", "headers", "hdrs", "full", "FULL"],
        "eval": ["", "echo host evaluated.test", "echo", "true", "echo '# x'", "echo eval echo x",
                 "printf 'port 99\\nhost x.test\\n'", "echo nonsense", "exit 3"],
        "passwordeval": ["", "echo x", "true"],
        "defaults": ["", "x"],
        "account": ["", "x", "x : default", "x:default", "x : nope", "default", ": default", "a,b", "a b",
                    "x : default,default", "x : default,", "x : ,default", '"x : default"', "x:y:z"],
    },
    "texts": {
        "from": ["", "x", '"a b"', "a # b", "%U", "a@b.test"],
        **{name: ["", "x", '"a b"', '"a"b"', "a # b", "%U", "ö", "'x'"] for name in ("host", "user", "domain")},
        **{name: ["", "x", '"a b" # c'] for name in (
            "source_ip", "proxy_host", "socket", "password", "ntlmdomain", "tls_priorities",
            "tls_host_override", "maildomain", "logfile_time_format", "nonsense", "Host")},
        **{name: ["", "~", "~/a b", "system"] for name in (
            "tls_trust_file", "tls_crl_file", "tls_key_file", "tls_cert_file", "logfile", "aliases")},
    },
    "numbers": {name: ["", "0", "1", "65535", "65536", "-1", "x", "99999999999999999999", "off"] for name in (
        "proxy_port", "timeout", "connect_timeout", "tls_min_dh_prime_bits")},
}


@cases(*VALUES)
def test_table_of_commands(t, group):
    base = "account default\nhost h.test\nfrom joe@example.test\n# a comment\n\n"
    rows = [Case(f"{name} {value}", "-P bob@example.test", f"{base}{name} {value}\nport 26\n")
            for name, values in VALUES[group].items() for value in values]
    compare(t, rows, PRETENDED)


START = "account default\nhost h\nfrom x@y\n"
MATCHING = "account a\nhost a\nfrom *@a.test\naccount b\nhost b\nfrom Joe@B.test\naccount default\nhost d\nfrom d@d\n"
FILES = {
    "empty": "", "no-newline": "account default\nhost h", "only-comments": "# x\n\n  # y\n",
    "crlf": START.replace("\n", "\r\n"), "tabs": "\taccount\tdefault\n\t host\t h \t\nfrom x\n",
    "before-account": "host h\nfrom x@y\n", "before-then-default": "host h\nfrom x@y\naccount default\nhost z\n",
    "twice": "account a\nhost h\naccount a\nhost x\n", "long": START + "domain " + "x" * 480 + "\n",
    "last-cr": "account default\nfrom x@y\nhost h\r", "unknown": "nope\n",
    "inherit": "defaults\nport 30\ntls off\naccount a\nhost a\nfrom a@x\naccount b : a\nfrom b@x\ndefaults\nport 31\n"
               "account default : b\n",
    "inherit-in-order": "account a\nhost a\nport 1\nfrom x@y\naccount b\nhost b\naccount default : a,b\n",
    "inherit-all": "account a\nhost a\nfrom a@b\naccount default : a\n",
    "trust-in-defaults": "defaults\ntls_trust_file\n" + START + "tls on\n",
    "trust-empty": START + "tls on\ntls_trust_file\n", "no-host": "account default\nfrom x@y\n",
    "no-from": "account default\nhost h\n", "socket": "account default\nsocket /x\nfrom x@y\n",
    "lmtp-without-port": START + "protocol lmtp\n", "key-only": START + "tls_key_file /x\n",
    "cert-only": START + "tls_cert_file /x\n", "crl-without-trust":
        START + "tls on\ntls_trust_file\ntls_certcheck off\ntls_crl_file /x\n",
    "implicit": START + "tls on\ntls_starttls off\n",
    "tls-on-a-socket": "account default\nsocket /x\nport 25\ntls on\nfrom x@y\n",
    "proxy": START + "proxy_host p\n", "no-default": "account a\nhost a\nfrom a@b\n",
    "passwordeval": START + "auth on\nuser u\npasswordeval echo s\n",
    "passwordeval-says-nothing": START + "auth on\nuser u\npasswordeval true\n",
    "empty-from": "account default\nhost h\nfrom\n", "quotes": 'account "default"\nhost "h"\nfrom "x@y"\nuser " u "\n',
    "only-defaults": "defaults\nhost h\nfrom x@y\n", "account-then-defaults": START + "defaults\nport 9\n",
}
CHOICES = ("", "-a b", "-a x", "-a default", "-f x@a.test", "-f joe@b.TEST", "-f joe+box@b.test", "-f x@y", "-f <>",
           "--read-envelope-from", "--host=q", "--host=q -f a@b", "--file={HOME}/.msmtprc", "-C {HOME}/none",
           "-C {HOME}",
           "-C /dev/null")
ENVIRONMENTS = {
    "both": {"EMAIL": "e@x.test", "SMTPSERVER": "srv"}, "server": {"SMTPSERVER": "srv"}, "email": {"EMAIL": "e@x"},
    "xdg": {"XDG_CONFIG_HOME": "{HOME}"}, "no-such-home": {"HOME": "/nonexistent"}, "empty-home": {"HOME": ""},
}


def test_table_of_files(t):
    rows = [Case(name, "-P bob@example.test", content) for name, content in FILES.items()]
    compare(t, rows, PRETENDED)


def test_table_of_choices(t):
    rows = [Case(f"choice {words}", f"-P {words} bob@example.test", MATCHING, mail=b"From: y@A.test, z@a.test\n\n")
        for words in CHOICES]
    rows += [Case(f"no file {words}", f"-P {words} bob@example.test", None) for words in CHOICES]
    for name, values in ENVIRONMENTS.items():
        rows += [Case(f"{name} {rc is not None} {words}", f"-P {words} b@c", rc, env=values)
                 for rc in (None, MATCHING) for words in ("", "-f q@x")]
    compare(t, rows, PRETENDED)


@cases("--version", "--help")
def test_modes_end_well(t, option):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")
    for program in (t.reference, t.program):
        equal(t.msmtp(option, program=program).code, 0, "exit code")
