// TLS of the sink's side, between bytes of the wire and bytes of the dialogue; and a count of the client's records.
#pragma once

#include "sink_counts.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace msmtp {

// Finds the heads of TLS records (RFC 8446, 5.1) in a stream.
class RecordCounter {
 public:
  std::uint64_t count(std::string_view bytes);

 private:
  std::string head_;
  std::uint64_t skip_ = 0;
};

class SinkTlsContext {
 public:
  // The server's certificate and key, in PEM files.
  SinkTlsContext(const std::string& certificate, const std::string& key);
  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

class SinkTls {
 public:
  SinkTls(const SinkTlsContext& context, SinkCounts& counts);

  // Takes what came over the wire; appends what it means to PLAIN. False when the connection is broken.
  bool take(std::string_view wire, std::string& plain);

  // Encrypts PLAIN.
  void give(std::string_view plain);

  // What is to go out over the wire.
  std::string pending();

  bool is_established() const { return established_; }

 private:
  struct Free {
    void operator()(SSL* connection) const { SSL_free(connection); }
  };
  std::unique_ptr<SSL, Free> connection_;
  SinkCounts& counts_;
  RecordCounter records_;
  bool established_ = false;
};

}  // namespace msmtp
