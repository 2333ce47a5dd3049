// What a header section says about recipients, sender and presence.
#include "parent/header_scan.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

using Addresses = std::vector<std::string>;

Addresses recipients(std::string_view lines) {
  return scan_headers(lines).recipients;
}

// Every way to write an address that mail really has: 14 recipients.
constexpr std::string_view nasty_mail =
    "Received: from relay.example (relay.example [192.0.2.7])\n"
    "\tby mx.example (To: not@me.example);\n"
    "\tMon, 2 Nov 2026 10:00:00 +0000\n"
    "X-To: neither@me.example\n"
    "from:\"Gr\xc3\xa4\x66in; von: (Zahl)\"(she (herself)\\) <no@no.example>)\n"
    " <countess(the \\( one)@castle.example(a ruin)>, second@castle.example\n"
    "To: plain1@one.example\n"
    "TO:Tea Club(Some (nested (people)))\n"
    "  :Ada L <two@(her; host,)two.example>,\n"
    "    three@three.example,\n"
    "\tBob <four@four.example> (an old \\) friend); (end, of: the group)\n"
    "cc: \"Semi; Colon: Inc., <fake@x.example>\" <five@five.example>, =?utf-8?Q?J=C3=B6rg=2C_B=C3=B6se?=\n"
    " <six@six.example>;\n"
    "Subject: Cc: nobody@subject.example\n"
    " Bcc: nobody@folded.example\n"
    "Bcc:seven@seven.example,\"eight.quoted\"@eight.example,\n"
    " nine@[IPv6:2001:db8::9] , <ten@[192.0.2.10]>\n"
    "Cc: (nobody) empty group:;, ,\n"
    "To: <@relay.example:eleven@eleven.example>, J\xc3\xb6rg <zw\xc3\xb6lf@\xc3\xbc.example>\n"
    "bCC: The \"A\" Team <thirteen@thirteen.example>\n"
    "To : ignored@blank.example\n"
    "To:fourteen@fourteen.example\n";

}  // namespace

TEST_CASE("every recipient of a nasty mail is found, in order") {
  const auto facts = scan_headers(nasty_mail);
  CHECK(facts.recipients ==
        Addresses{"plain1@one.example", "two@two.example", "three@three.example", "four@four.example",
                  "five@five.example", "six@six.example", "seven@seven.example", "\"eight.quoted\"@eight.example",
                  "nine@[IPv6:2001:db8::9]", "ten@[192.0.2.10]", "@relay.example:eleven@eleven.example",
                  "zw\xc3\xb6lf@\xc3\xbc.example", "thirteen@thirteen.example", "fourteen@fourteen.example"});
  CHECK(facts.sender == "countess@castle.example");
  CHECK(facts.has_from);
}

TEST_CASE("the examples of RFC 5322, appendix A, give their recipients") {
  CHECK(recipients("From: \"Joe Q. Public\" <john.q.public@example.com>\n"
                   "To: Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>\n"
                   "Cc: <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>\n") ==
        Addresses{"mary@x.test", "jdoe@example.org", "one@y.test", "boss@nil.test", "sysservices@example.net"});
  CHECK(recipients("From: Pete <pete@silly.example>\n"
                   "To: A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;\n"
                   "Cc: Undisclosed recipients:;\n") == Addresses{"c@a.test", "joe@where.test", "jdoe@one.test"});
  CHECK(recipients("From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\n"
                   "To:A Group(Some people)\n"
                   "     :Chris Jones <c@(Chris's host.)public.example>,\n"
                   "         joe@example.org,\n"
                   "  John <jdoe@one.test> (my dear friend); (the end of the group)\n"
                   "Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\n") ==
        Addresses{"c@public.example", "joe@example.org", "jdoe@one.test"});
}

TEST_CASE("any Resent- field makes To, Cc and Bcc not count") {
  CHECK(recipients("To: a@b\nResent-Date: x\nCc: c@d\n").empty());
  CHECK(recipients("Resent-To: x@y\nResent-Cc: z@y\nresent-bcc: w@y\nTo: a@b\n") == Addresses{"x@y", "z@y", "w@y"});
  CHECK(recipients("To: a@b\nSubject: x\nResent-From: j@k\nResent-To: x@y\n") == Addresses{"x@y"});
}

TEST_CASE("only the first run of Resent- fields counts") {
  CHECK(recipients("Resent-To: x@y\nReceived: z\nResent-To: old@y\n") == Addresses{"x@y"});
  CHECK(recipients("Resent-Date: d\nReceived: z\nResent-To: old@y\n").empty());
  CHECK(recipients("Resent-To: x@y,\n z@y\nResent-From: a\n b@c\nResent-Cc: w@y\n") == Addresses{"x@y", "z@y", "w@y"});
}

TEST_CASE("a folded Resent- field without addresses ends the run") {
  CHECK(recipients("Resent-To: x@y\nResent-Message-ID:\n <1@z>\nResent-Cc: w@y\n") == Addresses{"x@y"});
}

TEST_CASE("the sender is the first address of the first From or Resent-From that has one") {
  CHECK(scan_headers("From: Joe <a@b>, c@d\nFrom: e@f\n").sender == "a@b");
  CHECK(scan_headers("From:\nFrom: undisclosed:;\nfrom: e@f\n").sender == "e@f");
  CHECK(scan_headers("Resent-From: r@s\nFrom: e@f\n").sender == "r@s");
  CHECK(scan_headers("From: e@f\nResent-From: r@s\n").sender == "e@f");
  CHECK(scan_headers("Sender: s@t\nFrom joe@x Mon Jan  1 00:00:00 2026\nFrom : g@h\n").sender == std::nullopt);
  CHECK(scan_headers("From:").sender == std::nullopt);
}

TEST_CASE("only a From field with an address counts as From") {
  CHECK(scan_headers("From: a@b\n").has_from);
  CHECK(scan_headers("Resent-From: r@s\nFROM: a@b\n").has_from);
  CHECK_FALSE(scan_headers("Resent-From: r@s\n").has_from);
  CHECK_FALSE(scan_headers("From: \n").has_from);
  CHECK_FALSE(scan_headers("From : a@b\n").has_from);
}

TEST_CASE("Date and Message-ID are present in any case, and not with blanks before the colon") {
  CHECK(scan_headers("date:x\n").has_date);
  CHECK(scan_headers("A: 1\nMessage-Id: <1@x>\n").has_message_id);
  CHECK_FALSE(scan_headers("Date : x\nMessage-ID\t: y\nX-Date: z\nSubject: a\n Date: b\n").has_date);
  CHECK_FALSE(scan_headers("Resent-Date: x\nResent-Message-ID: y\n").has_date);
  CHECK_FALSE(scan_headers("Resent-Message-ID: y\nMessage-ID : z\n").has_message_id);
}

TEST_CASE("an empty section says nothing") {
  const auto facts = scan_headers("");
  CHECK(facts.recipients.empty());
  CHECK_FALSE(facts.sender);
  CHECK_FALSE(facts.has_from);
}
