// What a network child that was taken over can ask the signer to sign, and its messages. The first byte chooses.
#include "authproc/signer_input.hpp"
#include "message_round_trip.hpp"

namespace {

using namespace msmtp;

// Nothing is signed that another kind of key would sign, nothing of a length that no digest has.
void check_input(std::string_view bytes) {
  const bool pkcs1 = is_pkcs1_digest(bytes);
  const bool ecdsa = is_ecdsa_digest(bytes);
  const bool content = is_handshake_content(bytes);
  require(!pkcs1 || (bytes.size() >= 35 && bytes.size() <= 83));
  require(!ecdsa || bytes.size() <= 64);
  require(!content || bytes.size() >= 8);
  require(!content || bytes[0] == ' ' || bytes[0] == '\x01');
  for (const KeyKind kind : {KeyKind::rsa, KeyKind::ec, KeyKind::edwards}) {
    int schemes = 0;
    for (const SignatureScheme scheme :
         {SignatureScheme::rsa_pkcs1, SignatureScheme::rsa_pss, SignatureScheme::ecdsa, SignatureScheme::eddsa}) {
      if (is_handshake_input(kind, scheme, bytes, 0)) ++schemes;
    }
    require(schemes <= 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = input(data, size).substr(1);
  switch (data[0] % 5) {
    case 0: check_round_trip<ToSigner>(bytes); break;
    case 1: check_round_trip<FromSigner>(bytes); break;
    case 2: check_round_trip<KeyFromNetproc>(bytes); break;
    case 3: check_round_trip<KeyFromSigner>(bytes); break;
    default: check_input(bytes); break;
  }
  return 0;
}
