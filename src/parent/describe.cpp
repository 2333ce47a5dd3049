// What --pretend and --debug show of an account.
#include "parent/describe.hpp"

#include "common/text.hpp"
#include "parent/setting_values.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view not_set = "(not set)";

class Description {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += key;
    text_ += " = ";
    text_ += printable(value);
    text_ += '\n';
  }
  void add_optional(std::string_view key, const std::optional<std::string>& value) {
    add(key, value ? std::string_view(*value) : not_set);
  }
  void add_switch(std::string_view key, bool value) { add(key, value ? "on" : "off"); }
  void add_line(std::string_view line) { text_ += printable(line) + '\n'; }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string shown_timeout(std::uint32_t seconds) {
  if (seconds == 0) return "off";
  return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds");
}

std::string_view shown_auth(const Authentication& auth) {
  if (!auth.wanted) return "none";
  return auth.mechanism ? name(*auth.mechanism) : "choose";
}

std::string_view shown_policy(HeaderPolicy policy) {
  switch (policy) {
    case HeaderPolicy::automatic: return "auto";
    case HeaderPolicy::always: return "on";
    case HeaderPolicy::never: return "off";
  }
  return "";
}

std::string_view shown_to_header(ToHeader value) {
  switch (value) {
    case ToHeader::original: return "off";
    case ToHeader::recipients: return "on";
    case ToHeader::undisclosed_recipients: return "undisclosed_recipients";
  }
  return "";
}

std::optional<std::string> shown_fingerprint(const std::optional<std::string>& fingerprint) {
  if (!fingerprint) return std::nullopt;
  return show_fingerprint(*fingerprint);
}

std::string shown_bits(std::uint32_t bits) {
  return bits == 0 ? std::string(not_set) : std::to_string(bits);
}

std::string_view shown_sender(const Account& account, const Options& options) {
  if (account.from) return *account.from;
  return options.read_envelope_from ? "(read from mail)" : not_set;
}

// An account that the environment made has been announced already.
void add_origin(Description& text, const Account& account, const Options& options) {
  if (!wants_config_files(options)) {
    text.add_line("using account specified on command line");
  } else if (!account.name.empty()) {
    text.add_line("using " + origin_of(account));
  }
}

void add_connection(Description& text, const Account& account) {
  text.add_optional("host", account.host);
  text.add("port", std::to_string(account.port));
  text.add_optional("source ip", account.source_ip);
  text.add_optional("proxy host", account.proxy_host);
  text.add("proxy port", std::to_string(account.proxy_port));
  text.add_optional("socket", account.socket);
  text.add("timeout", shown_timeout(account.timeout));
  if (account.keep_connection != 0) text.add("keep_connection", shown_timeout(account.keep_connection));
  text.add("protocol", account.protocol == Protocol::lmtp ? "lmtp" : "smtp");
  text.add("domain", account.domain);
}

void add_authentication(Description& text, const Account& account, bool password_known) {
  text.add("auth", shown_auth(account.auth));
  text.add_optional("user", account.user);
  text.add("password", account.password || password_known ? "*" : not_set);
  text.add_optional("passwordeval", account.passwordeval);
  text.add_optional("ntlmdomain", account.ntlmdomain);
}

void add_tls(Description& text, const Account& account) {
  text.add_switch("tls", account.tls);
  text.add_switch("tls_starttls", account.tls_starttls);
  text.add_optional("tls_trust_file", account.tls_trust_file);
  text.add_optional("tls_crl_file", account.tls_crl_file);
  text.add_optional("tls_fingerprint", shown_fingerprint(account.tls_fingerprint));
  text.add_optional("tls_key_file", account.tls_key_file);
  text.add_optional("tls_cert_file", account.tls_cert_file);
  text.add_switch("tls_certcheck", account.tls_certcheck);
  text.add("tls_min_dh_prime_bits", shown_bits(account.tls_min_dh_prime_bits));
  text.add_optional("tls_priorities", account.tls_priorities);
  text.add_optional("tls_host_override", account.tls_host_override);
}

void add_mail(Description& text, const Account& account, const Options& options) {
  text.add_switch("auto_from", account.auto_from);
  text.add_optional("maildomain", account.maildomain);
  text.add("from", shown_sender(account, options));
  text.add_optional("from_full_name", account.from_full_name);
  text.add_switch("allow_from_override", account.allow_from_override);
  text.add("set_from_header", shown_policy(account.set_from_header));
  text.add("set_date_header", shown_policy(account.set_date_header));
  text.add("set_msgid_header", shown_policy(account.set_msgid_header));
  text.add("set_to_header", shown_to_header(account.set_to_header));
  text.add_switch("remove_bcc_headers", account.remove_bcc_headers);
  if (account.partial_delivery) text.add_switch("partial_delivery", true);
  text.add_optional("dsn_notify", account.dsn_notify);
  text.add_optional("dsn_return", account.dsn_return);
  text.add_optional("logfile", account.logfile);
  text.add_optional("logfile_time_format", account.logfile_time_format);
  text.add("syslog", account.syslog == SyslogFacility::off ? not_set : name(account.syslog));
  text.add_optional("aliases", account.aliases);
  text.add_line(options.read_recipients ? "reading recipients from the command line and the mail"
                                        : "reading recipients from the command line");
}

}  // namespace

std::string describe_account(const Account& account, const Options& options, bool password_known) {
  Description text;
  add_origin(text, account, options);
  add_connection(text, account);
  add_authentication(text, account, password_known);
  add_tls(text, account);
  if (options.mode == Mode::queue_start) {
    text.add_line("RMQS argument = " + options.queue_argument);
  } else if (options.mode != Mode::server_info) {
    add_mail(text, account, options);
  }
  return text.take();
}

}  // namespace msmtp
