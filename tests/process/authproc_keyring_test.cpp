// The credential child and its key ring, with a stand-in for the program that asks it.
#include "tests/process/authproc_process.hpp"

#include <chrono>
#include <config.hpp>
#include <sys/stat.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

using Seconds = std::chrono::duration<double>;

// A folder with a copy of the credential child and with a key ring that is the shell script SCRIPT.
class Place {
 public:
  explicit Place(const std::string& script) {
    char name[] = "/tmp/authproc-keyring-XXXXXX";
    path_ = mkdtemp(name);
    cr_assert(system(("cp " + std::string(authproc_path) + " " + path_).c_str()) == 0);
    if (!script.empty()) write("msmtp-keyring", "#!/bin/sh\n" + script, 0755);
    write("netrc", "machine mail.example login joe password from-netrc\n", 0600);
  }
  ~Place() { (void)!system(("rm -rf " + path_).c_str()); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  bool has(const std::string& name) const { return access(path(name).c_str(), F_OK) == 0; }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

 private:
  void write(const std::string& name, const std::string& text, mode_t mode) const {
    std::ofstream(path(name)) << text;
    chmod(path(name).c_str(), mode);
  }

  std::string path_;
};

Acquire question(const Place& place, PasswordSource source = PasswordSource::search) {
  Acquire message;
  message.user = *Text<4096>::from("joe");
  message.host = *Line<max_host>::from("mail.example");
  message.source = source;
  message.user_netrc = *Text<max_path>::from(place.path("netrc"));
  return message;
}

// What the child found and warned of, and how long it took.
struct Found {
  std::string password;  // or the text of a failure in brackets
  std::string log;
  double seconds = 0;
};

Found find(const Place& place, Acquire message, const std::string& bus = "DBUS_SESSION_BUS_ADDRESS=unix:path=/none") {
  const auto begin = std::chrono::steady_clock::now();
  Authproc authproc(place.path("msmtp-authproc"), {bus, "PLACE=" + place.path("")});
  authproc.ask(std::move(message));
  const auto answer = authproc.parent.expect<Acquired, Failed>(soon());
  cr_assert(answer.has_value());
  Found found;
  found.seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  if (const auto* told = std::get_if<Failed>(&*answer)) {
    found.password = "(" + told->text.str() + ")";
  } else {
    authproc.begin(Mechanism::plain);
    authproc.expect_sealed();
    found.password = authproc.expect_response().substr(std::string_view("\0joe\0", 5).size());
  }
  authproc.parent.close();
  authproc.netproc.close();
  cr_expect(authproc.exit_status() >= 0);
  found.log = authproc.log();
  return found;
}

Found find_with(const std::string& script) {
  const Place place(script);
  return find(place, question(place));
}

bool mentions(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

void skip_without_keyring() {
  if (config::keyring == "none") cr_skip_test("built without a key ring");
}

}  // namespace

Test(authproc_keyring, is_asked_for_host_and_user_and_comes_before_netrc) {
  skip_without_keyring();
  const Place place("cat >$PLACE/question; printf 's3cret pass '");
  const Found found = find(place, question(place));
  cr_expect(found.password == "s3cret pass ", "%s", found.password.c_str());
  cr_expect(found.log.empty(), "%s", found.log.c_str());
  cr_expect(place.content("question") == std::string("mail.example\0joe", 16));
}

Test(authproc_keyring, without_an_entry_netrc_is_next) {
  const Found found = find_with("exit 1");
  cr_expect(found.password == "from-netrc");
  cr_expect(found.log.empty());
}

Test(authproc_keyring, that_is_locked_is_passed_over_with_a_warning) {
  skip_without_keyring();
  const Found found = find_with("exit 2");
  cr_expect(found.password == "from-netrc");
  cr_expect(mentions(found.log, "key ring: it has the password, but is locked"), "%s", found.log.c_str());
}

Test(authproc_keyring, what_a_failing_program_writes_is_no_password) {
  skip_without_keyring();
  for (const char* script : {"echo wrong; exit 9", "echo wrong; kill -SEGV $$", "echo wrong; exit 1"}) {
    cr_expect(find_with(script).password == "from-netrc", "%s", script);
  }
  cr_expect(mentions(find_with("exit 9").log, "msmtp-keyring ended with status 9"));
  cr_expect(mentions(find_with("kill -SEGV $$").log, "msmtp-keyring was killed by signal 11"));
}

Test(authproc_keyring, that_is_not_there_or_has_no_bus_is_passed_over_at_once) {
  cr_expect(find_with("").password == "from-netrc");
  cr_expect(find_with("").log.empty());
  const Place place("touch $PLACE/started; printf wrong");
  for (const char* bus : {"NOTHING=", "DBUS_SESSION_BUS_ADDRESS=", "DBUS_SESSION_BUS_ADDRESS=autolaunch:"}) {
    cr_expect(find(place, question(place), bus).password == "from-netrc", "%s", bus);
  }
  cr_expect(!place.has("started"));
}

Test(authproc_keyring, is_not_asked_when_the_password_is_known) {
  const Place place("touch $PLACE/started; printf wrong");
  Acquire given = question(place, PasswordSource::given);
  given.password.secret = Secret::copy_of("known");
  cr_expect(find(place, std::move(given)).password == "known");
  Acquire evaluated = question(place, PasswordSource::evaluate);
  evaluated.command = *Text<48 * 1024>::from("echo evaluated");
  cr_expect(find(place, std::move(evaluated)).password == "evaluated");
  cr_expect(!place.has("started"));
}

Test(authproc_keyring, that_does_not_answer_is_ended_after_ten_seconds, .timeout = 40) {
  skip_without_keyring();
  const Place place("echo $$ >$PLACE/pid; exec sleep 60");
  const Found found = find(place, question(place));
  cr_expect(found.password == "from-netrc");
  cr_expect(found.seconds >= 9 && found.seconds < 15, "%f", found.seconds);
  cr_expect(mentions(found.log, "did not answer within 10 seconds"));
  cr_expect(!is_running(std::stoi(place.content("pid"))));
}

Test(authproc_keyring, gets_three_descriptors_and_no_secret_in_its_arguments) {
  skip_without_keyring();
  const Place place("ls /proc/self/fd >$PLACE/open; cat /proc/$$/cmdline >$PLACE/words; printf found");
  cr_expect(find(place, question(place)).password == "found");
  // ls itself opens the folder.
  cr_expect(place.content("open") == "0\n1\n2\n3\n", "%s", place.content("open").c_str());
  cr_expect(!mentions(place.content("words"), "joe"));
}

Test(authproc_keyring, passwords_that_cannot_be_used_are_an_error) {
  skip_without_keyring();
  cr_expect(find_with("printf 'a\\000b'").password == "(the password in the key ring holds a NUL byte)");
  for (const char* size : {"65537", "1000000"}) {
    const std::string found = find_with(std::string("head -c ") + size + " /dev/zero | tr '\\0' x").password;
    cr_expect(found == "(the password in the key ring is longer than 64 KiB)", "%s", found.c_str());
  }
  cr_expect(find_with("head -c 48000 /dev/zero | tr '\\0' x").password == std::string(48000, 'x'));
}

Test(authproc_keyring, a_bus_that_does_not_exist_is_no_obstacle_to_the_real_program) {
  skip_without_keyring();
  const Place place("");
  Authproc authproc(authproc_path, {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + place.path("bus")});
  authproc.ask(question(place));
  cr_expect(authproc.expect_acquired());
}
