// What the helpers are told of an account.
#include "parent/orders.hpp"

#include "common/address.hpp"
#include "parent/authentication_choice.hpp"
#include "parent/message_fields.hpp"
#include "parent/proxy.hpp"

#include <utility>

namespace msmtp {

namespace {

std::string server_name(const Account& account) {
  return account.host.value_or(account.socket.value_or(std::string()));
}

}  // namespace

Result<Prepare> prepare_message(const Account& account, bool trace) {
  Prepare message;
  message.protocol = account.protocol;
  TRY(set_field(message.ehlo_name, std::string_view(account.domain), "domain"));
  message.timeout_seconds = account.timeout;
  message.trace = trace;
  if (!account.tls) return message;
  message.tls = account.tls_starttls ? TlsMode::starttls : TlsMode::implicit;
  message.certcheck = account.tls_certcheck;
  TRY(set_field(message.trust_file, account.tls_trust_file, "tls_trust_file"));
  TRY(set_field(message.crl_file, account.tls_crl_file, "tls_crl_file"));
  TRY(set_field(message.cert_file, account.tls_cert_file, "tls_cert_file"));
  TRY(set_field(message.fingerprint, account.tls_fingerprint, "tls_fingerprint"));
  TRY(set_field(message.priorities, account.tls_priorities, "tls_priorities"));
  message.min_dh_prime_bits = account.tls_min_dh_prime_bits;
  TRY(set_field(message.tls_name, account.tls_host_override ? account.tls_host_override : account.host, "host"));
  return message;
}

Result<Acquire> acquire_message(Account& account, const std::string& user_netrc, const std::string& system_netrc) {
  Acquire message;
  TRY(set_field(message.user, account.user, "user"));
  TRY(set_field(message.host, std::string_view(server_name(account)), "host"));
  TRY(set_field(message.user_netrc, std::string_view(user_netrc), "the path of netrc"));
  TRY(set_field(message.system_netrc, std::string_view(system_netrc), "the path of netrc"));
  if (account.auth.mechanism && !needs_password(*account.auth.mechanism)) {
    account.password.reset();
  } else if (account.password) {
    if (account.password->size() > max_password) return fail(ExitCode::config, "password is too long");
    message.source = PasswordSource::given;
    message.password.secret = std::move(*account.password);
    account.password.reset();
  } else if (account.passwordeval) {
    message.source = PasswordSource::evaluate;
    TRY(set_field(message.command, account.passwordeval, "passwordeval"));
  } else {
    message.source = PasswordSource::search;
  }
  return message;
}

namespace {

bool is_token_uri(const std::optional<std::string>& file) {
  return file && file->starts_with("pkcs11:");
}

}  // namespace

bool needs_signer(const Account& account) {
  return account.tls && account.tls_key_file;
}

Result<LoadKey> load_key_message(const Account& account) {
  LoadKey message;
  if (!needs_signer(account)) return message;
  TRY(set_field(message.key, account.tls_key_file, "tls_key_file"));
  if (is_token_uri(account.tls_cert_file)) {
    TRY(set_field(message.certificate, account.tls_cert_file, "tls_cert_file"));
  }
  return message;
}

// What lies in a file is not encrypted, or has a passphrase of its own.
Result<Acquire> pin_message(const Account& account, const std::string& user_netrc, const std::string& system_netrc) {
  if (!needs_signer(account) || !is_token_uri(account.tls_key_file)) return Acquire{};
  Account copy = copy_of(account);
  copy.auth.mechanism.reset();
  return acquire_message(copy, user_netrc, system_netrc);
}

Destination destination_of(const Account& account) {
  if (account.socket || !account.host) return {};
  Destination destination;
  destination.host = nearest_host(account);
  destination.numeric = parse_numeric_address(destination.host);
  destination.needs_resolver = !destination.numeric && !is_onion_name(destination.host);
  return destination;
}

Result<Connect> connect_message(const Account& account, std::span<const Endpoint> endpoints) {
  Connect message;
  message.proxied = is_proxied(account);
  if (message.proxied) message.server = TRY(proxied_server(account));
  const Destination destination = destination_of(account);
  for (const Endpoint& endpoint : endpoints) message.endpoints.add(endpoint);
  message.port = nearest_port(account);
  TRY(set_field(message.socket_path, account.socket, "socket"));
  TRY(set_field(message.host, std::string_view(destination.host), message.proxied ? "proxy_host" : "host"));
  if (account.source_ip && !account.socket) {
    const auto source = parse_numeric_address(*account.source_ip);
    if (!source) return fail(ExitCode::os_error, "cannot bind source ip " + *account.source_ip + ": not an IP address");
    message.has_source = true;
    message.source = *source;
  }
  return message;
}

}  // namespace msmtp
