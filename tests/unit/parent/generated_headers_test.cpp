// The fields that are written for the sender.
#include "parent/generated_headers.hpp"

#include "common/text.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace msmtp;

namespace {

constexpr HeaderFacts complete_mail() {
  HeaderFacts facts;
  facts.has_from = facts.has_date = facts.has_message_id = true;
  return facts;
}

const std::vector<std::string> two = {"a@b", "c@d"};

GeneratedHeaders generate(const Account& account, const HeaderFacts& mail) {
  HeaderMaterial material;
  material.sender = "joe@example.com";
  material.recipients = two;
  material.now.fields.tm_mday = 1;
  return generate_headers(account, mail, material);
}

// The lines of FIELD without their CRLF; fails when one is not ended by CRLF, or is no continuation.
std::vector<std::string> lines_of(std::string_view field) {
  REQUIRE(field.ends_with("\r\n"));
  field.remove_suffix(2);
  auto lines = split(field, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    REQUIRE(lines[i].ends_with('\r'));
    lines[i].remove_suffix(1);
    REQUIRE(lines[i + 1].starts_with(' '));
  }
  return {lines.begin(), lines.end()};
}

}  // namespace

TEST_CASE("a mail that has everything gets nothing, one that has nothing gets three fields") {
  const auto none = generate(Account(), complete_mail());
  CHECK(none.from.empty());
  CHECK(none.to.empty());
  CHECK(none.date.empty());
  CHECK(none.message_id.empty());

  const auto all = generate(Account(), HeaderFacts());
  CHECK(all.from == "From: joe@example.com\r\n");
  CHECK(all.to.empty());
  CHECK(all.date == "Date: Sun, 01 Jan 1900 00:00:00 +0000\r\n");
  CHECK(all.message_id == "Message-ID: <00000000000000000000000000000000@example.com>\r\n");
}

TEST_CASE("set_from_header on always writes From, off never writes anything") {
  Account account;
  account.set_from_header = HeaderPolicy::always;
  CHECK(generate(account, complete_mail()).from == "From: joe@example.com\r\n");
  account.set_from_header = account.set_date_header = account.set_msgid_header = HeaderPolicy::never;
  const auto none = generate(account, HeaderFacts());
  CHECK(none.from.empty());
  CHECK(none.date.empty());
  CHECK(none.message_id.empty());
}

TEST_CASE("a mail with only Resent-From gets a From") {
  CHECK(generate(Account(), scan_headers("Resent-From: r@s\n")).from == "From: joe@example.com\r\n");
}

TEST_CASE("set_to_header chooses between the recipients and nobody") {
  Account account;
  account.set_to_header = ToHeader::recipients;
  CHECK(generate(account, complete_mail()).to == "To: a@b, c@d\r\n");
  account.set_to_header = ToHeader::undisclosed_recipients;
  CHECK(generate(account, complete_mail()).to == "To: undisclosed-recipients:;\r\n");
}

TEST_CASE("the Message-ID never has an empty domain when there is no host") {
  HeaderMaterial material;
  CHECK(generate_headers(Account(), HeaderFacts(), material).message_id.ends_with("@localhost>\r\n"));
}

TEST_CASE("From has the name before the address in angle brackets") {
  CHECK(from_field("a@b", std::nullopt) == "From: a@b\r\n");
  CHECK(from_field("a@b", "Test User") == "From: Test User <a@b>\r\n");
  CHECK(from_field("a@b", "") == "From:  <a@b>\r\n");
  CHECK(from_field("a@b", "Doe, J.") == "From: \"Doe, J.\" <a@b>\r\n");
  CHECK(from_field("a@b", "J\xc3\xb6rg") == "From: =?utf-8?B?SsO2cmc=?= <a@b>\r\n");
}

TEST_CASE("the null sender and MAILER-DAEMON stand in From as they were given") {
  CHECK(from_field("", std::nullopt) == "From: \r\n");
  CHECK(from_field("MAILER-DAEMON", std::nullopt) == "From: MAILER-DAEMON\r\n");
}

TEST_CASE("no line of From with encoded words is longer than 76 characters") {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xc3\xbc";
  for (const auto& line : lines_of(from_field("somebody.with.a.name@example.com", name))) CHECK(line.size() <= 76);
  const auto lines = lines_of(from_field("somebody.with.a.name@example.com", name.substr(0, 80)));
  REQUIRE(lines.size() == 3);
  CHECK(lines[2] == " <somebody.with.a.name@example.com>");
}

TEST_CASE("no line of From is longer than 998 bytes") {
  for (const std::size_t size : {10, 400, 495, 500, 501, 5000}) {
    const auto field = from_field(std::string(900, 'a'), std::string(size, '"'));
    for (const auto& line : lines_of(field)) CHECK(line.size() <= 998);
  }
}

TEST_CASE("To is folded so that no line is longer than 998 bytes, and not before") {
  CHECK(to_field(std::vector<std::string>{"a@b"}) == "To: a@b\r\n");
  for (std::size_t size = 1; size <= 900; size += 31) {
    const std::vector<std::string> recipients(60, std::string(size, 'a'));
    const auto lines = lines_of(to_field(recipients));
    std::size_t commas = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CHECK(lines[i].size() <= 998);
      // The next address would not have fitted.
      if (i + 1 < lines.size()) CHECK(lines[i].size() + 1 + size + 1 > 998);
      commas += static_cast<std::size_t>(std::ranges::count(lines[i], ','));
    }
    CHECK(commas == 59);
  }
}

TEST_CASE("a To line of exactly 998 bytes is not folded") {
  // "To: " + 492 + ", " + 500 = 998
  CHECK(lines_of(to_field(std::vector<std::string>{std::string(492, 'a'), std::string(500, 'b')})).size() == 1);
  CHECK(lines_of(to_field(std::vector<std::string>{std::string(493, 'a'), std::string(500, 'b')})).size() == 2);
}
