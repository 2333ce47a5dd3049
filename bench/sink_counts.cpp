// The sink's counts as JSON.
#include "sink_counts.hpp"

#include <string_view>
#include <utility>

namespace msmtp {

std::string as_json(const SinkCounts& counts) {
  const std::pair<std::string_view, std::uint64_t> fields[] = {
      {"connections", counts.connections},
      {"mails", counts.mails},
      {"recipients", counts.recipients},
      {"content_bytes", counts.content_bytes},
      {"bytes", counts.bytes},
      {"reads", counts.reads},
      {"round_trips", counts.round_trips},
      {"tls_records", counts.tls_records},
      {"handshakes", counts.handshakes},
      {"resumed", counts.resumed},
      {"bare_line_feeds", counts.bare_line_feeds},
      {"long_lines", counts.long_lines},
      {"early_talk", counts.early_talk},
      {"past_synchronisation", counts.past_synchronisation},
      {"bad_commands", counts.bad_commands},
      {"cut_short", counts.cut_short},
  };
  std::string text = "{";
  for (const auto& [name, number] : fields) {
    if (text.size() > 1) text += ",";
    text += "\"" + std::string(name) + "\":" + std::to_string(number);
  }
  return text + "}";
}

}  // namespace msmtp
