// A real msmtp-signer, with this test as its parent and as its netproc.
#pragma once

#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <criterion/criterion.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace msmtp::test {

class Signer {
 public:
  explicit Signer(const std::string& path = "build/strict/libexec/msmtp/msmtp-signer") {
    seal_inherited_descriptors();  // the test framework has some of its own
    auto to_parent = std::move(make_seqpacket_pair()).value();
    auto to_netproc = std::move(make_seqpacket_pair()).value();
    parent = Channel<ToSigner, FromSigner>(std::move(to_parent.left), "msmtp-signer");
    netproc_ = std::move(to_netproc.left);
    std::vector<HandedFd> handed;
    for (const int number : {0, 1, 2}) handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), number});
    handed.push_back({std::move(to_parent.right), parent_channel_number});
    handed.push_back({std::move(to_netproc.right), signing_channel_number});
    auto started = spawn(path, std::move(handed), {"PATH=/usr/bin:/bin"});
    cr_assert(started.has_value(), "%s", started ? "" : started.error().text.c_str());
    child_ = std::move(*started);
  }
  ~Signer() {
    if (child_.pid() > 0) kill(child_.pid(), SIGKILL), (void)child_.wait(soon());
  }

  static Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

  pid_t pid() const { return child_.pid(); }
  // The network child's end: to play it, or to hand it to somebody who is.
  Fd take_netproc() { return std::move(netproc_); }

  // Its exit status once it has ended by itself, 1000 and more for a signal, -1 when it goes on for seconds.
  int exit_status() {
    const auto status = child_.wait(Deadline::in(std::chrono::seconds(10)));
    if (!status) return -1;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 1000 + WTERMSIG(*status);
  }

  void ask(const std::string& key, bool more_follow = false) {
    LoadKey where;
    where.key = Text<max_path>::from(key).value();
    Acquire pin;
    pin.more_follow = more_follow;
    cr_assert(parent.send(where, soon()).has_value());
    cr_assert(parent.send(pin, soon()).has_value());
  }
  void choose(std::uint16_t index) { cr_assert(parent.send(Choose{index}, soon()).has_value()); }

  void expect_loaded() {
    const auto loaded = parent.expect_one<KeyLoaded>(soon());
    cr_assert(loaded.has_value(), "%s", loaded ? "" : loaded.error().text.c_str());
  }
  Failed expect_failed() {
    const auto message = parent.expect_one<Failed>(soon());
    cr_assert(message.has_value(), "%s", message ? "" : message.error().text.c_str());
    return *message;
  }

  Channel<ToSigner, FromSigner> parent{Fd(), ""};

 private:
  Fd netproc_;
  Child child_;
};

}  // namespace msmtp::test
