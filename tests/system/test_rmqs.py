"""--rmqs: ETRN (RFC 1985)."""

import postfix
from dialogue import Auth, Dialogue
from harness import cases, check, equal, skip

AUTH = {"auth": "plain", "user": "joe", "password": "s3cret pass"}


class Queues(Dialogue):
    """A server with ETRN."""

    def __init__(self, answer="250 OK\r\n", keywords=("ETRN",), **more):
        super().__init__(keywords, **more)
        self.etrn = answer

    def transaction(self, session, verb, line):
        if verb == "ETRN":
            session.send(self.etrn)
        else:
            super().transaction(session, verb, line)


def start(t, dialogue, *arguments, queue="@example.test", family="inet", program=None, **settings):
    server = t.serve(dialogue, family)
    t.configure(server, **settings)
    run = t.msmtp("--rmqs=" + queue, *arguments, mail=b"", program=program)
    server.settle()
    return run, server


def commands(server):
    return server.session.commands


@cases("example.test", "@example.test", "#queue", "")
def test_a_queue_is_started_in_silence(t, queue):
    run, server = start(t, Queues(), queue=queue)
    t.succeeded(run)
    equal(run.out, b"", "output")
    equal(commands(server), ["EHLO localhost", ("ETRN " + queue).strip(), "QUIT"], "commands")
    t.not_logged()


@cases(
    ("251", "251 no mail", 0, None),
    ("252", "252 pending", 0, None),
    ("253", "253 5 pending", 0, None),
    ("254", "254 x", 76, "command ETRN failed"),
    ("458", "458-cannot\r\n458 now", 69, "the server is unable to fulfill the request"),
    ("459", "459 not allowed", 69, "the server is unable to fulfill the request"),
    ("500", "500 what", 65, "invalid argument for Remote Message Queue Starting"),
    ("501", "501 bad", 65, "invalid argument for Remote Message Queue Starting"),
    ("550", "550 no", 76, "command ETRN failed"),
    ("421", "421 bye", 76, "command ETRN failed"),
)
def test_what_the_server_may_say(t, reply, code, text):
    run, _ = start(t, Queues(reply + "\r\n"))
    said = [] if text is None else [text] + ["server message: " + line for line in reply.split("\r\n")]
    equal((run.code, run.errors), (code, ["msmtp: " + line for line in said]), str(run))


def test_no_reply_is_an_error(t):
    t.expect_script_errors = True
    run, _ = start(t, Queues(b""), timeout=1)
    check(run.code == 74 and len(run.errors) == 1 and run.seconds < 8, str(run))


def test_without_the_extension(t):
    """Said before the login, and politely."""
    run, server = start(t, Queues(keywords=(), auth=Auth(mechanisms=("PLAIN",))), **AUTH)
    equal((run.code, run.errors), (69, ["msmtp: the server does not support Remote Message Queue Starting"]), str(run))
    equal(commands(server), ["EHLO localhost", "QUIT"], "commands")


def test_with_a_login(t):
    run, server = start(
        t, Queues(auth=Auth(mechanisms=("PLAIN",)), starttls=t.certificates.context()), **AUTH, **t.tls()
    )
    t.succeeded(run)
    verbs = [command.split(" ")[0] for command in commands(server)]
    equal(verbs, ["EHLO", "STARTTLS", "EHLO", "AUTH", "ETRN", "QUIT"], "commands")


def test_a_login_that_is_refused(t):
    run, server = start(t, Queues(auth=Auth(mechanisms=("PLAIN",))), **dict(AUTH, password="wrong"))
    check(run.code == 77 and "could not send" not in run.err.decode(), str(run))
    check(not any(command.startswith("ETRN") for command in commands(server)), f"{commands(server)}")


@cases(("newline", "a\nQUIT"), ("return", "a\rb"), ("long", "x" * 9000))
def test_an_argument_that_no_command_can_hold(t, queue):
    server = t.serve(Queues())
    t.configure(server)
    run = t.msmtp("--rmqs=" + queue, mail=b"")
    check(run.code in (64, 65) and len(run.errors) == 1, str(run))
    check(not any(session.commands for session in server.sessions), "nothing was said")


@cases(("socket", "unix", {}), ("lmtp", "unix", {"protocol": "lmtp"}))
def test_other_ways(t, family, settings):
    run, server = start(t, Queues(lmtp="protocol" in settings), family=family, **settings)
    t.succeeded(run)
    equal(commands(server)[1:], ["ETRN @example.test", "QUIT"], "commands")


def test_pretend_and_debug(t):
    run, server = start(t, Queues(), "-P")
    t.succeeded(run)
    equal(run.out.decode().splitlines()[-1], "RMQS argument = @example.test", "last line")
    equal(len(server.sessions), 0, "connections")
    run, _ = start(t, Queues(), "-d")
    t.succeeded(run)
    check(run.out.endswith(b"--> ETRN @example.test\r\n<-- 250 OK\r\n--> QUIT\r\n"), str(run))


@cases(
    *(
        (reply[:3], {"answer": reply + "\r\n"}, {})
        for reply in ("250 ok", "253 x", "254 x", "458 x", "501 x", "550-a\r\n550 b")
    ),
    ("missing", {"keywords": ()}, {}),
    ("auth", {"auth": Auth(mechanisms=("PLAIN",))}, AUTH),
    ("lmtp", {"lmtp": True}, {"protocol": "lmtp"}),
)
def test_parity(t, dialogue, settings):
    if not t.reference:
        skip("Debian's msmtp could not be fetched")

    def once(program):
        run, server = start(t, Queues(**dialogue), program=program, **settings)
        errors = [line for line in run.errors if "cleartext" not in line]
        return run.code, run.out, errors, [command for command in commands(server) if command != "QUIT"]

    equal(once(t.program), once(t.reference), "code, output, errors and commands")


def test_a_real_postfix(t):
    """It knows nobody whose queue it would start."""
    server = t.options.postfix.needed()
    t.configure(
        **t.tls(host="localhost", port=server.ports[0], auth="on", user=postfix.USER, password=postfix.PASSWORD)
    )
    run = t.msmtp("--rmqs=example.test", mail=b"")
    check(run.code in (0, 69), str(run))
    if run.code:
        equal(run.errors[0], "msmtp: the server is unable to fulfill the request", "error")


needs = "postfix"
