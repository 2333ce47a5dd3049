// The search in macOS's keychain, with a stand-in for the system's command.
#include "authproc/keychain_search.hpp"

#include <criterion/criterion.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;

namespace {

// A folder with the shell script SCRIPT as its command `security`; the script finds the folder in $PLACE.
class Place {
 public:
  explicit Place(const std::string& script) {
    char name[] = "/tmp/keychain-test-XXXXXX";
    path_ = mkdtemp(name);
    setenv("PLACE", path_.c_str(), 1);
    if (script.empty()) return;
    std::ofstream(command()) << "#!/bin/sh\n" << script << "\n";
    chmod(command().c_str(), 0755);
  }
  ~Place() { (void)!system(("rm -rf " + path_).c_str()); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string command() const { return path_ + "/security"; }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ + "/" + name).rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

KeychainFound search(const Place& place, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
  return search_keychain(place.command(), "mail.example", "joe", Deadline::in(patience));
}

KeyringAnswer answer_to(const std::string& script) {
  const Place place(script);
  return search(place).answer;
}

std::string password_of(const std::string& script) {
  const Place place(script);
  const KeychainFound found = search(place);
  return found.password ? std::string(found.password->reveal()) : "(none)";
}

}  // namespace

Test(keychain, asks_the_command_and_takes_the_password_from_its_standard_error) {
  const Place place(
      "printf '%s\\n' \"$@\" >$PLACE/words; cat >$PLACE/input; ls /proc/self/fd >$PLACE/open\n"
      "echo 'password: \"wrong\"'; echo 'password: \"s3cret pass\"' >&2");
  const KeychainFound found = search(place);
  cr_assert(found.answer == KeyringAnswer::found);
  cr_expect(found.password->reveal() == "s3cret pass");
  cr_expect(place.content("words") == "find-internet-password\n-g\n-s\nmail.example\n-a\njoe\n-r\nsmtp\n");
  cr_expect(place.content("input").empty());
  // ls itself opens the folder.
  cr_expect(place.content("open") == "0\n1\n2\n3\n", "%s", place.content("open").c_str());
}

Test(keychain, says_which_end_means_what) {
  cr_expect(answer_to("echo 'could not be found' >&2; exit 44") == KeyringAnswer::nothing);
  cr_expect(answer_to("echo 'password: \"wrong\"' >&2; exit 1") == KeyringAnswer::nothing);
  for (const char* status : {"36", "51", "128"}) {
    cr_expect(answer_to(std::string("exit ") + status) == KeyringAnswer::locked, "%s", status);
  }
  cr_expect(answer_to("echo 'password: wrong' >&2") == KeyringAnswer::unreadable);
  cr_expect(answer_to("echo 'password: \"wrong\"' >&2; kill -SEGV $$") == KeyringAnswer::unreadable);
  cr_expect(answer_to("") == KeyringAnswer::nothing);
}

Test(keychain, takes_long_passwords_and_no_end_of_words) {
  cr_expect(password_of("(printf 'password: 0x'; head -c 65536 /dev/zero | tr '\\0' 'c' | sed 's/c/C3/g'; echo) >&2") ==
            std::string(65536, '\xc3'));
  cr_expect(answer_to("exec cat /dev/zero >&2") == KeyringAnswer::unreadable);
}

Test(keychain, the_program_itself_takes_a_question_and_ends_at_once_where_there_is_no_such_command) {
  if (access("/usr/bin/security", F_OK) == 0) cr_skip_test("this system has the command");
  for (const char* question : {"mail.example\\000joe", "mail.example", ""}) {
    const int status = system((std::string("printf '") + question + "' | build/tests/keychain").c_str());
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(KeyringAnswer::nothing), "%s", question);
  }
}

Test(keychain, kills_a_command_that_hangs, .timeout = 30) {
  for (const char* script : {"echo $$ >$PLACE/pid; exec sleep 60", "echo $$ >$PLACE/pid; exec 2>&-; exec sleep 60"}) {
    const Place place(script);
    const auto begin = std::chrono::steady_clock::now();
    cr_expect(search(place, std::chrono::milliseconds(700)).answer == KeyringAnswer::silent, "%s", script);
    cr_expect(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    cr_expect(kill(std::stoi(place.content("pid")), 0) != 0, "%s", script);
  }
}
