"""One mail, the simplest way."""

from dialogue import Dialogue
from harness import MAIL, equal


def test_one_mail_arrives_as_it_was_given(t):
    server = t.serve(Dialogue())
    t.configure(server)
    t.succeeded(t.msmtp())
    server.settle()
    equal(server.session.mails[0].content, MAIL, "mail")
    fields = t.logged(
        "EX_OK", host="127.0.0.1", tls="off", auth="off", recipients="bob@example.test", mailsize=str(len(MAIL))
    )
    equal(fields["from"], "joe@example.test", "from")
