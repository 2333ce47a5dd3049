// The crew: waiting for several helpers at once, how their ends are explained, and how real ones are started.
#include "tests/process/played_crew.hpp"

#include "common/child.hpp"

#include <criterion/criterion.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <set>
#include <unistd.h>

using namespace msmtp;
using namespace msmtp::test;
using namespace std::chrono_literals;

namespace {

bool wait_for_input(Crew& crew, int number, std::chrono::milliseconds span) {
  std::vector<Crew::Polled> polled{{number, POLLIN}};
  return crew.wait(polled, Deadline::in(span)) && polled[0].ready;
}

}  // namespace

Test(crew, waiting_ends_with_the_first_message_and_the_log_before_it_is_told_first) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) {
    for (int i = 0; i < 20; ++i) log_warning(std::string(3900, 'w'));  // more than a pipe holds
    (void)end.send(BodyWanted{});
    pause();
  });
  cr_assert(wait_for_input(played.crew, played.crew.netproc->fd().number(), 5s));
  cr_expect(played.records.size() == 20, "%zu", played.records.size());
}

Test(crew, waiting_ends_with_the_deadline_although_the_log_goes_on) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) {
    for (;;) log_record(LogKind::note, "still here"), usleep(5000);
  });
  const auto start = Deadline::Clock::now();
  cr_expect(!wait_for_input(played.crew, played.crew.netproc->fd().number(), 200ms));
  const auto took = Deadline::Clock::now() - start;
  cr_expect(took >= 200ms && took < 2s);
  cr_expect(!played.records.empty());
}

Test(crew, draining_the_log_of_a_writer_without_end_comes_to_an_end, .timeout = 20) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) {
    const std::string lines(100'000, '\n');
    for (;;) (void)!write(STDERR_FILENO, lines.data(), lines.size());
  });
  for (int i = 0; i < 100; ++i) played.crew.drain_logs();
  cr_expect(played.records.size() <= 100);
}

Test(crew, a_helper_that_has_closed_its_log_is_still_heard) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) {
    close(STDERR_FILENO);
    usleep(50'000);
    (void)end.send(BodyWanted{});
    pause();
  });
  cr_expect(wait_for_input(played.crew, played.crew.netproc->fd().number(), 5s));
}

Test(crew, an_end_is_explained_by_how_the_helper_ended) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) { kill(getpid(), SIGSEGV); });
  played.play_authproc([](AuthprocEnd&) { _exit(71); });
  const Error netproc = played.crew.explain(played.crew.netproc->expect_one<BodyWanted>(in_ten_seconds()).error());
  cr_expect(netproc.text == "msmtp-netproc was killed by signal 11", "%s", netproc.text.c_str());
  cr_expect(netproc.cause == Cause::peer_gone && netproc.code == ExitCode::software);
  const Error authproc = played.crew.explain(played.crew.authproc->expect_one<Acquired>(in_ten_seconds()).error());
  cr_expect(authproc.text == "msmtp-authproc ended with status 71", "%s", authproc.text.c_str());
  // Said once more, when nothing is left to be asked.
  const Error again = played.crew.explain(played.crew.authproc->expect_one<Acquired>(in_ten_seconds()).error());
  cr_expect(again.text == "msmtp-authproc has ended unexpectedly", "%s", again.text.c_str());
}

Test(crew, an_error_that_is_no_end_stays_as_it_is) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) { _exit(0); });
  const Error error{ExitCode::no_host, "msmtp-netproc says so", "550 no", Cause::plain};
  const Error explained = played.crew.explain(error);
  cr_expect(explained.text == error.text && explained.code == error.code &&
            explained.server_reply == error.server_reply);
}

Test(crew, a_helper_that_closes_but_lives_on_is_not_waited_for_long, .timeout = 20) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) {
    end.close();
    for (;;) pause();
  });
  const auto start = Deadline::Clock::now();
  const Error error = played.crew.explain(played.crew.netproc->expect_one<BodyWanted>(in_ten_seconds()).error());
  cr_expect(error.text == "msmtp-netproc has ended unexpectedly", "%s", error.text.c_str());
  cr_expect(Deadline::Clock::now() - start < 4s);
}

// ---- real helpers ----

namespace {

constexpr const char* program_that_tells = "build/tests/spawned";

// A directory in which each helper is a program that writes what it was given into a file there.
class Helpers {
 public:
  Helpers() {
    if (access(program_that_tells, X_OK) != 0) cr_skip_test("%s has not been built", program_that_tells);
    char name[] = "/tmp/msmtp-crew-XXXXXX";
    cr_assert(mkdtemp(name) != nullptr);
    directory = name;
    for (const std::string_view program :
         {resolver_program, netproc_program, netproc_tls_program, authproc_program, signer_program}) {
      std::filesystem::copy_file(program_that_tells, directory + '/' + std::string(program));
    }
  }
  ~Helpers() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  std::set<std::string> told_by(std::string_view program) const {
    std::set<std::string> lines;
    std::ifstream file(directory + '/' + std::string(program) + ".told");
    for (std::string line; std::getline(file, line);) lines.insert(line);
    return lines;
  }

  std::string directory;
};

std::set<std::string> those_that_begin(const std::set<std::string>& lines, std::string_view word) {
  std::set<std::string> some;
  for (const std::string& line : lines) {
    if (line.starts_with(word)) some.insert(line);
  }
  return some;
}

std::set<std::string> numbers_in(const std::set<std::string>& lines) {
  std::set<std::string> numbers;
  for (const std::string& line : those_that_begin(lines, "fd ")) numbers.insert(line.substr(3, line.find(' ', 3) - 3));
  return numbers;
}

void wait_for_ends(Crew& crew) {
  if (crew.netproc) (void)crew.netproc->expect_one<BodyWanted>(in_ten_seconds());
  if (crew.authproc) (void)crew.authproc->expect_one<Acquired>(in_ten_seconds());
  if (crew.resolver) (void)crew.resolver->expect_one<Resolved>(in_ten_seconds());
  if (crew.signer) (void)crew.signer->expect_one<KeyLoaded>(in_ten_seconds());
  for (int i = 0; i < 3; ++i) waitpid(-1, nullptr, 0);
}

}  // namespace

Test(crew, each_helper_gets_its_channels_its_log_and_its_environment_only, .timeout = 30) {
  seal_inherited_descriptors();
  const Helpers helpers;
  setenv("SECRET_OF_THE_USER", "x", 1);
  setenv("RES_OPTIONS", "timeout:1", 1);
  std::vector<LogRecord> records;
  Crew crew([&](const LogRecord& record) { records.push_back(record); });
  CrewStarter starter(helpers.directory, crew);
  cr_assert(starter.start_netproc(false, true).has_value());
  cr_assert(starter.start_resolver().has_value());
  wait_for_ends(crew);
  crew.drain_logs();

  const auto netproc = helpers.told_by(netproc_program);
  const auto authproc = helpers.told_by(authproc_program);
  const auto resolver = helpers.told_by(resolver_program);
  cr_expect(numbers_in(netproc) == std::set<std::string>({"0", "1", "2", "3", "4"}));
  cr_expect(numbers_in(authproc) == std::set<std::string>({"0", "1", "2", "3", "4"}));
  cr_expect(numbers_in(resolver) == std::set<std::string>({"0", "1", "2", "3"}));
  for (const auto& told : {netproc, authproc, resolver}) {
    cr_expect(told.contains("fd 0 /dev/null") && told.contains("fd 1 /dev/null"));
    cr_expect(those_that_begin(told, "fd 2 pipe:").size() == 1);
    cr_expect(those_that_begin(told, "fd 3 socket:").size() == 1);
  }
  cr_expect(authproc.contains("variable SECRET_OF_THE_USER=x"), "passwordeval has the user's environment");
  cr_expect(!netproc.contains("variable SECRET_OF_THE_USER=x") && !netproc.contains("variable RES_OPTIONS=timeout:1"));
  cr_expect(!resolver.contains("variable SECRET_OF_THE_USER=x") && resolver.contains("variable RES_OPTIONS=timeout:1"));
  cr_expect(records.size() == 3 && records[0].text == "hello");
}

Test(crew, no_two_helpers_share_an_end_of_a_channel, .timeout = 30) {
  seal_inherited_descriptors();
  const Helpers helpers;
  Crew crew([](const LogRecord&) {});
  CrewStarter starter(helpers.directory, crew);
  cr_assert(starter.start_netproc(true, true).has_value());
  wait_for_ends(crew);
  const auto netproc = those_that_begin(helpers.told_by(netproc_tls_program), "fd ");
  const auto authproc = those_that_begin(helpers.told_by(authproc_program), "fd ");
  cr_assert(!netproc.empty() && !authproc.empty());
  for (const std::string& line : netproc) {
    if (line.find("socket:") != std::string::npos) cr_expect(!authproc.contains(line), "%s", line.c_str());
  }
}

Test(crew, the_signer_and_the_network_child_share_a_channel, .timeout = 30) {
  seal_inherited_descriptors();
  const Helpers helpers;
  setenv("SECRET_OF_THE_USER", "x", 1);
  Crew crew([](const LogRecord&) {});
  CrewStarter starter(helpers.directory, crew);
  cr_assert(starter.start_signer().has_value());
  cr_assert(starter.start_netproc(true, false).has_value());
  wait_for_ends(crew);
  const auto netproc = helpers.told_by(netproc_tls_program);
  const auto signer = helpers.told_by(signer_program);
  cr_expect(numbers_in(netproc) == std::set<std::string>({"0", "1", "2", "3", "5"}));
  cr_expect(numbers_in(signer) == std::set<std::string>({"0", "1", "2", "3", "5"}));
  cr_expect(signer.contains("variable SECRET_OF_THE_USER=x") && !netproc.contains("variable SECRET_OF_THE_USER=x"));
}

Test(crew, without_authentication_there_is_no_credential_child_and_without_tls_no_tls, .timeout = 30) {
  seal_inherited_descriptors();
  const Helpers helpers;
  Crew crew([](const LogRecord&) {});
  cr_assert(CrewStarter(helpers.directory, crew).start_netproc(false, false).has_value());
  wait_for_ends(crew);
  cr_expect(!crew.authproc.has_value() && !crew.resolver.has_value());
  cr_expect(crew.netproc->socket().peer() == netproc_program);
  cr_expect(helpers.told_by(netproc_tls_program).empty() && helpers.told_by(authproc_program).empty());
  cr_expect(numbers_in(helpers.told_by(netproc_program)) == std::set<std::string>({"0", "1", "2", "3"}));
}

Test(crew, a_helper_that_is_not_there_is_an_error_that_names_it) {
  Crew crew([](const LogRecord&) {});
  const auto started = CrewStarter("/nonexistent", crew).start_netproc(true, false);
  cr_assert(!started.has_value());
  cr_expect(started.error().code == ExitCode::os_error);
  cr_expect(started.error().text.starts_with("cannot start /nonexistent/msmtp-netproc-tls: "), "%s",
            started.error().text.c_str());
}
