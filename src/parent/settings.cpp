// The table of settings and the setters that it names.
#include "parent/settings.hpp"

#include "common/text.hpp"
#include "parent/setting_values.hpp"

#include <array>
#include <limits>
#include <utility>

namespace msmtp {

namespace {

using Given = std::optional<std::string_view>;

constexpr std::size_t max_text = 4096;
constexpr std::size_t max_command = 48 * 1024;
constexpr std::uint64_t max_int = std::numeric_limits<std::int32_t>::max();

// ---- texts ----

bool fits(std::string_view text, std::size_t bound) {
  return text.size() <= bound && text.find('\0') == std::string_view::npos;
}

bool fits_one_line(std::string_view text, std::size_t bound) {
  return fits(text, bound) && text.find_first_of("\r\n") == std::string_view::npos;
}

void set_or_unset(std::optional<std::string>& member, std::string_view text) {
  if (text.empty()) {
    member.reset();
  } else {
    member = std::string(text);
  }
}

// Text that becomes part of a line of the dialogue, a header or the log; empty unsets.
template <auto Member, std::size_t Bound>
bool set_line(Account& account, Given text, const ValueContext&) {
  if (!text || !fits_one_line(*text, Bound)) return false;
  set_or_unset(account.*Member, *text);
  return true;
}

template <auto Member, std::size_t Bound>
bool set_text(Account& account, Given text, const ValueContext&) {
  if (!text || !fits(*text, Bound)) return false;
  set_or_unset(account.*Member, *text);
  return true;
}

template <auto Member>
bool set_path(Account& account, Given text, const ValueContext& context) {
  if (!text) return false;
  const auto path = expand_tilde(*text, context.home);
  if (!fits(path, max_path)) return false;
  set_or_unset(account.*Member, path);
  return true;
}

// "--host=" counts as a host that was given.
bool set_host(Account& account, Given text, const ValueContext&) {
  if (!text || !fits_one_line(*text, max_host)) return false;
  account.host = std::string(*text);
  return true;
}

// An empty one is kept from a file and unset on the command line; only --pretend shows the difference.
bool set_maildomain(Account& account, Given text, const ValueContext& context) {
  if (!text || !fits_one_line(*text, max_host)) return false;
  account.maildomain = std::string(*text);
  if (text->empty() && context.origin == ValueOrigin::command_line) account.maildomain.reset();
  return true;
}

bool set_domain(Account& account, Given text, const ValueContext&) {
  if (!text || !fits_one_line(*text, max_host)) return false;
  account.domain = std::string(*text);
  return true;
}

bool set_from(Account& account, Given text, const ValueContext&) {
  if (!text || !fits_one_line(*text, max_mailbox)) return false;
  account.from = *text == "<>" ? std::string() : std::string(*text);
  return true;
}

bool set_full_name(Account& account, Given text, const ValueContext&) {
  if (!text || !fits(*text, max_text)) return false;
  account.from_full_name = std::string(*text);
  return true;
}

// From where it stands into pages of its own: no copy is left anywhere.
bool set_password(Account& account, Given text, const ValueContext&) {
  if (!text || !fits(*text, max_password)) return false;
  account.password.reset();
  if (!text->empty()) account.password = Secret::copy_of(*text);
  return true;
}

// ---- switches and words ----

template <auto Member>
bool set_switch(Account& account, Given text, const ValueContext&) {
  const auto value = parse_switch(text.value_or("on"));
  if (value) account.*Member = *value;
  return value.has_value();
}

template <auto Member>
bool set_opposite(Account& account, Given text, const ValueContext&) {
  const auto value = parse_switch(text.value_or("on"));
  if (value) account.*Member = !*value;
  return value.has_value();
}

template <auto Member>
bool turn_off(Account& account, Given, const ValueContext&) {
  account.*Member = false;
  return true;
}

// The value that stands beside TEXT in PAIRS.
template <auto Member, class Pairs>
bool set_from_pairs(Account& account, std::string_view text, const Pairs& pairs) {
  for (const auto& [word, value] : pairs) {
    if (word != text) continue;
    account.*Member = value;
    return true;
  }
  return false;
}

bool set_protocol(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, Protocol>, 2> words = {
      {{"smtp", Protocol::smtp}, {"lmtp", Protocol::lmtp}}};
  return text && set_from_pairs<&Account::protocol>(account, *text, words);
}

bool set_from_policy(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, HeaderPolicy>, 3> words = {
      {{"auto", HeaderPolicy::automatic}, {"on", HeaderPolicy::always}, {"off", HeaderPolicy::never}}};
  return set_from_pairs<&Account::set_from_header>(account, text.value_or("auto"), words);
}

template <auto Member>
bool set_policy(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, HeaderPolicy>, 2> words = {
      {{"auto", HeaderPolicy::automatic}, {"off", HeaderPolicy::never}}};
  return set_from_pairs<Member>(account, text.value_or("auto"), words);
}

// The older names of the same: "on" for "auto".
template <auto Member>
bool set_missing_policy(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, HeaderPolicy>, 2> words = {
      {{"on", HeaderPolicy::automatic}, {"off", HeaderPolicy::never}}};
  return set_from_pairs<Member>(account, text.value_or("on"), words);
}

bool set_to_header(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, ToHeader>, 3> words = {
      {{"on", ToHeader::recipients},
       {"off", ToHeader::original},
       {"undisclosed_recipients", ToHeader::undisclosed_recipients}}};
  return set_from_pairs<&Account::set_to_header>(account, text.value_or("on"), words);
}

bool set_undisclosed(Account& account, Given text, const ValueContext&) {
  constexpr std::array<std::pair<std::string_view, ToHeader>, 2> words = {
      {{"on", ToHeader::undisclosed_recipients}, {"off", ToHeader::original}}};
  return set_from_pairs<&Account::set_to_header>(account, text.value_or("on"), words);
}

bool set_auth(Account& account, Given text, const ValueContext& context) {
  // "--auth=" has always been read as "--auth".
  const bool bare = !text || (text->empty() && context.origin == ValueOrigin::command_line);
  const auto value = parse_authentication(bare ? "on" : *text);
  if (value) account.auth = *value;
  return value.has_value();
}

bool set_syslog(Account& account, Given text, const ValueContext&) {
  const auto value = parse_syslog(text.value_or("on"));
  if (value) account.syslog = *value;
  return value.has_value();
}

bool set_dsn_notify(Account& account, Given text, const ValueContext&) {
  if (!text) return false;
  const auto value = *text == "off" ? std::optional<std::string>("") : parse_dsn_notify(*text);
  if (value) set_or_unset(account.dsn_notify, *value);
  return value.has_value();
}

bool set_dsn_return(Account& account, Given text, const ValueContext& context) {
  if (!text) return false;
  const bool headers = *text == "headers" || (*text == "hdrs" && context.origin == ValueOrigin::command_line);
  if (!headers && *text != "full" && *text != "off") return false;
  set_or_unset(account.dsn_return, headers ? "HDRS" : *text == "full" ? "FULL" : "");
  return true;
}

bool set_fingerprint(Account& account, Given text, const ValueContext&) {
  if (!text) return false;
  const auto value = text->empty() ? std::optional<std::string>("") : normalized_fingerprints(*text);
  if (value) set_or_unset(account.tls_fingerprint, *value);
  return value.has_value();
}

bool ignore(Account&, Given, const ValueContext&) {
  return true;
}

// ---- numbers ----

template <auto Member>
bool set_number(Account& account, std::string_view text, std::uint64_t maximum) {
  const auto value = parse_decimal(text, maximum);
  if (!value || *value == 0) return false;
  using Number = std::remove_reference_t<decltype(account.*Member)>;
  account.*Member = static_cast<Number>(*value);
  return true;
}

bool set_port(Account& account, Given text, const ValueContext&) {
  return text && set_number<&Account::port>(account, *text, 65535);
}

bool set_proxy_port(Account& account, Given text, const ValueContext&) {
  if (!text) return false;
  if (!text->empty()) return set_number<&Account::proxy_port>(account, *text, 65535);
  account.proxy_port = 0;
  return true;
}

bool set_timeout(Account& account, Given text, const ValueContext&) {
  if (!text) return false;
  if (*text != "off") return set_number<&Account::timeout>(account, *text, max_int);
  account.timeout = 0;
  return true;
}

bool set_keep_connection(Account& account, Given text, const ValueContext&) {
  constexpr std::uint64_t an_hour = 3600;
  if (!text) return false;
  if (*text != "off") return set_number<&Account::keep_connection>(account, *text, an_hour);
  account.keep_connection = 0;
  return true;
}

bool set_dh_prime_bits(Account& account, Given text, const ValueContext&) {
  if (!text) return false;
  if (!text->empty()) return set_number<&Account::tls_min_dh_prime_bits>(account, *text, max_int);
  account.tls_min_dh_prime_bits = 0;
  return true;
}

// ---- the table ----

constexpr auto must = FileArgument::required;
constexpr auto may = FileArgument::may_be_empty;
constexpr auto bare = FileArgument::bare_is_value;
constexpr auto never = FileArgument::forbidden;
constexpr auto no_option = OptionArgument::none;
constexpr auto needs = OptionArgument::required;
constexpr auto takes = OptionArgument::optional;

constexpr std::string_view a_switch = "on or off";
constexpr std::string_view a_port = "a number from 1 to 65535";
constexpr std::string_view a_line = "at most 1023 bytes without a line break";
constexpr std::string_view a_text = "at most 4096 bytes";

// In the order of the documentation; getopt's list of ambiguous options follows it.
constexpr SettingRow rows[] = {
    {"host", must, "host", 0, needs, Setting::host, set_host, a_line},
    {"port", must, "port", 0, needs, Setting::port, set_port, a_port},
    {"timeout", must, "timeout", 0, needs, Setting::timeout, set_timeout, "off or a number of seconds"},
    {"connect_timeout", must, "connect-timeout", 0, needs, Setting::timeout, set_timeout, "off or a number of seconds"},
    {"protocol", must, "protocol", 0, needs, Setting::protocol, set_protocol, "smtp or lmtp"},
    {"domain", may, "domain", 0, needs, Setting::domain, set_domain, a_line},
    {"source_ip", may, "source-ip", 0, needs, Setting::source_ip, set_line<&Account::source_ip, max_host>, a_line},
    {"proxy_host", may, "proxy-host", 0, needs, Setting::proxy_host, set_line<&Account::proxy_host, max_host>, a_line},
    {"proxy_port", may, "proxy-port", 0, needs, Setting::proxy_port, set_proxy_port, a_port},
    {"socket", may, "socket", 0, needs, Setting::socket, set_text<&Account::socket, max_path>, a_text},

    {"auth", bare, "auth", 0, takes, Setting::auth, set_auth, "on, off or the name of a method in lower case"},
    {"user", may, "user", 0, needs, Setting::user, set_text<&Account::user, max_text>, a_text},
    {"password", may, "", 0, no_option, Setting::password, set_password, "at most 65536 bytes"},
    {"passwordeval", may, "passwordeval", 0, needs, Setting::passwordeval,
     set_text<&Account::passwordeval, max_command>, "at most 49152 bytes"},
    {"ntlmdomain", may, "", 0, no_option, Setting::ntlmdomain, set_text<&Account::ntlmdomain, max_text>, a_text},

    {"tls", bare, "tls", 0, takes, Setting::tls, set_switch<&Account::tls>, a_switch},
    {"tls_starttls", bare, "tls-starttls", 0, takes, Setting::tls_starttls, set_switch<&Account::tls_starttls>,
     a_switch},
    {"tls_trust_file", may, "tls-trust-file", 0, needs, Setting::tls_trust_file, set_path<&Account::tls_trust_file>,
     a_text},
    {"tls_crl_file", may, "tls-crl-file", 0, needs, Setting::tls_crl_file, set_path<&Account::tls_crl_file>, a_text},
    {"tls_fingerprint", may, "tls-fingerprint", 0, needs, Setting::tls_fingerprint, set_fingerprint,
     "hex digits in pairs with colons: SHA-256, SHA-1 or MD5; or spki:sha256: and base64; several with commas"},
    {"tls_key_file", may, "tls-key-file", 0, needs, Setting::tls_key_file, set_path<&Account::tls_key_file>, a_text},
    {"tls_cert_file", may, "tls-cert-file", 0, needs, Setting::tls_cert_file, set_path<&Account::tls_cert_file>,
     a_text},
    {"tls_certcheck", bare, "tls-certcheck", 0, takes, Setting::tls_certcheck, set_switch<&Account::tls_certcheck>,
     a_switch},
    {"tls_priorities", may, "tls-priorities", 0, needs, Setting::tls_priorities,
     set_text<&Account::tls_priorities, max_text>, a_text},
    {"tls_host_override", may, "tls-host-override", 0, needs, Setting::tls_host_override,
     set_line<&Account::tls_host_override, max_host>, a_line},
    {"tls_min_dh_prime_bits", may, "tls-min-dh-prime-bits", 0, needs, Setting::tls_min_dh_prime_bits, set_dh_prime_bits,
     "a number of bits"},
    {"tls_nostarttls", never, "", 0, no_option, Setting::tls_starttls, turn_off<&Account::tls_starttls>, ""},
    {"tls_nocertcheck", never, "", 0, no_option, Setting::tls_certcheck, turn_off<&Account::tls_certcheck>, ""},
    {"tls_force_sslv3", may, "tls-force-sslv3", 0, takes, std::nullopt, ignore, ""},

    {"from", may, "from", 'f', needs, Setting::from, set_from, "an address without a line break"},
    {"from_full_name", may, "", 'F', needs, Setting::from_full_name, set_full_name, a_text},
    {"allow_from_override", may, "", 0, no_option, Setting::allow_from_override,
     set_switch<&Account::allow_from_override>, a_switch},
    {"auto_from", bare, "auto-from", 0, takes, Setting::auto_from, set_switch<&Account::auto_from>, a_switch},
    {"maildomain", may, "maildomain", 0, needs, Setting::maildomain, set_maildomain, a_line},
    {"dsn_notify", must, "dsn-notify", 'N', needs, Setting::dsn_notify, set_dsn_notify,
     "off, never, or a list of failure,delay,success"},
    {"dsn_return", must, "dsn-return", 'R', needs, Setting::dsn_return, set_dsn_return, "off, headers or full"},
    {"set_from_header", bare, "set-from-header", 0, takes, Setting::set_from_header, set_from_policy,
     "auto, on or off"},
    {"set_date_header", bare, "set-date-header", 0, takes, Setting::set_date_header,
     set_policy<&Account::set_date_header>, "auto or off"},
    {"set_msgid_header", bare, "set-msgid-header", 0, takes, Setting::set_msgid_header,
     set_policy<&Account::set_msgid_header>, "auto or off"},
    {"set_to_header", bare, "set-to-header", 0, takes, Setting::set_to_header, set_to_header,
     "on, off or undisclosed_recipients"},
    {"remove_bcc_headers", bare, "remove-bcc-headers", 0, takes, Setting::remove_bcc_headers,
     set_switch<&Account::remove_bcc_headers>, a_switch},
    {"partial_delivery", bare, "partial-delivery", 0, takes, Setting::partial_delivery,
     set_switch<&Account::partial_delivery>, a_switch},
    {"logfile", may, "logfile", 'X', needs, Setting::logfile, set_path<&Account::logfile>, a_text},
    {"logfile_time_format", may, "logfile-time-format", 0, needs, Setting::logfile_time_format,
     set_text<&Account::logfile_time_format, max_text>, a_text},
    {"syslog", bare, "syslog", 0, takes, Setting::syslog, set_syslog, "on, off or a facility such as LOG_MAIL"},
    {"aliases", may, "aliases", 0, needs, Setting::aliases, set_path<&Account::aliases>, a_text},
    {"keep_connection", must, "keep-connection", 0, needs, Setting::keep_connection, set_keep_connection,
     "off or a number of seconds from 1 to 3600"},
    {"add_missing_from_header", bare, "add-missing-from-header", 0, takes, Setting::set_from_header,
     set_missing_policy<&Account::set_from_header>, a_switch},
    {"add_missing_date_header", bare, "add-missing-date-header", 0, takes, Setting::set_date_header,
     set_missing_policy<&Account::set_date_header>, a_switch},
    {"undisclosed_recipients", bare, "undisclosed-recipients", 0, takes, Setting::set_to_header, set_undisclosed,
     a_switch},
    {"keepbcc", bare, "keepbcc", 0, takes, Setting::remove_bcc_headers, set_opposite<&Account::remove_bcc_headers>,
     a_switch},
};

}  // namespace

std::span<const SettingRow> setting_rows() {
  return rows;
}

const SettingRow* find_command(std::string_view command) {
  for (const auto& row : rows) {
    if (row.command == command) return &row;
  }
  return nullptr;
}

bool apply_setting(const SettingRow& row, Account& account, Given text, const ValueContext& context) {
  if (!row.set(account, text, context)) return false;
  if (row.setting) account.given.add(*row.setting);
  return true;
}

std::string expand_tilde(std::string_view text, std::string_view home) {
  if (!text.starts_with('~')) return std::string(text);
  return std::string(home) + std::string(text.substr(1));
}

}  // namespace msmtp
