// What libtls cannot do.
#include "netproc/tls_extra.hpp"

#include "common/free_with.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <climits>

namespace msmtp {

namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using ObjectId = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;

// In the certificate's own order, one line, no byte that a terminal obeys.
constexpr unsigned long name_style = XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS |
                                     (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);

std::string name_text(const X509_NAME* name) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, name_style) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string digest_of(const X509& certificate, const EVP_MD* kind) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, kind, bytes, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::string digest_of_public_key(const X509& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  if (size <= 0) return {};
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned digest_size = 0;
  const bool made = EVP_Digest(der, static_cast<std::size_t>(size), bytes, &digest_size, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  return made ? std::string(reinterpret_cast<const char*>(bytes), digest_size) : std::string();
}

// The TLS features extension; its one feature in use is the staple.
bool has_tls_features(const X509& certificate) {
  const ObjectId id(OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1));
  return id && X509_get_ext_by_OBJ(&certificate, id.get(), -1) >= 0;
}

bool names_an_ocsp_responder(const SSL* connection) {
  const Certificate certificate(SSL_get_peer_certificate(connection));
  STACK_OF(OPENSSL_STRING)* urls = certificate ? X509_get1_ocsp(certificate.get()) : nullptr;
  const bool named = urls != nullptr;
  X509_email_free(urls);
  return named;
}

ChannelBinding exporter_binding(SSL* connection) {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";  // without context (RFC 9266, 2)
  ChannelBinding binding;
  binding.kind = BindingKind::exporter;
  const int outcome = SSL_export_keying_material(connection, binding.bytes.data(), size_of(binding.kind), label.data(),
                                                 label.size(), nullptr, 0, 0);
  return outcome == 1 ? binding : ChannelBinding();
}

// The first Finished message of the handshake: the client's, unless a session was resumed. LibreSSL has no extended
// master secret.
ChannelBinding unique_binding([[maybe_unused]] const SSL* connection) {
#ifndef LIBRESSL_VERSION_NUMBER
  ChannelBinding binding;
  binding.kind = BindingKind::unique;
  if (SSL_get_extms_support(const_cast<SSL*>(connection)) != 1) return {};
  const auto first_finished = SSL_session_reused(connection) ? SSL_get_peer_finished : SSL_get_finished;
  if (first_finished(connection, binding.bytes.data(), binding.bytes.size()) == size_of(binding.kind)) return binding;
#endif
  return {};
}

// LibreSSL declares the callback of the same purpose with a result.
#ifdef LIBRESSL_VERSION_NUMBER
using NewResult = int;
#else
using NewResult = void;
#endif

// The first SSL that was made after the registration.
struct FirstConnection {
  SSL* connection = nullptr;

  static NewResult note(void* connection, void*, CRYPTO_EX_DATA*, int, long, void* record) {
    auto* first = static_cast<FirstConnection*>(record);
    if (first->connection == nullptr) first->connection = static_cast<SSL*>(connection);
    return NewResult(1);
  }
};

// The library calls FirstConnection::note() for every SSL that it makes, and with it for the one that libtls keeps to
// itself; its status callback is then put behind ours.
class WatchedConnection final : public HiddenConnection {
 public:
  explicit WatchedConnection(bool verify)
      : verify_(verify), index_(SSL_get_ex_new_index(0, first_.get(), FirstConnection::note, nullptr, nullptr)) {}

  ~WatchedConnection() override {
#ifdef LIBRESSL_VERSION_NUMBER
    (void)first_.release();  // there the library may call back as long as the process lives
#else
    CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, index_);
#endif
  }
  WatchedConnection(const WatchedConnection&) = delete;
  WatchedConnection& operator=(const WatchedConnection&) = delete;

  bool install() override {
    if (first_->connection == nullptr) return false;
    SSL_CTX* context = SSL_get_SSL_CTX(first_->connection);
    SSL_CTX_get_tlsext_status_cb(context, &original_);
    SSL_CTX_get_tlsext_status_arg(context, &original_argument_);
    if (original_ == nullptr) return false;
    SSL_CTX_set_tlsext_status_cb(context, filter);
    SSL_CTX_set_tlsext_status_arg(context, this);
    return true;
  }

  ssl_st* connection() const override {
    return first_->connection;
  }

  unsigned dh_prime_bits() const override {
    EVP_PKEY* key = nullptr;
    if (first_->connection == nullptr || SSL_get_server_tmp_key(first_->connection, &key) != 1) return 0;
    const Key held(key);
    return EVP_PKEY_base_id(key) == EVP_PKEY_DH ? static_cast<unsigned>(EVP_PKEY_bits(key)) : 0;
  }

  ChannelBinding channel_binding() const override {
    SSL* connection = first_->connection;
    if (connection == nullptr) return {};
    switch (SSL_version(connection)) {
      case TLS1_3_VERSION: return exporter_binding(connection);
      case TLS1_2_VERSION: return unique_binding(connection);
      default: return {};
    }
  }

 private:
  using StatusCallback = int (*)(SSL*, void*);

  static int filter(SSL* connection, void* self) {
    const auto* filter = static_cast<const WatchedConnection*>(self);
    constexpr int acceptable = 1;
    if (!filter->verify_ || !names_an_ocsp_responder(connection)) return acceptable;
    return filter->original_(connection, filter->original_argument_);
  }

  bool verify_;
  std::unique_ptr<FirstConnection> first_ = std::make_unique<FirstConnection>();
  [[maybe_unused]] int index_;
  StatusCallback original_ = nullptr;
  void* original_argument_ = nullptr;
};

}  // namespace

const std::string& CertificateFacts::digest(DigestKind kind) const {
  switch (kind) {
    case DigestKind::sha256: break;
    case DigestKind::sha1: return sha1;
    case DigestKind::md5: return md5;
    case DigestKind::spki_sha256: return spki_sha256;
  }
  return sha256;
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), pem.size() > INT_MAX ? INT_MAX : static_cast<int>(pem.size())));
  const Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return fail(ExitCode::protocol, "TLS handshake failed: the server has sent no certificate");
  CertificateFacts facts;
  facts.subject = name_text(X509_get_subject_name(certificate.get()));
  facts.issuer = name_text(X509_get_issuer_name(certificate.get()));
  facts.sha256 = digest_of(*certificate, EVP_sha256());
  facts.sha1 = digest_of(*certificate, EVP_sha1());
  facts.md5 = digest_of(*certificate, EVP_md5());
  facts.spki_sha256 = digest_of_public_key(*certificate);
  facts.must_staple = has_tls_features(*certificate);
  return facts;
}

std::unique_ptr<HiddenConnection> HiddenConnection::create(bool verify) {
  return std::make_unique<WatchedConnection>(verify);
}

}  // namespace msmtp
