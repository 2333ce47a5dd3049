// What resolvers tell besides the addresses of the server.
#include "parent/name_questions.hpp"

#include "parent/local_names.hpp"
#include "parent/server_session.hpp"

#include <chrono>
#include <poll.h>
#include <utility>
#include <variant>
#include <vector>

namespace msmtp {

// Names are nothing without which a mail could not be sent, so a name server that fails is not an error.
template <class Answer>
Result<std::string> NameQuestions::hear(Crew::Resolver& resolver, std::uint32_t timeout) {
  const Deadline limit = Deadline::in(timeout != 0 ? std::chrono::seconds(timeout) : resolve_timer);
  std::vector<Crew::Polled> polled{{resolver.fd().number(), POLLIN}};
  if (!crew_.wait(polled, limit)) return std::string();
  auto answer = resolver.expect<Answer, Failed>(limit);
  if (!answer) return Unexpected{crew_.explain(std::move(answer).error())};
  resolver.close();
  const Answer* name = std::get_if<Answer>(&*answer);
  return name != nullptr ? name->name.str() : std::string();
}

Result<std::string> NameQuestions::own_name(std::uint32_t timeout) {
  if (own_name_) return *own_name_;
  std::string name;
  if (crew_.own_resolver) name = TRY(hear<OwnName>(*crew_.own_resolver, timeout));
  own_name_ = name.empty() ? local_host_name() : name;
  return *own_name_;
}

Result<std::string> NameQuestions::peer_name(const Endpoint& endpoint, std::uint32_t timeout) {
  if (!crew_.peer_resolver) return std::string();
  const auto asked = crew_.peer_resolver->send(AskPeerName{endpoint});
  if (!asked) return Unexpected{crew_.explain(asked.error())};
  return hear<PeerName>(*crew_.peer_resolver, timeout);
}

}  // namespace msmtp
