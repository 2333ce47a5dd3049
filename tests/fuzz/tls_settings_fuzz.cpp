// tls_priorities, fingerprints, PEM files, and the reasons that libtls gives: nothing is lost or made up.
#include "netproc/fingerprint.hpp"
#include "netproc/tls_pem.hpp"
#include "netproc/tls_priorities.hpp"
#include "netproc/tls_reason.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_part_of(const std::string& part, std::string_view text) {
  return text.find(part) != std::string_view::npos;
}

void check_priorities(std::string_view text) {
  const auto read = msmtp::parse_tls_priorities(text);
  require(!read.protocols || is_part_of("PROTOCOLS=" + *read.protocols, text));
  require(!read.ciphers || is_part_of("CIPHERS=" + *read.ciphers, text));
  require(!read.curves || is_part_of("ECDHECURVES=" + *read.curves, text));
  for (const std::string& word : read.unusable) require(!word.empty() && is_part_of(word, text));
}

// What is accepted can be written again, and is then the same.
void check_fingerprint(std::string_view text) {
  const auto several = msmtp::parse_fingerprints(text);
  const auto fingerprint = msmtp::parse_fingerprint(text);
  require(!fingerprint || (several && several->size() == 1 && several->front() == *fingerprint));
  if (!fingerprint || fingerprint->kind == msmtp::DigestKind::spki_sha256) return;
  std::string again(msmtp::name(fingerprint->kind));
  again += ':';
  again += msmtp::colon_hex(fingerprint->digest);
  std::transform(again.begin(), again.end(), again.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  again.erase(std::remove(again.begin(), again.end(), ':'), again.end());
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), ':'), plain.end());
  require(again == plain);
}

void check_pem(std::string_view text) {
  const std::string blocks = msmtp::pem_blocks(text, "CERTIFICATE");
  require(msmtp::pem_blocks(blocks, "CERTIFICATE") == blocks);
  require(blocks.size() <= text.size() + 1);
}

void check_reason(std::string_view text) {
  const auto reason = msmtp::plain_reason(text);
  require(text.find(reason) != std::string_view::npos);
  require(text.empty() || !reason.empty());
  const auto code = msmtp::handshake_error(text).code;
  require(code == msmtp::ExitCode::protocol || code == msmtp::ExitCode::unavailable);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_priorities(text);
  check_fingerprint(text);
  check_pem(text);
  check_reason(text);
  return 0;
}
