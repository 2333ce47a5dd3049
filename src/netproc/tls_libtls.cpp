// TLS with libtls: all that needs files or time is done by prepare_tls(), before there is a connection.
#include "netproc/tls.hpp"

#include "common/a_labels.hpp"
#include "common/child_log.hpp"
#include "netproc/fingerprint.hpp"
#include "netproc/readiness.hpp"
#include "netproc/tls_client_key.hpp"
#include "netproc/tls_extra.hpp"
#include "netproc/tls_files.hpp"
#include "netproc/tls_libtls_stream.hpp"
#include "netproc/tls_priorities.hpp"
#include "netproc/tls_reason.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <tls.h>
#include <vector>

namespace msmtp {

namespace {

struct FreeConfig {
  void operator()(tls_config* config) const { tls_config_free(config); }
};
using ConfigHandle = std::unique_ptr<tls_config, FreeConfig>;

const std::uint8_t* octets(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// For calls whose arguments come from the user's settings.
Result<void> accepted(int outcome, const ConfigHandle& config, ExitCode code, std::string_view setting) {
  if (outcome == 0) return {};
  const char* text = tls_config_error(config.get());
  return fail(code, std::string(setting) + ": " + std::string(plain_reason(text != nullptr ? text : "not accepted")));
}

// ---- what the peer's certificate has to pass ----

struct Checks {
  bool chain = true;                      // trust, validity, name
  std::vector<Fingerprint> fingerprints;  // instead of all that: one of them
  std::uint32_t min_dh_prime_bits = 0;    // beside all that
};

// One of certcheck off, fingerprint, trust file is in force; the others are not looked at.
Result<Checks> checks_of(const Prepare& settings) {
  Checks checks;
  checks.min_dh_prime_bits = settings.min_dh_prime_bits;
  checks.chain = settings.certcheck && settings.fingerprint.empty();
  if (!settings.certcheck || checks.chain) return checks;
  auto fingerprints = parse_fingerprints(settings.fingerprint.view());
  if (!fingerprints) return fail(ExitCode::software, "tls_fingerprint: not a fingerprint");
  checks.fingerprints = std::move(*fingerprints);
  return checks;
}

Result<void> trust_directory(const ConfigHandle& config, const std::string& path) {
  return accepted(tls_config_set_ca_path(config.get(), path.c_str()), config, ExitCode::software, "tls_trust_file");
}

Result<void> trust_bundle(const ConfigHandle& config, const std::string& path) {
  const std::string pem = TRY(read_pem_file("tls_trust_file", path, "CERTIFICATE"));
  return accepted(tls_config_set_ca_mem(config.get(), octets(pem), pem.size()), config, ExitCode::no_input,
                  "tls_trust_file");
}

// Where trusted certificates are, as the user says it.
Result<TrustPlace> trust_place(const std::string& setting) {
  if (setting.empty()) return fail(ExitCode::config, "tls_trust_file is not set");
  if (setting == "system") {
    const auto place = system_trust(tls_default_ca_cert_file());
    if (!place) return fail(ExitCode::no_input, "tls_trust_file: this system has no trusted certificates");
    return *place;
  }
  if (!is_directory(setting)) return TrustPlace{setting, false};
  if (has_hashed_certificates(setting)) return TrustPlace{setting, true};
  return fail(ExitCode::no_input, "tls_trust_file: " + setting + ": no hashed certificate in this directory");
}

// ---- the context ----

class LibtlsContext final : public TlsContext {
 public:
  explicit LibtlsContext(Checks checks) : checks_(std::move(checks)) {}

  // The steps of the preparation, in order.
  Result<void> configure(const Prepare& settings);
  Result<void> load(const Prepare& settings);
  Result<void> use_client_certificate(const Prepare& settings, Fd signer);

  std::vector<PathGrant> handshake_files() const override { return handshake_files_; }
  Result<SecuredStream> handshake(Fd connection, const Deadline& deadline) override;

 private:
  Result<void> set_trust(const Prepare& settings);
  Result<void> set_priorities(const Prepare& settings);
  Unexpected load_failure(const Prepare& settings) const;
  Unexpected handshake_failure() const;
  Result<void> check(const CertificateFacts& certificate) const;
  Secured facts(const CertificateFacts& certificate) const;
  std::string_view error() const;

  Checks checks_;
  ConfigHandle config_;
  std::vector<PathGrant> handshake_files_;
  std::unique_ptr<HiddenConnection> hidden_;
  std::shared_ptr<ClientKey> client_key_;  // before the context, which uses it
  std::unique_ptr<TlsTransport> transport_ = std::make_unique<TlsTransport>();
  TlsHandle context_;
};

std::string_view LibtlsContext::error() const {
  const char* text = tls_error(context_.get());
  return text != nullptr ? text : "unknown error";
}

Result<void> LibtlsContext::configure(const Prepare& settings) {
  config_.reset(tls_config_new());
  if (!config_) return fail(ExitCode::os_error, "out of memory");
  if (checks_.chain) {
    TRY(set_trust(settings));
  } else {
    tls_config_insecure_noverifycert(config_.get());
    tls_config_insecure_noverifyname(config_.get());
  }
  return set_priorities(settings);
}

Result<void> LibtlsContext::set_trust(const Prepare& settings) {
  const TrustPlace place = TRY(trust_place(settings.trust_file.str()));
  if (place.is_hashed_directory) {
    TRY(trust_directory(config_, place.path));
    handshake_files_ = reading_grants(place.path);
  } else {
    TRY(trust_bundle(config_, place.path));
  }
  if (settings.crl_file.empty()) return {};
  const std::string pem = TRY(read_pem_file("tls_crl_file", settings.crl_file.str(), "X509 CRL"));
  return accepted(tls_config_set_crl_mem(config_.get(), octets(pem), pem.size()), config_, ExitCode::no_input,
                  "tls_crl_file");
}

// Neither certificate nor key goes through libtls, which would want the key itself.
Result<void> LibtlsContext::use_client_certificate(const Prepare& settings, Fd signer) {
  if (settings.cert_file.empty()) return {};
  client_key_ = TRY(ClientKey::create(settings.cert_file.str(), std::move(signer)));
  return client_key_->use_for(hidden_->connection());
}

Result<void> LibtlsContext::set_priorities(const Prepare& settings) {
  const TlsPriorities priorities = parse_tls_priorities(settings.priorities.view());
  for (const std::string& word : priorities.unusable) {
    log_warning("tls_priorities: libtls cannot use " + word + "; ignored");
  }
  if (priorities.protocols) {
    std::uint32_t protocols = 0;
    if (tls_config_parse_protocols(&protocols, priorities.protocols->c_str()) != 0) {
      return fail(ExitCode::software, "tls_priorities: invalid PROTOCOLS=" + *priorities.protocols);
    }
    TRY(accepted(tls_config_set_protocols(config_.get(), protocols), config_, ExitCode::software, "tls_priorities"));
  }
  if (priorities.ciphers) {
    TRY(accepted(tls_config_set_ciphers(config_.get(), priorities.ciphers->c_str()), config_, ExitCode::software,
                 "tls_priorities"));
  }
  if (!priorities.curves) return {};
  return accepted(tls_config_set_ecdhecurves(config_.get(), priorities.curves->c_str()), config_, ExitCode::software,
                  "tls_priorities");
}

// The name for SNI and the certificate: a final dot is for the DNS only (RFC 6066, 3), a scope for this machine only.
Result<std::string> server_name(const Prepare& settings) {
  std::string name = settings.tls_name.str();
  name.resize(std::min(name.size(), name.find('%')));
  if (name.ends_with('.')) name.pop_back();
  auto labels = to_a_labels(name);
  if (!labels) return fail(ExitCode::no_host, "cannot locate host " + name + ": not a host name in UTF-8");
  return std::move(*labels);
}

// Parses certificates and keys: tls_connect_cbs(3) does that before it wants a connection.
Result<void> LibtlsContext::load(const Prepare& settings) {
  context_.reset(tls_client());
  if (!context_) return fail(ExitCode::os_error, "out of memory");
  hidden_ = HiddenConnection::create(checks_.chain);
  const std::string name = TRY(server_name(settings));
  if (tls_configure(context_.get(), config_.get()) != 0 ||
      tls_connect_cbs(context_.get(), TlsTransport::read_callback, TlsTransport::write_callback, transport_.get(),
                      name.c_str()) != 0) {
    return load_failure(settings);
  }
  hidden_->install();
  return {};
}

// libtls does not name files, so what it says is matched to the setting that it can be about.
Unexpected LibtlsContext::load_failure(const Prepare& settings) const {
  const std::string_view reason = error();
  const auto blame = [&](std::string_view setting, const std::string& path) {
    return fail(ExitCode::no_input,
                std::string(setting) + ": " + path + ": cannot be used: " + std::string(plain_reason(reason)));
  };
  if (reason.find("crl") != std::string_view::npos) return blame("tls_crl_file", settings.crl_file.str());
  if (reason.find("verify") != std::string_view::npos) return blame("tls_trust_file", settings.trust_file.str());
  return fail(ExitCode::software, "cannot prepare TLS: " + std::string(plain_reason(reason)));
}

// ---- the handshake ----

Result<SecuredStream> LibtlsContext::handshake(Fd connection, const Deadline& deadline) {
  if (!context_) return fail(ExitCode::software, "a second TLS handshake");
  transport_->take(std::move(connection));
  if (client_key_) client_key_->set_deadline(deadline);
  if (drive(*transport_, deadline, [this] { return tls_handshake(context_.get()); }) != 0) return handshake_failure();
  std::size_t size = 0;
  const std::uint8_t* chain = tls_peer_cert_chain_pem(context_.get(), &size);
  const std::string_view pem(reinterpret_cast<const char*>(chain), chain != nullptr ? size : 0);
  const CertificateFacts certificate = TRY(read_certificate(pem));
  TRY(check(certificate));
  if (client_key_) client_key_->dismiss();
  Secured secured = facts(certificate);
  return SecuredStream{std::make_unique<TlsStream>(std::move(context_), std::move(transport_), client_key_),
                       std::move(secured)};
}

Unexpected LibtlsContext::handshake_failure() const {
  if (client_key_ && client_key_->failure()) return fail(*client_key_->failure());
  if (!transport_->failure().empty()) {
    return fail(ExitCode::io_error, "TLS handshake failed: network error: " + transport_->failure());
  }
  if (transport_->is_at_end())
    return fail(ExitCode::protocol, "TLS handshake failed: the server closed the connection");
  return fail(handshake_error(error()));
}

// The certificate in the words of tls_fingerprint, in each kind that WANTED has. No apostrophe: in a log it would be
// replaced.
Unexpected another_certificate(const std::vector<Fingerprint>& wanted, const CertificateFacts& certificate) {
  std::string found;
  for (const DigestKind kind : {DigestKind::sha256, DigestKind::sha1, DigestKind::md5, DigestKind::spki_sha256}) {
    if (std::ranges::find(wanted, kind, &Fingerprint::kind) == wanted.end()) continue;
    found += found.empty() ? "the server has " : ", ";
    found += std::string(name(kind)) + " " + fingerprint_setting(kind, certificate.digest(kind));
  }
  return fail(ExitCode::unavailable, "TLS certificate fingerprint does not match: " + found);
}

// What libtls does not check itself.
Result<void> LibtlsContext::check(const CertificateFacts& certificate) const {
  if (const unsigned bits = hidden_->dh_prime_bits(); bits != 0 && bits < checks_.min_dh_prime_bits) {
    return fail(ExitCode::protocol, "TLS handshake failed: the server's Diffie-Hellman prime has " +
                                        std::to_string(bits) + " bits, less than tls_min_dh_prime_bits");
  }
  if (!checks_.fingerprints.empty()) {
    const auto matches = [&](const Fingerprint& wanted) { return certificate.digest(wanted.kind) == wanted.digest; };
    if (std::ranges::any_of(checks_.fingerprints, matches)) return {};
    return another_certificate(checks_.fingerprints, certificate);
  }
  if (checks_.chain && certificate.must_staple && tls_peer_ocsp_cert_status(context_.get()) != TLS_OCSP_CERT_GOOD) {
    return fail(ExitCode::unavailable,
                "TLS certificate verification failed: the certificate demands an OCSP staple and the server sent none");
  }
  return {};
}

std::uint64_t seconds_since_1970(std::time_t time) {
  return time > 0 ? static_cast<std::uint64_t>(time) : 0;
}

Secured LibtlsContext::facts(const CertificateFacts& certificate) const {
  const auto text = [](const char* value) { return std::string_view(value != nullptr ? value : ""); };
  Secured secured;
  secured.version = Text<64>::cut(text(tls_conn_version(context_.get())));
  secured.cipher = Text<128>::cut(text(tls_conn_cipher(context_.get())));
  secured.subject = Text<4096>::cut(certificate.subject);
  secured.issuer = Text<4096>::cut(certificate.issuer);
  secured.not_before = seconds_since_1970(tls_peer_cert_notbefore(context_.get()));
  secured.not_after = seconds_since_1970(tls_peer_cert_notafter(context_.get()));
  secured.sha256 = Text<160>::cut(colon_hex(certificate.sha256));
  secured.sha1 = Text<160>::cut(colon_hex(certificate.sha1));
  secured.binding = hidden_->channel_binding();
  return secured;
}

// The library's own ways to other certificates and settings are the user's to choose only by ours.
void forget_environment() {
  for (const char* variable :
       {"SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "CTLOG_FILE"}) {
    unsetenv(variable);
  }
}

}  // namespace

Result<std::unique_ptr<TlsContext>> prepare_tls(const Prepare& settings, Fd signer) {
  forget_environment();
  tzset();  // libtls turns a certificate's dates into local time, which reads /etc/localtime the first time
  if (tls_init() != 0) return fail(ExitCode::software, "cannot initialise the TLS library");
  auto context = std::make_unique<LibtlsContext>(TRY(checks_of(settings)));
  TRY(context->configure(settings));
  TRY(context->load(settings));
  TRY(context->use_client_certificate(settings, std::move(signer)));
  return std::unique_ptr<TlsContext>(std::move(context));
}

}  // namespace msmtp
