"""The mechanisms beyond those of every server: certificates, tokens, DIGEST-MD5 and NTLM."""

import base64
import re

from dialogue import Auth
from harness import MAIL, cases, check, equal
from mechanisms import OTHERS, Mechanisms

TOKEN = "ya29.vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
REFUSED = r"authentication failed \(method {}\)"


def login(t, mechanism, *, offered=None, user="joe", password=TOKEN, real=TOKEN, method=None, tls=True, replies=None,
          lie=None, realm="example.test", **settings):
    """(server, dialogue) with MECHANISM, for a user whose password or token is REAL."""
    auth = Auth(user=user or "joe", password=real, mechanisms=offered or (mechanism,))
    more = {"starttls": t.certificates.context()} if tls else {}
    dialogue = Mechanisms(auth=auth, replies=replies, lie=lie, realm=realm, **more)
    server = t.serve(dialogue)
    settings = t.tls(**settings) if tls else settings
    t.configure(server, auth=method or mechanism.lower(), user=user, password=password, **settings)
    return server, dialogue


@cases(*((f"{mechanism}-{'tls' if tls else 'plain'}", mechanism, tls) for tls in (True, False) for mechanism in OTHERS))
def test_each_succeeds(t, mechanism, tls):
    server, _ = login(t, mechanism, tls=tls)
    t.succeeded(t.msmtp())
    equal(server.mails[0].content, MAIL, "mail")
    t.logged("EX_OK", auth="on", user="joe")


@cases("OAUTHBEARER", "XOAUTH2", "DIGEST-MD5", "NTLM")
def test_wrong_credentials_are_refused(t, mechanism):
    server, _ = login(t, mechanism, password="wrong")
    t.failed(t.msmtp(), 77, REFUSED.format(mechanism) + "(: .*)?", "server message: 535 5\\.7\\.8 no")
    t.logged("EX_NOPERM", smtpstatus="535", user="joe")
    t.nothing_delivered(server)


# -- EXTERNAL

def test_external_names_the_user(t):
    server, dialogue = login(t, "EXTERNAL", password=None)
    t.succeeded(t.msmtp())
    equal(dialogue.auth_line, "AUTH EXTERNAL", "command")
    check("am9l" in server.session.commands, f"{server.session.commands}")


def test_external_without_user_sends_an_empty_response(t):
    server, dialogue = login(t, "EXTERNAL", user=None, password=None)
    t.succeeded(t.msmtp())
    equal(dialogue.said, [b""], "responses")
    at = server.session.commands.index("AUTH EXTERNAL")
    equal(server.session.commands[at + 1], "", "the line after AUTH")


def test_external_looks_for_no_password(t):
    marker = t.path("marker")
    login(t, "EXTERNAL", password=None, passwordeval=f"touch {marker}; exit 1")
    t.succeeded(t.msmtp())


def test_external_refused(t):
    server, _ = login(t, "EXTERNAL", user="jane", replies={"auth-final": "535 5.7.8 who\r\n"})
    t.failed(t.msmtp(), 77, REFUSED.format("EXTERNAL"), "server message: 535 5\\.7\\.8 who")
    t.nothing_delivered(server)


# -- tokens

@cases("OAUTHBEARER", "XOAUTH2")
def test_a_token_goes_with_the_command(t, mechanism):
    server, dialogue = login(t, mechanism)
    t.succeeded(t.msmtp())
    check(re.fullmatch(f"AUTH {mechanism} [A-Za-z0-9+/]+=*", dialogue.auth_line), dialogue.auth_line)
    commands = server.session.commands
    equal(commands[commands.index(dialogue.auth_line) + 1][:4], "MAIL", "the next command")


@cases(*((f"{mechanism}-{size}", mechanism, size) for mechanism in ("OAUTHBEARER", "XOAUTH2")
         for size in (8000, 16384, 49152, 65536)))
def test_long_tokens(t, mechanism, size):
    token = ("T0ken." * size)[:size]
    server, dialogue = login(t, mechanism, password=None, real=token, passwordeval=f"cat {t.path('token', token)}")
    t.succeeded(t.msmtp())
    with_command = size < 9000
    equal(" " in dialogue.auth_line[len("AUTH "):], with_command, "an initial response")
    check(all(len(line) + 2 <= 12288 for line in server.session.commands if line.startswith("AUTH")), "RFC 4954, 4")


def test_a_long_token_in_the_configuration(t):
    token = "x" * 40000
    login(t, "XOAUTH2", password=token, real=token)
    t.succeeded(t.msmtp())


@cases(("OAUTHBEARER", "OAUTHBEARER", b"\1"), ("XOAUTH2", "XOAUTH2", b""))
def test_the_explanation_of_a_refusal_is_answered(t, mechanism, answer):
    server, dialogue = login(t, mechanism, password="expired")
    explanation = r': \{"status":"invalid_token","scope":"mail"\}'
    t.failed(t.msmtp(), 77, REFUSED.format(mechanism) + explanation, "server message: 535 5\\.7\\.8 no")
    equal(dialogue.said[1:], [answer], "what answers the explanation")
    check(base64.b64encode(answer).decode() in server.session.commands, f"{server.session.commands}")


@cases("OAUTHBEARER", "XOAUTH2")
def test_a_token_refused_at_once(t, mechanism):
    server, _ = login(t, mechanism, replies={"auth-command": "535 5.7.8 expired\r\n"})
    t.failed(t.msmtp(), 77, REFUSED.format(mechanism), "server message: 535 5\\.7\\.8 expired")
    t.nothing_delivered(server)


def test_xoauth2_refused_before_the_token(t):
    token = "x" * 16384
    server, _ = login(t, "XOAUTH2", password=token, real=token, replies={"auth-command": "504 5.5.4 no\r\n"})
    t.failed(t.msmtp(), 76, "command AUTH failed", "server message: 504 5\\.5\\.4 no")
    t.nothing_delivered(server)


@cases("OAUTHBEARER", "XOAUTH2")
def test_success_after_an_explanation_of_refusal_is_none(t, mechanism):
    server, _ = login(t, mechanism, password="expired", replies={"auth-final": "235 2.7.0 welcome\r\n"})
    t.failed(t.msmtp(), 76, f".*{mechanism}.*")
    t.nothing_delivered(server)


@cases("OAUTHBEARER", "XOAUTH2")
def test_explanations_without_end_end(t, mechanism):
    def loop(session, _ordinary):
        for _ in range(1000):
            session.send("334 e30=\r\n")
            session.line()

    server, _ = login(t, mechanism, replies={"auth-command": loop})
    run = t.msmtp()
    check(run.code in (70, 76, 77), str(run))
    check(len(server.session.lines) < 40, f"{len(server.session.lines)} lines")


def test_a_user_with_comma_and_equals_sign(t):
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        login(t, mechanism, user="a=b,c", logfile=None)
        t.succeeded(t.msmtp())


@cases("OAUTHBEARER", "XOAUTH2")
def test_a_token_is_not_in_the_debug_output(t, mechanism):
    login(t, mechanism)
    run = t.msmtp("--debug", "bob@example.test")
    equal(run.code, 0, "exit code")
    check(f"AUTH {mechanism} *".encode() in run.out, f"the command: {run.out!r}")
    secret = base64.b64encode(TOKEN.encode())[4:20]
    check(TOKEN.encode() not in run.out and secret not in run.out, "the token is shown")


def test_a_token_with_control_characters(t):
    server, _ = login(t, "OAUTHBEARER", password=None, passwordeval=r"printf 'a\001b'")
    t.failed(t.msmtp(), 70, r"the token has characters that may not be used \(method OAUTHBEARER\)")
    t.nothing_delivered(server)


# -- DIGEST-MD5 and NTLM

def test_digest_md5_takes_the_realm_of_the_server(t):
    _, dialogue = login(t, "DIGEST-MD5", realm="other.test")
    t.succeeded(t.msmtp())
    check(b'realm="other.test"' in dialogue.said[0], f"{dialogue.said}")


@cases(("named", "other.test"), ("not-named", None))
def test_ntlmdomain_does_not_disturb_digest_md5(t, realm):
    _, dialogue = login(t, "DIGEST-MD5", realm=realm, ntlmdomain="MINE")
    t.succeeded(t.msmtp())
    check(b"MINE" not in dialogue.said[0], f"{dialogue.said}")


@cases("wrong-proof", "no-proof")
def test_a_server_that_does_not_prove_itself_in_digest_md5(t, lie):
    server, _ = login(t, "DIGEST-MD5", lie=lie)
    t.failed(t.msmtp(), 76, r"the server did not prove that it knows the password \(method DIGEST-MD5\)")
    t.nothing_delivered(server)


def test_ntlm_speaks_first_and_names_the_domain(t):
    _, dialogue = login(t, "NTLM", ntlmdomain="MYDOMAIN")
    t.succeeded(t.msmtp())
    check(dialogue.auth_line.startswith("AUTH NTLM TlRMTVNTUAAB"), dialogue.auth_line)
    check(b"MYDOMAIN" in dialogue.said[0], f"{dialogue.said}")


def test_an_ntlm_challenge_that_refers_to_memory_behind_its_end(t):
    server, _ = login(t, "NTLM", lie="outside")
    run = t.msmtp()
    t.failed(run, 70, r"the server's NTLM challenge is not acceptable: its target is not in it")
    t.nothing_delivered(server)


@cases("DIGEST-MD5", "NTLM")
def test_challenges_that_are_none(t, mechanism):
    place = "auth" if mechanism == "DIGEST-MD5" else "challenge"
    for challenge in ("334 YWJj\r\n", "334 PT0=\r\n", "334 " + base64.b64encode(b"x" * 20000).decode() + "\r\n"):
        server, _ = login(t, mechanism, replies={place: challenge}, logfile=None)
        t.expect_script_errors = True
        run = t.msmtp()
        check(run.code == 70, f"{challenge[:20]}: {run}")
        t.nothing_delivered(server)


# -- which one

@cases(("digest", ("NTLM", "LOGIN", "DIGEST-MD5"), "DIGEST-MD5"), ("cram", ("DIGEST-MD5", "CRAM-MD5"), "CRAM-MD5"),
       ("login", ("NTLM", "LOGIN"), "LOGIN"), ("ntlm", ("NTLM", "XOAUTH2", "EXTERNAL", "OAUTHBEARER"), "NTLM"))
def test_auth_on_chooses_under_tls(t, offered, wanted):
    _, dialogue = login(t, wanted, offered=offered, method="on")
    t.succeeded(t.msmtp())
    equal(dialogue.auth.used, wanted, "mechanism")


@cases(("never-by-itself", ("EXTERNAL", "OAUTHBEARER", "XOAUTH2"), True, "cannot find a usable authentication method"),
       ("not-without-tls", ("DIGEST-MD5", "NTLM", "CRAM-MD5"), False, "cannot use a secure authentication method"))
def test_auth_on_does_not_choose(t, offered, tls, reason):
    server, _ = login(t, "NTLM", offered=offered, method="on", tls=tls)
    t.failed(t.msmtp(), 69, reason)
    check(not any(command.startswith("AUTH") for command in server.session.commands), "no AUTH")


@cases("OAUTHBEARER", "XOAUTH2", "DIGEST-MD5", "NTLM")
def test_what_each_needs(t, mechanism):
    login(t, mechanism, password=None, logfile=None)
    t.failed(t.msmtp(), 69, f"authentication method {mechanism} needs a password")
    login(t, mechanism, user=None, logfile=None)
    t.failed(t.msmtp(), 69, f"authentication method {mechanism} needs a user name")


def test_version_names_them(t):
    run = t.msmtp("--version")
    lines = run.out.decode().splitlines()
    line = lines[lines.index("Supported authentication methods:") + 1]
    for mechanism in OTHERS:
        check(mechanism in line.upper(), line)
