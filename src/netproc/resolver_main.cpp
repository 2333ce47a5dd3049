// msmtp-resolver: answers one question about a host's addresses and ends. It reads the answers of name servers, and can
// reach nothing but them and the resolver's configuration.
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/resolver.hpp"

namespace msmtp {

namespace {

using ToParent = Channel<FromResolver, ToResolver>;

Result<void> answer_one_question(ToParent& parent) {
  TRY(enter_stage(Stage::resolver_resolve, resolver_grants()));
  const Resolve question = TRY(parent.expect_one<Resolve>(Deadline::never()));
  const Resolved answer = TRY(resolve(question));
  return parent.send(answer);
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
