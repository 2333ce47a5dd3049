// What a server is asked instead of being sent a mail.
#include "parent/server_questions.hpp"

#include "common/address.hpp"
#include "parent/proxy.hpp"
#include "parent/server_report.hpp"

namespace msmtp {

Result<std::string> ask_for_information(ServerSession& session, NameQuestions& names, const Account& account,
                                        const std::optional<Secured>& secured) {
  ServerFacts facts;
  facts.capabilities = TRY(session.open());
  TRY(session.netproc().send(Leave{}, session.step_limit(reply_timer)));
  TRY(session.hear_one<Left>(session.step_limit(reply_timer)));
  session.netproc().close();  // so that its end is nobody's fault
  facts.secured = secured;
  const Connected& peer = session.connected();
  if (!peer.local && !is_proxied(account)) {
    facts.peer_address = to_text(peer.endpoint);
    facts.peer_name = TRY(names.peer_name(peer.endpoint, account.timeout));
  }
  return describe_server(account, facts);
}

Result<void> ask_to_start_queue(ServerSession& session, const Account& account, const std::string& argument) {
  const auto bounded = Line<max_queue_argument>::from(argument);
  if (!bounded) return fail(ExitCode::data_error, "the argument of --rmqs is too long");
  const Capabilities offer = TRY(session.open());
  if (!offer.etrn) return fail(ExitCode::unavailable, "the server does not support Remote Message Queue Starting");
  if (account.auth.wanted) TRY(session.authenticate(offer));
  TRY(session.netproc().send(QueueStart{*bounded}, session.step_limit(reply_timer)));
  TRY(session.hear_one<QueueStarted>(session.step_limit(reply_timer)));
  return {};
}

}  // namespace msmtp
