// OpenSSL over memory, so that each octet of the wire is seen before it is decrypted.
#include "sink_tls.hpp"

#include "util.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace msmtp {

std::uint64_t RecordCounter::count(std::string_view bytes) {
  constexpr std::size_t head_size = 5;
  std::uint64_t heads = 0;
  while (!bytes.empty()) {
    const std::size_t skipped = std::min<std::size_t>(skip_, bytes.size());
    skip_ -= skipped;
    bytes.remove_prefix(skipped);
    const std::string_view part = bytes.substr(0, head_size - head_.size());
    head_ += part;
    bytes.remove_prefix(part.size());
    if (head_.size() < head_size) continue;
    skip_ =
        static_cast<std::uint64_t>(static_cast<unsigned char>(head_[3]) << 8 | static_cast<unsigned char>(head_[4]));
    head_.clear();
    ++heads;
  }
  return heads;
}

SinkTlsContext::SinkTlsContext(const std::string& certificate, const std::string& key)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    give_up("cannot use " + certificate + " and " + key);
  }
}

SinkTls::SinkTls(const SinkTlsContext& context, SinkCounts& counts)
    : connection_(SSL_new(context.get())), counts_(counts) {
  SSL_set_bio(connection_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(connection_.get());
}

bool SinkTls::take(std::string_view wire, std::string& plain) {
  counts_.tls_records += records_.count(wire);
  BIO_write(SSL_get_rbio(connection_.get()), wire.data(), static_cast<int>(wire.size()));
  ERR_clear_error();
  if (!established_) {
    const int result = SSL_do_handshake(connection_.get());
    if (result != 1) return SSL_get_error(connection_.get(), result) == SSL_ERROR_WANT_READ;
    established_ = true;
    ++counts_.handshakes;
    if (SSL_session_reused(connection_.get()) == 1) ++counts_.resumed;
  }
  std::array<char, 16384> record;  // a string of that size would be filled with zeros first
  for (;;) {
    const int count = SSL_read(connection_.get(), record.data(), static_cast<int>(record.size()));
    if (count > 0) plain.append(record.data(), static_cast<std::size_t>(count));
    if (count > 0) continue;
    const int error = SSL_get_error(connection_.get(), count);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN;
  }
}

void SinkTls::give(std::string_view plain) {
  if (!plain.empty()) SSL_write(connection_.get(), plain.data(), static_cast<int>(plain.size()));
}

std::string SinkTls::pending() {
  BIO* const out = SSL_get_wbio(connection_.get());
  std::string wire(BIO_ctrl_pending(out), '\0');
  if (!wire.empty()) BIO_read(out, wire.data(), static_cast<int>(wire.size()));
  return wire;
}

}  // namespace msmtp
