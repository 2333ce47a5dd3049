// A whole submission in one thread: what the parent and the credential child say is put into their channels
// beforehand, what they hear is read afterwards.
#pragma once

#include <catch2/catch.hpp>

#include "fake_server.hpp"
#include "netproc/smtp_auth.hpp"
#include "netproc/smtp_client.hpp"
#include "netproc/smtp_envelope.hpp"

#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace msmtp {

// A channel and the test's end of it.
template <class Outgoing, class Incoming>
struct ChannelPair {
  explicit ChannelPair(SocketPair pair = make_seqpacket_pair().value())
      : ours(std::move(pair.left), "the other end"), tests(std::move(pair.right), "netproc") {}
  Channel<Outgoing, Incoming> ours;
  Channel<Incoming, Outgoing> tests;
};

class Submission {
 public:
  explicit Submission(std::deque<std::string> replies)
      : server(std::move(replies)),
        connection_(server, Timers(1), DialogueTrace([this](LogKind kind, std::string_view line) {
                      trace.push_back(std::string(1, static_cast<char>(kind)) + std::string(line));
                    })) {
    server.push("220 mail.test\r\n");
    REQUIRE(connection_.read_reply(Step::greeting));
    trace.clear();
  }

  // What the parent says.
  void envelope(Envelope envelope, const std::vector<std::string>& recipients) {
    envelope.recipients = static_cast<std::uint32_t>(recipients.size());
    say(envelope);
    for (const std::string& path : recipients) say_recipients({path});
  }
  void say_recipients(const std::vector<std::string>& paths) {
    Recipients message;
    for (const std::string& path : paths) message.recipients.add({*Line<max_mailbox>::from(path)});
    say(message);
  }
  void envelope(const std::vector<std::string>& recipients) {
    Envelope envelope;
    envelope.reverse_path = *Line<max_mailbox>::from("me@x.test");
    this->envelope(envelope, recipients);
  }
  void body(std::string_view bytes) { say(Body{*BytesView<max_body_piece>::from(bytes)}); }
  void mail(std::string_view bytes) {
    if (!bytes.empty()) body(bytes);
    say(BodyEnd{bytes.size()});
  }
  void whole_mail(const std::vector<std::string>& recipients = {"you@y.test"}) {
    envelope(recipients);
    mail("Subject: x\r\n\r\nhello\r\n");
  }
  // A mail whose size is told beforehand.
  void sized_mail(const std::vector<std::string>& recipients = {"you@y.test"},
                  const std::string& content = "Subject: x\r\n\r\nhello\r\n", bool partial = false) {
    Envelope envelope;
    envelope.reverse_path = *Line<max_mailbox>::from("me@x.test");
    envelope.size_known = true;
    envelope.size = content.size();
    envelope.partial = partial;
    this->envelope(envelope, recipients);
    for (std::size_t at = 0; at < content.size(); at += max_body_piece) {
      body(std::string_view(content).substr(at, max_body_piece));
    }
    say(BodyEnd{content.size()});
  }
  template <class Message>
  void say(const Message& message) {
    REQUIRE(parent.tests.send(message, Deadline::in(std::chrono::seconds(5))));
  }

  void respond(std::string_view bytes) {
    sasl.tests.send(Response{true, *BytesView<max_sasl_message>::from(bytes)}).value();
  }

  // The connection is kept: another mail may follow.
  void stay() { connection_.stay(); }

  Result<void> run() {
    // Whoever has said all that there is to say is gone: nobody may wait for more.
    if (parent.tests.fd().is_open()) shutdown(parent.tests.fd().number(), SHUT_WR);
    if (sasl.tests.fd().is_open()) shutdown(sasl.tests.fd().number(), SHUT_WR);
    auto result = serve_orders(connection_, offer, protocol, parent.ours, sasl.ours);
    connection_.leave();
    parent.ours.close();
    return result;
  }
  Error failure() {
    auto result = run();
    REQUIRE_FALSE(result);
    return result.error();
  }

  // What the parent heard, by name: "Capabilities BodyWanted".
  std::string heard() {
    std::string names;
    for (;;) {
      auto packet = parent.tests.socket().receive(Deadline::in(std::chrono::milliseconds(0)));
      if (!packet) return names;
      const auto message = decode<FromNetproc>(*packet);
      REQUIRE(message);
      if (!names.empty()) names += ' ';
      std::visit([&](const auto& alternative) { names += alternative.message_name; }, *message);
      last = describe(*message);
      if (const auto* refused = std::get_if<RecipientRefused>(&*message)) refusals.push_back(*refused);
    }
  }

  FakeServer server;
  Capabilities offer;
  Protocol protocol = Protocol::smtp;
  ChannelPair<FromNetproc, ToNetproc> parent;
  ChannelPair<SaslFromServer, SaslFromClient> sasl;
  std::vector<std::string> trace;
  std::string last;
  std::vector<RecipientRefused> refusals;

 private:
  SmtpConnection connection_;
};

}  // namespace msmtp
