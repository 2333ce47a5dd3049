// The table of rights: that it says what it must, and says it right.
#include "common/roles.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace msmtp {
namespace {

bool reads_strangers(const Rights& row) {
  const auto reads = [&](std::string_view whom) { return row.reads.find(whom) != std::string_view::npos; };
  return reads("server") || reads("DNS") || reads("SMTP client");
}

TEST_CASE("each stage has one row, and rights() finds it") {
  std::set<std::string> titles;
  for (const Rights& row : table_of_rights()) {
    CHECK(&rights(row.stage) == &row);
    titles.insert(std::string(name(row.role)) + ' ' + std::string(row.stage_name));
  }
  CHECK(titles.size() == table_of_rights().size());
}

TEST_CASE("who reads a stranger's bytes is confined, has no rights of root, and neither writes nor creates files") {
  int strangers = 0;
  for (const Rights& row : table_of_rights()) {
    if (!reads_strangers(row)) continue;
    ++strangers;
    INFO(row.stage_name);
    CHECK(row.confined);
    CHECK(row.lesser_user);
    for (const Promise promise : {Promise::wpath, Promise::cpath, Promise::id, Promise::unix_socket, Promise::inet}) {
      CHECK_FALSE(row.promises.has(promise));
    }
  }
  CHECK(strangers == 6);
}

TEST_CASE("the last stage of each role that hears a stranger can only use what is open") {
  CHECK(promise_text(rights(Stage::netproc_talk).promises) == "stdio");
  CHECK(promise_text(rights(Stage::authproc_exchange).promises) == "stdio");
  CHECK(promise_text(rights(Stage::server_serve).promises) == "stdio recvfd");
  CHECK(promise_text(rights(Stage::verifier_check).promises) == "stdio");
  CHECK(promise_text(rights(Stage::signer_sign).promises) == "stdio");
  CHECK(promise_text(rights(Stage::parent_supervise).promises) == "stdio flock");
}

TEST_CASE("who makes copies of itself hears no stranger, and no copy makes another one") {
  for (const Rights& row : table_of_rights()) {
    if (!row.promises.has(Promise::proc)) continue;
    INFO(row.stage_name);
    CHECK(row.confined);
    CHECK(row.lesser_user);
    CHECK(row.reads == "none");
    const Rights& copy = *(&row + 1);
    CHECK(copy.role == row.role);
    CHECK_FALSE(copy.promises.has(Promise::proc));
  }
}

TEST_CASE("promises are named in their order, whatever order they were given in") {
  CHECK(promise_text({Promise::inet, Promise::stdio, Promise::rpath}) == "stdio rpath inet");
  CHECK(promise_text({}).empty());
  CHECK(promise_text({Promise::id, Promise::dns, Promise::unix_socket, Promise::tty, Promise::flock, Promise::cpath,
                      Promise::wpath}) == "wpath cpath flock tty unix dns id");
}

TEST_CASE("sets of promises know what lies within them and what is left") {
  const Promises few{Promise::stdio, Promise::rpath};
  const Promises more{Promise::stdio, Promise::rpath, Promise::inet};
  CHECK(few.within(more));
  CHECK_FALSE(more.within(few));
  CHECK(few.within(few));
  CHECK(Promises{}.within(few));
  CHECK(more.without(few).bits == Promises{Promise::inet}.bits);
  CHECK(few.without({Promise::dns}).bits == few.bits);
}

TEST_CASE("the table for people has a line for each row") {
  const std::string text = rights_as_markdown();
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  CHECK(lines == table_of_rights().size() + 2);
  CHECK(text.find("| netproc | talk | stdio | privsep user | none | the proxy, the server |\n") != std::string::npos);
  CHECK(text.find("| parent | setup | (not confined) | the caller |") != std::string::npos);
}

}  // namespace
}  // namespace msmtp
