// An account: every setting that a configuration file or the command line can give, as plain values.
#pragma once

#include "common/mechanism.hpp"
#include "common/messages.hpp"
#include "common/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace msmtp {

// The settings, each by the name of its configuration command, in the order in which they are shown.
enum class Setting : std::uint8_t {
  host,
  port,
  source_ip,
  proxy_host,
  proxy_port,
  socket,
  timeout,
  protocol,
  domain,
  auth,
  user,
  password,
  passwordeval,
  ntlmdomain,
  tls,
  tls_starttls,
  tls_trust_file,
  tls_crl_file,
  tls_fingerprint,
  tls_key_file,
  tls_cert_file,
  tls_certcheck,
  tls_min_dh_prime_bits,
  tls_priorities,
  tls_host_override,
  auto_from,
  maildomain,
  from,
  from_full_name,
  allow_from_override,
  set_from_header,
  set_date_header,
  set_msgid_header,
  set_to_header,
  remove_bcc_headers,
  dsn_notify,
  dsn_return,
  logfile,
  logfile_time_format,
  syslog,
  aliases,
  partial_delivery,
  keep_connection,
  last = keep_connection,
};

constexpr std::size_t setting_count = static_cast<std::size_t>(Setting::last) + 1;

class SettingSet {
 public:
  constexpr void add(Setting setting) { bits_ |= bit(setting); }
  constexpr void remove(Setting setting) { bits_ &= ~bit(setting); }
  constexpr bool has(Setting setting) const { return (bits_ & bit(setting)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(SettingSet, SettingSet) = default;

 private:
  static_assert(setting_count <= 64);
  static constexpr std::uint64_t bit(Setting setting) { return std::uint64_t{1} << static_cast<unsigned>(setting); }
  std::uint64_t bits_ = 0;
};

struct Authentication {
  bool wanted = false;
  std::optional<Mechanism> mechanism;  // nothing: the best that the server offers
  friend bool operator==(const Authentication&, const Authentication&) = default;
};

// When a header of our own is written: always, when the mail has none, never. `automatic` and `never`
// are all that Date and Message-ID know.
enum class HeaderPolicy : std::uint8_t { automatic, always, never };

enum class ToHeader : std::uint8_t { original, recipients, undisclosed_recipients };

// Where syslog lines go. The values after `off` are in the order of their names.
enum class SyslogFacility : std::uint8_t {
  off,
  user,
  mail,
  local0,
  local1,
  local2,
  local3,
  local4,
  local5,
  local6,
  local7,
  last = local7,
};

// The facility's name, for example "LOG_LOCAL0"; empty for `off`.
std::string_view name(SyslogFacility facility);

// An optional text is absent when it is not set, and may be present and empty where that means something
// (`from`: the null reverse-path). No value of kind `line` below holds CR, LF or NUL; none holds NUL.
struct Account {
  std::string name;  // empty: the account came from the command line or the environment
  std::string file;  // the configuration file that it stands in; empty likewise
  SettingSet given;  // the settings that this account or the command line gave, not built-in or `defaults`

  std::optional<std::string> host;        // line
  std::uint16_t port = 0;                 // 0: not set
  std::optional<std::string> source_ip;   // line
  std::optional<std::string> proxy_host;  // line
  std::uint16_t proxy_port = 0;           // 0: not set
  std::optional<std::string> socket;      // a path; stands above host, port and proxy
  std::uint32_t timeout = 0;              // seconds; 0: off
  Protocol protocol = Protocol::smtp;
  std::string domain = "localhost";  // line; the name in EHLO, and in Message-ID unless it is "localhost"

  Authentication auth;
  std::optional<std::string> user;
  std::optional<Secret> password;
  std::optional<std::string> passwordeval;  // a shell command
  std::optional<std::string> ntlmdomain;

  bool tls = false;
  bool tls_starttls = true;
  std::optional<std::string> tls_trust_file;  // a path, or "system"; absent: no trust in any authority
  std::optional<std::string> tls_crl_file;
  std::optional<std::string> tls_fingerprint;  // as normalized_fingerprints() gives it
  std::optional<std::string> tls_key_file;
  std::optional<std::string> tls_cert_file;
  bool tls_certcheck = true;
  std::uint32_t tls_min_dh_prime_bits = 0;  // 0: not set
  std::optional<std::string> tls_priorities;
  std::optional<std::string> tls_host_override;  // line

  bool auto_from = false;
  std::optional<std::string> maildomain;      // line
  std::optional<std::string> from;            // line; present and empty: the null reverse-path
  std::optional<std::string> from_full_name;  // any bytes but NUL: to be encoded
  bool allow_from_override = true;
  HeaderPolicy set_from_header = HeaderPolicy::automatic;
  HeaderPolicy set_date_header = HeaderPolicy::automatic;
  HeaderPolicy set_msgid_header = HeaderPolicy::automatic;
  ToHeader set_to_header = ToHeader::original;
  bool remove_bcc_headers = true;
  std::optional<std::string> dsn_notify;  // "NEVER", or a comma list of FAILURE, DELAY, SUCCESS
  std::optional<std::string> dsn_return;  // "HDRS" or "FULL"

  std::optional<std::string> logfile;              // a path, or "-" for stdout
  std::optional<std::string> logfile_time_format;  // for strftime, or "none"
  SyslogFacility syslog = SyslogFacility::off;
  std::optional<std::string> aliases;
  bool partial_delivery = false;      // deliver to the accepted recipients although others were refused
  std::uint32_t keep_connection = 0;  // seconds for which the connection waits for another mail; 0: off
};

// Copies one setting; `given` stays as it is.
void copy_setting(Account& to, const Account& from, Setting setting);

// Copies those of FROM's settings that were given, and notes them as given.
void copy_given_settings(Account& to, const Account& from);

// A copy, secret included, as an account is made from the defaults.
Account copy_of(const Account& account);

// "account NAME from FILE", or nothing when the account did not come from a file: for messages.
std::string origin_of(const Account& account);

}  // namespace msmtp
