// Where msmtpd writes its log.
#include "parent/log_choice.hpp"

namespace msmtp {

LogChoice parse_log_choice(std::string_view text) {
  if (text == "none") return {};
  if (text == "syslog") return {LogTarget::syslog, {}};
  if (text == "-" || text == "stderr") return {LogTarget::standard_error, {}};
  return {LogTarget::file, std::string(text)};
}

}  // namespace msmtp
