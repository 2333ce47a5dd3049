// A real msmtp-authproc, with this test as its parent and as its netproc.
#pragma once

#include "authproc/sasl.hpp"
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <criterion/criterion.h>

#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <variant>
#include <vector>

namespace msmtp::test {

inline constexpr const char* authproc_path = "build/strict/libexec/msmtp/msmtp-authproc";

inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

class Authproc {
 public:
  explicit Authproc(const std::string& path = authproc_path, std::vector<std::string> more_environment = {}) {
    seal_inherited_descriptors();  // the test framework has some of its own
    auto to_parent = std::move(make_seqpacket_pair()).value();
    auto to_netproc = std::move(make_seqpacket_pair()).value();
    auto log = std::move(make_pipe()).value();
    parent = Channel<ToAuthproc, FromAuthproc>(std::move(to_parent.left), "msmtp-authproc");
    netproc = Channel<SaslFromServer, SaslFromClient>(std::move(to_netproc.left), "msmtp-authproc");
    log_ = std::move(log.read_end);
    std::vector<HandedFd> handed;
    handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), 0});
    handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), 1});
    handed.push_back({std::move(log.write_end), 2});
    handed.push_back({std::move(to_parent.right), parent_channel_number});
    handed.push_back({std::move(to_netproc.right), sasl_channel_number});
    std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "TESTING=yes"};
    for (std::string& variable : more_environment) environment.push_back(std::move(variable));
    auto started = spawn(path, std::move(handed), environment);
    cr_assert(started.has_value(), "%s", started ? "" : started.error().text.c_str());
    child_ = std::move(*started);
  }
  ~Authproc() {
    if (child_.pid() > 0) kill(child_.pid(), SIGKILL), (void)child_.wait(soon());
  }

  pid_t pid() const { return child_.pid(); }

  // Its exit status once it has ended by itself, 1000 and more for a signal, -1 when it goes on for seconds.
  int exit_status() {
    const auto status = child_.wait(Deadline::in(std::chrono::seconds(10)));
    if (!status) return -1;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 1000 + WTERMSIG(*status);
  }

  // All that it has written to its log; call it after its end.
  std::string log() const {
    std::string text;
    char piece[4096];
    for (ssize_t count = 0; (count = read(log_.number(), piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }

  void ask(Acquire question) { cr_assert(parent.send(question, soon()).has_value()); }

  void give(std::string_view password, std::string_view user = "joe") {
    Acquire question;
    question.user = *Text<4096>::from(user);
    question.host = *Line<max_host>::from("mail.example");
    question.source = PasswordSource::given;
    question.password.secret = Secret::copy_of(password);
    ask(std::move(question));
  }

  bool expect_acquired() {
    const auto acquired = parent.expect_one<Acquired>(soon());
    cr_assert(acquired.has_value(), "%s", acquired ? "" : acquired.error().text.c_str());
    return acquired->found;
  }

  // For a mechanism that needs no password.
  void give_nothing(std::string_view user) {
    Acquire question;
    question.user = *Text<4096>::from(user);
    question.host = *Line<max_host>::from("mail.example");
    ask(std::move(question));
  }

  void begin(Mechanism mechanism, std::string_view domain = "", const ChannelBinding& binding = {}) {
    Begin message;
    message.binding = binding;
    message.port = 587;
    message.domain = *Text<max_host>::from(domain);
    message.mechanism = mechanism;
    message.service = *Text<64>::from("smtp");
    cr_assert(parent.send(message, soon()).has_value());
  }

  void expect_sealed() {
    const auto sealed = parent.expect_one<Sealed>(soon());
    cr_assert(sealed.has_value(), "%s", sealed ? "" : sealed.error().text.c_str());
  }

  // Everything up to the first response, which it gives; "(none)" when the server speaks first.
  std::string start(Mechanism mechanism, std::string_view password, std::string_view user = "joe") {
    give(password, user);
    cr_assert(expect_acquired());
    begin(mechanism);
    expect_sealed();
    const auto first = netproc.expect_one<Response>(soon());
    cr_assert(first.has_value());
    return first->present ? std::string(first->bytes.view()) : "(none)";
  }

  void challenge(std::string_view bytes) {
    cr_assert(netproc.send(Challenge{*BytesView<max_sasl_message>::from(bytes)}, soon()).has_value());
  }

  std::string expect_response() {
    const auto response = netproc.expect_one<Response>(soon());
    cr_assert(response.has_value(), "%s", response ? "" : response.error().text.c_str());
    return std::string(response->bytes.view());
  }

  Failed expect_failed() {
    const auto message = parent.expect_one<Failed>(soon());
    cr_assert(message.has_value(), "%s", message ? "" : message.error().text.c_str());
    return *message;
  }

  // The refusal of a challenge, to both.
  Failed expect_refusal() {
    const Failed told = expect_failed();
    cr_expect(netproc.expect_one<Cancel>(soon()).has_value());
    cr_expect(exit_status() == static_cast<int>(told.code));
    return told;
  }

  // It is gone, without a message to its parent.
  bool ends_quietly() {
    const auto message = parent.expect_one<Failed>(soon());
    return !message && message.error().cause == Cause::peer_gone && exit_status() >= 0;
  }

  Channel<ToAuthproc, FromAuthproc> parent{Fd(), ""};
  Channel<SaslFromServer, SaslFromClient> netproc{Fd(), ""};

 private:
  Fd log_;
  Child child_;
};

// The line NAME of /proc/PID/status, without its name and blanks.
inline std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "(none)";
}

// A process that has lost its parent may remain as a zombie for a while.
inline bool is_running(pid_t pid) {
  const std::string state = status_of(pid, "State");
  return state != "(none)" && state[0] != 'Z';
}

inline std::set<std::string> descriptors_of(pid_t pid) {
  std::set<std::string> numbers;
  DIR* folder = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
  if (folder == nullptr) return numbers;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') numbers.insert(entry->d_name);
  }
  closedir(folder);
  return numbers;
}

}  // namespace msmtp::test
