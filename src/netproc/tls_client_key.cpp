// The client certificate.
#define OPENSSL_SUPPRESS_DEPRECATED  // the methods of keys, which LibreSSL has and OpenSSL 3 has no better word for
#include "netproc/tls_client_key.hpp"

#include "common/free_with.hpp"

#include "netproc/tls_files.hpp"

#include <climits>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string_view>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using RsaMethod = std::unique_ptr<RSA_METHOD, FreeWith<RSA_meth_free>>;
using EcMethod = std::unique_ptr<EC_KEY_METHOD, FreeWith<EC_KEY_METHOD_free>>;

constexpr std::string_view cannot_be_used = "cannot be used: ";
constexpr std::string_view not_this_key = "it does not belong to the private key of tls_key_file";

std::string_view view(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Unexpected bad_certificate(const std::string& file, std::string_view reason) {
  return fail(ExitCode::no_input, "tls_cert_file: " + file.substr(0, file.find('?')) + ": " +
                                      std::string(cannot_be_used) + std::string(reason));
}

// The certificate and those of its issuers.
Result<std::vector<Certificate>> parse_pem(const std::string& file, const std::string& pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), pem.size() > INT_MAX ? INT_MAX : static_cast<int>(pem.size())));
  std::vector<Certificate> chain;
  while (X509* certificate = in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr) {
    chain.emplace_back(certificate);
  }
  if (chain.empty()) return bad_certificate(file, "failed to load certificate");
  return chain;
}

Result<std::vector<Certificate>> parse_der(const std::string& uri, std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  std::vector<Certificate> chain;
  chain.emplace_back(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  if (!chain.front()) return bad_certificate(uri, "failed to load certificate");
  return chain;
}

bool is_public_key(X509& certificate, std::string_view expected) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  if (size <= 0) return false;
  const bool same = view(der, static_cast<std::size_t>(size)) == expected;
  OPENSSL_free(der);
  return same;
}

class RemoteKey final : public ClientKey {
 public:
  RemoteKey(std::string cert_file, Fd signer)
      : cert_file_(std::move(cert_file)), signer_(std::move(signer), "msmtp-signer") {}

  Result<void> load();
  Result<void> use_for(ssl_st* connection) override;
  void set_deadline(const Deadline& deadline) override { deadline_ = deadline; }
  const std::optional<Error>& failure() const override { return failure_; }
  void dismiss() override { signer_.close(); }

 private:
  Result<void> hear_signer();
  Result<void> make_key();
  bool make_rsa_key(EVP_PKEY& public_key);
  bool make_ec_key(EVP_PKEY& public_key);
  bool make_edwards_key(EVP_PKEY& public_key);

  // The signature of INPUT; nothing, with failure() set, when there is none.
  std::optional<std::string> ask(SignatureScheme scheme, std::string_view input);
  // A token does not always tell the public key, but its signature does.
  void note_stranger() { failure_ = bad_certificate(cert_file_, not_this_key).error; }
  int give(SignatureScheme scheme, std::string_view input, unsigned char* room, std::size_t room_size);

  static int rsa_index() {
    static const int index = RSA_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }
  static int ec_index() {
    static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }
#ifndef LIBRESSL_VERSION_NUMBER
  static int edwards_index() {
    static const int index = EVP_PKEY_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
  }
  static int sign_edwards(EVP_MD_CTX* context, unsigned char* room, std::size_t* room_size,
                          const unsigned char* content, std::size_t size);
#endif
  static int sign_rsa(int size, const unsigned char* input, unsigned char* room, RSA* key, int padding);
  static int sign_ec(int, const unsigned char* digest, int size, unsigned char* room, unsigned* room_size,
                     const BIGNUM*, const BIGNUM*, EC_KEY* key);

  std::string cert_file_;
  Channel<KeyFromNetproc, KeyFromSigner> signer_;
  KeyKind kind_ = KeyKind::rsa;
  std::vector<Certificate> chain_;
  RsaMethod rsa_method_;
  EcMethod ec_method_;
  Pkey key_;  // after the methods, which it uses
  Deadline deadline_ = Deadline::never();
  std::optional<Error> failure_;
};

// ---- loading ----

Result<void> RemoteKey::load() {
  std::string pem;
  if (!cert_file_.starts_with("pkcs11:")) {
    pem = TRY(read_pem_file("tls_cert_file", cert_file_, "CERTIFICATE"));
    chain_ = TRY(parse_pem(cert_file_, pem));
  }
  TRY(hear_signer());
  return make_key();
}

Result<void> RemoteKey::hear_signer() {
  const Key key = TRY(signer_.expect_one<Key>(Deadline::never()));
  kind_ = key.kind;
  if (chain_.empty()) chain_ = TRY(parse_der(cert_file_, key.certificate.view()));
  if (!key.public_key.empty() && !is_public_key(*chain_.front(), key.public_key.view())) {
    return bad_certificate(cert_file_, not_this_key);
  }
  return {};
}

Result<void> RemoteKey::make_key() {
  const Pkey public_key(X509_get_pubkey(chain_.front().get()));
  if (!public_key) return bad_certificate(cert_file_, "its public key is of an unknown kind");
  bool made = false;
  switch (kind_) {
    case KeyKind::rsa: made = make_rsa_key(*public_key); break;
    case KeyKind::ec: made = make_ec_key(*public_key); break;
    case KeyKind::edwards: made = make_edwards_key(*public_key); break;
  }
  if (!made) return bad_certificate(cert_file_, not_this_key);
  return {};
}

bool RemoteKey::make_rsa_key(EVP_PKEY& public_key) {
  RSA* const original = EVP_PKEY_base_id(&public_key) == EVP_PKEY_RSA ? EVP_PKEY_get1_RSA(&public_key) : nullptr;
  RSA* const rsa = original != nullptr ? RSAPublicKey_dup(original) : nullptr;
  RSA_free(original);
  if (rsa == nullptr) return false;
  key_.reset(EVP_PKEY_new());
  rsa_method_.reset(RSA_meth_dup(RSA_get_default_method()));
  // The method first: by it the library tells when it is given the key that it is none of its own.
  const bool made = key_ && rsa_method_ && RSA_meth_set_priv_enc(rsa_method_.get(), sign_rsa) == 1 &&
                    RSA_set_method(rsa, rsa_method_.get()) == 1 && RSA_set_ex_data(rsa, rsa_index(), this) == 1 &&
                    EVP_PKEY_assign_RSA(key_.get(), rsa) == 1;
  if (!made) RSA_free(rsa);
  return made;
}

bool RemoteKey::make_ec_key(EVP_PKEY& public_key) {
  EC_KEY* const original = EVP_PKEY_base_id(&public_key) == EVP_PKEY_EC ? EVP_PKEY_get1_EC_KEY(&public_key) : nullptr;
  EC_KEY* const ec = original != nullptr ? EC_KEY_dup(original) : nullptr;
  EC_KEY_free(original);
  if (ec == nullptr) return false;
  key_.reset(EVP_PKEY_new());
  ec_method_.reset(EC_KEY_METHOD_new(EC_KEY_get_default_method()));
  if (ec_method_) EC_KEY_METHOD_set_sign(ec_method_.get(), sign_ec, nullptr, nullptr);
  const bool made = key_ && ec_method_ && EC_KEY_set_method(ec, ec_method_.get()) == 1 &&
                    EC_KEY_set_ex_data(ec, ec_index(), this) == 1 && EVP_PKEY_assign_EC_KEY(key_.get(), ec) == 1;
  if (!made) EC_KEY_free(ec);
  return made;
}

#ifdef LIBRESSL_VERSION_NUMBER

bool RemoteKey::make_edwards_key(EVP_PKEY&) {
  return false;
}

#else

// Keys of this kind have no methods of their own, so the library's for all of them is replaced; a key of somebody else
// is never signed with here.
bool RemoteKey::make_edwards_key(EVP_PKEY& public_key) {
  if (EVP_PKEY_base_id(&public_key) != EVP_PKEY_ED25519) return false;
  const EVP_PKEY_METHOD* const original = EVP_PKEY_meth_find(EVP_PKEY_ED25519);
  EVP_PKEY_METHOD* const method = EVP_PKEY_meth_new(EVP_PKEY_ED25519, EVP_PKEY_FLAG_SIGCTX_CUSTOM);
  if (original == nullptr || method == nullptr) return false;
  EVP_PKEY_meth_copy(method, original);
  EVP_PKEY_meth_set_digestsign(method, sign_edwards);
  EVP_PKEY_up_ref(&public_key);
  key_.reset(&public_key);
  return EVP_PKEY_set_ex_data(key_.get(), edwards_index(), this) == 1 && EVP_PKEY_meth_add0(method) == 1;
}

int RemoteKey::sign_edwards(EVP_MD_CTX* context, unsigned char* room, std::size_t* room_size,
                            const unsigned char* content, std::size_t size) {
  EVP_PKEY* key = EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_pkey_ctx(context));
  auto* self = static_cast<RemoteKey*>(EVP_PKEY_get_ex_data(key, edwards_index()));
  if (self == nullptr) return 0;
  if (room == nullptr) return *room_size = static_cast<std::size_t>(EVP_PKEY_size(key)), 1;
  const int given = self->give(SignatureScheme::eddsa, view(content, size), room, *room_size);
  if (given < 0) return 0;
  *room_size = static_cast<std::size_t>(given);
  return 1;
}

#endif

Result<void> RemoteKey::use_for(ssl_st* connection) {
  const bool taken = connection != nullptr && SSL_use_certificate(connection, chain_.front().get()) == 1 &&
                     SSL_use_PrivateKey(connection, key_.get()) == 1;
  if (!taken) return bad_certificate(cert_file_, "the TLS library does not take it");
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    if (SSL_add1_chain_cert(connection, chain_[i].get()) != 1) {
      return bad_certificate(cert_file_, "the TLS library does not take its issuers");
    }
  }
  return {};
}

// ---- signing ----

std::optional<std::string> RemoteKey::ask(SignatureScheme scheme, std::string_view input) {
  const auto exchange = [&]() -> Result<std::string> {
    const auto bounded = BytesView<max_signing_input>::from(input);
    if (!bounded) return fail(ExitCode::software, "the handshake is too long to be signed");
    TRY(signer_.send(Sign{scheme, *bounded}, deadline_));
    const Signature signature = TRY(signer_.expect_one<Signature>(deadline_));
    return std::string(signature.bytes.view());
  };
  auto signature = exchange();
  if (signature) return std::move(*signature);
  if (!failure_) failure_ = signature.error();
  return std::nullopt;
}

// How many bytes were put into ROOM; -1 when there are none.
int RemoteKey::give(SignatureScheme scheme, std::string_view input, unsigned char* room, std::size_t room_size) {
  const auto signature = ask(scheme, input);
  if (!signature || signature->empty() || signature->size() > room_size) return -1;
  signature->copy(reinterpret_cast<char*>(room), room_size);
  return static_cast<int>(signature->size());
}

int RemoteKey::sign_rsa(int size, const unsigned char* input, unsigned char* room, RSA* key, int padding) {
  auto* self = static_cast<RemoteKey*>(RSA_get_ex_data(key, rsa_index()));
  const SignatureScheme scheme = padding == RSA_NO_PADDING ? SignatureScheme::rsa_pss : SignatureScheme::rsa_pkcs1;
  if (self == nullptr || size < 0 || (padding != RSA_NO_PADDING && padding != RSA_PKCS1_PADDING)) return -1;
  const auto modulus_size = static_cast<std::size_t>(RSA_size(key));
  const std::string_view wanted = view(input, static_cast<std::size_t>(size));
  const int given = self->give(scheme, wanted, room, modulus_size);
  if (given != RSA_size(key)) return -1;
  std::vector<unsigned char> opened(modulus_size);
  const int opened_size = RSA_public_decrypt(given, room, opened.data(), key, padding);
  if (opened_size == size && view(opened.data(), static_cast<std::size_t>(size)) == wanted) return given;
  self->note_stranger();
  return -1;
}

int RemoteKey::sign_ec(int, const unsigned char* digest, int size, unsigned char* room, unsigned* room_size,
                       const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  auto* self = static_cast<RemoteKey*>(EC_KEY_get_ex_data(key, ec_index()));
  if (self == nullptr || size < 0) return 0;
  const auto most = static_cast<std::size_t>(ECDSA_size(key));
  const int given = self->give(SignatureScheme::ecdsa, view(digest, static_cast<std::size_t>(size)), room, most);
  if (given < 0) return 0;
  *room_size = static_cast<unsigned>(given);
  if (ECDSA_verify(0, digest, size, room, given, key) == 1) return 1;
  self->note_stranger();
  return 0;
}

}  // namespace

Result<std::unique_ptr<ClientKey>> ClientKey::create(const std::string& cert_file, Fd signer) {
  auto key = std::make_unique<RemoteKey>(cert_file, std::move(signer));
  TRY(key->load());
  return std::unique_ptr<ClientKey>(std::move(key));
}

}  // namespace msmtp
