// What decides where a mail goes and as whom.
#include "parent/connection_description.hpp"

#include "common/mechanism.hpp"

#include <cstdint>
#include <optional>

namespace msmtp {

namespace {

// Fields with their lengths, so that no two lists of them look alike.
class Fields {
 public:
  void add(std::string_view value) { text_.append(std::to_string(value.size())).append(1, ':').append(value); }
  void add(const std::optional<std::string>& value) { value ? add(std::string_view(*value)) : add_nothing(); }
  void add_number(std::uint64_t value) { add(std::string_view(std::to_string(value))); }
  void add_nothing() { text_ += '-'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_place(Fields& fields, const Account& account) {
  fields.add(account.host);
  fields.add_number(account.port);
  fields.add(account.source_ip);
  fields.add(account.proxy_host);
  fields.add_number(account.proxy_port);
  fields.add(account.socket);
  fields.add_number(account.timeout);
  fields.add_number(static_cast<std::uint64_t>(account.protocol));
  fields.add(std::string_view(account.domain));
}

void add_identity(Fields& fields, const Account& account) {
  fields.add_number(account.auth.wanted ? 1 : 0);
  fields.add(account.auth.mechanism ? name(*account.auth.mechanism) : std::string_view());
  fields.add(account.user);
  fields.add_number(account.password ? 1 : 0);
  fields.add(account.passwordeval);
  fields.add(account.ntlmdomain);
  // Whose password it is: that of the same account.
  fields.add(std::string_view(account.file));
  fields.add(std::string_view(account.name));
}

void add_security(Fields& fields, const Account& account) {
  fields.add_number(account.tls ? 1 : 0);
  fields.add_number(account.tls_starttls ? 1 : 0);
  fields.add_number(account.tls_certcheck ? 1 : 0);
  fields.add_number(account.tls_min_dh_prime_bits);
  fields.add(account.tls_trust_file);
  fields.add(account.tls_crl_file);
  fields.add(account.tls_fingerprint);
  fields.add(account.tls_key_file);
  fields.add(account.tls_cert_file);
  fields.add(account.tls_priorities);
  fields.add(account.tls_host_override);
}

}  // namespace

std::string connection_description(const Account& account, std::span<const std::string> surroundings) {
  Fields fields;
  for (const std::string& one : surroundings) fields.add(std::string_view(one));
  add_place(fields, account);
  add_identity(fields, account);
  add_security(fields, account);
  return fields.take();
}

// FNV-1a.
std::string name_of_description(std::string_view description) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : description) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4) name += digits[(hash >> shift) & 15];
  return name;
}

}  // namespace msmtp
