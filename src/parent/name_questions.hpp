// What resolvers tell besides the addresses of the server: names, which are for people and for EHLO.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/crew.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace msmtp {

class NameQuestions {
 public:
  explicit NameQuestions(Crew& crew) : crew_(crew) {}

  // The canonical name of this machine, which was asked for when the crew was started, or what it calls itself where
  // that was not done or gave nothing within TIMEOUT seconds (0: a minute). An error only when the helper is lost.
  Result<std::string> own_name(std::uint32_t timeout);

  // The name of the host at ENDPOINT, or nothing; likewise.
  Result<std::string> peer_name(const Endpoint& endpoint, std::uint32_t timeout);

 private:
  template <class Answer>
  Result<std::string> hear(Crew::Resolver& resolver, std::uint32_t timeout);

  Crew& crew_;
  std::optional<std::string> own_name_;
};

}  // namespace msmtp
