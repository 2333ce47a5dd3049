// msmtp-netproc, the network child: connects, and only then reads; speaks SOCKS, TLS and SMTP; holds no file, no
// password that it could keep, and no other way out than its one connection. Each stage has less than the one before.
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/netproc.hpp"
#include "netproc/smtp_steps.hpp"

#include <optional>
#include <unistd.h>

namespace msmtp {
namespace {

Result<void> serve(ParentChannel& parent, SaslChannel& sasl, Fd signer) {
  // The files of TLS, before there is anybody who could misuse them.
  TRY(enter_stage(Stage::netproc_prepare, files_to_prepare()));
  const Prepare settings = TRY(parent.expect_one<Prepare>(Deadline::never()));
  if (settings.keep) outlive_parent();
  const std::unique_ptr<TlsContext> tls = TRY(prepare_tls_if_wanted(settings, std::move(signer)));

  // Where to. The parent may have to wait for the resolver, and has the mail to look at: what needs time is done
  // before.
  const LesserUser user = TRY(find_lesser_user());
  const Connect where = TRY(parent.expect_one<Connect>(Deadline::never()));
  Grants way = way_to(where, tls.get());
  way.user = user;
  const Deadline limit = Timers(settings.timeout_seconds).start(Step::connect);
  // Whoever listens on a unix socket is told who connects: it has to be the caller, also when that is root.
  std::optional<Connection> local;
  if (!where.socket_path.empty()) local = TRY(dial(where, limit));
  TRY(enter_stage(Stage::netproc_connect, way));
  Connection connection = local ? std::move(*local) : TRY(dial(where, limit));

  // Nothing has been read so far; from here on there are no more sockets, and then no more files.
  TRY(tls ? enter_stage(Stage::netproc_handshake, files_for_handshake(*tls)) : enter_stage(Stage::netproc_talk));
  TRY(parent.send(connection.facts));
  Fd server = TRY(connection_to_server(std::move(connection.fd), where, settings));
  return lead_session(std::move(server), settings, tls.get(), parent, sasl);
}

}  // namespace
}  // namespace msmtp

int main() {
  using namespace msmtp;
  harden_process(true);
  ParentChannel parent(inherited_fd(parent_channel_number), "msmtp");
  SaslChannel sasl(inherited_fd(sasl_channel_number), "msmtp-authproc");
  const Result<void> served = serve(parent, sasl, inherited_fd(signing_channel_number));
  // What libraries would tidy up takes as long as a round trip, and the parent waits for our end.
  _exit(served ? 0 : report(served.error(), parent));
}
