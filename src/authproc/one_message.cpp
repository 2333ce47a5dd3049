// The fields of the message, and what follows it.
#include "authproc/one_message.hpp"

#include "authproc/scram.hpp"

#include <algorithm>
#include <string>

namespace msmtp {

namespace {

constexpr char separator = '\x01';

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

Secret token_message(std::string start, std::string_view token) {
  start += "auth=Bearer ";
  Secret message = Secret::with_capacity(start.size() + token.size() + 2);
  message.append(start);
  message.append(token);
  message.append(std::string(2, separator));
  return message;
}

Secret oauthbearer(const Login& login) {
  std::string start = "n,a=" + saslname(login.user) + ',' + separator;
  if (!login.host.empty()) start += "host=" + std::string(login.host) + separator;
  if (login.port != 0) start += "port=" + std::to_string(login.port) + separator;
  return token_message(std::move(start), login.password->reveal());
}

Secret xoauth2(const Login& login) {
  return token_message("user=" + std::string(login.user) + separator, login.password->reveal());
}

}  // namespace

bool is_one_message(Mechanism mechanism) {
  return mechanism == Mechanism::external || mechanism == Mechanism::oauthbearer || mechanism == Mechanism::xoauth2;
}

Result<OneMessage> OneMessage::start(Mechanism mechanism, const Login& login) {
  const std::string method = " (method " + std::string(name(mechanism)) + ")";
  if (has_control(login.user)) {
    return fail(ExitCode::software, "the user name has characters that may not be used" + method);
  }
  if (mechanism == Mechanism::external) return OneMessage(mechanism, Secret::copy_of(login.user));
  if (has_control(login.password->reveal())) {
    return fail(ExitCode::software, "the token has characters that may not be used" + method);
  }
  return OneMessage(mechanism, mechanism == Mechanism::oauthbearer ? oauthbearer(login) : xoauth2(login));
}

// EXTERNAL waits to be asked: "AUTH EXTERNAL =", the empty response, is what many a server does not understand.
std::optional<Secret> OneMessage::first() {
  if (mechanism_ == Mechanism::external) return std::nullopt;
  return step();
}

std::optional<Secret> OneMessage::step() {
  if (state_ == State::unsent) {
    state_ = State::sent;
    return std::move(message_);
  }
  if (state_ == State::refused || mechanism_ == Mechanism::external) return std::nullopt;
  state_ = State::refused;
  return Secret::copy_of(mechanism_ == Mechanism::oauthbearer ? std::string_view(&separator, 1) : std::string_view());
}

}  // namespace msmtp
