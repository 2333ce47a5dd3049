// Service records out of answers of name servers, the good and the bad ones.
#include "netproc/dns_answer.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

// "a.b" as labels; "." is the root.
std::string name(std::string_view text) {
  std::string wire;
  while (!text.empty() && text != ".") {
    const auto label = text.substr(0, text.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  return wire + '\0';
}

std::string record(const std::string& data, std::size_t type = 33, const std::string& owner = "\xc0\x0c") {
  return owner + number(type) + number(1) + std::string(4, '\0') + number(data.size()) + data;
}

std::string service(std::size_t priority, std::size_t weight, std::size_t port, const std::string& target) {
  return number(priority) + number(weight) + number(port) + target;
}

const std::string question = name("_submission._tcp.example.test") + number(33) + number(1);

std::string answer(const std::vector<std::string>& records) {
  std::string message = std::string("\x12\x34\x85\x80", 4) + number(1) + number(records.size()) + number(0) + number(0);
  message += question;
  for (const std::string& one : records) message += one;
  return message;
}

using Records = std::vector<ServiceRecord>;

}  // namespace

TEST_CASE("service records are read in their order") {
  const auto records = parse_service_records(
      answer({record(service(10, 5, 587, name("mail.example.test"))), record(service(0, 0, 1025, name("B.test")))}));
  CHECK(records == Records{{10, 5, 587, "mail.example.test"}, {0, 0, 1025, "B.test"}});
}

TEST_CASE("an answer without records, and without questions, is one") {
  CHECK(parse_service_records(answer({})) == Records{});
  CHECK(parse_service_records(std::string(12, '\0')) == Records{});
}

TEST_CASE("what is no service record is passed over") {
  const auto records = parse_service_records(
      answer({record(name("other.test"), 5), record(service(1, 2, 3, name("a.test"))), record("xxxx", 1)}));
  CHECK(records == Records{{1, 2, 3, "a.test"}});
}

TEST_CASE("the root is a dot") {
  CHECK(parse_service_records(answer({record(service(0, 0, 0, name(".")))})) == Records{{0, 0, 0, "."}});
}

TEST_CASE("a target may point back into the message") {
  const std::size_t example = 12 + name("_submission._tcp").size() - 1;
  const std::string target = std::string("\4mail") + static_cast<char>(0xc0) + static_cast<char>(example);
  CHECK(parse_service_records(answer({record(service(0, 0, 25, target))})) == Records{{0, 0, 25, "mail.example.test"}});
}

TEST_CASE("pointers that lead nowhere, forward or in a circle end the reading") {
  const std::size_t start = 12 + question.size() + 12 + 6;  // where the target stands
  for (const std::size_t to : {start, start + 1, std::size_t{0x3fff}}) {
    const std::string target = number(0xc000 | to);
    CHECK_FALSE(parse_service_records(answer({record(service(0, 0, 25, target))})));
  }
  const std::string pair = number(0xc000 | (start + 2)) + number(0xc000 | start);
  CHECK_FALSE(parse_service_records(answer({record(service(0, 0, 25, pair))})));
}

TEST_CASE("a target that can be no host name is left out") {
  for (const std::string& label : {std::string("a b"), std::string("a\nb"), std::string("a.b"), std::string(1, '\0'),
                                   std::string("\xc3\xa4"), std::string("$(x)")}) {
    const std::string target = static_cast<char>(label.size()) + label + name("test");
    CHECK(parse_service_records(answer({record(service(0, 0, 25, target))})) == Records{});
  }
}

TEST_CASE("a name longer than the DNS has is none") {
  std::string target;
  for (int i = 0; i < 5; ++i) target += '\x3f' + std::string(63, 'x');
  CHECK_FALSE(parse_service_records(answer({record(service(0, 0, 25, target + '\0'))})));
}

TEST_CASE("an answer that is cut anywhere is none") {
  const std::string whole = answer({record(service(10, 5, 587, name("mail.example.test")))});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(parse_service_records(std::string_view(whole).substr(0, size)));
  }
}

TEST_CASE("data that is longer or shorter than the record says is refused") {
  CHECK_FALSE(parse_service_records(answer({record(service(0, 0, 25, name("a.test")) + "x")})));
  CHECK_FALSE(parse_service_records(answer({record("\0\0")})));
  CHECK_FALSE(parse_service_records(answer({record(service(0, 0, 25,
                                                           "\x41"
                                                           "a"))})));
}

TEST_CASE("not more than some records are taken") {
  const std::vector<std::string> many(200, record(service(0, 0, 25, name("a.test"))));
  CHECK(parse_service_records(answer(many))->size() == max_service_records);
}

TEST_CASE("the lowest priority is preferred, then the highest weight, then the first") {
  const Records records = {{10, 99, 1, "a"}, {5, 1, 2, "b"}, {5, 7, 3, "c"}, {5, 7, 4, "d"}};
  CHECK(preferred_service(records) == records[2]);
}

TEST_CASE("a root and a port of 0 offer nothing") {
  const Records records = {{0, 0, 25, "."}, {0, 0, 0, "a"}, {9, 0, 25, "b"}};
  CHECK(preferred_service(records) == records[2]);
  CHECK_FALSE(preferred_service(std::span(records).first(2)));
  CHECK_FALSE(preferred_service({}));
}
