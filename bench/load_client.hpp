// One client of the load generator: a session of SMTP, one command at a time, with its times.
#pragma once

#include "util.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct LoadSettings {
  std::string address = "127.0.0.1";
  int port = 0;
  std::string unix_path;   // instead of an address and a port
  std::int64_t mails = 1;  // a session
  std::string content;     // with CRLF, dots stuffed, and the final dot
  Nanoseconds hold = 0;    // stay that long after EHLO instead of sending mail
};

struct LoadTimes {
  std::vector<Nanoseconds> banners;  // from connect to the greeting
  std::vector<Nanoseconds> mails;    // from MAIL to the answer to the content
  std::uint64_t sessions = 0;        // that were finished
  std::uint64_t greeted = 0;
  std::uint64_t failed = 0;
  std::string why;  // the first failure
};

class LoadClient {
 public:
  LoadClient(const LoadSettings& settings, LoadTimes& times);

  // Connects for a new session.
  void begin();

  // There is something to read, or the end.
  void read();

  // To be called now and then: ends a session that does not go on, or has held long enough.
  void look_at_the_clock(Nanoseconds patience);

  bool is_over() const { return !socket_.is_open(); }
  int number() const { return socket_.number(); }

 private:
  enum class Step : std::uint8_t { banner, hello, sender, recipient, data, content, quit, holding };

  void take_answer(std::string_view answer);
  void next(Step step, std::string_view words);
  void begin_mail();
  void fail(std::string_view why);

  const LoadSettings& settings_;
  LoadTimes& times_;
  Fd socket_;
  Step step_ = Step::banner;
  std::string input_;
  std::int64_t mails_left_ = 0;
  Nanoseconds began_ = 0;  // the session
  Nanoseconds mail_began_ = 0;
  Nanoseconds heard_ = 0;  // last
};

}  // namespace msmtp
