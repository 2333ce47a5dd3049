"""TLS and passwords through Debian's msmtp (GnuTLS) and ours (libtls): same exit codes, same commands, same mail, same
log line and class of message."""

from dialogue import Auth
from harness import cases
from parity import Case, compare, to_the_server


def secured(t, *lines, server="server", starttls=True, **more):
    """The arguments of a Case whose server has that certificate."""
    context = t.certificates.context(server, **more)
    words = ("tls on", "host localhost", *lines) if starttls else ("tls on", "tls_starttls off", "host localhost",
        *lines)
    dialogue = {"starttls": context} if starttls else {"implicit": context}
    return {"rc": to_the_server(*words, host=None), **dialogue}


def certificate_rows(t, starttls):
    ca, other = (f"tls_trust_file {t.certificates.file(name)}" for name in ("ca", "other-ca"))
    rows = [Case(name, "a@b", **secured(t, ca, server=name, starttls=starttls))
            for name in ("server", "rsa", "expired", "future", "wrong-host", "wildcard", "self-signed", "foreign")]
    prints = {digest: t.certificates.fingerprint("server", digest) for digest in ("sha256", "sha1", "md5")}
    rows += [Case(f"fingerprint {digest}", "a@b", **secured(t, f"tls_fingerprint {value}", starttls=starttls))
             for digest, value in prints.items()]
    rows += [
        Case("another fingerprint", "a@b",
        **secured(t, f"tls_fingerprint {prints['sha256'][:-2]}00", starttls=starttls)),
        Case("fingerprint of an expired one", "a@b", **secured(
            t, f"tls_fingerprint {t.certificates.fingerprint('expired')}", server="expired", starttls=starttls)),
        Case("fingerprint with the wrong trust", "a@b",
        **secured(t, other, f"tls_fingerprint {prints['sha256']}", starttls=starttls)),
        Case("no check", "a@b", **secured(t, "tls_certcheck off", server="expired", starttls=starttls)),
        Case("no check but a fingerprint", "a@b",
        **secured(t, "tls_certcheck off", f"tls_fingerprint {'00:' * 31}00", starttls=starttls)),
        Case("another authority", "a@b", **secured(t, other, starttls=starttls)),
        Case("system's authorities", "a@b", **secured(t, starttls=starttls)),
        Case("override", "a@b", **secured(t, ca, "tls_host_override smtp.example.test", starttls=starttls)),
        Case("override that is wrong", "a@b", **secured(t, ca, "tls_host_override nobody.test", starttls=starttls)),
        Case("no trust file there", "a@b", **secured(t, "tls_trust_file {HOME}/none", starttls=starttls)),
        Case("no key there", "a@b", **secured(t, ca, "tls_key_file {HOME}/none", "tls_cert_file {HOME}/none",
        starttls=starttls)),
        Case("revoked", "a@b", **secured(t, ca, f"tls_crl_file {t.certificates.crl()}", server="revoked",
        starttls=starttls)),
        Case("list of revocations", "a@b", **secured(t, ca, f"tls_crl_file {t.certificates.crl()}", starttls=starttls)),
        Case("no list there", "a@b", **secured(t, ca, "tls_crl_file {HOME}/none", starttls=starttls)),
    ]
    for name in ("client-ec", "client-rsa"):
        rows.append(Case(f"with {name}", "a@b", **secured(
            t, ca, f"tls_cert_file {t.certificates.file(name)}", f"tls_key_file {t.certificates.key(name)}",
                client_ca="ca",
            starttls=starttls)))
    rows.append(Case("keys of another", "a@b", **secured(
        t, ca, f"tls_cert_file {t.certificates.file('client-ec')}", f"tls_key_file {t.certificates.key('client-rsa')}",
        starttls=starttls)))
    return rows


@cases(("starttls", True), ("implicit", False))
def test_table_of_certificates(t, starttls):
    rows = certificate_rows(t, starttls)
    compare(t, rows if starttls else rows[::3])


def test_the_reason_is_told_whoever_ends_first(t):
    """The signer ends with the network child, which cannot find the certificate, and may be noticed before it."""
    t.configure(**t.tls(host="localhost", tls_cert_file="/nonexistent/x", tls_key_file=t.certificates.key("client-ec")))
    for _ in range(15):
        t.failed(t.msmtp(), 66, "tls_cert_file: /nonexistent/x: No such file or directory")


NETRC = {
    "lines": "machine 127.0.0.1 login joe password 's3cret pass'\n",
    "words": "machine 127.0.0.1\n  login joe\n  password \"s3cret pass\"\n",
    "passwd": "machine 127.0.0.1 user joe passwd 's3cret pass'\n",
    "wrong": "machine 127.0.0.1 login joe password x\n",
    "another-machine": "machine localhost login joe password 's3cret pass'\n",
    "another-user": "machine 127.0.0.1 login bob password 's3cret pass'\n",
    "account": "machine 127.0.0.1 login joe account x password 's3cret pass'\n",
    "macdef": "macdef init\nmachine 127.0.0.1 login joe password x\n\n"
              "machine 127.0.0.1 login joe password 's3cret pass'\n",
    "comment": "# machine 127.0.0.1 login joe password x\nmachine 127.0.0.1 login joe password 's3cret pass' # x\n",
    "port": "machine 127.0.0.1 port 25 login joe password 's3cret pass'\n", "empty": "",
    "second": "machine 127.0.0.1 login bob password x\n"
    "machine 127.0.0.1 login joe password 's3cret pass'\n",
    "case": "machine 127.0.0.1 login Joe password 's3cret pass'\n",
}
COMMANDS = {
    "plain": "echo 's3cret pass'", "without-newline": "printf 's3cret pass'", "crlf": "printf 's3cret pass\\r\\n'",
    "more-lines": "printf 's3cret pass\\nx\\n'", "blank-at-the-end": "echo 's3cret pass '", "empty-line": "echo",
    "environment": "echo \"s3cret ${WORD}\"",
}


def test_table_of_passwords(t):
    """From netrc, and from a command."""
    plain = {"auth": Auth(mechanisms=("PLAIN",)), "env": {"WORD": "pass"}}
    rows = [Case(f"netrc {name}", "a@b", to_the_server("auth plain", "user joe"), files={".netrc": text}, **plain)
            for name, text in NETRC.items()]
    rows += [Case(f"command {name}", "a@b", to_the_server("auth plain", "user joe", f"passwordeval {command}"), **plain)
             for name, command in COMMANDS.items()]
    rows += [
        Case("both", "a@b", to_the_server("auth plain", "user joe", "password x", "passwordeval echo 's3cret pass'"),
        **plain),
        Case("option", ["--passwordeval=echo 's3cret pass'", "a@b"], to_the_server("auth plain", "user joe"), **plain),
        Case("option and password", ["--passwordeval=echo 's3cret pass'", "a@b"],
             to_the_server("auth plain", "user joe", "password x"), **plain),
        # The command runs beside the connection, so that a mail that fails for it is logged, too.
        Case("a command that says nothing", "a@b", to_the_server("auth plain", "user joe", "passwordeval true"), ours={
            "stderr": ["cannot read output of 'true'", "could not send mail (account default from HOME/.msmtprc)"],
            "log": "time host=127.0.0.1 tls=off auth=on user=joe from=joe@example.test recipients=a@b "
                   "errormsg='cannot read output of ?true?' exitcode=right\n"}, unsteady=("commands",), **plain),
        Case("no login", "a@b", to_the_server("user joe", "passwordeval exit 3"), **plain),
    ]
    compare(t, rows)
