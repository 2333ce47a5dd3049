// What the sink counts while it takes mail.
#pragma once

#include <cstdint>
#include <string>

namespace msmtp {

struct SinkCounts {
  std::uint64_t connections = 0;
  std::uint64_t mails = 0;
  std::uint64_t recipients = 0;
  std::uint64_t content_bytes = 0;
  std::uint64_t bytes = 0;        // as they came over the wire
  std::uint64_t reads = 0;        // of the sink; a busy sink makes fewer
  std::uint64_t round_trips = 0;  // TCP's own with them; exact only with a delay
  std::uint64_t tls_records = 0;  // from the client
  std::uint64_t handshakes = 0;
  std::uint64_t resumed = 0;

  // Violations of the protocol; each is 0 for a client that is right.
  std::uint64_t bare_line_feeds = 0;
  std::uint64_t long_lines = 0;
  std::uint64_t early_talk = 0;            // before the greeting
  std::uint64_t past_synchronisation = 0;  // more said where an answer had to be awaited (RFC 2920)
  std::uint64_t bad_commands = 0;          // unknown, or out of order
  std::uint64_t cut_short = 0;             // connections that ended within a mail
};

// One line of JSON.
std::string as_json(const SinkCounts& counts);

}  // namespace msmtp
