// The client of each mechanism against the library's own server, and its wire forms.
#include "authproc/sasl.hpp"

#include "tests/unit/authproc/sasl_server.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace msmtp;
using msmtp::test::SaslServer;

namespace {

const std::vector<Mechanism> mechanisms_here = {Mechanism::plain,       Mechanism::login,
                                                Mechanism::cram_md5,    Mechanism::digest_md5,
                                                Mechanism::scram_sha_1, Mechanism::scram_sha_256};

const ChannelBinding no_binding{};
const ChannelBinding some_binding{BindingKind::exporter, {1, 2, 3}};

Result<SaslClient> client_of(Mechanism mechanism, std::string_view user, std::string_view password,
                             const ChannelBinding& binding = no_binding) {
  const Secret secret = Secret::copy_of(password);
  return SaslClient::start(mechanism, {user, &secret, "smtp", "mail.example", 587, "", binding});
}

std::string first_of(SaslClient& client) {
  const auto first = client.first();
  if (!first) return "(error)";
  return *first ? std::string((*first)->reveal()) : "(none)";
}

std::string step_of(SaslClient& client, std::string_view challenge) {
  const auto response = client.step(challenge);
  return response ? std::string(response->reveal()) : "(" + response.error().text + ")";
}

// Whether client and server both end the exchange well.
bool succeeds(Mechanism mechanism, const std::string& user, const std::string& password, const std::string& expected,
              const ChannelBinding& ours = no_binding, const ChannelBinding& theirs = no_binding) {
  auto client = client_of(mechanism, user, password, ours);
  if (!client) return false;
  SaslServer server(std::string(name(mechanism)), user, expected, "4096", theirs);
  auto sent = client->first();
  if (!sent) return false;
  std::string response = *sent ? std::string((*sent)->reveal()) : "";
  for (int steps = 0; steps < 6; ++steps) {
    const auto challenge = server.step(response);
    if (!challenge) return false;
    if (server.has_accepted() && challenge->empty()) return client->is_complete();
    auto answer = client->step(*challenge);
    if (!answer) return false;
    if (server.has_accepted()) return client->is_complete();
    response = answer->reveal();
  }
  return false;
}

}  // namespace

TEST_CASE("sasl: every mechanism succeeds with the right password") {
  for (const Mechanism mechanism : mechanisms_here) {
    CAPTURE(name(mechanism));
    CHECK(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass"));
    CHECK(succeeds(mechanism, "joe@example.org", "a=b,c\\\"d%", "a=b,c\\\"d%"));
    CHECK(succeeds(mechanism, "j=o,e", "x", "x"));
  }
}

TEST_CASE("sasl: every mechanism fails with the wrong password") {
  for (const Mechanism mechanism : mechanisms_here) {
    CAPTURE(name(mechanism));
    CHECK_FALSE(succeeds(mechanism, "joe", "s3cret", "other"));
  }
}

TEST_CASE("sasl: user names and passwords beyond ASCII work") {
  for (const Mechanism mechanism : mechanisms_here) {
    CAPTURE(name(mechanism));
    CHECK(succeeds(mechanism, "j\xc3\xb6\x65", "p\xc3\xa4ssw\xc3\xb6rd", "p\xc3\xa4ssw\xc3\xb6rd"));
  }
}

TEST_CASE("sasl: a long password works") {
  const std::string password(60000, 'p');
  CHECK(succeeds(Mechanism::plain, "joe", password, password));
  CHECK(succeeds(Mechanism::scram_sha_256, "joe", password, password));
}

TEST_CASE("sasl: PLAIN sends NUL user NUL password at once") {
  auto client = client_of(Mechanism::plain, "joe", "two words ");
  REQUIRE(client);
  CHECK(first_of(*client) == std::string("\0joe\0two words ", 15));
  CHECK(client->is_complete());
}

TEST_CASE("sasl: an empty password is a password") {
  auto client = client_of(Mechanism::plain, "joe", "");
  REQUIRE(client);
  CHECK(first_of(*client) == std::string("\0joe\0", 5));
}

TEST_CASE("sasl: bytes that are not UTF-8 pass through PLAIN and LOGIN unchanged") {
  auto plain = client_of(Mechanism::plain, "\xf6", "\xff");
  REQUIRE(plain);
  CHECK(first_of(*plain) == std::string("\0\xf6\0\xff", 4));
  auto login = client_of(Mechanism::login, "\xf6", "\xff");
  REQUIRE(login);
  CHECK(step_of(*login, "") == "\xf6");
  CHECK(step_of(*login, "") == "\xff");
}

TEST_CASE("sasl: LOGIN waits to be asked, and does not look at the questions") {
  auto client = client_of(Mechanism::login, "joe", "two words");
  REQUIRE(client);
  CHECK(first_of(*client) == "(none)");
  CHECK(step_of(*client, "Password:") == "joe");
  CHECK_FALSE(client->is_complete());
  CHECK(step_of(*client, "") == "two words");
  CHECK(client->is_complete());
}

TEST_CASE("sasl: CRAM-MD5 sends user, space and lower-case digest (RFC 2195, 2)") {
  auto client = client_of(Mechanism::cram_md5, "tim", "tanstaaftanstaaf");
  REQUIRE(client);
  CHECK(first_of(*client) == "(none)");
  CHECK(step_of(*client, "<1896.697170952@postoffice.reston.mci.net>") == "tim b913a602c7eda7a495b4e6e7334d3890");
  CHECK(client->is_complete());
}

TEST_CASE("sasl: SCRAM without channel binding says so, and escapes the user name") {
  for (const Mechanism mechanism : {Mechanism::scram_sha_1, Mechanism::scram_sha_256}) {
    auto client = client_of(mechanism, "j,o=e", "x");
    REQUIRE(client);
    const std::string first = first_of(*client);
    CHECK(first.starts_with("n,,n=j=2Co=3De,r="));
    CHECK(first.size() >= std::string("n,,n=j=2Co=3De,r=").size() + 24);
    CHECK_FALSE(client->is_complete());
  }
}

TEST_CASE("sasl: two clients never use the same nonce") {
  auto one = client_of(Mechanism::scram_sha_256, "joe", "x");
  auto two = client_of(Mechanism::scram_sha_256, "joe", "x");
  REQUIRE((one && two));
  CHECK(first_of(*one) != first_of(*two));
}

TEST_CASE("sasl: a challenge behind the last step is refused") {
  auto plain = client_of(Mechanism::plain, "joe", "x");
  first_of(*plain);
  CHECK(plain->step("").error().code == ExitCode::software);
  auto cram = client_of(Mechanism::cram_md5, "joe", "x");
  step_of(*cram, "<1@x>");
  CHECK(cram->step("<2@x>").error().code == ExitCode::software);
}

TEST_CASE("sasl: SCRAM is not complete without the server's signature") {
  auto client = client_of(Mechanism::scram_sha_256, "joe", "x");
  const std::string nonce = first_of(*client).substr(std::string("n,,n=joe,r=").size());
  REQUIRE(client->step("r=" + nonce + "more,s=QUFB,i=4096"));
  CHECK_FALSE(client->is_complete());
  CHECK(client->incomplete().code == ExitCode::protocol);
  const auto wrong = client->step("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == ExitCode::protocol);
  CHECK(wrong.error().text.find("did not prove") != std::string::npos);
  CHECK_FALSE(client->is_complete());
}

TEST_CASE("sasl: a server that reports an error in SCRAM's last message refuses the credentials") {
  auto client = client_of(Mechanism::scram_sha_1, "joe", "x");
  const std::string nonce = first_of(*client).substr(std::string("n,,n=joe,r=").size());
  REQUIRE(client->step("r=" + nonce + "more,s=QUFB,i=4096"));
  const auto refused = client->step("e=invalid-proof");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ExitCode::no_permission);
  CHECK(refused.error().text == "authentication failed (method SCRAM-SHA-1): invalid-proof");
}

TEST_CASE("sasl: text that SASLprep refuses is an error that says whose it is") {
  for (const Mechanism mechanism : {Mechanism::scram_sha_1, Mechanism::scram_sha_256, Mechanism::cram_md5}) {
    const auto bad_user = client_of(mechanism, "\xff", "x");
    REQUIRE_FALSE(bad_user);
    CHECK(bad_user.error().code == ExitCode::software);
    CHECK(bad_user.error().text.find("user name") != std::string::npos);
    const auto bad_password = client_of(mechanism, "joe", "p\xe4ss");
    REQUIRE_FALSE(bad_password);
    CHECK(bad_password.error().text.find("the password is not UTF-8") != std::string::npos);
    CHECK(bad_password.error().text.find("p\xe4ss") == std::string::npos);
  }
}

TEST_CASE("sasl: a missing password is EX_UNAVAILABLE") {
  const auto missing = SaslClient::start(Mechanism::plain, {"joe", nullptr, "smtp", "mail.example", 587, ""});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ExitCode::unavailable);
  CHECK(missing.error().text == "authentication method PLAIN needs a password");
}

TEST_CASE("sasl: a login is bound to the connection, and to no other") {
  ChannelBinding unique = some_binding;
  unique.kind = BindingKind::unique;
  ChannelBinding other = some_binding;
  other.bytes[31] = 1;
  for (const Mechanism mechanism : {Mechanism::scram_sha_1_plus, Mechanism::scram_sha_256_plus}) {
    CAPTURE(name(mechanism));
    CHECK(succeeds(mechanism, "j=o,e", "s3cret pass", "s3cret pass", some_binding, some_binding));
    CHECK(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", unique, unique));
    CHECK_FALSE(succeeds(mechanism, "joe", "s3cret", "other", some_binding, some_binding));
    CHECK_FALSE(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", some_binding, other));
    CHECK_FALSE(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", unique, some_binding));
    const auto without = client_of(mechanism, "joe", "x");
    REQUIRE_FALSE(without);
    CHECK(without.error().code == ExitCode::unavailable);
  }
}

TEST_CASE("sasl: a server that offers binding notices that somebody has hidden the offer") {
  for (const Mechanism mechanism : {Mechanism::scram_sha_1, Mechanism::scram_sha_256}) {
    CAPTURE(name(mechanism));
    CHECK(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", some_binding, no_binding));
    CHECK_FALSE(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", some_binding, some_binding));
    CHECK(succeeds(mechanism, "joe", "s3cret pass", "s3cret pass", no_binding, some_binding));
  }
}

TEST_CASE("sasl: what a server says about the binding is explained") {
  const auto refusal = [](Mechanism mechanism, const std::string& said) {
    auto client = client_of(mechanism, "joe", "x", some_binding);
    const std::string first = first_of(*client);
    CHECK(client->step("r=" + first.substr(first.find(",r=") + 3) + "more,s=QUFB,i=4096"));
    const auto answer = client->step("e=" + said);
    return answer ? "" : answer.error().text;
  };
  CHECK(refusal(Mechanism::scram_sha_256_plus, "channel-bindings-dont-match") ==
        "authentication failed (method SCRAM-SHA-256-PLUS): channel-bindings-dont-match: the TLS connection does not "
        "end at this server, somebody may be in between");
  CHECK(refusal(Mechanism::scram_sha_256, "server-does-support-channel-binding") ==
        "authentication failed (method SCRAM-SHA-256): server-does-support-channel-binding: somebody in between may "
        "have hidden that the server offers it");
}

TEST_CASE("sasl: DIGEST-MD5 is not complete without the server's proof") {
  auto client = client_of(Mechanism::digest_md5, "joe", "x");
  REQUIRE(client);
  CHECK(first_of(*client) == "(none)");
  REQUIRE(client->step("realm=\"example\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8"));
  CHECK_FALSE(client->is_complete());
  CHECK(client->incomplete().text.find("did not prove") != std::string::npos);
  const auto wrong = client->step("rspauth=00000000000000000000000000000000");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == ExitCode::protocol);
  CHECK_FALSE(client->is_complete());
}

TEST_CASE("sasl: DIGEST-MD5 names service, host and user, and the first realm of the server") {
  auto client = client_of(Mechanism::digest_md5, "joe", "x");
  REQUIRE(client);
  const std::string sent = step_of(
      *client,
      "realm=\"EXAMPLE\",realm=\"other\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8");
  CHECK(sent.find("digest-uri=\"smtp/mail.example\"") != std::string::npos);
  CHECK(sent.find("username=\"joe\"") != std::string::npos);
  CHECK(sent.find("realm=\"EXAMPLE\"") != std::string::npos);
}

namespace {

// A challenge for which the answers to the password SecREt01 are known.
const std::string ntlm_challenge("NTLMSSP\0\2\0\0\0\0\0\0\0\x20\0\0\0\1\2\0\0\x01\x23\x45\x67\x89\xab\xcd\xef", 32);

Result<SaslClient> ntlm_client(std::string_view user, std::string_view domain) {
  const Secret secret = Secret::copy_of("SecREt01");
  return SaslClient::start(Mechanism::ntlm, {user, &secret, "smtp", "mail.example", 587, domain});
}

}  // namespace

TEST_CASE("sasl: NTLM speaks first, names the domain, and answers with both hashes") {
  auto client = ntlm_client("user", "DOMAIN");
  REQUIRE(client);
  const std::string first = first_of(*client);
  CHECK(first.starts_with(std::string("NTLMSSP\0\1\0\0\0", 12)));
  CHECK(first.find("DOMAIN") != std::string::npos);
  CHECK_FALSE(client->is_complete());
  const std::string last = step_of(*client, ntlm_challenge);
  CHECK(last.starts_with(std::string("NTLMSSP\0\3\0\0\0", 12)));
  CHECK(last.find("\xc3\x37\xcd\x5c\xbd\x44\xfc\x97\x82\xa6\x67\xaf\x6d\x42\x7c\x6d\xe6\x7c\x20\xc2\xd3\xe7\x7c\x56") !=
        std::string::npos);
  CHECK(last.find("\x25\xa9\x8c\x1c\x31\xe8\x18\x47\x46\x6b\x29\xb2\xdf\x46\x80\xf3\x99\x58\xfb\x8c\x21\x3a\x9c\xc6") !=
        std::string::npos);
  CHECK(client->is_complete());
  CHECK(client->step(ntlm_challenge).error().code == ExitCode::software);
}

TEST_CASE("sasl: NTLM does not answer what is no challenge, and sends nothing of our memory") {
  for (const std::string& bad : {std::string(), std::string("ntlm supported"), ntlm_challenge.substr(0, 31)}) {
    auto client = ntlm_client("user", "");
    REQUIRE(client);
    first_of(*client);
    const auto answer = client->step(bad);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ExitCode::software);
  }
}

TEST_CASE("sasl: names of NTLM have a limit, and up to it they are sent whole") {
  CHECK_FALSE(ntlm_client(std::string(151, 'u'), ""));
  CHECK_FALSE(ntlm_client("user", std::string(151, 'd')));
  auto client = ntlm_client(std::string(150, 'u'), std::string(150, 'd'));
  REQUIRE(client);
  CHECK(first_of(*client).find(std::string(150, 'd')) != std::string::npos);
  std::string challenge = ntlm_challenge;
  challenge[12] = challenge[14] = '\x2c';
  challenge[13] = challenge[15] = '\x01';
  challenge[16] = 48;
  challenge += std::string(16, '\0');
  for (int i = 0; i < 150; ++i) challenge += std::string("T\0", 2);
  const std::string last = step_of(*client, challenge);
  std::string wide;
  for (int i = 0; i < 150; ++i) wide += std::string("u\0", 2);
  CHECK(last.size() == 64 + 24 + 24 + 3 * 300);
  CHECK(last.find(wide) != std::string::npos);
}

TEST_CASE("sasl: the mechanisms of one message are led without the library") {
  auto bearer = client_of(Mechanism::oauthbearer, "joe", "token");
  REQUIRE(bearer);
  CHECK(first_of(*bearer) == "n,a=joe,\1host=mail.example\1port=587\1auth=Bearer token\1\1");
  CHECK(bearer->is_complete());
  CHECK(step_of(*bearer, "{\"status\":\"invalid_token\"}") == "\1");
  CHECK_FALSE(bearer->is_complete());
  CHECK(bearer->incomplete().code == ExitCode::protocol);
  CHECK(bearer->step("{}").error().code == ExitCode::software);

  auto external = SaslClient::start(Mechanism::external, {"", nullptr, "smtp", "mail.example", 587, ""});
  REQUIRE(external);
  CHECK(first_of(*external) == "(none)");
  CHECK(step_of(*external, "").empty());
  CHECK(external->is_complete());
  CHECK_FALSE(SaslClient::start(Mechanism::xoauth2, {"joe", nullptr, "smtp", "mail.example", 587, ""}));
}
