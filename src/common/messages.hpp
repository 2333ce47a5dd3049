// Every message that one process may send to another, and each direction as a closed variant.
//
//   parent   -> resolver   ToResolver      resolver -> parent    FromResolver
//   parent   -> netproc    ToNetproc       netproc  -> parent    FromNetproc
//   parent   -> authproc   ToAuthproc      authproc -> parent    FromAuthproc
//   parent   -> server     ToServer        server   -> parent    FromServer
//   netproc  -> authproc   SaslFromServer  authproc -> netproc   SaslFromClient
//   session  -> server     ToServer        server   -> session   FromServer      (msmtpd's session is a parent as well)
//   listener -> session    ToSession
//   listener -> forkers    ToForker        forkers  -> listener  FromForker      (msmtp-smtpd-forker, msmtp-verifier)
//   listener -> verifier   ToVerifier      verifier -> listener  FromVerifier    (until it forks)
//   server   -> verifier   LoginFromClient verifier -> server    LoginToClient
//   verifier -> session    FromCheck
//   parent   -> signer     ToSigner        signer   -> parent    FromSigner
//   netproc  -> signer     KeyFromNetproc  signer   -> netproc   KeyFromSigner
//   parent   -> keeper     ToKeeper        keeper   -> parent    FromKeeper      (and KeeperRequest, before it is
//   heard)
//
// Each message lists its fields once; codec.hpp encodes, decodes and describes from that list.
#pragma once

#include "common/bounded.hpp"
#include "common/channel_binding.hpp"
#include "common/codec.hpp"
#include "common/exit_code.hpp"
#include "common/mechanism.hpp"
#include "common/result.hpp"

#include <array>
#include <cstdint>
#include <variant>

namespace msmtp {

// Bounds that more than one message shares.
inline constexpr std::size_t max_host = 1023;
inline constexpr std::size_t max_path = 4096;
inline constexpr std::size_t max_mailbox = 4096;         // a path in MAIL or RCPT, quotes included
inline constexpr std::size_t max_queue_argument = 8185;  // what fits behind ETRN in a command
inline constexpr std::size_t max_body_piece = 60 * 1024;
inline constexpr std::size_t max_password = 64 * 1024;
inline constexpr std::size_t max_sasl_message = max_password + 1024;  // a token, and what a mechanism puts around it
inline constexpr std::size_t max_reply_text = 32 * 1024;
inline constexpr std::size_t max_sasl_steps = 16;
inline constexpr int max_failed_logins = 5;  // of one session of msmtpd
inline constexpr std::size_t max_candidates = 4096;
inline constexpr std::size_t max_fingerprints = 50;

enum class Family : std::uint8_t { ipv4, ipv6, last = ipv6 };

// An address without its port.
struct Endpoint {
  Family family = Family::ipv4;
  std::array<std::uint8_t, 16> address{};  // network order; the first 4 bytes for ipv4
  std::uint32_t scope = 0;                 // interface of a link-local ipv6 address

  static constexpr std::string_view message_name = "Endpoint";
  static void fields(auto& self, auto&& field) {
    field("family", self.family);
    field("address", self.address);
    field("scope", self.scope);
  }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Any child -> parent: what went wrong, as its one line and the server's own lines. After it the
// sender says nothing more and ends.
struct Failed {
  ExitCode code = ExitCode::software;
  Text<4096> text;
  Text<max_reply_text> server_reply;  // lines joined by '\n'

  static constexpr std::string_view message_name = "Failed";
  static void fields(auto& self, auto&& field) {
    field("code", self.code);
    field("text", self.text);
    field("server_reply", self.server_reply);
  }
  friend bool operator==(const Failed&, const Failed&) = default;
};

inline Failed failed(const Error& error) {
  return {error.code, Text<4096>::cut(error.text), Text<max_reply_text>::cut(error.server_reply)};
}

// A failure that calls itself a success stays a failure: its code may become our exit code.
inline Error error_of(const Failed& failed) {
  return {failed.code == ExitCode::ok ? ExitCode::software : failed.code, failed.text.str(), failed.server_reply.str(),
          Cause::plain};
}

// ---- resolver ----

struct Resolve {
  Line<max_host> host;

  static constexpr std::string_view message_name = "Resolve";
  static void fields(auto& self, auto&& field) { field("host", self.host); }
  friend bool operator==(const Resolve&, const Resolve&) = default;
};

struct Resolved {
  List<Endpoint, 64> endpoints;  // in the order to try them, at least one

  static constexpr std::string_view message_name = "Resolved";
  static void fields(auto& self, auto&& field) { field("endpoints", self.endpoints); }
  friend bool operator==(const Resolved&, const Resolved&) = default;
};

// The name of this machine, and what is its canonical name.
struct AskOwnName {
  Line<max_host> host;

  static constexpr std::string_view message_name = "AskOwnName";
  static void fields(auto& self, auto&& field) { field("host", self.host); }
  friend bool operator==(const AskOwnName&, const AskOwnName&) = default;
};

struct OwnName {
  Line<max_host> name;

  static constexpr std::string_view message_name = "OwnName";
  static void fields(auto& self, auto&& field) { field("name", self.name); }
  friend bool operator==(const OwnName&, const OwnName&) = default;
};

// Which host has this address.
struct AskPeerName {
  Endpoint endpoint;

  static constexpr std::string_view message_name = "AskPeerName";
  static void fields(auto& self, auto&& field) { field("endpoint", self.endpoint); }
  friend bool operator==(const AskPeerName&, const AskPeerName&) = default;
};

struct PeerName {
  Line<max_host> name;

  static constexpr std::string_view message_name = "PeerName";
  static void fields(auto& self, auto&& field) { field("name", self.name); }
  friend bool operator==(const PeerName&, const PeerName&) = default;
};

// Which server takes the mail of a domain's users (RFC 6186, RFC 8314).
struct AskService {
  Line<max_host> domain;

  static constexpr std::string_view message_name = "AskService";
  static void fields(auto& self, auto&& field) { field("domain", self.domain); }
  friend bool operator==(const AskService&, const AskService&) = default;
};

struct Service {
  Line<max_host> host;  // letters, digits, hyphens, underscores and dots; not empty
  std::uint16_t port = 0;
  bool implicit_tls = false;
  bool within_domain = false;  // the host is in the domain that was asked about

  static constexpr std::string_view message_name = "Service";
  static void fields(auto& self, auto&& field) {
    field("host", self.host);
    field("port", self.port);
    field("implicit_tls", self.implicit_tls);
    field("within_domain", self.within_domain);
  }
  friend bool operator==(const Service&, const Service&) = default;
};

// ---- network child ----

enum class Protocol : std::uint8_t { smtp, lmtp, last = lmtp };
enum class TlsMode : std::uint8_t { off, starttls, implicit, last = implicit };

// How the session will be led. First message; legal once. The files in it are opened before anything
// is connected.
struct Prepare {
  Protocol protocol = Protocol::smtp;
  Line<max_host> ehlo_name;
  std::uint32_t timeout_seconds = 0;  // for each step; 0: the timers of RFC 5321, 4.5.3.2
  bool trace = false;                 // write the dialogue to the log pipe
  TlsMode tls = TlsMode::off;
  bool certcheck = true;
  Text<max_path> trust_file;  // empty: none; "system": the system's own
  Text<max_path> crl_file;
  Text<max_path> cert_file;  // of the client; a file, or a PKCS#11 URI: then the signer has it, as it has the key
  // Empty, or some of "sha256:", "sha1:", "md5:", "spki:sha256:" and lower-case hex digits, with ',' between them.
  Text<80 * max_fingerprints> fingerprint;
  Text<4096> priorities;
  std::uint32_t min_dh_prime_bits = 0;  // 0: as the library has it
  Line<max_host> tls_name;              // for SNI and the certificate's check
  bool keep = false;                    // after Delivered comes another Envelope, or Leave

  static constexpr std::string_view message_name = "Prepare";
  static void fields(auto& self, auto&& field) {
    field("protocol", self.protocol);
    field("ehlo_name", self.ehlo_name);
    field("timeout_seconds", self.timeout_seconds);
    field("trace", self.trace);
    field("tls", self.tls);
    field("certcheck", self.certcheck);
    field("trust_file", self.trust_file);
    field("crl_file", self.crl_file);
    field("cert_file", self.cert_file);
    field("fingerprint", self.fingerprint);
    field("priorities", self.priorities);
    field("min_dh_prime_bits", self.min_dh_prime_bits);
    field("tls_name", self.tls_name);
    field("keep", self.keep);
  }
  friend bool operator==(const Prepare&, const Prepare&) = default;
};

// The server that a SOCKS 5 proxy is to connect us with (RFC 1928).
struct ProxiedServer {
  bool numeric = false;
  Endpoint address;  // when numeric; without scope
  Line<255> name;    // else: ASCII, not empty, for the proxy alone to resolve
  std::uint16_t port = 0;
  Line<255> isolation;  // connections that name different ones here share no circuit of Tor; empty: not offered

  static constexpr std::string_view message_name = "ProxiedServer";
  static void fields(auto& self, auto&& field) {
    field("numeric", self.numeric);
    field("address", self.address);
    field("name", self.name);
    field("port", self.port);
    field("isolation", self.isolation);
  }
  friend bool operator==(const ProxiedServer&, const ProxiedServer&) = default;
};

// Where to. Second message; legal once. With a proxy, host, port and endpoints are the proxy's.
struct Connect {
  List<Endpoint, 64> endpoints;  // empty when socket_path is set
  std::uint16_t port = 0;
  Text<max_path> socket_path;
  bool has_source = false;
  Endpoint source;
  Line<max_host> host;  // as the user wrote it, for messages
  bool proxied = false;
  ProxiedServer server;  // when proxied

  static constexpr std::string_view message_name = "Connect";
  static void fields(auto& self, auto&& field) {
    field("endpoints", self.endpoints);
    field("port", self.port);
    field("socket_path", self.socket_path);
    field("has_source", self.has_source);
    field("source", self.source);
    field("host", self.host);
    field("proxied", self.proxied);
    field("server", self.server);
  }
  friend bool operator==(const Connect&, const Connect&) = default;
};

// Legal after Capabilities, once: the exchange itself runs between netproc and authproc.
struct Authenticate {
  Mechanism mechanism = Mechanism::plain;

  static constexpr std::string_view message_name = "Authenticate";
  static void fields(auto& self, auto&& field) { field("mechanism", self.mechanism); }
  friend bool operator==(const Authenticate&, const Authenticate&) = default;
};

// Legal after Capabilities or Authenticated, where the connection is kept after Delivered, and without a login right
// behind Connect, with all up to BodyEnd. Recipients messages follow, with exactly `recipients` in all of them.
struct Envelope {
  Line<max_mailbox> reverse_path;  // without the angle brackets; empty: the null reverse-path
  std::uint32_t recipients = 0;    // at least 1
  bool size_known = false;
  std::uint64_t size = 0;  // octets on the wire before dot-stuffing, when size_known
  bool eight_bit = false;  // the mail has bytes above 127 (as far as it is known)
  bool smtputf8 = false;   // an address needs SMTPUTF8
  Line<64> dsn_notify;     // "NEVER", or some of SUCCESS,FAILURE,DELAY; empty: not asked for
  Line<64> dsn_return;     // "HDRS" or "FULL"; empty: not asked for
  bool partial = false;    // a refused recipient is no reason not to deliver to the others

  static constexpr std::string_view message_name = "Envelope";
  static void fields(auto& self, auto&& field) {
    field("reverse_path", self.reverse_path);
    field("recipients", self.recipients);
    field("size_known", self.size_known);
    field("size", self.size);
    field("eight_bit", self.eight_bit);
    field("smtputf8", self.smtputf8);
    field("dsn_notify", self.dsn_notify);
    field("dsn_return", self.dsn_return);
    field("partial", self.partial);
  }
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

struct Recipient {
  Line<max_mailbox> forward_path;  // without the angle brackets, not empty

  static constexpr std::string_view message_name = "Recipient";
  static void fields(auto& self, auto&& field) { field("forward_path", self.forward_path); }
  friend bool operator==(const Recipient&, const Recipient&) = default;
};

// As many as surely fit into a packet: one for each would take most of the time of a mail to many.
inline constexpr std::size_t max_recipients_at_once = 16;

struct Recipients {
  List<Recipient, max_recipients_at_once> recipients;  // at least one

  static constexpr std::string_view message_name = "Recipients";
  static void fields(auto& self, auto&& field) { field("recipients", self.recipients); }
  friend bool operator==(const Recipients&, const Recipients&) = default;
};

// A piece of the mail, header section first, every line end CRLF, not dot-stuffed. Legal after BodyWanted, or
// behind an early Envelope.
struct Body {
  BytesView<max_body_piece> bytes;

  static constexpr std::string_view message_name = "Body";
  static void fields(auto& self, auto&& field) { field("bytes", self.bytes); }
  friend bool operator==(const Body&, const Body&) = default;
};

// The mail is complete, and `octets` is the sum of what Body carried: without it, or with another
// number, netproc must not end the mail.
struct BodyEnd {
  std::uint64_t octets = 0;

  static constexpr std::string_view message_name = "BodyEnd";
  static void fields(auto& self, auto&& field) { field("octets", self.octets); }
  friend bool operator==(const BodyEnd&, const BodyEnd&) = default;
};

// What is to be done instead of sending a mail; legal where Envelope is, and the last message. ETRN (RFC 1985):
struct QueueStart {
  Line<max_queue_argument> argument;  // may be empty

  static constexpr std::string_view message_name = "QueueStart";
  static void fields(auto& self, auto&& field) { field("argument", self.argument); }
  friend bool operator==(const QueueStart&, const QueueStart&) = default;
};

// Nothing: say QUIT. Legal after Delivered too, where the connection is kept.
struct Leave {
  static constexpr std::string_view message_name = "Leave";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Leave&, const Leave&) = default;
};

// netproc -> parent: there is a connection, nothing has been read from it, and `socket` and `connect` are gone.
struct Connected {
  bool local = false;  // over a unix socket
  Endpoint endpoint;   // when not local; the proxy's where there is one

  static constexpr std::string_view message_name = "Connected";
  static void fields(auto& self, auto&& field) {
    field("local", self.local);
    field("endpoint", self.endpoint);
  }
  friend bool operator==(const Connected&, const Connected&) = default;
};

// TLS is up and the certificate has passed what was asked of it.
struct Secured {
  Text<64> version;
  Text<128> cipher;
  Text<4096> subject;
  Text<4096> issuer;
  std::uint64_t not_before = 0;  // seconds since 1970
  std::uint64_t not_after = 0;
  Text<160> sha256;  // hex pairs separated by ':', upper case
  Text<160> sha1;
  ChannelBinding binding;

  static constexpr std::string_view message_name = "Secured";
  static void fields(auto& self, auto&& field) {
    field("version", self.version);
    field("cipher", self.cipher);
    field("subject", self.subject);
    field("issuer", self.issuer);
    field("not_before", self.not_before);
    field("not_after", self.not_after);
    field("sha256", self.sha256);
    field("sha1", self.sha1);
    field("binding", self.binding);
  }
  friend bool operator==(const Secured&, const Secured&) = default;
};

// What the server offers after the last EHLO (RFC 5321, 4.1.1.1), and nothing of what it offered before TLS.
struct Capabilities {
  Text<1024> greeting;    // first line of the greeting, without code
  bool extended = false;  // it accepted EHLO or LHLO
  bool starttls = false;
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool chunking = false;
  bool dsn = false;
  bool etrn = false;
  bool enhanced_status_codes = false;
  bool size = false;
  std::uint64_t size_limit = 0;  // 0: no limit named
  bool auth = false;
  MechanismSet mechanisms;

  static constexpr std::string_view message_name = "Capabilities";
  static void fields(auto& self, auto&& field) {
    field("greeting", self.greeting);
    field("extended", self.extended);
    field("starttls", self.starttls);
    field("pipelining", self.pipelining);
    field("eight_bit_mime", self.eight_bit_mime);
    field("smtputf8", self.smtputf8);
    field("chunking", self.chunking);
    field("dsn", self.dsn);
    field("etrn", self.etrn);
    field("enhanced_status_codes", self.enhanced_status_codes);
    field("size", self.size);
    field("size_limit", self.size_limit);
    field("auth", self.auth);
    field("mechanisms", self.mechanisms);
  }
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

// The server said 235 and the exchange is over.
struct Authenticated {
  static constexpr std::string_view message_name = "Authenticated";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Authenticated&, const Authenticated&) = default;
};

// Send Body now. The envelope stands, or it will go out together with the content, when that is complete and small.
struct BodyWanted {
  static constexpr std::string_view message_name = "BodyWanted";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const BodyWanted&, const BodyWanted&) = default;
};

// All of the mail is about to be on the wire, the end of the data included, and sometimes the envelope too: from here
// on only the server knows whether the mail was accepted. A refusal that it says is one nevertheless.
struct BodySent {
  static constexpr std::string_view message_name = "BodySent";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const BodySent&, const BodySent&) = default;
};

// After BodySent, before Failed: a recipient who does not get the mail, although others may. Under LMTP by the reply to
// the data, and, where Envelope allows that (partial), by the reply to RCPT.
struct RecipientRefused {
  std::uint32_t index = 0;  // counted from 0 in the order of the Recipients messages
  Text<max_reply_text> server_reply;

  static constexpr std::string_view message_name = "RecipientRefused";
  static void fields(auto& self, auto&& field) {
    field("index", self.index);
    field("server_reply", self.server_reply);
  }
  friend bool operator==(const RecipientRefused&, const RecipientRefused&) = default;
};

// The server's final 250 has come: the mail is its responsibility now. Last message, unless the connection is
// kept.
struct Delivered {
  Text<max_reply_text> server_reply;

  static constexpr std::string_view message_name = "Delivered";
  static void fields(auto& self, auto&& field) { field("server_reply", self.server_reply); }
  friend bool operator==(const Delivered&, const Delivered&) = default;
};

// The answers to QueueStart, when the server has accepted it, and to Leave, both after QUIT. Last messages.
struct QueueStarted {
  static constexpr std::string_view message_name = "QueueStarted";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const QueueStarted&, const QueueStarted&) = default;
};

struct Left {
  static constexpr std::string_view message_name = "Left";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Left&, const Left&) = default;
};

// ---- credential child ----

enum class PasswordSource : std::uint8_t {
  none,      // the mechanism needs no password
  given,     // in this message
  evaluate,  // the output of a command
  search,    // the key ring, netrc, then the terminal
  last = search,
};

// Who logs in, and where the password is. First message; legal until one comes without `more_follow`, at most
// max_candidates times.
struct Acquire {
  Text<4096> user;
  Line<max_host> host;  // as configured: what netrc and the prompt call the server
  PasswordSource source = PasswordSource::none;
  BoundedSecret<max_password> password;
  Text<48 * 1024> command;
  Text<max_path> user_netrc;    // empty: none
  Text<max_path> system_netrc;  // empty: none
  bool more_follow = false;     // this is one of several: the last has false, and then Choose says which one counts

  static constexpr std::string_view message_name = "Acquire";
  static void fields(auto& self, auto&& field) {
    field("user", self.user);
    field("host", self.host);
    field("source", self.source);
    field("password", self.password);
    field("command", self.command);
    field("user_netrc", self.user_netrc);
    field("system_netrc", self.system_netrc);
    field("more_follow", self.more_follow);
  }
};

// Which of several Acquire messages counts, where the mail chooses the account. Legal once after the last of them: so
// the parent has let go of every password, and can no longer name a command, before it reads the mail.
struct Choose {
  std::uint16_t index = 0;  // counted from 0 in the order in which they were sent

  static constexpr std::string_view message_name = "Choose";
  static void fields(auto& self, auto&& field) { field("index", self.index); }
  friend bool operator==(const Choose&, const Choose&) = default;
};

// Legal after Acquired, once: compute the first step and give up everything else.
struct Begin {
  Mechanism mechanism = Mechanism::plain;
  Text<64> service;        // "smtp"
  std::uint16_t port = 0;  // of the server; 0: it has none
  Text<max_host> domain;   // of NTLM; empty: none
  // Known for a mechanism that binds the login to it, and for another when the server should know that we could have
  // used it and were not offered to.
  ChannelBinding binding;

  static constexpr std::string_view message_name = "Begin";
  static void fields(auto& self, auto&& field) {
    field("mechanism", self.mechanism);
    field("service", self.service);
    field("port", self.port);
    field("domain", self.domain);
    field("binding", self.binding);
  }
  friend bool operator==(const Begin&, const Begin&) = default;
};

// authproc -> parent: the search for the password is over.
struct Acquired {
  bool found = false;

  static constexpr std::string_view message_name = "Acquired";
  static void fields(auto& self, auto&& field) { field("found", self.found); }
  friend bool operator==(const Acquired&, const Acquired&) = default;
};

// authproc -> parent: the first step is computed, the sandbox is shut; the exchange may begin.
struct Sealed {
  static constexpr std::string_view message_name = "Sealed";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Sealed&, const Sealed&) = default;
};

// authproc -> parent: the exchange is complete on our side too; where the mechanism lets the server
// prove that it knows the password, it has. Last message.
struct Completed {
  static constexpr std::string_view message_name = "Completed";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Completed&, const Completed&) = default;
};

// ---- SMTP server ----

// How the client is served. First message; legal once.
struct Serve {
  Line<max_host> name;               // what the server calls itself
  Line<64> program;                  // and the program, in the greeting
  bool lf_lines = false;             // a client may end lines in LF alone; else LF alone is an error, and ends no data
  bool greeting_first = false;       // a client that speaks before the greeting is sent away (RFC 5321, 4.3.1)
  std::uint64_t size_limit = 0;      // octets of a mail; 0: none
  std::uint32_t max_recipients = 0;  // at least 1
  std::uint32_t idle_seconds = 0;    // for each command line, and each max_body_piece octets of content; at least 1
  std::uint32_t total_seconds = 0;   // for the whole session; 0: no limit
  bool lmtp = false;                 // RFC 2033: LHLO, and a reply for each recipient
  bool login = false;                // AUTH is offered, and comes before any mail; there is a channel to a verifier

  static constexpr std::string_view message_name = "Serve";
  static void fields(auto& self, auto&& field) {
    field("name", self.name);
    field("program", self.program);
    field("lf_lines", self.lf_lines);
    field("greeting_first", self.greeting_first);
    field("size_limit", self.size_limit);
    field("max_recipients", self.max_recipients);
    field("idle_seconds", self.idle_seconds);
    field("total_seconds", self.total_seconds);
    field("lmtp", self.lmtp);
    field("login", self.login);
  }
  friend bool operator==(const Serve&, const Serve&) = default;
};

// parent -> server: what the client is told. Legal after NewMail, NewRecipient, Content and ChunkEnd, once each.
struct ClientAnswer {
  static constexpr std::size_t max_text = 400;

  std::uint16_t code = 0;  // 2yz: yes (354 to Content); 4yz or 5yz: no
  Line<max_text> text;     // with its enhanced status code (RFC 3463)

  static constexpr std::string_view message_name = "ClientAnswer";
  static void fields(auto& self, auto&& field) {
    field("code", self.code);
    field("text", self.text);
  }
  friend bool operator==(const ClientAnswer&, const ClientAnswer&) = default;
};

// parent -> server: the server is about to end. Legal once, at any time after Serve: when there is no mail the client
// is told so and the session is over; otherwise after that mail.
struct Retire {
  static constexpr std::string_view message_name = "Retire";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Retire&, const Retire&) = default;
};

// server -> parent: MAIL. Legal when there is no mail.
struct NewMail {
  Line<max_mailbox> reverse_path;  // without the angle brackets; empty: the null reverse-path
  bool size_known = false;
  std::uint64_t size = 0;  // what the client says it will be
  bool eight_bit = false;  // BODY=8BITMIME
  bool smtputf8 = false;
  Line<255> client_name;  // of its EHLO or HELO
  bool extended = false;  // it was EHLO

  static constexpr std::string_view message_name = "NewMail";
  static void fields(auto& self, auto&& field) {
    field("reverse_path", self.reverse_path);
    field("size_known", self.size_known);
    field("size", self.size);
    field("eight_bit", self.eight_bit);
    field("smtputf8", self.smtputf8);
    field("client_name", self.client_name);
    field("extended", self.extended);
  }
  friend bool operator==(const NewMail&, const NewMail&) = default;
};

// RCPT. Legal after NewMail was accepted, until Content.
struct NewRecipient {
  Line<max_mailbox> forward_path;  // without the angle brackets, not empty

  static constexpr std::string_view message_name = "NewRecipient";
  static void fields(auto& self, auto&& field) { field("forward_path", self.forward_path); }
  friend bool operator==(const NewRecipient&, const NewRecipient&) = default;
};

// DATA, or the first BDAT. Legal when a recipient was accepted.
struct Content {
  static constexpr std::string_view message_name = "Content";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Content&, const Content&) = default;
};

// A piece of the mail as the client sent it, without the dots of DATA. Legal after Content was accepted.
struct Chunk {
  BytesView<max_body_piece> bytes;

  static constexpr std::string_view message_name = "Chunk";
  static void fields(auto& self, auto&& field) { field("bytes", self.bytes); }
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

// The client has ended the mail, and `octets` is the sum of what Chunk carried. Without it there is no mail.
struct ChunkEnd {
  std::uint64_t octets = 0;

  static constexpr std::string_view message_name = "ChunkEnd";
  static void fields(auto& self, auto&& field) { field("octets", self.octets); }
  friend bool operator==(const ChunkEnd&, const ChunkEnd&) = default;
};

// There is no mail any more: RSET, EHLO, or content that broke off. Not answered.
struct Abandoned {
  static constexpr std::string_view message_name = "Abandoned";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Abandoned&, const Abandoned&) = default;
};

// The client has said QUIT, or has gone outside of a mail's content. Last message.
struct Departed {
  static constexpr std::string_view message_name = "Departed";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Departed&, const Departed&) = default;
};

// ---- msmtpd ----

// listener -> session, with its end of the channel to a server, and where clients have to log in of the one to the
// check: those are for the next client. First message; legal again after ClientServed.
struct NewServer {
  static constexpr std::string_view message_name = "NewServer";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const NewServer&, const NewServer&) = default;
};

// listener -> session, with the socket: a client has come. Legal after NewServer.
struct NewClient {
  bool is_local = false;  // over a unix socket: no addresses; else no ids
  Endpoint client;        // its address
  std::uint16_t client_port = 0;
  Endpoint own;  // ours, as the client sees it
  std::uint16_t own_port = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t process = 0;

  static constexpr std::string_view message_name = "NewClient";
  static void fields(auto& self, auto&& field) {
    field("is_local", self.is_local);
    field("client", self.client);
    field("client_port", self.client_port);
    field("own", self.own);
    field("own_port", self.own_port);
    field("user", self.user);
    field("group", self.group);
    field("process", self.process);
  }
  friend bool operator==(const NewClient&, const NewClient&) = default;
};

// session -> listener: the client has left in order, and nothing is left of it; there can be another one. Legal after
// NewClient.
struct ClientServed {
  static constexpr std::string_view message_name = "ClientServed";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const ClientServed&, const ClientServed&) = default;
};

// listener -> msmtp-smtpd-forker, with the server's end of the channel to a session, and with AUTH its end of the one
// to a verifier; listener -> msmtp-verifier, with the other end of that, and the end of one to the session. A copy of
// the process serves the session with them. Not answered: whoever misses it sees the end of its channel.
struct NewProcess {
  static constexpr std::string_view message_name = "NewProcess";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const NewProcess&, const NewProcess&) = default;
};

// forker -> listener: a copy was killed by a signal, as a process that was attacked may be.
struct Crashed {
  std::uint32_t signal = 0;

  static constexpr std::string_view message_name = "Crashed";
  static void fields(auto& self, auto&& field) { field("signal", self.signal); }
  friend bool operator==(const Crashed&, const Crashed&) = default;
};

// listener -> msmtp-verifier, after Acquire was answered: derive what checks the password, forget it, be sealed, and
// say Sealed. From then on NewProcess is legal.
struct Verify {
  bool always_delay = false;  // every AUTH is answered late, not only those after a failed one

  static constexpr std::string_view message_name = "Verify";
  static void fields(auto& self, auto&& field) { field("always_delay", self.always_delay); }
  friend bool operator==(const Verify&, const Verify&) = default;
};

// server -> verifier: AUTH. A Response follows, the initial one or none; then Challenge and Response take turns until
// the Verdict, as with SASL of a client, at most max_sasl_steps times. Legal again after a Verdict that is no.
struct LoginStart {
  Mechanism mechanism = Mechanism::plain;

  static constexpr std::string_view message_name = "LoginStart";
  static void fields(auto& self, auto&& field) { field("mechanism", self.mechanism); }
  friend bool operator==(const LoginStart&, const LoginStart&) = default;
};

struct Verdict {
  bool accepted = false;

  static constexpr std::string_view message_name = "Verdict";
  static void fields(auto& self, auto&& field) { field("accepted", self.accepted); }
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// verifier -> session, before the Verdict that accepts: so the server, which reads the client, cannot say it. Last
// message.
struct Verified {
  Text<4096> user;

  static constexpr std::string_view message_name = "Verified";
  static void fields(auto& self, auto&& field) { field("user", self.user); }
  friend bool operator==(const Verified&, const Verified&) = default;
};

// ---- signer ----

enum class KeyKind : std::uint8_t { rsa, ec, edwards, last = edwards };

// The forms in which TLS asks for a signature.
enum class SignatureScheme : std::uint8_t {
  rsa_pkcs1,  // of a DigestInfo, or of two digests before TLS 1.2; the signer pads it
  rsa_pss,    // of a block that is padded already, as long as the modulus
  ecdsa,      // of a digest
  eddsa,      // of what is to be signed itself
  last = eddsa,
};

inline constexpr std::size_t max_signature = 2048;  // RSA of 16384 bits
inline constexpr std::size_t max_signing_input = 32 * 1024;

// parent -> signer: where the private key of the client certificate is. First message, and an Acquire follows, which
// says where the PIN of a token is; as often as authproc hears Acquire, and then perhaps Choose.
struct LoadKey {
  Text<max_path> key;          // a file or a PKCS#11 URI; empty: this candidate has no client certificate
  Text<max_path> certificate;  // a PKCS#11 URI; empty: the network child reads a file

  static constexpr std::string_view message_name = "LoadKey";
  static void fields(auto& self, auto&& field) {
    field("key", self.key);
    field("certificate", self.certificate);
  }
  friend bool operator==(const LoadKey&, const LoadKey&) = default;
};

// signer -> parent: the key can be used, and nobody will be asked for a PIN any more.
struct KeyLoaded {
  static constexpr std::string_view message_name = "KeyLoaded";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const KeyLoaded&, const KeyLoaded&) = default;
};

// signer -> netproc: what is public of the key.
struct Key {
  KeyKind kind = KeyKind::rsa;
  BytesView<8 * 1024> public_key;    // SubjectPublicKeyInfo in DER; empty: what the certificate says
  BytesView<32 * 1024> certificate;  // in DER; empty: it lies in a file

  static constexpr std::string_view message_name = "Key";
  static void fields(auto& self, auto&& field) {
    field("kind", self.kind);
    field("public_key", self.public_key);
    field("certificate", self.certificate);
  }
  friend bool operator==(const Key&, const Key&) = default;
};

// netproc -> signer: sign this, for the one handshake that there is. Legal once.
struct Sign {
  SignatureScheme scheme = SignatureScheme::rsa_pkcs1;
  BytesView<max_signing_input> input;

  static constexpr std::string_view message_name = "Sign";
  static void fields(auto& self, auto&& field) {
    field("scheme", self.scheme);
    field("input", self.input);
  }
  friend bool operator==(const Sign&, const Sign&) = default;
};

// signer -> netproc. Last message.
struct Signature {
  BytesView<max_signature> bytes;

  static constexpr std::string_view message_name = "Signature";
  static void fields(auto& self, auto&& field) { field("bytes", self.bytes); }
  friend bool operator==(const Signature&, const Signature&) = default;
};

// ---- keeper ----

inline constexpr std::size_t max_description = 60 * 1024;

// What is known of a session with a server that is open, and logged in where that was wanted.
struct SessionFacts {
  Connected connected;
  bool secured = false;
  Secured security;  // when secured
  Capabilities capabilities;

  static constexpr std::string_view message_name = "SessionFacts";
  static void fields(auto& self, auto&& field) {
    field("connected", self.connected);
    field("secured", self.secured);
    field("security", self.security);
    field("capabilities", self.capabilities);
  }
  friend bool operator==(const SessionFacts&, const SessionFacts&) = default;
};

// parent -> keeper, by whoever starts it. First message. The session is lent to the sender from the beginning.
struct Keep {
  BytesView<max_description> description;  // of the connection
  std::uint32_t seconds = 0;               // without a mail, after which it ends; at least 1

  static constexpr std::string_view message_name = "Keep";
  static void fields(auto& self, auto&& field) {
    field("description", self.description);
    field("seconds", self.seconds);
  }
  friend bool operator==(const Keep&, const Keep&) = default;
};

// parent -> keeper, in a datagram with one end of a channel, at the other end of which the answer is awaited.
struct Borrow {
  BytesView<max_description> description;
  bool may_wait = false;  // for others who have it

  static constexpr std::string_view message_name = "Borrow";
  static void fields(auto& self, auto&& field) {
    field("description", self.description);
    field("may_wait", self.may_wait);
  }
  friend bool operator==(const Borrow&, const Borrow&) = default;
};

// keeper -> parent, with netproc's channel and log pipe: they are the receiver's until Return.
struct Lent {
  SessionFacts facts;

  static constexpr std::string_view message_name = "Lent";
  static void fields(auto& self, auto&& field) { field("facts", self.facts); }
  friend bool operator==(const Lent&, const Lent&) = default;
};

// keeper -> parent: not now, or not this connection.
struct NotLent {
  static constexpr std::string_view message_name = "NotLent";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const NotLent&, const NotLent&) = default;
};

// parent -> keeper: a mail was Delivered, and netproc waits for the next. Last message of this borrower; one who goes
// without it has spoilt the session.
struct Return {
  SessionFacts facts;

  static constexpr std::string_view message_name = "Return";
  static void fields(auto& self, auto&& field) { field("facts", self.facts); }
  friend bool operator==(const Return&, const Return&) = default;
};

// ---- SASL between netproc and authproc ----

// A server challenge, decoded from base64.
struct Challenge {
  BytesView<max_sasl_message> bytes;

  static constexpr std::string_view message_name = "Challenge";
  static void fields(auto& self, auto&& field) { field("bytes", self.bytes); }
  friend bool operator==(const Challenge&, const Challenge&) = default;
};

// The server has accepted (235). Its reply may carry no SASL data in SMTP (RFC 4954, 4).
struct Accepted {
  static constexpr std::string_view message_name = "Accepted";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

// The client's next step, not yet in base64. The first one comes unasked: the initial response, or
// `present` is false when the mechanism has none.
struct Response {
  bool present = false;
  BytesView<max_sasl_message> bytes;

  static constexpr std::string_view message_name = "Response";
  static void fields(auto& self, auto&& field) {
    field("present", self.present);
    field("bytes", self.bytes);
  }
  friend bool operator==(const Response&, const Response&) = default;
};

// The challenge was not acceptable: cancel the exchange (RFC 4954: "*").
struct Cancel {
  static constexpr std::string_view message_name = "Cancel";
  static void fields(auto&, auto&&) {}
  friend bool operator==(const Cancel&, const Cancel&) = default;
};

using ToResolver = std::variant<Resolve, AskOwnName, AskPeerName, AskService>;
using FromResolver = std::variant<Resolved, OwnName, PeerName, Service, Failed>;
using ToNetproc = std::variant<Prepare, Connect, Authenticate, Envelope, Recipients, Body, BodyEnd, QueueStart, Leave>;
using FromNetproc = std::variant<Connected, Secured, Capabilities, Authenticated, BodyWanted, BodySent,
                                 RecipientRefused, Delivered, QueueStarted, Left, Failed>;
using ToAuthproc = std::variant<Acquire, Begin, Choose>;
using FromAuthproc = std::variant<Acquired, Sealed, Completed, Failed>;
using ToServer = std::variant<Serve, ClientAnswer, Retire>;
using FromServer = std::variant<NewMail, NewRecipient, Content, Chunk, ChunkEnd, Abandoned, Departed, Failed>;
using ToSession = std::variant<NewServer, NewClient>;
using FromSession = std::variant<ClientServed>;
using ToForker = std::variant<NewProcess>;
using FromForker = std::variant<Crashed, Failed>;
using ToVerifier = std::variant<Acquire, Verify>;
using FromVerifier = std::variant<Acquired, Sealed, Failed>;
using LoginFromClient = std::variant<LoginStart, Response, Cancel>;
using LoginToClient = std::variant<Challenge, Verdict>;
using FromCheck = std::variant<Verified>;
using ToSigner = std::variant<LoadKey, Acquire, Choose>;
using FromSigner = std::variant<KeyLoaded, Failed>;
using KeyFromSigner = std::variant<Key, Signature>;
using KeyFromNetproc = std::variant<Sign>;
using ToKeeper = std::variant<Keep, Return>;
using FromKeeper = std::variant<Lent, NotLent>;
using KeeperRequest = std::variant<Borrow>;
using SaslFromServer = std::variant<Challenge, Accepted>;
using SaslFromClient = std::variant<Response, Cancel>;

}  // namespace msmtp
