// Where the credential child finds the password: its parent, a command, netrc files.
#include "authproc/netrc_file.hpp"
#include "tests/process/authproc_process.hpp"

#include <sys/stat.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

// A directory of the test's own.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/authproc-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { (void)!system(("rm -rf " + path_).c_str()); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name, std::string_view text, mode_t mode = 0600) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Acquire question(PasswordSource source) {
  Acquire message;
  message.user = *Text<4096>::from("joe");
  message.host = *Line<max_host>::from("mail.example");
  message.source = source;
  return message;
}

Acquire evaluation(std::string_view command) {
  Acquire message = question(PasswordSource::evaluate);
  message.command = *Text<48 * 1024>::from(command);
  return message;
}

Acquire search(const std::string& user_netrc, const std::string& system_netrc) {
  Acquire message = question(PasswordSource::search);
  message.user_netrc = *Text<max_path>::from(user_netrc);
  message.system_netrc = *Text<max_path>::from(system_netrc);
  return message;
}

// The password that it found, as PLAIN would send it; "(none)", or the text of its failure in brackets.
std::string password_from(Acquire message) {
  // Nobody is to be asked: whoever leads a session has no terminal until it opens one.
  (void)setsid();
  Authproc authproc;
  authproc.ask(std::move(message));
  const auto answer = authproc.parent.expect<Acquired, Failed>(soon());
  cr_assert(answer.has_value());
  if (const auto* told = std::get_if<Failed>(&*answer)) {
    cr_expect(told->code == ExitCode::config);
    cr_expect(authproc.exit_status() == 78);
    return "(" + told->text.str() + ")";
  }
  if (!std::get<Acquired>(*answer).found) return "(none)";
  authproc.begin(Mechanism::plain);
  authproc.expect_sealed();
  return authproc.expect_response().substr(std::string_view("\0joe\0", 5).size());
}

void expect_password(Acquire message, const std::string& expected) {
  const std::string found = password_from(std::move(message));
  cr_expect(found == expected, "found '%s' instead of '%s'", found.c_str(), expected.c_str());
}

// Runs BODY as a user without rights; true when it returned true.
template <class Body>
bool as_somebody_else(Body body) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status == 0;
}

}  // namespace

Test(authproc_acquire, a_given_password_is_used) {
  Acquire given = question(PasswordSource::given);
  given.password.secret = Secret::copy_of("s3cret");
  expect_password(std::move(given), "s3cret");
}

Test(authproc_acquire, an_empty_password_is_a_password) {
  expect_password(question(PasswordSource::given), "");
  expect_password(evaluation("echo"), "");
}

Test(authproc_acquire, nothing_is_looked_for_when_nothing_is_needed) {
  expect_password(question(PasswordSource::none), "(none)");
}

Test(authproc_acquire, a_method_that_needs_a_password_says_so_when_there_is_none) {
  Authproc authproc;
  authproc.ask(question(PasswordSource::none));
  cr_expect(!authproc.expect_acquired());
  authproc.begin(Mechanism::plain);
  const Failed told = authproc.expect_failed();
  cr_expect(told.code == ExitCode::unavailable);
  cr_expect(told.text.view() == "authentication method PLAIN needs a password");
}

Test(authproc_acquire, a_command_gives_its_first_line) {
  expect_password(evaluation("echo 's3cret pass '; echo more"), "s3cret pass ");
  expect_password(evaluation("printf 's3cret\\r\\n'"), "s3cret");
}

Test(authproc_acquire, a_command_that_fails_is_a_configuration_error) {
  expect_password(evaluation("echo s3cret; exit 2"), "(command 'echo s3cret; exit 2' exited with status 2)");
  expect_password(evaluation("true"), "(cannot read output of 'true')");
}

Test(authproc_acquire, a_command_runs_outside_of_every_wall) {
  expect_password(evaluation("grep -E '^(NoNewPrivs|Seccomp|CapBnd):' /proc/self/status | tr -d '\\t\\n'"),
                  "CapBnd:" + status_of(getpid(), "CapBnd") + "NoNewPrivs:" + status_of(getpid(), "NoNewPrivs") +
                      "Seccomp:" + status_of(getpid(), "Seccomp"));
}

Test(authproc_acquire, a_command_has_no_channel_and_no_input) {
  expect_password(
      evaluation("cat; for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && printf '%s ' $n; done; true"),
      "0 1 2 ");
  expect_password(evaluation("readlink /proc/self/fd/0"), "/dev/null");
}

Test(authproc_acquire, a_command_has_the_environment) {
  expect_password(evaluation("echo $TESTING"), "yes");
}

Test(authproc_acquire, what_a_command_complains_about_reaches_the_log) {
  Authproc authproc;
  authproc.ask(evaluation("echo oops >&2; exit 1"));
  authproc.expect_failed();
  cr_expect(authproc.exit_status() == 78);
  cr_expect(authproc.log() == "oops\n");
}

Test(authproc_acquire, a_command_with_something_left_in_the_background_does_not_hold_it_up, .timeout = 10) {
  expect_password(evaluation("sleep 3 >&1 & echo s3cret"), "s3cret");
}

Test(authproc_acquire, the_users_netrc_comes_before_the_systems) {
  const Folder folder;
  const std::string mine = folder.file("netrc", "machine mail.example login joe password mine\n");
  const std::string ours = folder.file("system", "machine mail.example login joe password ours\n", 0644);
  const std::string other = folder.file("other", "machine other.example login joe password no\n");
  expect_password(search(mine, ours), "mine");
  expect_password(search(other, ours), "ours");
  expect_password(search("", ours), "ours");
  expect_password(search(folder.path() + "/none", ours), "ours");
  expect_password(search(other, ""), "(none)");
  expect_password(search("", ""), "(none)");
}

Test(authproc_acquire, an_entry_without_password_is_not_found) {
  const Folder folder;
  expect_password(search(folder.file("netrc", "machine mail.example login joe\n"), ""), "(none)");
}

Test(authproc_acquire, what_is_no_file_is_passed_over, .timeout = 10) {
  const Folder folder;
  cr_assert(mkfifo((folder.path() + "/fifo").c_str(), 0600) == 0);
  expect_password(search(folder.path() + "/fifo", ""), "(none)");
  expect_password(search(folder.path(), ""), "(none)");
}

Test(authproc_acquire, a_netrc_of_more_than_1_MiB_is_refused) {
  const Folder folder;
  const std::string entry = "machine mail.example login joe password s3cret ";
  const std::string path = folder.file("netrc", entry + std::string(1024 * 1024 - entry.size(), ' '));
  expect_password(search(path, ""), "s3cret");
  const std::string larger = folder.file("netrc", entry + std::string(1024 * 1024 - entry.size() + 1, ' '));
  expect_password(search(larger, ""), "(" + larger + ": is larger than 1 MiB)");
}

Test(authproc_acquire, a_users_netrc_with_the_password_must_be_closed_to_others) {
  cr_expect(as_somebody_else([] {
    const Folder folder;
    bool good = true;
    for (const mode_t mode : {0600, 0400, 0644, 0640, 0604, 0620, 0700}) {
      const std::string path = folder.file("netrc" + std::to_string(mode), "default login joe password x", mode);
      const auto mine = search_netrc_file(path, NetrcOwner::user, "m", "joe");
      const bool closed = mode == 0600 || mode == 0400;
      good = good && mine.has_value() == closed && (closed || mine.error().code == ExitCode::config);
      good = good && search_netrc_file(path, NetrcOwner::user, "m", "somebody").has_value();
      good = good && search_netrc_file(path, NetrcOwner::system, "m", "joe").has_value();
    }
    return good;
  }));
}

Test(authproc_acquire, a_users_netrc_with_the_password_must_be_the_users) {
  if (getuid() != 0) cr_skip_test("only root can make files of other users");
  const Folder folder;
  chmod(folder.path().c_str(), 0755);
  const std::string path = folder.file("netrc", "default login joe password x", 0644);
  cr_expect(as_somebody_else([&] {
    const auto found = search_netrc_file(path, NetrcOwner::user, "m", "joe");
    return !found && found.error().text == path + ": contains a password and must be owned by you";
  }));
}

Test(authproc_acquire, a_netrc_that_cannot_be_read_is_a_warning) {
  if (getuid() != 0) cr_skip_test("only root can make files of other users");
  const Folder folder;
  chmod(folder.path().c_str(), 0755);
  const std::string path = folder.file("netrc", "default login joe password x", 0600);
  Pipe log = std::move(make_pipe()).value();
  cr_expect(as_somebody_else([&] {
    dup2(log.write_end.number(), 2);
    const auto found = search_netrc_file(path, NetrcOwner::user, "m", "joe");
    return found && !found->has_value() && search_netrc_file(path, NetrcOwner::system, "m", "joe").has_value();
  }));
  char text[512] = {};
  cr_assert(read(log.read_end.number(), text, sizeof text - 1) > 0);
  cr_expect(std::string(text) == "!cannot read " + path + ": Permission denied\n", "%s", text);
}
