// A private key in a file.
#include "authproc/signer_file.hpp"

#include "authproc/prompt.hpp"
#include "common/free_with.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t largest_file = 1024 * 1024;

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

Unexpected cannot_use(const std::string& path, std::string_view reason) {
  return fail(ExitCode::no_input, "tls_key_file: " + path + ": " + std::string(reason));
}

Result<Secret> read_file(const std::string& path) {
  const Result<Fd> fd = open_for_reading(path);
  if (!fd) return fail(ExitCode::no_input, "tls_key_file: " + fd.error().text);
  Secret content = Secret::with_capacity(16 * 1024);
  for (;;) {
    if (content.spare_size() == 0) content.reserve(2 * content.size());
    const ssize_t count = read(fd->number(), content.spare(), content.spare_size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_use(path, error_text(errno));
    if (count == 0) break;
    content.grow_by(static_cast<std::size_t>(count));
    if (content.size() > largest_file) return cannot_use(path, "too large");
  }
  if (content.reveal().find("PRIVATE KEY-----") == std::string_view::npos) {
    return cannot_use(path, "no PRIVATE KEY in it");
  }
  return content;
}

// The passphrase, asked for when the library finds that it needs one.
struct Passphrase {
  const std::string& path;
  const Fd& parent;
  bool wanted = false;
  std::optional<Error> error;

  static int ask(char* room, int size, int, void* self) {
    auto& passphrase = *static_cast<Passphrase*>(self);
    passphrase.wanted = true;
    auto answer = ask_on_terminal("passphrase of " + printable(passphrase.path) + ": ", passphrase.parent);
    if (!answer) passphrase.error = answer.error();
    if (!answer || !*answer || (*answer)->size() > static_cast<std::size_t>(size)) return -1;
    return static_cast<int>((*answer)->reveal().copy(room, static_cast<std::size_t>(size)));
  }
};

Result<Pkey> parse_key(const std::string& path, const Secret& pem, const Fd& parent) {
  Passphrase passphrase{path, parent, false, {}};
  const Bio in(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.size())));
  Pkey key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, Passphrase::ask, &passphrase) : nullptr);
  if (key) return key;
  if (passphrase.error) return fail(std::move(*passphrase.error));
  if (passphrase.wanted) return cannot_use(path, "it is encrypted, and no passphrase for it came from the terminal");
  return cannot_use(path, "cannot be used: not a private key in PEM");
}

std::optional<KeyKind> kind_of(const EVP_PKEY& key) {
  switch (EVP_PKEY_base_id(&key)) {
    case EVP_PKEY_RSA: return KeyKind::rsa;
    case EVP_PKEY_EC: return KeyKind::ec;
    case EVP_PKEY_ED25519: return KeyKind::edwards;
    default: return std::nullopt;
  }
}

std::string public_part(EVP_PKEY& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(&key, &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

class FileKey final : public SigningKey {
 public:
  FileKey(Pkey key, KeyKind kind) : key_(std::move(key)), kind_(kind), public_key_(public_part(*key_)) {}

  KeyKind kind() const override { return kind_; }
  const std::string& public_key() const override { return public_key_; }
  const std::string& certificate() const override { return none_; }
  std::size_t modulus_size() const override {
    return kind_ == KeyKind::rsa ? static_cast<std::size_t>(EVP_PKEY_size(key_.get())) : 0;
  }
  unsigned modulus_bits() const override {
    return kind_ == KeyKind::rsa ? static_cast<unsigned>(EVP_PKEY_bits(key_.get())) : 0;
  }
  bool is_on_token() const override { return false; }
  Result<std::string> sign(SignatureScheme scheme, std::string_view input) override;

 private:
  bool sign_block(SignatureScheme scheme, std::string_view input, std::string& signature) const;
  bool sign_content(std::string_view input, std::string& signature) const;

  Pkey key_;
  KeyKind kind_;
  std::string public_key_;
  std::string none_;
};

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Result<std::string> FileKey::sign(SignatureScheme scheme, std::string_view input) {
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(key_.get())), '\0');
  const bool made =
      scheme == SignatureScheme::eddsa ? sign_content(input, signature) : sign_block(scheme, input, signature);
  if (!made) return fail(ExitCode::unavailable, "tls_key_file: the key cannot sign this");
  return signature;
}

// Without a digest to be named, the library takes the input as it is, and pads it where it is told to.
bool FileKey::sign_block(SignatureScheme scheme, std::string_view input, std::string& signature) const {
  const PkeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  if (!context || EVP_PKEY_sign_init(context.get()) != 1) return false;
  if (kind_ == KeyKind::rsa) {
    const int padding = scheme == SignatureScheme::rsa_pss ? RSA_NO_PADDING : RSA_PKCS1_PADDING;
    if (EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
  }
  std::size_t size = signature.size();
  auto* room = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_PKEY_sign(context.get(), room, &size, octets(input), input.size()) != 1) return false;
  signature.resize(size);
  return true;
}

bool FileKey::sign_content(std::string_view input, std::string& signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) return false;
  std::size_t size = signature.size();
  auto* room = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), room, &size, octets(input), input.size()) != 1) return false;
  signature.resize(size);
  return true;
}

}  // namespace

Result<std::unique_ptr<SigningKey>> load_key_file(const std::string& path, const Fd& parent) {
  const Secret pem = TRY(read_file(path));
  Pkey key = TRY(parse_key(path, pem, parent));
  const auto kind = kind_of(*key);
  if (!kind) return cannot_use(path, "cannot be used: neither an RSA, an EC nor an Ed25519 key");
  return std::unique_ptr<SigningKey>(std::make_unique<FileKey>(std::move(key), *kind));
}

}  // namespace msmtp
