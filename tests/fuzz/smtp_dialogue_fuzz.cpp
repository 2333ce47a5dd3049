// A whole submission with a server that answers whatever the input says: no mail is ended that must not be, and none
// is delivered without the server's 250.
#include "netproc/smtp_client.hpp"
#include "netproc/smtp_hello.hpp"
#include "tests/unit/netproc/fake_server.hpp"

#include <cstdint>
#include <cstdlib>
#include <sys/socket.h>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view content = "Subject: x\r\n\r\n.\r\n";
constexpr std::string_view stuffed = "Subject: x\r\n\r\n..\r\n";

// The replies stand between bytes 0xff; the fake server knows 0x0c as the border of two packets.
std::deque<std::string> replies_in(std::string_view text) {
  std::deque<std::string> replies;
  for (const std::string_view reply : split(text, '\xff')) {
    replies.emplace_back(reply);
    if (reply == "!") replies.back() = FakeServer::hang_up;
  }
  return replies;
}

template <class Outgoing, class Incoming>
struct Ends {
  explicit Ends(SocketPair pair = make_seqpacket_pair().value())
      : client(std::move(pair.left), "other"), other(std::move(pair.right), "client") {}
  void end_of_other() { shutdown(other.fd().number(), SHUT_WR); }
  Channel<Outgoing, Incoming> client;
  Channel<Incoming, Outgoing> other;
};

struct Heard {
  bool body_sent = false;
  bool delivered = false;
};

Heard listen(Channel<ToNetproc, FromNetproc>& parent) {
  Heard heard;
  while (auto packet = parent.socket().receive(Deadline::in(std::chrono::milliseconds(0)))) {
    const auto message = decode<FromNetproc>(*packet);
    require(message.has_value());
    heard.body_sent = heard.body_sent || std::holds_alternative<BodySent>(*message);
    heard.delivered = std::holds_alternative<Delivered>(*message);
  }
  return heard;
}

Result<void> submit(FakeServer& server, Protocol protocol, ParentChannel& parent, SaslChannel& sasl) {
  SmtpConnection connection(server, Timers(1), DialogueTrace::off());
  const std::string greeting = TRY(await_greeting(connection));
  const Capabilities offer = TRY(say_hello(connection, protocol, *Line<max_host>::from("me.test")));
  auto submitted = serve_orders(connection, offer, protocol, parent, sasl);
  connection.leave();
  return submitted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Protocol protocol = (data[0] & 1) != 0 ? Protocol::lmtp : Protocol::smtp;
  const bool with_auth = (data[0] & 2) != 0;
  const bool whole = (data[0] & 4) == 0;
  FakeServer server(replies_in({reinterpret_cast<const char*>(data) + 1, size - 1}), true);
  server.one_byte_at_a_time = (data[0] & 8) != 0;

  Ends<FromNetproc, ToNetproc> parent;
  Ends<SaslFromServer, SaslFromClient> sasl;
  if (with_auth) require(parent.other.send(Authenticate{Mechanism::login}).has_value());
  for (const std::string_view response : {"", "joe", "secret"}) {
    require(sasl.other.send(Response{!response.empty(), *BytesView<max_sasl_message>::from(response)}).has_value());
  }
  Envelope envelope;
  envelope.recipients = (data[0] & 16) != 0 ? 1 : 2;
  envelope.size_known = (data[0] & 32) != 0;
  envelope.size = content.size();
  envelope.partial = (data[0] & 64) != 0;
  require(parent.other.send(envelope).has_value());
  for (const char* path : {"a@x.test", "b@x.test"}) {
    if (envelope.recipients == 1 && path[0] == 'b') continue;
    Recipients message;
    message.recipients.add({*Line<max_mailbox>::from(path)});
    require(parent.other.send(message).has_value());
  }
  require(parent.other.send(Body{*BytesView<max_body_piece>::from(content)}).has_value());
  if (whole) require(parent.other.send(BodyEnd{content.size()}).has_value());
  parent.end_of_other();
  sasl.end_of_other();

  const bool succeeded = submit(server, protocol, parent.client, sasl.client).has_value();
  const Heard heard = listen(parent.other);
  require(succeeded == heard.delivered);
  const std::string_view expected = server.chunked ? content : stuffed;
  require(!succeeded || (server.content_ended && server.content == expected));
  require(!server.content_ended || (whole && heard.body_sent && server.content == expected));
  require(server.closed_by_client || server.commands.size() <= 2);
  return 0;
}
