// The network child between its start and the dialogue.
#include "netproc/netproc.hpp"

#include "netproc/plain_stream.hpp"
#include "netproc/smtp_client.hpp"
#include "netproc/smtp_hello.hpp"
#include "netproc/socks5.hpp"

#include <chrono>
#include <fcntl.h>

namespace msmtp {

namespace {

// A parent that does not take our last word within this time will not take it at all.
constexpr std::chrono::seconds patience_with_parent(10);

// The conversation and what carries it, first without TLS, then perhaps with it.
class Session {
 public:
  Session(Fd connection, const Prepare& settings, TlsContext* tls, ParentChannel& parent)
      : settings_(settings),
        tls_(tls),
        parent_(parent),
        timers_(settings.timeout_seconds),
        plain_(std::move(connection)),
        server_(plain_, timers_, settings.trace ? DialogueTrace::to_log() : DialogueTrace::off()) {
    if (settings.keep) server_.stay();
  }
  ~Session() { server_.leave(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<void> run(SaslChannel& sasl);

 private:
  Result<Capabilities> open();
  Result<void> secure();
  Result<Capabilities> hello() { return say_hello(server_, settings_.protocol, settings_.ehlo_name); }

  const Prepare& settings_;
  TlsContext* tls_;
  ParentChannel& parent_;
  Timers timers_;
  PlainStream plain_;
  std::unique_ptr<Stream> secured_;
  SmtpConnection server_;
};

Result<void> Session::run(SaslChannel& sasl) {
  const Capabilities offer = TRY(open());
  return serve_orders(server_, offer, settings_.protocol, parent_, sasl);
}

// Up to the EHLO that counts.
Result<Capabilities> Session::open() {
  if (settings_.tls == TlsMode::implicit) TRY(secure());
  const std::string greeting = TRY(await_greeting(server_));
  Capabilities offer = TRY(hello());
  if (settings_.tls == TlsMode::starttls) {
    TRY(ask_for_tls(server_, offer));
    TRY(secure());
    offer = TRY(hello());
  }
  offer.greeting = Text<1024>::cut(greeting);
  return offer;
}

Result<void> Session::secure() {
  SecuredStream secured = TRY(tls_->handshake(plain_.take_fd(), timers_.start(Step::handshake)));
  TRY(enter_stage(Stage::netproc_talk));
  secured_ = std::move(secured.stream);
  server_.switch_to(*secured_);
  return parent_.send(secured.facts);
}

}  // namespace

Fd inherited_fd(int number) {
  return fcntl(number, F_GETFD) < 0 ? Fd() : Fd(number);
}

Grants files_to_prepare() {
  Grants grants;
  grants.paths.push_back({"/", PathGrant::Access::read});
  return grants;
}

Result<std::unique_ptr<TlsContext>> prepare_tls_if_wanted(const Prepare& settings, Fd signer) {
  if (settings.tls == TlsMode::off) return std::unique_ptr<TlsContext>();
  return prepare_tls(settings, std::move(signer));
}

Grants way_to(const Connect& where, const TlsContext* tls) {
  Grants grants;
  if (tls != nullptr) grants.paths = tls->handshake_files();
  if (where.socket_path.empty()) {
    grants.connect_port = where.port;
    grants.bind_source = where.has_source;
    grants.give_up = {Promise::unix_socket};
  } else {
    grants.paths.push_back({where.socket_path.str(), PathGrant::Access::write});
    grants.give_up = {Promise::inet};
  }
  return grants;
}

Grants files_for_handshake(const TlsContext& tls) {
  Grants grants;
  grants.paths = tls.handshake_files();
  return grants;
}

Result<Fd> connection_to_server(Fd connection, const Connect& where, const Prepare& settings) {
  if (!where.proxied) return connection;
  PlainStream proxy(std::move(connection));
  TRY(ask_proxy(proxy, where.server, Timers(settings.timeout_seconds).start(Step::proxy)));
  return proxy.take_fd();
}

Result<void> lead_session(Fd connection, const Prepare& settings, TlsContext* tls, ParentChannel& parent,
                          SaslChannel& sasl) {
  Session session(std::move(connection), settings, tls, parent);
  return session.run(sasl);
}

int report(const Error& error, ParentChannel& parent) {
  // When the parent is gone there is nobody to tell, and that is all there is to say.
  (void)parent.send(failed(error), Deadline::in(patience_with_parent));
  return static_cast<int>(error.code);
}

}  // namespace msmtp
