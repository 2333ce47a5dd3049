// The signer, with a network child that asks for signatures that no handshake has.
#include "tests/process/signer_process.hpp"
#include "tests/process/tls_server.hpp"

#include <criterion/criterion.h>

#include <cstdlib>
#include <string>

using namespace msmtp;
using namespace msmtp::test;

namespace {

using PlayedNetproc = Channel<KeyFromNetproc, KeyFromSigner>;

std::string key_of_kind(const Certificates& certificates, const std::string& kind) {
  const std::string path = certificates.folder() + "/key-" + kind;
  const std::string algorithm = kind == "rsa"  ? "RSA -pkeyopt rsa_keygen_bits:2048"
                                : kind == "ec" ? "EC -pkeyopt ec_paramgen_curve:P-256"
                                               : "ED25519";
  cr_assert(system(("openssl genpkey -quiet -algorithm " + algorithm + " -out " + path).c_str()) == 0);
  return path;
}

// A signer with its key, and the network child's end.
struct Loaded {
  explicit Loaded(const std::string& key) : netproc(Fd(), "") {
    signer.ask(key);
    netproc = PlayedNetproc(signer.take_netproc(), "msmtp-signer");
    auto introduced = netproc.expect_one<Key>(Signer::soon());
    cr_assert(introduced.has_value());
    kind = introduced->kind;
    has_public_key = !introduced->public_key.empty();
    signer.expect_loaded();
  }

  void request(SignatureScheme scheme, const std::string& input) {
    cr_assert(
        netproc.send(Sign{scheme, BytesView<max_signing_input>::from(input).value()}, Signer::soon()).has_value());
  }

  Signer signer;
  PlayedNetproc netproc;
  KeyKind kind = KeyKind::rsa;
  bool has_public_key = false;
};

struct Refused {
  const char* kind;
  SignatureScheme scheme;
  std::size_t size;
  char fill;
};

}  // namespace

Test(signer, signs_a_digest_once_and_is_gone, .timeout = 60) {
  const Certificates certificates;
  Loaded loaded(key_of_kind(certificates, "ec"));
  cr_expect(loaded.kind == KeyKind::ec && loaded.has_public_key);
  loaded.request(SignatureScheme::ecdsa, std::string(32, 'd'));
  const auto signature = loaded.netproc.expect_one<Signature>(Signer::soon());
  cr_assert(signature.has_value());
  cr_expect(signature->bytes.view().size() > 60 && signature->bytes.view().size() < 80);
  cr_expect_eq(loaded.signer.exit_status(), 0);
}

Test(signer, gives_no_second_signature, .timeout = 60) {
  const Certificates certificates;
  Loaded loaded(key_of_kind(certificates, "ec"));
  loaded.request(SignatureScheme::ecdsa, std::string(32, 'd'));
  loaded.request(SignatureScheme::ecdsa, std::string(32, 'e'));
  cr_expect(loaded.netproc.expect_one<Signature>(Signer::soon()).has_value());
  cr_expect_not(loaded.netproc.expect_one<Signature>(Signer::soon()).has_value());
}

Test(signer, refuses_what_is_no_handshake, .timeout = 120) {
  const Certificates certificates;
  const std::string rsa = key_of_kind(certificates, "rsa");
  const std::string ec = key_of_kind(certificates, "ec");
  const std::string edwards = key_of_kind(certificates, "ed");
  using enum SignatureScheme;
  const Refused refused[] = {
      // Raw RSA of a block: a decryption, if it were given.
      {"rsa", rsa_pss, 256, '\x01'}, {"rsa", rsa_pss, 256, '\0'}, {"rsa", rsa_pss, 255, 'x'},
      {"rsa", rsa_pkcs1, 32, 'd'},   {"rsa", rsa_pkcs1, 51, 'd'}, {"rsa", rsa_pkcs1, 0, 'd'},
      {"rsa", ecdsa, 32, 'd'},       {"rsa", eddsa, 130, ' '},    {"ec", ecdsa, 31, 'd'},
      {"ec", ecdsa, 0, 'd'},         {"ec", rsa_pss, 256, 'd'},   {"ed", eddsa, 130, 'd'},
      {"ed", eddsa, 0, 'd'},         {"ed", ecdsa, 32, 'd'},
  };
  for (const Refused& attempt : refused) {
    const std::string kind = attempt.kind;
    Loaded loaded(kind == "rsa" ? rsa : kind == "ec" ? ec : edwards);
    loaded.request(attempt.scheme, std::string(attempt.size, attempt.fill));
    cr_expect_not(loaded.netproc.expect_one<Signature>(Signer::soon()).has_value());
    const Failed told = loaded.signer.expect_failed();
    cr_expect(told.text.view().find("no handshake") != std::string_view::npos, "%s", told.text.str().c_str());
    cr_expect_eq(loaded.signer.exit_status(), 70);
  }
}

Test(signer, ends_quietly_when_nobody_wants_a_signature, .timeout = 60) {
  const Certificates certificates;
  Loaded loaded(key_of_kind(certificates, "ec"));
  loaded.netproc.close();
  cr_expect_eq(loaded.signer.exit_status(), 0);
}

Test(signer, ends_when_its_parent_does, .timeout = 60) {
  const Certificates certificates;
  Loaded loaded(key_of_kind(certificates, "ec"));
  loaded.signer.parent.close();
  cr_expect_eq(loaded.signer.exit_status(), 0);
}

Test(signer, hears_the_network_child_only_when_it_is_sealed, .timeout = 60) {
  const Certificates certificates;
  Signer signer;
  PlayedNetproc netproc(signer.take_netproc(), "msmtp-signer");
  cr_assert(netproc
                .send(Sign{SignatureScheme::ecdsa, BytesView<max_signing_input>::from(std::string(32, 'd')).value()},
                      Signer::soon())
                .has_value());
  signer.ask(key_of_kind(certificates, "ec"));
  cr_expect(netproc.expect_one<Key>(Signer::soon()).has_value());
  signer.expect_loaded();
  cr_expect(netproc.expect_one<Signature>(Signer::soon()).has_value());
}

Test(signer, takes_no_order_from_its_parent_once_it_is_sealed, .timeout = 60) {
  const Certificates certificates;
  Loaded loaded(key_of_kind(certificates, "ec"));
  (void)loaded.signer.parent.send(LoadKey{}, Signer::soon());
  cr_expect_not(loaded.netproc.expect_one<Signature>(Signer::soon()).has_value());
  cr_expect_eq(loaded.signer.exit_status(), 0);
}

Test(signer, loads_the_key_that_is_chosen_of_several, .timeout = 60) {
  const Certificates certificates;
  Signer signer;
  PlayedNetproc netproc(signer.take_netproc(), "msmtp-signer");
  signer.ask("/nonexistent", true);
  signer.ask(key_of_kind(certificates, "rsa"), true);
  signer.ask("", false);
  signer.choose(1);
  const auto key = netproc.expect_one<Key>(Signer::soon());
  cr_assert(key.has_value());
  cr_expect(key->kind == KeyKind::rsa);
  signer.expect_loaded();
}

Test(signer, a_choice_that_is_none_is_the_end, .timeout = 60) {
  Signer signer;
  signer.ask("/nonexistent", true);
  signer.ask("/nonexistent", false);
  signer.choose(2);
  (void)signer.expect_failed();
  cr_expect_eq(signer.exit_status(), 70);
}

Test(signer, names_the_file_that_it_cannot_use, .timeout = 60) {
  Signer signer;
  signer.ask("/nonexistent");
  const Failed told = signer.expect_failed();
  cr_expect(told.code == ExitCode::no_input);
  cr_expect(told.text.view() == "tls_key_file: /nonexistent: No such file or directory", "%s", told.text.str().c_str());
  cr_expect_eq(signer.exit_status(), 66);
}
