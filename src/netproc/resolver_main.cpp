// msmtp-resolver: answers one question about addresses or names and ends. It reads the answers of name servers, and can
// reach nothing but them and the resolver's configuration.
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/resolver.hpp"

#include <utility>
#include <variant>

namespace msmtp {

namespace {

using ToParent = Channel<FromResolver, ToResolver>;

using Answer = std::variant<Resolved, OwnName, PeerName, Service>;

template <class Message>
Result<Answer> answer_of(Result<Message> result) {
  if (!result) return Unexpected{std::move(result).error()};
  return Answer(std::move(*result));
}

struct AnswerTo {
  Result<Answer> operator()(const Resolve& question) const { return answer_of(resolve(question)); }
  Result<Answer> operator()(const AskOwnName& question) const { return answer_of(canonical_name(question)); }
  Result<Answer> operator()(const AskPeerName& question) const { return answer_of(peer_name(question)); }
  Result<Answer> operator()(const AskService& question) const { return answer_of(find_service(question)); }
};

Result<void> answer_one_question(ToParent& parent) {
  TRY(enter_stage(Stage::resolver_resolve, resolver_grants()));
  const auto question = TRY((parent.expect<Resolve, AskOwnName, AskPeerName, AskService>(Deadline::never())));
  const Answer answer = TRY(std::visit(AnswerTo{}, question));
  return std::visit([&](const auto& message) { return parent.send(message); }, answer);
}

int run() {
  ToParent parent(Fd(parent_channel_number), "msmtp");
  const Result<void> answered = answer_one_question(parent);
  if (answered) return 0;
  if (answered.error().cause != Cause::peer_gone) (void)parent.send(failed(answered.error()));
  return static_cast<int>(answered.error().code);
}

}  // namespace

}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  return msmtp::run();
}
