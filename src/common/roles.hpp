// What each process may do, at each of its stages: the one table, on one page.
//
// The vocabulary is OpenBSD's. sandbox_openbsd.cpp hands it to pledge(2) and unveil(2);
// sandbox_linux.cpp builds rlimits, capabilities, Landlock and seccomp from the same row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace msmtp {

enum class Promise : std::uint32_t {
  stdio = 1U << 0,        // read, write, poll, memory, time on what is open already
  rpath = 1U << 1,        // open files for reading
  wpath = 1U << 2,        // open files for writing
  cpath = 1U << 3,        // create files
  flock = 1U << 4,        // file locks
  tty = 1U << 5,          // terminal settings
  unix_socket = 1U << 6,  // sockets of this machine
  inet = 1U << 7,         // TCP sockets
  dns = 1U << 8,          // UDP and TCP to name servers
  id = 1U << 9,           // become another, lesser user
  proc = 1U << 10,        // copies of this process
  recvfd = 1U << 11,      // descriptors that come with messages
  sendfd = 1U << 12,      // descriptors that go with messages
};

// A set of promises.
struct Promises {
  std::uint32_t bits = 0;

  constexpr Promises() = default;
  constexpr Promises(std::initializer_list<Promise> list) {
    for (const Promise promise : list) bits |= static_cast<std::uint32_t>(promise);
  }
  static constexpr Promises from_bits(std::uint32_t bits) {
    Promises promises;
    promises.bits = bits;
    return promises;
  }
  constexpr bool has(Promise promise) const { return (bits & static_cast<std::uint32_t>(promise)) != 0; }
  constexpr bool within(Promises other) const { return (bits & ~other.bits) == 0; }
  constexpr Promises without(Promises other) const { return from_bits(bits & ~other.bits); }
};

enum class Role : std::uint8_t {
  parent,
  resolver,
  netproc,
  authproc,
  server,
  signer,
  listener,
  verifier,
  keeper,
  last = keeper
};

enum class Stage : std::uint8_t {
  parent_setup,       // argv, configuration, eval, start of the helpers
  parent_session,     // of an SMTP client: a child for each mail, bounded messages
  parent_compose,     // header section, aliases, log files
  parent_supervise,   // the rest of the mail, bounded messages
  resolver_resolve,   // one question, one answer
  netproc_prepare,    // TLS files
  netproc_connect,    // the race for a connection, nothing read from it
  netproc_handshake,  // everything up to the end of the TLS handshake
  netproc_talk,       // the dialogue
  authproc_acquire,   // the password
  authproc_exchange,  // the server's challenges
  server_fork,        // a copy of itself for each session
  server_serve,       // what an SMTP client says
  signer_load,        // the private key
  signer_token,       // one signature, by a token's module
  signer_sign,        // one signature
  listener_listen,    // msmtpd: sockets that listen, sessions that it starts
  verifier_acquire,   // the password that clients have to know
  verifier_fork,      // a copy of itself for each session
  verifier_check,     // what a client says to prove that it knows it
  keeper_keep,        // a session with a server that is lent to one mail after another
  last = keeper_keep,
};

struct Rights {
  Role role;
  Stage stage;
  std::string_view stage_name;  // "connect"
  bool confined;                // false: no promise is enforced in this stage
  Promises promises;
  bool lesser_user;        // root has become the privsep user when the stage begins
  std::string_view paths;  // which files, for people; the caller of enter_stage() names them
  std::string_view reads;  // whose bytes it reads, for people
};

// One row for each stage, in the order of Stage.
std::span<const Rights> table_of_rights();
const Rights& rights(Stage stage);

std::string_view name(Role role);  // "netproc"
// "stdio rpath inet", in the order of Promise.
std::string promise_text(Promises promises);
// The table as ARCHITECTURE.md shows it, in Markdown.
std::string rights_as_markdown();

}  // namespace msmtp
