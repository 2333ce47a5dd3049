// What libtls cannot do: the one place that calls the library below it.
#pragma once

#include "common/channel_binding.hpp"
#include "common/result.hpp"
#include "netproc/fingerprint.hpp"

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace msmtp {

struct CertificateFacts {
  std::string subject;  // "C=XX,O=Org,CN=name": UTF-8, control characters escaped
  std::string issuer;
  std::string sha256;  // digests of the certificate, as bytes
  std::string sha1;
  std::string md5;
  std::string spki_sha256;   // of the public key, algorithm included (RFC 7469, 2.4)
  bool must_staple = false;  // RFC 7633

  const std::string& digest(DigestKind kind) const;
};

// The first certificate in PEM; EX_PROTOCOL when there is none.
Result<CertificateFacts> read_certificate(std::string_view pem);

// The connection that libtls keeps to itself. libtls asks every server for an OCSP staple, and ends the handshake when
// one comes for a certificate that names no OCSP responder, even where nothing is verified. While this object lives,
// such staples count as not sent.
class HiddenConnection {
 public:
  // VERIFY says whether staples matter at all. Make it before tls_connect_cbs(3), call install() after.
  static std::unique_ptr<HiddenConnection> create(bool verify);
  virtual ~HiddenConnection() = default;
  // False when the connection was not seen; then libtls stays as strict as it is.
  virtual bool install() = 0;
  // nullptr before tls_connect_cbs(3).
  virtual ssl_st* connection() const = 0;
  // After the handshake: how large the prime of the server's Diffie-Hellman key was; 0 when there was none.
  virtual unsigned dh_prime_bits() const = 0;
  // After the handshake: what a login can be bound to. None under TLS 1.2 without extended master secret, for then
  // somebody in between can have the same "tls-unique" on both sides (RFC 7627, 1).
  virtual ChannelBinding channel_binding() const = 0;
};

}  // namespace msmtp
