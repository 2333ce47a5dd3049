// The header section as it goes out: what is removed, what stays, in which order.
#include "parent/header_edit.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

std::string edited(std::string_view lines, const GeneratedHeaders& generated = {}, bool remove_bcc = true) {
  return outgoing_header({std::string(lines), false}, generated, remove_bcc).bytes;
}

}  // namespace

TEST_CASE("a header without anything to change goes out with CRLF") {
  CHECK(edited("A: 1\nB: 2\n 3\n") == "A: 1\r\nB: 2\r\n 3\r\n");
  CHECK(edited("").empty());
  CHECK(edited("From joe@x Mon Jan  1 10:00:00 2026\nTo: a@b\n") ==
        "From joe@x Mon Jan  1 10:00:00 2026\r\nTo: a@b\r\n");
}

TEST_CASE("the empty line is there exactly when the mail has one") {
  CHECK(outgoing_header({"A: 1\n", true}, {}, true).bytes == "A: 1\r\n\r\n");
  CHECK(outgoing_header({"A: 1\n", false}, {}, true).bytes == "A: 1\r\n");
  CHECK(outgoing_header({"", true}, {}, true).bytes == "\r\n");
  CHECK(outgoing_header({"Bcc: x\n", true}, {}, true).bytes == "\r\n");
}

TEST_CASE("Bcc and Resent-Bcc are removed with their continuation lines") {
  CHECK(edited("A: 1\nBcc: a@b,\n c@d\n\te@f\nB: 2\n") == "A: 1\r\nB: 2\r\n");
  CHECK(edited("bcc:a@b\nBCC: c@d\nA: 1\nResent-Bcc: e@f\n g@h\n") == "A: 1\r\n");
}

TEST_CASE("Bcc is recognised through blanks, folds, control bytes and a byte order mark") {
  const std::string_view disguises[] = {
      "Bcc : x@y\n",
      "Bcc\t \t: x@y\n",
      "\0Bcc: x@y\n"sv,
      "B\0cc: x@y\n"sv,
      "\xef\xbb\xbf\x42\x63\x63: x@y\n",
      "\x1b\x42\x63\x63: x@y\n",
      "Bcc\n : x@y\n",
      "resent-bcc \xc2\xa0: x@y\n",
      "Bcc: x@y\n\x01 z@y\n",
      " Bcc: x@y\n",
  };
  for (const auto disguise : disguises) {
    INFO(disguise);
    CHECK(edited(std::string(disguise) + "A: 1\n") == "A: 1\r\n");
  }
}

TEST_CASE("a line that begins with NUL does not protect a Bcc after it") {
  const auto bytes = edited("A: 1\n\0\n\0X: 1\nBcc: x@y\nB: 2\n"sv);
  CHECK(bytes == "A: 1\r\n\0\r\n\0X: 1\r\nB: 2\r\n"sv);
}

TEST_CASE("fields that only look like Bcc stay") {
  const std::string lines = "X-Bcc: a\nBccc: b\nSubject: Bcc: c\n Bcc: d\nBcc\nResent-Bcc-X: e\n";
  CHECK(outgoing_header({lines, false}, {}, true).counted_size + 6 == edited(lines).size());
  CHECK(edited(lines).find("X-Bcc: a\r\nBccc: b\r\nSubject: Bcc: c\r\n Bcc: d\r\nBcc\r\nResent-Bcc-X: e\r\n") == 0);
}

TEST_CASE("Bcc stays when it is not to be removed") {
  CHECK(edited("Bcc: a@b\nResent-Bcc: c@d\n", {}, false) == "Bcc: a@b\r\nResent-Bcc: c@d\r\n");
}

TEST_CASE("generated fields stand first, in their order, and replace the mail's own") {
  GeneratedHeaders generated;
  generated.from = "From: j@k\r\n";
  generated.to = "To: undisclosed-recipients:;\r\n";
  generated.date = "Date: d\r\n";
  generated.message_id = "Message-ID: <i>\r\n";
  const std::string_view lines =
      "Subject: s\nFrom: old@x\n (folded)\nfrom : old2@x\nTo: a@b\nCc: c@d\nBcc: e@f\nReply-To: r@s\n"
      "Resent-To: g@h\nResent-Bcc: i@j\n";
  CHECK(edited(lines, generated, false) ==
        "From: j@k\r\nTo: undisclosed-recipients:;\r\nDate: d\r\nMessage-ID: <i>\r\n"
        "Subject: s\r\nReply-To: r@s\r\nResent-To: g@h\r\nResent-Bcc: i@j\r\n");
}

TEST_CASE("From, To and Cc stay when none was generated") {
  CHECK(edited("From: a\nTo: b\nCc: c\n") == "From: a\r\nTo: b\r\nCc: c\r\n");
  GeneratedHeaders generated;
  generated.date = "Date: d\r\n";
  CHECK(edited("From: a\nTo: b\n", generated) == "Date: d\r\nFrom: a\r\nTo: b\r\n");
}

TEST_CASE("the counted size takes each line end as one byte") {
  GeneratedHeaders generated;
  generated.from = "From: j@k\r\n";
  const auto header = outgoing_header({"A: 1\nBcc: x\nB: 2\n", true}, generated, true);
  CHECK(header.bytes == "From: j@k\r\nA: 1\r\nB: 2\r\n\r\n");
  CHECK(header.counted_size == 10 + 5 + 5 + 1);
}
