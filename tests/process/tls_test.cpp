// TLS against openssl's own server on loopback, with certificates made for the occasion.
#include "common/address.hpp"
#include "common/sandbox.hpp"
#include "netproc/dial.hpp"
#include "netproc/netproc.hpp"
#include "netproc/tls.hpp"
#include "tests/process/signer_process.hpp"
#include "tests/process/tls_server.hpp"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

constexpr const char* hello = "220 hello\r\n";

Prepare settings_for(const std::string& trust_file, const std::string& name = "localhost") {
  Prepare settings;
  settings.tls = TlsMode::implicit;
  settings.trust_file = Text<max_path>::from(trust_file).value();
  settings.tls_name = Line<max_host>::from(name).value();
  return settings;
}

Connect loopback(std::uint16_t port) {
  Connect where;
  where.endpoints.add(parse_numeric_address("127.0.0.1").value());
  where.port = port;
  return where;
}

Fd connect_to(const TlsServer& server) {
  for (int i = 0; i < 200; ++i) {
    auto connection = dial(loopback(server.port()), Deadline::in(5s));
    if (connection) return std::move(connection->fd);
    usleep(20'000);
  }
  cr_assert_fail("openssl s_server does not start");
  return Fd();
}

// The end of a signer's channel that the network child has; a closed one without a KEY.
Fd signer_with(std::optional<msmtp::test::Signer>& signer, const std::string& key) {
  if (key.empty()) return Fd();
  signer.emplace();
  signer->ask(key);
  return signer->take_netproc();
}

Result<SecuredStream> secure(const Prepare& settings, const TlsServer& server, const std::string& key = {}) {
  std::optional<msmtp::test::Signer> signer;
  auto context = TRY(prepare_tls(settings, signer_with(signer, key)));
  return context->handshake(connect_to(server), Deadline::in(10s));
}

std::string read_text(Stream& stream, std::size_t size) {
  std::string text;
  char room[4000];
  while (text.size() < size) {
    const auto count = stream.read(std::span(room, std::min(sizeof room, size - text.size())), Deadline::in(10s));
    if (!count) return count.error().text;
    if (*count == 0) break;
    text.append(room, *count);
  }
  return text;
}

void expect_text(const std::string& text, const std::string& wanted) {
  cr_expect(text == wanted, "got: %s", text.c_str());
}

void expect_error(const Error& error, ExitCode code, const std::string& beginning) {
  cr_expect(error.code == code, "code %d: %s", static_cast<int>(error.code), error.text.c_str());
  cr_expect(error.text.starts_with(beginning), "got: %s", error.text.c_str());
}

void expect_refusal(const Prepare& settings, const TlsServer& server, ExitCode code, const std::string& beginning) {
  const auto secured = secure(settings, server);
  cr_assert_not(secured.has_value());
  expect_error(secured.error(), code, beginning);
}

void expect_unprepared(const Prepare& settings, ExitCode code, const std::string& beginning,
                       const std::string& key = {}) {
  std::optional<msmtp::test::Signer> signer;
  const auto context = prepare_tls(settings, signer_with(signer, key));
  cr_assert_not(context.has_value());
  expect_error(context.error(), code, beginning);
}

void expect_success(const Prepare& settings, const TlsServer& server, const std::string& key = {}) {
  auto secured = secure(settings, server, key);
  cr_assert(secured.has_value(), "%s", secured ? "" : secured.error().text.c_str());
  server.say(hello);
  expect_text(read_text(*secured->stream, std::string(hello).size()), hello);
}

// The status of WORK in a process of its own, where the sandbox does not shut the test in.
int status_of(const std::function<int()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work());
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// What the network child does, with its rights at each step.
Result<std::string> talk_in_stages(const Prepare& settings, const TlsServer& server, Fd signer) {
  harden_process(true);
  TRY(enter_stage(Stage::netproc_prepare, files_to_prepare()));
  auto context = TRY(prepare_tls(settings, std::move(signer)));
  const Connect where = loopback(server.port());
  TRY(enter_stage(Stage::netproc_connect, way_to(where, context.get())));
  Connection connection = TRY(dial(where, Deadline::in(5s)));
  TRY(enter_stage(Stage::netproc_handshake, files_for_handshake(*context)));
  SecuredStream secured = TRY(context->handshake(std::move(connection.fd), Deadline::in(5s)));
  TRY(enter_stage(Stage::netproc_talk));
  server.say(hello);
  const std::string heard = read_text(*secured.stream, std::string(hello).size());
  TRY(secured.stream->write(std::string(40'000, 'x'), Deadline::in(5s)));
  (void)secured.stream->has_input();
  secured.stream->close();
  return heard;
}

int talk_status(const Prepare& settings, const TlsServer& server, Fd signer) {
  const Result<std::string> heard = talk_in_stages(settings, server, std::move(signer));
  if (!heard) (void)write_all(Fd(fcntl(2, F_DUPFD_CLOEXEC, 0)), heard.error().text + "\n");
  if (!heard) return static_cast<int>(heard.error().code);
  return *heard == hello ? 0 : 1;
}

}  // namespace

Test(tls, carries_bytes_both_ways_and_tells_who_the_server_is, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  auto secured = secure(settings_for(certificates.ca()), server);
  cr_assert(secured.has_value(), "%s", secured ? "" : secured.error().text.c_str());
  expect_text(secured->facts.version.str(), "TLSv1.3");
  expect_text(secured->facts.cipher.str(), "TLS_AES_256_GCM_SHA384");
  expect_text(secured->facts.subject.str(), "C=XX,O=Test Org,CN=server");
  expect_text(secured->facts.issuer.str(), "C=XX,O=Test Org,CN=Test CA");
  cr_expect(secured->facts.not_after > secured->facts.not_before);
  expect_text(secured->facts.sha256.str(), certificates.fingerprint("server", "sha256"));
  expect_text(secured->facts.sha1.str(), certificates.fingerprint("server", "sha1"));

  server.say(hello);
  expect_text(read_text(*secured->stream, 11), hello);
  const std::string sent(300'000, 'm');
  cr_assert(secured->stream->write(sent, Deadline::in(10s)).has_value());
  cr_expect(server.hear(sent.size()) == sent);
}

Test(tls, has_input_only_when_there_are_bytes_to_read, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  auto secured = secure(settings_for(certificates.ca()), server);
  cr_assert(secured.has_value());
  usleep(100'000);  // session tickets arrive, which are no bytes
  cr_expect_not(secured->stream->has_input());
  server.say(hello);
  for (int i = 0; i < 200 && !secured->stream->has_input(); ++i) usleep(10'000);
  cr_expect(secured->stream->has_input());
  expect_text(read_text(*secured->stream, 4), "220 ");
  cr_expect(secured->stream->has_input());
  expect_text(read_text(*secured->stream, 7), "hello\r\n");
  cr_expect_not(secured->stream->has_input());
}

Test(tls, reads_the_end_of_the_stream_with_and_without_notification, .timeout = 60) {
  const Certificates certificates;
  const std::string pair = certificates.make("server");
  for (const bool orderly : {true, false}) {
    TlsServer server(pair);
    auto secured = secure(settings_for(certificates.ca()), server);
    cr_assert(secured.has_value());
    server.say(hello);
    expect_text(read_text(*secured->stream, 11), hello);
    if (orderly) server.close_input();
    if (!orderly) server.kill();
    char room[10];
    const auto count = secured->stream->read(room, Deadline::in(10s));
    cr_assert(count.has_value(), "%s", count ? "" : count.error().text.c_str());
    cr_expect_eq(*count, 0);
  }
}

Test(tls, ends_a_read_at_its_deadline, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  auto secured = secure(settings_for(certificates.ca()), server);
  cr_assert(secured.has_value());
  char room[10];
  const auto count = secured->stream->read(room, Deadline::in(50ms));
  cr_assert_not(count.has_value());
  expect_error(count.error(), ExitCode::io_error, "network read error: the operation timed out");
  server.say(hello);
  expect_text(read_text(*secured->stream, 11), hello);
}

Test(tls, ends_a_write_at_its_deadline, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  auto secured = secure(settings_for(certificates.ca()), server);
  cr_assert(secured.has_value());
  server.stop();
  const auto written = secured->stream->write(std::string(30'000'000, 'x'), Deadline::in(300ms));
  cr_assert_not(written.has_value());
  expect_error(written.error(), ExitCode::io_error, "network write error: the operation timed out");
}

Test(tls, ends_a_handshake_at_its_deadline, .timeout = 60) {
  const Certificates certificates;
  const SilentServer silent;
  auto context = prepare_tls(settings_for(certificates.ca()));
  cr_assert(context.has_value());
  auto connection = dial(loopback(silent.port()), Deadline::in(5s));
  const auto secured = (*context)->handshake(std::move(connection->fd), Deadline::in(100ms));
  cr_assert_not(secured.has_value());
  expect_error(secured.error(), ExitCode::io_error, "TLS handshake failed: network error: the operation timed out");
}

Test(tls, refuses_a_server_that_speaks_no_tls, .timeout = 60) {
  const Certificates certificates;
  const SilentServer plain("220 mail.example ESMTP\r\n");
  auto context = prepare_tls(settings_for(certificates.ca()));
  auto connection = dial(loopback(plain.port()), Deadline::in(5s));
  const auto secured = (*context)->handshake(std::move(connection->fd), Deadline::in(5s));
  cr_assert_not(secured.has_value());
  expect_error(secured.error(), ExitCode::protocol, "TLS handshake failed: ");
}

Test(tls, refuses_an_unknown_authority, .timeout = 60) {
  const Certificates certificates;
  const Certificates others;
  const TlsServer server(others.make("server"));
  expect_refusal(settings_for(certificates.ca()), server, ExitCode::unavailable,
                 "TLS certificate verification failed: ");
  expect_refusal(settings_for("system"), server, ExitCode::unavailable, "TLS certificate verification failed: ");
}

Test(tls, refuses_a_self_signed_certificate, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make_self_signed("alone"));
  expect_refusal(settings_for(certificates.ca()), server, ExitCode::unavailable,
                 "TLS certificate verification failed: ");
}

Test(tls, refuses_an_expired_certificate, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("expired", {}, "-1"));
  expect_refusal(settings_for(certificates.ca()), server, ExitCode::unavailable,
                 "TLS certificate verification failed: certificate has expired");
}

Test(tls, refuses_another_host_name, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  expect_refusal(settings_for(certificates.ca(), "mail.example"), server, ExitCode::unavailable,
                 "TLS certificate verification failed: name `mail.example' not present in server certificate");
  expect_refusal(settings_for(certificates.ca(), "127.0.0.2"), server, ExitCode::unavailable,
                 "TLS certificate verification failed: name `127.0.0.2'");
}

Test(tls, accepts_an_address_that_the_certificate_names, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  expect_success(settings_for(certificates.ca(), "127.0.0.1"), server);
  expect_success(settings_for(certificates.ca(), "localhost."), server);
}

Test(tls, checks_an_internationalized_name_in_ascii, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server", "subjectAltName=DNS:xn--mller-kva.example"));
  expect_success(settings_for(certificates.ca(), "m\u00fcller.example"), server);
  expect_unprepared(settings_for(certificates.ca(), "\xff.example"), ExitCode::no_host, "cannot locate host ");
}

Test(tls, takes_trust_from_a_hashed_directory_too, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  expect_success(settings_for(certificates.hashed_directory()), server);
}

Test(tls, ignores_trust_from_the_environment, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  setenv("SSL_CERT_FILE", certificates.ca().c_str(), 1);
  setenv("SSL_CERT_DIR", certificates.hashed_directory().c_str(), 1);
  expect_refusal(settings_for("system"), server, ExitCode::unavailable, "TLS certificate verification failed: ");
}

Test(tls, refuses_a_revoked_certificate, .timeout = 60) {
  const Certificates certificates;
  const std::string good = certificates.make("server");
  const std::string bad = certificates.make("revoked");
  Prepare settings = settings_for(certificates.ca());
  settings.crl_file = Text<max_path>::from(certificates.revocation_list("revoked")).value();
  const TlsServer revoked(bad);
  expect_refusal(settings, revoked, ExitCode::unavailable, "TLS certificate verification failed: certificate revoked");
  const TlsServer server(good);
  expect_success(settings, server);
}

Test(tls, compares_fingerprints_and_nothing_else, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make_self_signed("alone", "-1"));
  Prepare settings = settings_for("/nonexistent", "mail.example");
  for (const std::string kind : {"sha256", "sha1", "md5"}) {
    std::string digest = certificates.fingerprint("alone", kind);
    std::erase(digest, ':');
    for (char& c : digest) c = static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c);
    settings.fingerprint = Text<4000>::from(kind + ":" + digest).value();
    expect_success(settings, server);
    digest.front() = digest.front() == '0' ? '1' : '0';
    settings.fingerprint = Text<4000>::from(kind + ":" + digest).value();
    expect_refusal(settings, server, ExitCode::unavailable,
                   "TLS certificate fingerprint does not match: the server has ");
  }
}

Test(tls, verifies_nothing_when_told_so, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make_self_signed("alone", "-1"));
  Prepare settings = settings_for("/nonexistent", "mail.example");
  settings.certcheck = false;
  settings.fingerprint = Text<4000>::from("md5:00000000000000000000000000000000").value();
  expect_success(settings, server);
}

Test(tls, demands_the_staple_that_a_certificate_promises, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("staple", "tlsfeature=status_request"));
  expect_refusal(settings_for(certificates.ca()), server, ExitCode::unavailable,
                 "TLS certificate verification failed: the certificate demands an OCSP staple");
}

Test(tls, overlooks_a_staple_for_a_certificate_without_responder, .timeout = 60) {
  const Certificates certificates;
  const std::string pair = certificates.make("server");
  const TlsServer server(pair, {"-status_file", certificates.ocsp_response("server")});
  expect_success(settings_for(certificates.ca()), server);
  Prepare settings = settings_for("");
  settings.certcheck = false;
  expect_success(settings, server);
}

Test(tls, checks_a_staple_for_a_certificate_with_responder, .timeout = 60) {
  const Certificates certificates;
  const std::string pair = certificates.make("server", "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/");
  const TlsServer server(pair, {"-status_file", certificates.ocsp_response("server")});
  expect_success(settings_for(certificates.ca()), server);
  certificates.revocation_list("server");
  const TlsServer revoked(pair, {"-status_file", certificates.ocsp_response("server")});
  expect_refusal(settings_for(certificates.ca()), revoked, ExitCode::unavailable,
                 "TLS certificate verification failed: ");
}

Test(tls, shows_its_own_certificate, .timeout = 60) {
  const Certificates certificates;
  const std::string pair = certificates.make("server");
  const TlsServer server(pair, {"-Verify", "1", "-verify_return_error", "-CAfile", certificates.ca(), "-tls1_2"});
  expect_refusal(settings_for(certificates.ca()), server, ExitCode::protocol, "TLS handshake failed: ");
  const std::string client = certificates.make("client");
  Prepare settings = settings_for(certificates.ca());
  settings.cert_file = Text<max_path>::from(client).value();
  expect_success(settings, server, client);
}

Test(tls, refuses_tls_1_1_unless_told_otherwise, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"), {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
  Prepare settings = settings_for(certificates.ca());
  expect_refusal(settings, server, ExitCode::protocol, "TLS handshake failed: ");
  settings.priorities = Text<4096>::from("PROTOCOLS=tlsv1.1 CIPHERS=DEFAULT@SECLEVEL=0").value();
  expect_success(settings, server);
}

Test(tls, heeds_priorities, .timeout = 60) {
  const Certificates certificates;
  const TlsServer server(certificates.make("server"));
  Prepare settings = settings_for(certificates.ca());
  settings.priorities =
      Text<4096>::from("CIPHERS=ECDHE-ECDSA-AES128-GCM-SHA256 PROTOCOLS=tlsv1.2 ECDHECURVES=P-256").value();
  auto secured = secure(settings, server);
  cr_assert(secured.has_value(), "%s", secured ? "" : secured.error().text.c_str());
  expect_text(secured->facts.version.str(), "TLSv1.2");
  expect_text(secured->facts.cipher.str(), "ECDHE-ECDSA-AES128-GCM-SHA256");
}

Test(tls, warns_of_priorities_that_mean_nothing_here, .timeout = 60) {
  const Certificates certificates;
  Prepare settings = settings_for(certificates.ca());
  settings.priorities = Text<4096>::from("NORMAL:+VERS-TLS1.3 PROTOCOLS=secure").value();
  Pipe log = make_pipe().value();
  const Fd real(fcntl(2, F_DUPFD_CLOEXEC, 10));
  dup2(log.write_end.number(), 2);
  const bool prepared = prepare_tls(settings).has_value();
  dup2(real.number(), 2);
  char room[1000];
  const ssize_t count = read(log.read_end.number(), room, sizeof room);
  cr_expect(prepared);
  expect_text(std::string(room, count > 0 ? static_cast<std::size_t>(count) : 0),
              "!tls_priorities: libtls cannot use NORMAL:+VERS-TLS1.3; ignored\n");
}

Test(tls, refuses_priorities_that_the_library_refuses, .timeout = 60) {
  const Certificates certificates;
  Prepare settings = settings_for(certificates.ca());
  for (const std::string text : {"PROTOCOLS=tlsv9", "CIPHERS=NONSENSE", "ECDHECURVES=P-1"}) {
    settings.priorities = Text<4096>::from(text).value();
    expect_unprepared(settings, ExitCode::software, "tls_priorities: ");
  }
}

Test(tls, names_the_file_that_it_cannot_use, .timeout = 60) {
  const Certificates certificates;
  const std::string junk = certificates.file("junk", "junk\n");
  const std::string broken =
      certificates.file("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const std::string list = certificates.file("list", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
  const auto path = [](const std::string& text) { return Text<max_path>::from(text).value(); };
  expect_unprepared(settings_for("/nonexistent"), ExitCode::no_input,
                    "tls_trust_file: /nonexistent: No such file or directory");
  expect_unprepared(settings_for(junk), ExitCode::no_input, "tls_trust_file: " + junk + ": no CERTIFICATE in it");
  expect_unprepared(settings_for(broken), ExitCode::no_input, "tls_trust_file: " + broken + ": cannot be used");
  expect_unprepared(settings_for(certificates.folder()), ExitCode::no_input,
                    "tls_trust_file: " + certificates.folder());

  Prepare settings = settings_for(certificates.ca());
  for (const std::string& crl : {std::string("/nonexistent"), junk, list}) {
    settings.crl_file = path(crl);
    expect_unprepared(settings, ExitCode::no_input, "tls_crl_file: " + crl + ": ");
  }

  settings = settings_for(certificates.ca());
  const std::string one = certificates.make("one");
  const std::string two = certificates.make("two");
  settings.cert_file = path(one);
  expect_unprepared(settings, ExitCode::software, "msmtp-signer has ended unexpectedly", "/nonexistent");
  expect_unprepared(settings, ExitCode::no_input, "tls_cert_file: " + one + ": cannot be used: it does not belong",
                    certificates.key("two"));
  settings.cert_file = path(broken);
  expect_unprepared(settings, ExitCode::no_input, "tls_cert_file", certificates.key("one"));
}

Test(tls, does_its_work_in_the_stages_of_the_network_child, .timeout = 60) {
  const Certificates certificates;
  const std::string pair = certificates.make("server");
  certificates.make("other");
  const auto status_with = [&](const Prepare& settings, const std::vector<std::string>& options = {}) {
    const TlsServer server(pair, options);
    connect_to(server).close();  // so that it is known to listen
    std::optional<msmtp::test::Signer> signer;
    Fd signing = signer_with(signer, settings.cert_file.str());
    return status_of([&] { return talk_status(settings, server, std::move(signing)); });
  };
  const int refused = static_cast<int>(ExitCode::unavailable);
  Prepare settings = settings_for(certificates.hashed_directory());
  settings.crl_file = Text<max_path>::from(certificates.revocation_list("other")).value();
  settings.cert_file = Text<max_path>::from(certificates.make("client")).value();
  cr_expect_eq(status_with(settings, {"-Verify", "1", "-verify_return_error", "-CAfile", certificates.ca()}), 0);
  cr_expect_eq(status_with(settings_for(certificates.ca())), 0);
  cr_expect_eq(status_with(settings_for(certificates.hashed_directory())), 0);
  cr_expect_eq(status_with(settings_for("system")), refused);
  cr_expect_eq(status_with(settings_for(certificates.ca(), "mail.example")), refused);
}
