// Tokens, through p11-kit: its URIs, its list of modules, and the calls of PKCS#11 itself.
#include "authproc/signer_token.hpp"

#include "common/fd.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <cerrno>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

Unexpected cannot_use(std::string_view setting, std::string_view uri, std::string_view reason) {
  return fail(ExitCode::no_input, std::string(setting) + ": " + shown_uri(uri) + ": " + std::string(reason));
}

std::string reason_of(CK_RV outcome) {
  switch (outcome) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE: return "the PIN is not correct";
    case CKR_PIN_LOCKED: return "the PIN is locked, after too many wrong ones";
    case CKR_PIN_EXPIRED: return "the PIN has expired";
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT: return "the token is gone";
    default: return p11_kit_strerror(outcome);
  }
}

// ---- URIs ----

struct FreeUri {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};
using Uri = std::unique_ptr<P11KitUri, FreeUri>;

Result<Uri> parse_uri(std::string_view setting, const std::string& text) {
  Uri uri(p11_kit_uri_new());
  const int outcome = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (outcome != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(uri.get()) != 0) {
    return cannot_use(setting, text, "not a PKCS#11 URI that p11-kit knows");
  }
  return uri;
}

// The first line of a file that pin-source names, as a path or a file: URI.
Result<std::optional<Secret>> pin_of_file(std::string_view setting, std::string_view uri, std::string_view source) {
  if (source.starts_with("file://")) source.remove_prefix(7);
  if (source.starts_with("file:")) source.remove_prefix(5);
  const Result<Fd> file = open_for_reading(std::string(source));
  if (!file) return cannot_use(setting, uri, "pin-source: " + file.error().text);
  Secret pin = Secret::with_capacity(1024);
  const ssize_t count = read(file->number(), pin.spare(), pin.spare_size());
  if (count < 0) return cannot_use(setting, uri, "pin-source: " + error_text(errno));
  pin.grow_by(static_cast<std::size_t>(count));
  pin.truncate(std::min(pin.size(), pin.reveal().find_first_of("\r\n")));
  return std::optional(std::move(pin));
}

Result<std::optional<Secret>> pin_for(std::string_view setting, const std::string& text, const P11KitUri* uri,
                                      std::string_view token, const PinSource& find_pin) {
  if (const char* value = p11_kit_uri_get_pin_value(uri)) return std::optional(Secret::copy_of(value));
  if (const char* source = p11_kit_uri_get_pin_source(uri)) return pin_of_file(setting, text, source);
  return find_pin(token);
}

// ---- modules and tokens ----

// Modules are never finalized: some want files and threads for that, and the process ends anyway.
Result<std::vector<CK_FUNCTION_LIST*>> load_modules(std::string_view setting, const std::string& text,
                                                    const P11KitUri* uri) {
  p11_kit_be_quiet();
  std::vector<CK_FUNCTION_LIST*> modules;
  if (const char* path = p11_kit_uri_get_module_path(uri)) {
    CK_FUNCTION_LIST* module = p11_kit_module_load(path, 0);
    if (module == nullptr || p11_kit_module_initialize(module) != CKR_OK) {
      return cannot_use(setting, text, "its module cannot be loaded");
    }
    modules.push_back(module);
    return modules;
  }
  CK_FUNCTION_LIST** all = p11_kit_modules_load_and_initialize(0);
  for (CK_FUNCTION_LIST** module = all; module != nullptr && *module != nullptr; ++module) modules.push_back(*module);
  if (modules.empty()) return cannot_use(setting, text, "this system has no PKCS#11 module");
  return modules;
}

struct Token {
  CK_FUNCTION_LIST* module = nullptr;
  CK_SLOT_ID slot = 0;
  CK_TOKEN_INFO info{};

  // As PKCS#11 fills its texts: with blanks behind.
  std::string label() const {
    std::string_view text(reinterpret_cast<const char*>(info.label), sizeof info.label);
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    return printable(text);
  }
};

std::vector<CK_SLOT_ID> slots_of(CK_FUNCTION_LIST& module) {
  CK_ULONG count = 0;
  if (module.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
  std::vector<CK_SLOT_ID> slots(count);
  if (module.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(std::min<std::size_t>(slots.size(), count));
  return slots;
}

std::vector<Token> matching_tokens(const std::vector<CK_FUNCTION_LIST*>& modules, const P11KitUri* uri) {
  std::vector<Token> tokens;
  for (CK_FUNCTION_LIST* module : modules) {
    CK_INFO about{};
    if (module->C_GetInfo(&about) != CKR_OK || p11_kit_uri_match_module_info(uri, &about) != 1) continue;
    for (const CK_SLOT_ID slot : slots_of(*module)) {
      Token token{module, slot, {}};
      if (module->C_GetTokenInfo(slot, &token.info) != CKR_OK) continue;
      if ((token.info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
      if (p11_kit_uri_match_token_info(uri, &token.info) == 1) tokens.push_back(token);
    }
  }
  return tokens;
}

// ---- objects ----

struct Object {
  Token token;
  CK_SESSION_HANDLE session = 0;
  CK_OBJECT_HANDLE handle = 0;
};

std::optional<CK_SESSION_HANDLE> open_session(const Token& token) {
  CK_SESSION_HANDLE session = 0;
  const CK_RV outcome = token.module->C_OpenSession(token.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session);
  if (outcome != CKR_OK) return std::nullopt;
  return session;
}

// What URI says of the object, for the class WANTED.
std::vector<CK_ATTRIBUTE> template_of(P11KitUri* uri, CK_OBJECT_CLASS& wanted) {
  CK_ULONG count = 0;
  const CK_ATTRIBUTE* given = p11_kit_uri_get_attributes(uri, &count);
  std::vector<CK_ATTRIBUTE> attributes(given, given + count);
  std::erase_if(attributes, [](const CK_ATTRIBUTE& attribute) { return attribute.type == CKA_CLASS; });
  attributes.push_back({CKA_CLASS, &wanted, sizeof wanted});
  return attributes;
}

std::optional<Object> find_object(const Token& token, CK_SESSION_HANDLE session, P11KitUri* uri,
                                  CK_OBJECT_CLASS wanted) {
  std::vector<CK_ATTRIBUTE> attributes = template_of(uri, wanted);
  CK_OBJECT_HANDLE handle = 0;
  CK_ULONG count = 0;
  if (token.module->C_FindObjectsInit(session, attributes.data(), attributes.size()) != CKR_OK) return std::nullopt;
  const CK_RV outcome = token.module->C_FindObjects(session, &handle, 1, &count);
  (void)token.module->C_FindObjectsFinal(session);
  if (outcome != CKR_OK || count == 0) return std::nullopt;
  return Object{token, session, handle};
}

// Nothing when the object has no such attribute, or will not tell it.
std::optional<std::string> attribute(const Object& object, CK_ATTRIBUTE_TYPE type) {
  constexpr std::size_t most = 32 * 1024;
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  CK_FUNCTION_LIST& module = *object.token.module;
  if (module.C_GetAttributeValue(object.session, object.handle, &wanted, 1) != CKR_OK) return std::nullopt;
  if (wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION || wanted.ulValueLen > most) return std::nullopt;
  std::string value(wanted.ulValueLen, '\0');
  wanted.pValue = value.data();
  if (module.C_GetAttributeValue(object.session, object.handle, &wanted, 1) != CKR_OK) return std::nullopt;
  return value;
}

bool is_true(const Object& object, CK_ATTRIBUTE_TYPE type) {
  const auto value = attribute(object, type);
  return value && value->size() == sizeof(CK_BBOOL) && value->front() != CK_FALSE;
}

CK_RV log_in(const Object& object, CK_USER_TYPE user, const std::optional<Secret>& pin) {
  CK_FUNCTION_LIST& module = *object.token.module;
  if (!pin) return module.C_Login(object.session, user, nullptr, 0);  // at a keypad of its own
  std::string bytes(pin->reveal());
  const CK_RV outcome =
      module.C_Login(object.session, user, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
  wipe_memory(bytes.data(), bytes.size());
  return outcome == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : outcome;
}

// ---- the key ----

// From the two halves that PKCS#11 gives (RFC 5753, 7.2 has the form that TLS wants).
std::string ecdsa_in_der(std::string_view halves) {
  const auto half = static_cast<int>(halves.size() / 2);
  const auto* bytes = reinterpret_cast<const unsigned char*>(halves.data());
  ECDSA_SIG* signature = ECDSA_SIG_new();
  std::string text;
  unsigned char* der = nullptr;
  if (signature != nullptr &&
      ECDSA_SIG_set0(signature, BN_bin2bn(bytes, half, nullptr), BN_bin2bn(bytes + half, half, nullptr)) == 1) {
    const int size = i2d_ECDSA_SIG(signature, &der);
    if (size > 0) text.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  }
  ECDSA_SIG_free(signature);
  return text;
}

unsigned bits_of(std::string_view modulus) {
  const auto first = modulus.find_first_not_of('\0');
  if (first == std::string_view::npos) return 0;
  auto bits = static_cast<unsigned>(8 * (modulus.size() - first - 1));
  for (unsigned byte = static_cast<unsigned char>(modulus[first]); byte != 0; byte >>= 1) ++bits;
  return bits;
}

class TokenKey final : public SigningKey {
 public:
  TokenKey(Object object, KeyKind kind, std::string name) : object_(object), kind_(kind), name_(std::move(name)) {}

  void set_modulus(std::string_view modulus) { modulus_bits_ = bits_of(modulus); }
  void set_certificate(std::string certificate) { certificate_ = std::move(certificate); }
  // For a key that wants it again with each signature.
  void set_pin(std::optional<Secret> pin) { pin_ = std::move(pin), asks_each_time_ = true; }

  KeyKind kind() const override { return kind_; }
  const std::string& public_key() const override { return none_; }
  const std::string& certificate() const override { return certificate_; }
  std::size_t modulus_size() const override { return (modulus_bits_ + 7) / 8; }
  unsigned modulus_bits() const override { return modulus_bits_; }
  bool is_on_token() const override { return true; }
  Result<std::string> sign(SignatureScheme scheme, std::string_view input) override;

 private:
  Unexpected refused(CK_RV outcome) const {
    return fail(ExitCode::unavailable, "tls_key_file: " + name_ + ": the token does not sign: " + reason_of(outcome));
  }
  bool can(CK_MECHANISM_TYPE mechanism) const;

  Object object_;
  KeyKind kind_;
  std::string name_;
  unsigned modulus_bits_ = 0;
  std::string certificate_;
  std::string none_;
  std::optional<Secret> pin_;
  bool asks_each_time_ = false;
};

bool TokenKey::can(CK_MECHANISM_TYPE mechanism) const {
  CK_MECHANISM_INFO about{};
  const CK_RV outcome = object_.token.module->C_GetMechanismInfo(object_.token.slot, mechanism, &about);
  return outcome == CKR_OK && (about.flags & CKF_SIGN) != 0;
}

CK_MECHANISM_TYPE mechanism_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::rsa_pkcs1: return CKM_RSA_PKCS;
    case SignatureScheme::rsa_pss: return CKM_RSA_X_509;
    case SignatureScheme::ecdsa: return CKM_ECDSA;
    case SignatureScheme::eddsa: return CKM_EDDSA;
  }
  return CKM_ECDSA;
}

Result<std::string> TokenKey::sign(SignatureScheme scheme, std::string_view input) {
  CK_MECHANISM mechanism{mechanism_of(scheme), nullptr, 0};
  if (!can(mechanism.mechanism)) {
    return fail(ExitCode::unavailable,
                "tls_key_file: " + name_ + ": the token cannot make the kind of signature that this handshake needs");
  }
  CK_FUNCTION_LIST& module = *object_.token.module;
  CK_RV outcome = module.C_SignInit(object_.session, &mechanism, object_.handle);
  if (outcome == CKR_OK && asks_each_time_) outcome = log_in(object_, CKU_CONTEXT_SPECIFIC, pin_);
  if (outcome != CKR_OK) return refused(outcome);
  std::string bytes(input);
  std::string signature(max_signature, '\0');
  CK_ULONG size = signature.size();
  outcome = module.C_Sign(object_.session, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                          reinterpret_cast<unsigned char*>(signature.data()), &size);
  if (outcome != CKR_OK || size > signature.size()) return refused(outcome);
  signature.resize(size);
  return kind_ == KeyKind::ec ? ecdsa_in_der(signature) : signature;
}

std::optional<KeyKind> kind_of(const Object& object) {
  const auto value = attribute(object, CKA_KEY_TYPE);
  CK_KEY_TYPE type = 0;
  if (!value || value->size() != sizeof type) return std::nullopt;
  std::copy(value->begin(), value->end(), reinterpret_cast<char*>(&type));
  if (type == CKK_RSA) return KeyKind::rsa;
  if (type == CKK_EC) return KeyKind::ec;
  if (type == CKK_EC_EDWARDS) return KeyKind::edwards;
  return std::nullopt;
}

// ---- finding ----

constexpr std::string_view key_setting = "tls_key_file";
constexpr std::string_view certificate_setting = "tls_cert_file";

struct Place {
  Uri uri;
  std::vector<Token> tokens;
};

Result<Place> tokens_for(std::string_view setting, const std::string& text) {
  Uri uri = TRY(parse_uri(setting, text));
  const auto modules = TRY(load_modules(setting, text, uri.get()));
  auto tokens = matching_tokens(modules, uri.get());
  if (tokens.empty()) return cannot_use(setting, text, "there is no such token");
  return Place{std::move(uri), std::move(tokens)};
}

struct OpenedKey {
  Object object;
  std::optional<Secret> pin;
};

// A PIN goes to one token only, for a wrong one costs one of few attempts.
Result<OpenedKey> open_key(const std::string& text, const Place& place, const PinSource& find_pin) {
  for (const Token& token : place.tokens) {
    const auto session = open_session(token);
    auto object = session ? find_object(token, *session, place.uri.get(), CKO_PRIVATE_KEY) : std::nullopt;
    if (object) return OpenedKey{*object, {}};
  }
  const Token& token = place.tokens.front();
  const bool wants_login = (token.info.flags & CKF_LOGIN_REQUIRED) != 0;
  if (place.tokens.size() > 1) {
    return cannot_use(key_setting, text, "more than one token fits; name it, as in pkcs11:token=...;object=...");
  }
  if (!wants_login) return cannot_use(key_setting, text, "the token has no such private key");
  const auto session = open_session(token);
  if (!session) return cannot_use(key_setting, text, "the token cannot be used");
  OpenedKey key{{token, *session, 0}, {}};
  if ((token.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0) {
    key.pin = TRY(pin_for(key_setting, text, place.uri.get(), token.label(), find_pin));
    if (!key.pin) return cannot_use(key_setting, text, "the token wants a PIN, and there is none (see password)");
  }
  const CK_RV outcome = log_in(key.object, CKU_USER, key.pin);
  if (outcome != CKR_OK) return cannot_use(key_setting, text, reason_of(outcome));
  const auto object = find_object(token, *session, place.uri.get(), CKO_PRIVATE_KEY);
  if (!object) return cannot_use(key_setting, text, "the token has no such private key");
  key.object = *object;
  return key;
}

}  // namespace

Result<std::string> load_token_certificate(const std::string& uri) {
  const Place place = TRY(tokens_for(certificate_setting, uri));
  for (const Token& token : place.tokens) {
    const auto session = open_session(token);
    const auto object = session ? find_object(token, *session, place.uri.get(), CKO_CERTIFICATE) : std::nullopt;
    auto value = object ? attribute(*object, CKA_VALUE) : std::nullopt;
    if (value && !value->empty()) return std::move(*value);
  }
  return cannot_use(certificate_setting, uri, "the token has no such certificate");
}

Result<std::unique_ptr<SigningKey>> load_token_key(const std::string& key_uri, const std::string& certificate_uri,
                                                   const PinSource& find_pin) {
  std::string certificate;
  if (!certificate_uri.empty()) certificate = TRY(load_token_certificate(certificate_uri));
  const Place place = TRY(tokens_for(key_setting, key_uri));
  OpenedKey opened = TRY(open_key(key_uri, place, find_pin));
  const auto kind = kind_of(opened.object);
  if (!kind) return cannot_use(key_setting, key_uri, "neither an RSA, an EC nor an Ed25519 key");
  auto key = std::make_unique<TokenKey>(opened.object, *kind, shown_uri(key_uri));
  if (*kind == KeyKind::rsa) {
    const auto modulus = attribute(opened.object, CKA_MODULUS);
    if (!modulus) return cannot_use(key_setting, key_uri, "the token does not tell the size of the key");
    key->set_modulus(*modulus);
  }
  key->set_certificate(std::move(certificate));
  if (is_true(opened.object, CKA_ALWAYS_AUTHENTICATE)) key->set_pin(std::move(opened.pin));
  return std::unique_ptr<SigningKey>(std::move(key));
}

}  // namespace msmtp
