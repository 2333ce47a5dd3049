// SCRAM's client against the examples of the standards, and what its messages say about channel binding.
#include "authproc/scram_client.hpp"

#include "common/base64.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;

namespace {

ChannelBinding binding_of(BindingKind kind) {
  ChannelBinding binding;
  binding.kind = kind;
  for (std::size_t i = 0; i < size_of(kind); ++i) binding.bytes[i] = static_cast<std::uint8_t>(i + 1);
  return binding;
}

ScramClient client_of(Mechanism mechanism, const ChannelBinding& binding, std::string_view nonce = "abc") {
  return ScramClient(mechanism, "user", Secret::copy_of("pencil"), binding, nonce);
}

// What the "c" of the client's last message says.
std::string bound_to(ScramClient client) {
  const auto last = client.final("r=abcd,s=QSXCR+Q6sek8bf92,i=4096");
  REQUIRE(last);
  const auto said = base64_decode(last->substr(2, last->find(',') - 2));
  REQUIRE(said);
  return *said;
}

}  // namespace

TEST_CASE("scram client: the example of RFC 5802, 5") {
  ScramClient client = client_of(Mechanism::scram_sha_1, {}, "fyko+d2lbbFgONRv9qkxdawL");
  CHECK(client.first() == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
  const auto last = client.final("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  REQUIRE(last);
  CHECK(*last == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  CHECK(client.is_proof("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
  CHECK(client.is_proof("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=y"));
  CHECK_FALSE(client.is_proof("v=rmF9pqV8S7suAoZWja4dJRkFsKA="));
  CHECK_FALSE(client.is_proof("v=rmF9pqV8S7suAoZWja4dJRkFsKQ"));
  CHECK_FALSE(client.is_proof("x=y,v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
  CHECK_FALSE(client.is_proof(""));
}

TEST_CASE("scram client: the example of RFC 7677, 3") {
  ScramClient client = client_of(Mechanism::scram_sha_256, {}, "rOprNGfwEbeRWgbNEkqO");
  CHECK(client.first() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto last =
      client.final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  REQUIRE(last);
  CHECK(*last ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK(client.is_proof("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

TEST_CASE("scram client: nothing is a proof before the last message") {
  const ScramClient client = client_of(Mechanism::scram_sha_256, {});
  CHECK_FALSE(client.is_proof("v="));
  CHECK_FALSE(client.is_proof(""));
}

TEST_CASE("scram client: the last message binds the login to the connection by the name that the first one gave") {
  for (const BindingKind kind : {BindingKind::unique, BindingKind::exporter}) {
    const ChannelBinding binding = binding_of(kind);
    const std::string header = "p=" + std::string(name(kind)) + ",,";
    for (const Mechanism mechanism : {Mechanism::scram_sha_1_plus, Mechanism::scram_sha_256_plus}) {
      CHECK(client_of(mechanism, binding).first() == header + "n=user,r=abc");
      CHECK(bound_to(client_of(mechanism, binding)) == header + std::string(binding.view()));
    }
  }
  CHECK(binding_of(BindingKind::unique).view().size() == 12);
  CHECK(binding_of(BindingKind::exporter).view().size() == 32);
}

TEST_CASE("scram client: without binding the messages say whether there could have been one") {
  for (const Mechanism mechanism : {Mechanism::scram_sha_1, Mechanism::scram_sha_256}) {
    CHECK(client_of(mechanism, {}).first() == "n,,n=user,r=abc");
    CHECK(bound_to(client_of(mechanism, {})) == "n,,");
    CHECK(client_of(mechanism, binding_of(BindingKind::exporter)).first() == "y,,n=user,r=abc");
    CHECK(bound_to(client_of(mechanism, binding_of(BindingKind::exporter))) == "y,,");
  }
}

TEST_CASE("scram client: another binding makes another proof") {
  const auto proof = [](const ChannelBinding& binding) {
    const auto last = client_of(Mechanism::scram_sha_256_plus, binding).final("r=abcd,s=QSXCR+Q6sek8bf92,i=4096");
    return last ? last->substr(last->find(",p=")) : "";
  };
  ChannelBinding other = binding_of(BindingKind::exporter);
  other.bytes[31] ^= 1;
  CHECK(proof(binding_of(BindingKind::exporter)) == proof(binding_of(BindingKind::exporter)));
  CHECK(proof(binding_of(BindingKind::exporter)) != proof(other));
}

TEST_CASE("scram client: a challenge that is not acceptable is not answered") {
  ScramClient client = client_of(Mechanism::scram_sha_1, {});
  CHECK(client.final("r=abc,s=QQ==,i=4096").error().code == ExitCode::software);
  CHECK(client.final("r=abcd,s=QQ==,i=1").error().code == ExitCode::software);
  CHECK_FALSE(client.is_proof("v="));
}
