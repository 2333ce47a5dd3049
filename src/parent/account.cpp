// Accounts as values: names, copies, origin.
#include "parent/account.hpp"

#include <array>
#include <string_view>

namespace msmtp {

namespace {

using CopyMember = void (*)(Account& to, const Account& from);

template <auto Member>
void copy_member(Account& to, const Account& from) {
  to.*Member = from.*Member;
}

void copy_password(Account& to, const Account& from) {
  to.password.reset();
  if (from.password) to.password = Secret::copy_of(from.password->reveal());
}

// In the order of Setting.
constexpr std::array<CopyMember, setting_count> copiers = {
    copy_member<&Account::host>,
    copy_member<&Account::port>,
    copy_member<&Account::source_ip>,
    copy_member<&Account::proxy_host>,
    copy_member<&Account::proxy_port>,
    copy_member<&Account::socket>,
    copy_member<&Account::timeout>,
    copy_member<&Account::protocol>,
    copy_member<&Account::domain>,
    copy_member<&Account::auth>,
    copy_member<&Account::user>,
    copy_password,
    copy_member<&Account::passwordeval>,
    copy_member<&Account::ntlmdomain>,
    copy_member<&Account::tls>,
    copy_member<&Account::tls_starttls>,
    copy_member<&Account::tls_trust_file>,
    copy_member<&Account::tls_crl_file>,
    copy_member<&Account::tls_fingerprint>,
    copy_member<&Account::tls_key_file>,
    copy_member<&Account::tls_cert_file>,
    copy_member<&Account::tls_certcheck>,
    copy_member<&Account::tls_min_dh_prime_bits>,
    copy_member<&Account::tls_priorities>,
    copy_member<&Account::tls_host_override>,
    copy_member<&Account::auto_from>,
    copy_member<&Account::maildomain>,
    copy_member<&Account::from>,
    copy_member<&Account::from_full_name>,
    copy_member<&Account::allow_from_override>,
    copy_member<&Account::set_from_header>,
    copy_member<&Account::set_date_header>,
    copy_member<&Account::set_msgid_header>,
    copy_member<&Account::set_to_header>,
    copy_member<&Account::remove_bcc_headers>,
    copy_member<&Account::dsn_notify>,
    copy_member<&Account::dsn_return>,
    copy_member<&Account::logfile>,
    copy_member<&Account::logfile_time_format>,
    copy_member<&Account::syslog>,
    copy_member<&Account::aliases>,
    copy_member<&Account::partial_delivery>,
    copy_member<&Account::keep_connection>,
};

}  // namespace

std::string_view name(SyslogFacility facility) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(SyslogFacility::last) + 1> names = {
      "",           "LOG_USER",   "LOG_MAIL",   "LOG_LOCAL0", "LOG_LOCAL1", "LOG_LOCAL2",
      "LOG_LOCAL3", "LOG_LOCAL4", "LOG_LOCAL5", "LOG_LOCAL6", "LOG_LOCAL7",
  };
  return names[static_cast<std::size_t>(facility)];
}

void copy_setting(Account& to, const Account& from, Setting setting) {
  copiers[static_cast<std::size_t>(setting)](to, from);
}

void copy_given_settings(Account& to, const Account& from) {
  for (std::size_t i = 0; i < setting_count; ++i) {
    const auto setting = static_cast<Setting>(i);
    if (!from.given.has(setting)) continue;
    copy_setting(to, from, setting);
    to.given.add(setting);
  }
}

Account copy_of(const Account& account) {
  Account copy;
  copy.name = account.name;
  copy.file = account.file;
  copy.given = account.given;
  for (const auto copy_one : copiers) copy_one(copy, account);
  return copy;
}

std::string origin_of(const Account& account) {
  if (account.name.empty()) return {};
  return "account " + account.name + " from " + account.file;
}

}  // namespace msmtp
