// Which configuration files are read, who may own them, and how they go together.
#include "parent/config_files.hpp"

#include "parent/local_names.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace msmtp;

namespace {

// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TemporaryDirectory() {
    for (auto file = made_.rbegin(); file != made_.rend(); ++file) std::remove(file->c_str());
    rmdir(path_.c_str());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

  std::string file(const std::string& name, std::string_view content, mode_t mode = 0600) {
    const auto path = path_ + "/" + name;
    auto* stream = std::fopen(path.c_str(), "w");
    REQUIRE(stream != nullptr);
    REQUIRE(std::fwrite(content.data(), 1, content.size(), stream) == content.size());
    REQUIRE(std::fclose(stream) == 0);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    made_.push_back(path);
    return path;
  }

  std::string directory(const std::string& name) {
    const auto path = path_ + "/" + name;
    REQUIRE(mkdir(path.c_str(), 0700) == 0);
    made_.push_back(path);
    return path;
  }

 private:
  std::string path_ = "/tmp/msmtp-test-XXXXXX";
  std::vector<std::string> made_;
};

HomeFacts facts(std::string home) {
  HomeFacts facts;
  facts.home = std::move(home);
  facts.effective_user = getuid();
  return facts;
}

ConfigRequest request(const TemporaryDirectory& directory) {
  ConfigRequest request;
  request.system_file = directory.path() + "/system";
  request.user_file = directory.path() + "/user";
  request.facts = facts(directory.path());
  request.run_command = [](std::string_view) -> Result<Secret> { return Secret::copy_of("user from.eval"); };
  return request;
}

struct Outcome {
  Result<LoadedConfig> loaded;
  std::vector<std::string> notes;
};

Outcome load(const ConfigRequest& request) {
  std::vector<std::string> notes;
  auto loaded = load_config(request, notes);
  return {std::move(loaded), std::move(notes)};
}

// Whether a file of that mode may hold a password of USER.
Result<void> check_mode(TemporaryDirectory& directory, mode_t mode, uid_t user) {
  const auto path = directory.file("mode" + std::to_string(mode), "x", mode);
  // Opened before it is closed to us: only the owner's read bit keeps anyone but root from opening.
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  const auto fd = open_for_reading(path);
  REQUIRE(fd.has_value());
  REQUIRE(chmod(path.c_str(), mode) == 0);
  if (user != getuid() && getuid() == 0) REQUIRE(chown(path.c_str(), user, 0) == 0);
  return check_secret_file(*fd, path, user);
}

}  // namespace

TEST_CASE("the home directory is the variable's, else the password file's") {
  HomeFacts own;
  own.passwd_home = "/home/pw";
  CHECK(home_directory(own) == "/home/pw");
  own.home = "";
  CHECK(home_directory(own) == "");
  own.home = "/home/env";
  CHECK(home_directory(own) == "/home/env");
  own.is_set_id = true;
  CHECK(home_directory(own) == "/home/pw");
}

TEST_CASE("the user's file is the given one as it is") {
  CHECK(user_config_file(facts("/home/joe"), "~/x") == "~/x");
  CHECK(user_config_file(facts("/home/joe"), "") == "");
}

TEST_CASE("without any file the name stays the usual one") {
  CHECK(user_config_file(facts("/nonexistent"), std::nullopt) == "/nonexistent/.msmtprc");
  CHECK(user_config_file(facts(""), std::nullopt) == "/.msmtprc");
}

TEST_CASE("the second place is asked when the first has nothing") {
  TemporaryDirectory home;
  home.directory(".config");
  home.directory(".config/msmtp");
  const auto second = home.file(".config/msmtp/config", "");
  home.directory("xdg");
  home.directory("xdg/msmtp");
  CHECK(user_config_file(facts(home.path()), std::nullopt) == second);
  auto own = facts(home.path());
  own.xdg_config_home = home.path() + "/xdg";
  CHECK(user_config_file(own, std::nullopt) == home.path() + "/.msmtprc");
  const auto third = home.file("xdg/msmtp/config", "");
  CHECK(user_config_file(own, std::nullopt) == third);
  own.is_set_id = true;
  own.passwd_home = home.path();
  CHECK(user_config_file(own, std::nullopt) == second);
  const auto first = home.file(".msmtprc", "");
  CHECK(user_config_file(own, std::nullopt) == first);
}

TEST_CASE("missing files are ignored, and the notes say why") {
  TemporaryDirectory directory;
  const auto outcome = load(request(directory));
  REQUIRE(outcome.loaded.has_value());
  CHECK(outcome.loaded->accounts.empty());
  CHECK(outcome.loaded->files.empty());
  REQUIRE(outcome.notes.size() == 2);
  CHECK(outcome.notes[0] ==
        "ignoring system configuration file " + directory.path() + "/system: No such file or directory");
  CHECK(outcome.notes[1] ==
        "ignoring user configuration file " + directory.path() + "/user: No such file or directory");
}

TEST_CASE("a file that was asked for must be there") {
  TemporaryDirectory directory;
  auto own = request(directory);
  own.user_file_given = true;
  const auto outcome = load(own);
  REQUIRE_FALSE(outcome.loaded.has_value());
  CHECK(outcome.loaded.error().code == ExitCode::io_error);
  CHECK(outcome.loaded.error().text == own.user_file + ": No such file or directory");
  CHECK(outcome.notes.size() == 1);
}

TEST_CASE("the user's accounts replace the system's of the same name and come last") {
  TemporaryDirectory directory;
  directory.file("system", "defaults\nport 26\naccount both\nhost s1\naccount system\nhost s2\n");
  directory.file("user", "account user\nhost u1\naccount both\nhost u2\n");
  const auto outcome = load(request(directory));
  REQUIRE(outcome.loaded.has_value());
  const auto& accounts = outcome.loaded->accounts;
  REQUIRE(accounts.size() == 3);
  CHECK(accounts[0].name == "system");
  CHECK(accounts[0].port == 26);
  CHECK(accounts[1].name == "user");
  CHECK(accounts[1].port == 0);
  CHECK(accounts[2].name == "both");
  CHECK(accounts[2].host == "u2");
  CHECK(accounts[2].file == directory.path() + "/user");
  CHECK(outcome.loaded->files.size() == 2);
  CHECK(outcome.notes[1] == "loaded user configuration file " + directory.path() + "/user");
}

TEST_CASE("a user's account cannot inherit from the system's file") {
  TemporaryDirectory directory;
  directory.file("system", "account a\nhost h\n");
  directory.file("user", "account b : a\n");
  const auto outcome = load(request(directory));
  REQUIRE_FALSE(outcome.loaded.has_value());
  CHECK(outcome.loaded.error().code == ExitCode::config);
  CHECK(outcome.loaded.error().text == directory.path() + "/user: line 1: account a not (yet) defined");
}

TEST_CASE("rights are given up before any command of a file runs and before the user's file is opened") {
  TemporaryDirectory directory;
  directory.file("system", "eval x\n");
  auto own = request(directory);
  bool given_up = false;
  own.give_up_rights = [&]() -> Result<void> {
    directory.file("user", "account u\n");
    given_up = true;
    return {};
  };
  own.run_command = [&](std::string_view) -> Result<Secret> {
    CHECK(given_up);
    return Secret::copy_of("host h");
  };
  const auto outcome = load(own);
  REQUIRE(outcome.loaded.has_value());
  CHECK(outcome.loaded->accounts.size() == 2);
}

TEST_CASE("a directory is no configuration file, /dev/null is an empty one") {
  TemporaryDirectory directory;
  auto own = request(directory);
  own.user_file_given = true;
  own.user_file = directory.path();
  const auto outcome = load(own);
  REQUIRE_FALSE(outcome.loaded.has_value());
  CHECK(outcome.loaded.error().code == ExitCode::io_error);
  CHECK(outcome.loaded.error().text == directory.path() + ": Is a directory");
  own.user_file = "/dev/null";
  CHECK(load(own).loaded.has_value());
}

TEST_CASE("a file without end is not read to its end") {
  TemporaryDirectory directory;
  auto own = request(directory);
  own.user_file_given = true;
  own.user_file = "/dev/zero";
  const auto outcome = load(own);
  REQUIRE_FALSE(outcome.loaded.has_value());
  CHECK(outcome.loaded.error().code == ExitCode::io_error);
  CHECK(outcome.loaded.error().text == "/dev/zero: larger than 4194304 bytes");
}

TEST_CASE("a file larger than one read is whole") {
  TemporaryDirectory directory;
  std::string text;
  while (text.size() < 100000) text += "# a comment of some length\n";
  directory.file("user", text + "account last\n");
  const auto outcome = load(request(directory));
  REQUIRE(outcome.loaded.has_value());
  REQUIRE(outcome.loaded->accounts.size() == 1);
  CHECK(outcome.loaded->accounts[0].name == "last");
}

TEST_CASE("a file with a password belongs to its user alone") {
  TemporaryDirectory directory;
  const uid_t user = getuid() == 0 ? 65534 : getuid();
  for (const mode_t mode : {0600, 0400, 04600, 0200, 0000}) CHECK(check_mode(directory, mode, user).has_value());
  for (const mode_t mode : {0700, 0640, 0604, 0610, 0601, 0500, 0620, 0602}) {
    const auto checked = check_mode(directory, mode, user);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().code == ExitCode::config);
    CHECK(checked.error().text.find("contains secrets and therefore must have no more than user read/write") !=
          std::string::npos);
  }
}

TEST_CASE("a file with a password that belongs to somebody else is refused, except for root") {
  TemporaryDirectory directory;
  const auto path = directory.file("user", "host h\npassword pw\n", 0644);
  auto own = request(directory);
  own.facts.effective_user = getuid() + 1;
  const auto outcome = load(own);
  REQUIRE_FALSE(outcome.loaded.has_value());
  CHECK(outcome.loaded.error().code == ExitCode::config);
  CHECK(outcome.loaded.error().text == path + ": contains secrets and therefore must be owned by you");
  own.facts.effective_user = 0;
  CHECK(load(own).loaded.has_value());
}

TEST_CASE("without a password of its own the user's file may be read by anyone, and the system's always") {
  TemporaryDirectory directory;
  directory.file("system", "password pw\n", 0644);
  directory.file("user", "passwordeval x\neval x\n", 0644);
  auto own = request(directory);
  own.facts.effective_user = getuid() + 1;
  CHECK(load(own).loaded.has_value());
}

TEST_CASE("the mail name is the first line of its file") {
  TemporaryDirectory directory;
  CHECK(*read_mail_name(directory.file("a", "mail.example\nother\n")) == "mail.example");
  CHECK(*read_mail_name(directory.file("b", "mail.example\r\n")) == "mail.example");
  CHECK(*read_mail_name(directory.file("c", "mail.example")) == "mail.example");
  CHECK(read_mail_name(directory.file("d", std::string(1000, 'x')))->size() == 255);
  const auto empty = directory.file("e", "\nmail.example\n");
  REQUIRE_FALSE(read_mail_name(empty).has_value());
  CHECK(read_mail_name(empty).error().code == ExitCode::config);
  const auto missing = read_mail_name(directory.path() + "/none");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == ExitCode::config);
  CHECK(missing.error().text == directory.path() + "/none: No such file or directory");
}
