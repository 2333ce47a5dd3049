// Commands, answers, and what a client may not say yet.
#include "sink_dialogue.hpp"

#include "util.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include <openssl/evp.h>

namespace msmtp {

namespace {

constexpr std::size_t longest_command = 16384;

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::toupper(c); });
  return result;
}

std::string_view word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view first = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return first;
}

std::string base64(std::string_view text) {
  std::string result(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

// Commands that RFC 2920 (3.1) and those after it want last in a group.
bool ends_a_group(std::string_view verb) {
  constexpr std::string_view verbs[] = {"EHLO", "HELO", "LHLO", "DATA", "STARTTLS", "AUTH", "QUIT", "NOOP", "VRFY"};
  return std::find(std::begin(verbs), std::end(verbs), verb) != std::end(verbs);
}

}  // namespace

SinkDialogue::SinkDialogue(const SinkSettings& settings, SinkCounts& counts) : settings_(settings), counts_(counts) {}

std::string SinkDialogue::greeting() {
  return "220 sink.example ready\r\n";
}

void SinkDialogue::answers_sent() {
  greeted_ = true;
  must_wait_ = false;
}

void SinkDialogue::ended() {
  if (has_sender_ && !over_) ++counts_.cut_short;
}

void SinkDialogue::tls_began() {
  wants_tls_ = false;
  with_tls_ = true;
  said_hello_ = false;
  must_wait_ = false;
}

void SinkDialogue::take(std::string_view input, std::string& answers) {
  if (!greeted_ && !input.empty()) {
    ++counts_.early_talk;
    greeted_ = true;
  }
  while (!input.empty() && !over_) {
    if (must_wait_) {
      ++counts_.past_synchronisation;
      must_wait_ = false;
    }
    if (wants_tls_) return;
    if (state_ == State::lines) {
      if (content_->take_lines(input)) end_mail(answers);
    } else if (state_ == State::chunk) {
      const std::string_view part = input.substr(0, chunk_left_);
      content_->take_chunk(part);
      chunk_left_ -= part.size();
      input.remove_prefix(part.size());
      if (chunk_left_ == 0) {
        state_ = State::command;
        last_chunk_ ? end_mail(answers) : static_cast<void>(answers += "250 taken\r\n");
      }
    } else if (!take_line(input, answers)) {
      return;
    }
  }
}

// False when there is no whole line yet.
bool SinkDialogue::take_line(std::string_view& input, std::string& answers) {
  const std::size_t end = input.find('\n');
  line_ += input.substr(0, end == input.npos ? end : end + 1);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  if (end == input.npos) {
    if (line_.size() > longest_command) give_up("a command that does not end");
    return false;
  }
  std::string line = std::exchange(line_, "");
  if (!line.ends_with("\r\n")) ++counts_.bare_line_feeds;
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  take_command(line, answers);
  return true;
}

void SinkDialogue::take_command(std::string_view line, std::string& answers) {
  if (state_ != State::command) {
    must_wait_ = true;
    answers += sasl_line(line);
    return;
  }
  std::string_view rest = line;
  const std::string verb = upper(word(rest));
  must_wait_ = !said_hello_ || !settings_.pipelining || ends_a_group(verb);
  if (verb == "BDAT") must_wait_ = !settings_.pipelining;
  answers += answer_to(verb, rest);
  if (verb == "BDAT" && state_ == State::chunk) {
    must_wait_ = false;  // the chunk follows
    if (chunk_left_ == 0) {
      state_ = State::command;
      last_chunk_ ? end_mail(answers) : static_cast<void>(answers += "250 taken\r\n");
    }
  }
}

std::string SinkDialogue::answer_to(std::string_view verb, std::string_view rest) {
  if (verb == "EHLO" || verb == "HELO" || verb == "LHLO") return hello(verb);
  if (verb == "MAIL") return mail(rest);
  if (verb == "RCPT") return recipient();
  if (verb == "DATA") return begin_lines();
  if (verb == "BDAT" && settings_.chunking) return begin_chunk(rest);
  if (verb == "AUTH" && !settings_.login.empty()) return authenticate(rest);
  if (verb == "RSET") return reset_mail(), "250 forgotten\r\n";
  if (verb == "NOOP" || verb == "VRFY") return "252 fine\r\n";
  if (verb == "STARTTLS" && settings_.starttls && !with_tls_) {
    wants_tls_ = true;
    return "220 go ahead\r\n";
  }
  if (verb == "QUIT") {
    over_ = true;
    return "221 bye\r\n";
  }
  return bad("500 what?\r\n");
}

std::string SinkDialogue::bad(std::string_view answer) {
  ++counts_.bad_commands;
  return std::string(answer);
}

std::string SinkDialogue::hello(std::string_view verb) {
  if ((verb == "LHLO") != settings_.lmtp) return bad("500 wrong protocol\r\n");
  reset_mail();
  if (verb == "HELO") return "250 sink.example\r\n";
  said_hello_ = true;
  std::string answer = "250-sink.example\r\n250-8BITMIME\r\n250-SIZE 1073741824\r\n";
  if (settings_.pipelining) answer += "250-PIPELINING\r\n";
  if (settings_.chunking) answer += "250-CHUNKING\r\n";
  if (settings_.starttls && !with_tls_) answer += "250-STARTTLS\r\n";
  if (!settings_.login.empty() && (with_tls_ || !settings_.starttls)) answer += "250-AUTH PLAIN LOGIN\r\n";
  return answer + "250 HELP\r\n";
}

std::string SinkDialogue::authenticate(std::string_view rest) {
  const std::string mechanism = upper(word(rest));
  if (!said_hello_ || logged_in_ || has_sender_) return bad("503 not now\r\n");
  if (mechanism == "LOGIN") {
    state_ = rest.empty() ? State::login_name : State::login_password;
    user_ = rest;
    return rest.empty() ? "334 VXNlcm5hbWU6\r\n" : "334 UGFzc3dvcmQ6\r\n";
  }
  if (mechanism != "PLAIN") return bad("504 no such mechanism\r\n");
  state_ = State::login;
  return rest.empty() ? "334 \r\n" : sasl_line(rest);
}

std::string SinkDialogue::sasl_line(std::string_view line) {
  const std::size_t colon = settings_.login.find(':');
  const std::string user = settings_.login.substr(0, colon), password = settings_.login.substr(colon + 1);
  if (state_ == State::login_name) {
    user_ = line;
    state_ = State::login_password;
    return "334 UGFzc3dvcmQ6\r\n";
  }
  if (state_ == State::login_password) return check_login(user_ == base64(user) && line == base64(password));
  using namespace std::string_literals;
  return check_login(line == base64("\0"s + user + "\0"s + password) ||
                     line == base64(user + "\0"s + user + "\0"s + password));
}

std::string SinkDialogue::check_login(bool right) {
  state_ = State::command;
  logged_in_ = right;
  return right ? "235 welcome\r\n" : bad("535 no\r\n");
}

std::string SinkDialogue::mail(std::string_view rest) {
  if (!upper(rest).starts_with("FROM:") || has_sender_) return bad("503 not now\r\n");
  if (!settings_.login.empty() && !logged_in_) return bad("530 log in first\r\n");
  has_sender_ = true;
  return "250 sender fine\r\n";
}

std::string SinkDialogue::recipient() {
  if (!has_sender_ || content_) return bad("503 not now\r\n");
  ++recipients_;
  return "250 recipient fine\r\n";
}

std::string SinkDialogue::begin_lines() {
  if (recipients_ == 0 || content_) return bad("503 not now\r\n");
  content_.emplace(counts_, !settings_.hashes_file.empty());
  state_ = State::lines;
  return "354 go ahead\r\n";
}

std::string SinkDialogue::begin_chunk(std::string_view rest) {
  chunk_left_ = static_cast<std::uint64_t>(number_of(word(rest), "BDAT"));
  last_chunk_ = upper(rest) == "LAST";
  if (recipients_ == 0) give_up("BDAT without a recipient");
  if (!content_) content_.emplace(counts_, !settings_.hashes_file.empty());
  state_ = State::chunk;
  return "";
}

void SinkDialogue::end_mail(std::string& answers) {
  ++counts_.mails;
  counts_.recipients += recipients_;
  if (!settings_.hashes_file.empty()) {
    FILE* file = std::fopen(settings_.hashes_file.c_str(), "ae");
    if (file == nullptr) give_up_errno(settings_.hashes_file);
    std::fprintf(file, "%s %llu\n", content_->hash().c_str(), static_cast<unsigned long long>(recipients_));
    std::fclose(file);
  }
  const std::uint64_t answers_due = settings_.lmtp ? recipients_ : 1;
  for (std::uint64_t i = 0; i < answers_due; ++i) answers += "250 taken\r\n";
  reset_mail();
}

void SinkDialogue::reset_mail() {
  state_ = State::command;
  has_sender_ = false;
  recipients_ = 0;
  content_.reset();
}

}  // namespace msmtp
