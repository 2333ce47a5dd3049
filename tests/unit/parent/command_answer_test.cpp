// How the command of msmtpd ended, as the client is told.
#include "parent/command_answer.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace msmtp;

namespace {

int exited(int code) {
  return code << 8;  // as wait(2) has it
}

std::string text_of(const ClientAnswer& answer) {
  return std::to_string(answer.code) + ' ' + answer.text.str();
}

}  // namespace

TEST_CASE("exit code 0, and no other, is a mail that was piped") {
  CHECK(text_of(command_answer(exited(0), "")) == "250 2.0.0 Ok, mail was piped");
  CHECK(text_of(command_answer(exited(0), "No space left on device")) == "250 2.0.0 Ok, mail was piped");
  for (int code = 1; code < 256; ++code) CHECK(command_answer(exited(code), "").code >= 400);
}

TEST_CASE("what may go away by itself is temporary") {
  for (int code = 1; code < 256; ++code) {
    INFO(code);
    const std::string text = text_of(command_answer(exited(code), "x: no\n"));
    const std::string reported = "Pipe command reported error " + std::to_string(code);
    if (code == 68 || code == 69 || code == 71 || code == 74 || code == 75) {
      CHECK(text == "451 4.3.0 " + reported);
    } else if (code == 126 || code == 127) {
      CHECK(text == "451 4.3.0 Pipe command failed to execute");
    } else {
      CHECK(text == "554 5.3.0 " + reported);
    }
  }
  for (const int status : {SIGKILL, SIGTERM, SIGSEGV | 0x80}) {
    CHECK(text_of(command_answer(status, "")) == "451 4.3.0 Pipe command failed to execute");
  }
}

TEST_CASE("a full disk behind the command is no fault of the mail's") {
  for (const char* errors : {"cat: write error: No space left on device\n", "x: Disk quota exceeded\n"}) {
    CHECK(text_of(command_answer(exited(1), errors)) == "452 4.3.1 Pipe command reported error 1, no space left");
    CHECK(text_of(command_answer(exited(75), errors)) == "451 4.3.0 Pipe command reported error 75");
  }
}
