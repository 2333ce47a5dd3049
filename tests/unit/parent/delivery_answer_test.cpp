// How a mail of an SMTP session ended, as its client is told.
#include "parent/delivery_answer.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace msmtp;

namespace {

int exited(int code) {
  return code << 8;  // as wait(2) has it
}

}  // namespace

TEST_CASE("exit code 0, and no other, is a mail that was accepted") {
  CHECK(delivery_answer(exited(0), "").code == 250);
  CHECK(delivery_answer(exited(0), "msmtp: warning: x\n").code == 250);
  for (int code = 1; code < 256; ++code) CHECK(delivery_answer(exited(code), "").code != 250);
}

TEST_CASE("what may go away by itself is temporary, all else is for good") {
  for (int code = 1; code < 256; ++code) {
    const bool temporary = code == 68 || code == 69 || code == 71 || code == 74 || code == 75;
    const ClientAnswer answer = delivery_answer(exited(code), "msmtp: no\n");
    INFO(code);
    CHECK(answer.code == (temporary ? 451 : 554));
    CHECK(answer.text.view().substr(0, 2) == (temporary ? "4." : "5."));
  }
  CHECK(delivery_answer(SIGKILL, "").code == 451);
  CHECK(delivery_answer(SIGSEGV | 0x80, "").code == 451);
}

TEST_CASE("the text is the first line that is no warning") {
  CHECK(delivery_answer(exited(65), "msmtp: recipient refused\nmsmtp: could not send mail\n").text.view() ==
        "5.0.0 msmtp: recipient refused");
  CHECK(delivery_answer(exited(75), "msmtp: warning: cleartext\n\nmsmtp: no\n").text.view() == "4.0.0 msmtp: no");
  CHECK(delivery_answer(exited(75), "msmtp: warning: cleartext\n").text.view() == "4.0.0 msmtp: warning: cleartext");
  CHECK(delivery_answer(exited(78), "").text.view() == "5.3.5 the mail was not sent, exit code 78");
  CHECK(delivery_answer(SIGKILL, "ignored").text.view() ==
        "4.3.0 the process that sends the mail was killed by signal 9");
}

TEST_CASE("whatever it wrote, the answer is one bounded printable line") {
  const std::string wild = std::string(2000, 'x') + "\r\x1b[2J\n";
  CHECK(delivery_answer(exited(65), wild).text.view().size() == ClientAnswer::max_text);
  CHECK(delivery_answer(exited(65), std::string("a\r\0b\x1b", 5)).text.view() == "5.0.0 a??b?");
}
