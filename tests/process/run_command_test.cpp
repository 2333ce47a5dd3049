// Commands of the configuration, run for real.
#include "common/run_command.hpp"

#include "common/fd.hpp"

#include <criterion/criterion.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

Result<Secret> run(std::string_view command, const CommandRules& rules = {}) {
  return run_command(command, Deadline::in(std::chrono::seconds(20)), rules);
}

// The line, or the error between brackets.
std::string line_of(std::string_view command) {
  const auto line = run(command);
  return line ? std::string(line->reveal()) : "(" + line.error().text + ")";
}

bool no_child_is_left() {
  return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

// Whoever has lost its parent may remain as a zombie for a while, which is not our affair.
bool is_running(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] != 'Z';
}

void expect_line(std::string_view command, const std::string& expected) {
  const std::string line = line_of(command);
  cr_expect(line == expected, "'%s' gave '%s'", std::string(command).c_str(), line.c_str());
  cr_expect(no_child_is_left());
}

}  // namespace

Test(run_command, gives_the_first_line_without_its_end) {
  expect_line("echo s3cret", "s3cret");
  expect_line("printf 's3cret\\r\\n'", "s3cret");
  expect_line("printf 'one\\ntwo\\n'", "one");
  expect_line("printf s3cret", "s3cret");
  expect_line("printf '\\n'", "");
  expect_line("printf '\\nlater\\n'", "");
}

Test(run_command, keeps_blanks_and_bytes_of_all_kinds) {
  expect_line("printf '  two  words \\t\\n'", "  two  words \t");
  expect_line("printf '\\377\\001\\r'", "\xff\x01\r");
}

Test(run_command, is_a_command_of_the_shell) {
  expect_line("printf 'a\\nb\\n' | tail -n 1", "b");
  expect_line("x='a  b'; echo \"$x\"", "a  b");
}

Test(run_command, may_begin_with_a_hyphen) {
  expect_line("-no-such-command 2>/dev/null || echo hyphen", "hyphen");
}

Test(run_command, no_output_at_all_is_an_error) {
  expect_line("true", "(cannot read output of 'true')");
}

Test(run_command, a_status_or_a_signal_is_an_error_that_names_it) {
  expect_line("echo s3cret; exit 3", "(command 'echo s3cret; exit 3' exited with status 3)");
  expect_line("kill -9 $$", "(command 'kill -9 $$' was killed by signal 9)");
  const std::string missing = line_of("/nonexistent/command 2>/dev/null");
  cr_expect(missing.find("exited with status 127") != std::string::npos);
}

Test(run_command, the_caller_chooses_the_exit_code) {
  cr_expect(run("false").error().code == ExitCode::io_error);
  cr_expect(run("false", {.failure = ExitCode::config}).error().code == ExitCode::config);
  cr_expect(run("true", {.failure = ExitCode::config}).error().code == ExitCode::config);
}

Test(run_command, takes_64_KiB_and_not_more) {
  const auto longest = run("head -c 65536 /dev/zero | tr '\\0' x");
  cr_assert(longest.has_value());
  cr_expect(longest->size() == 65536);
  const std::string complaint = line_of("head -c 65537 /dev/zero | tr '\\0' x");
  cr_expect(complaint.find("more than 64 KiB") != std::string::npos, "%s", complaint.c_str());
  cr_expect(no_child_is_left());
}

Test(run_command, a_nul_byte_is_an_error) {
  cr_expect(line_of("printf 'a\\0b\\n'").find("NUL") != std::string::npos);
}

Test(run_command, reads_what_follows_the_first_line_so_that_nobody_dies_of_sigpipe) {
  expect_line("echo s3cret; head -c 300000 /dev/zero", "s3cret");
}

Test(run_command, output_without_end_is_an_error, .timeout = 10) {
  const std::string complaint = line_of("yes s3cret");
  cr_expect(complaint.find("does not stop writing") != std::string::npos, "%s", complaint.c_str());
  cr_expect(no_child_is_left());
}

Test(run_command, input_is_empty) {
  expect_line("cat; echo end", "end");
}

Test(run_command, has_three_descriptors) {
  const Fd leaked(open("/dev/null", O_RDONLY));  // without close-on-exec, as a careless library would
  cr_assert(leaked.is_open());
  // One by one: whoever lists the directory has a descriptor more.
  expect_line(
      "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do [ -e /proc/$$/fd/$n ] && printf '%s ' $n; done; "
      "true",
      "0 1 2 ");
}

Test(run_command, has_the_terminal_of_its_caller) {
  const std::string group = std::to_string(getpgrp());
  const std::string session = std::to_string(getsid(0));
  expect_line("cut -d ' ' -f 5,6 /proc/self/stat", group + " " + session);
}

Test(run_command, has_default_signal_actions_and_none_blocked) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  const auto lines = run("grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\n'");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  cr_assert(lines.has_value());
  const std::string text(lines->reveal());
  cr_assert(text.size() == 48, "%s", text.c_str());
  // make starts its commands with glibc's own two signals ignored, which sigaction(2) of glibc does not change.
  constexpr unsigned long long own_signals = 3ULL << 31;
  cr_expect(std::stoull(text.substr(8, 16), nullptr, 16) == 0, "%s", text.c_str());
  cr_expect((std::stoull(text.substr(32, 16), nullptr, 16) & ~own_signals) == 0, "%s", text.c_str());
}

Test(run_command, a_caller_that_ignores_its_children_still_learns_the_status) {
  std::signal(SIGCHLD, SIG_IGN);
  expect_line("exit 5", "(command 'exit 5' exited with status 5)");
  cr_expect(std::signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

Test(run_command, error_output_goes_where_the_caller_says) {
  Pipe errors = std::move(make_pipe()).value();
  cr_assert(run("echo oops >&2; echo s3cret", {.stderr_number = errors.write_end.number()}).has_value());
  errors.write_end.close();
  char text[32] = {};
  cr_expect(read(errors.read_end.number(), text, sizeof text) == 5);
  cr_expect(std::string(text) == "oops\n");
}

Test(run_command, works_for_a_caller_without_standard_descriptors) {
  const pid_t pid = fork();
  if (pid == 0) {
    close(0), close(1), close(2);
    const auto line = run("echo s3cret");
    _exit(line && line->reveal() == "s3cret" ? 0 : 1);
  }
  int status = -1;
  cr_assert(waitpid(pid, &status, 0) == pid);
  cr_expect(status == 0);
}

Test(run_command, a_leftover_that_holds_the_pipe_is_not_waited_for, .timeout = 10) {
  const auto start = Clock::now();
  expect_line("sleep 4 & echo s3cret", "s3cret");
  cr_expect(Clock::now() - start < milliseconds(900));
  expect_line("sleep 4 & printf s3cret", "s3cret");
  expect_line("sleep 4 &", "(cannot read output of 'sleep 4 &')");
  cr_expect(Clock::now() - start < std::chrono::seconds(5));
}

Test(run_command, a_leftover_may_finish_the_line) {
  expect_line("printf s3; { sleep 0.2; echo cret; } &", "s3cret");
}

Test(run_command, is_killed_when_its_time_is_over, .timeout = 10) {
  const auto start = Clock::now();
  const auto line = run_command("sleep 30", Deadline::in(milliseconds(200)));
  cr_assert(!line.has_value());
  cr_expect(line.error().text == "command 'sleep 30' did not end in time");
  cr_expect(Clock::now() - start < std::chrono::seconds(3));
  cr_expect(no_child_is_left());
}

Test(run_command, what_it_has_started_ends_with_it, .timeout = 10) {
  Pipe names = std::move(make_pipe()).value();
  const CommandRules rules{.stderr_number = names.write_end.number()};
  cr_expect(!run_command("(sh -c 'echo $$ >&2; sleep 30; true')", Deadline::in(milliseconds(300)), rules));
  char text[32] = {};
  cr_assert(read(names.read_end.number(), text, sizeof text - 1) > 0);
  const pid_t started = std::atoi(text);
  for (int tries = 0; tries < 300 && is_running(started); ++tries) usleep(10000);
  cr_expect(!is_running(started));
}

Test(run_command, one_that_ignores_requests_to_end_is_killed_too, .timeout = 10) {
  const auto line = run_command("trap '' TERM; while :; do sleep 0.05; done", Deadline::in(milliseconds(200)));
  cr_expect(!line.has_value());
  cr_expect(no_child_is_left());
}

Test(run_command, waits_for_the_status_behind_a_closed_output) {
  expect_line("echo s3cret; exec >&-; sleep 0.2; exit 4",
              "(command 'echo s3cret; exec >&-; sleep 0.2; exit 4' exited with status 4)");
}

Test(run_command, is_not_confined) {
  expect_line("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t\\n'", "NoNewPrivs:0Seccomp:0");
}

Test(run_command, keeps_the_environment) {
  setenv("GNUPGHOME", "/some/where", 1);
  expect_line("echo $GNUPGHOME", "/some/where");
}

Test(run_command, ends_with_the_process_that_wants_its_output) {
  Pipe names = std::move(make_pipe()).value();
  const pid_t reader = fork();
  if (reader == 0) {
    // The shell's number goes out through the error descriptor, as its output is read here.
    (void)run("echo $$ >&2; while :; do sleep 0.05; done", {.stderr_number = names.write_end.number()});
    _exit(0);
  }
  char text[32] = {};
  cr_assert(read(names.read_end.number(), text, sizeof text - 1) > 0);
  const pid_t shell = std::atoi(text);
  kill(reader, SIGKILL);
  waitpid(reader, nullptr, 0);
  for (int tries = 0; tries < 500 && is_running(shell); ++tries) usleep(10000);
  cr_expect(!is_running(shell));
}
