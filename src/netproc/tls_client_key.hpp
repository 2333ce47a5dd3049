// The client certificate, whose private key is in another process: here the library gets a key that is public only, and
// methods that ask the signer.
#pragma once

#include "common/channel.hpp"
#include "common/deadline.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <memory>
#include <optional>
#include <string>

struct ssl_st;

namespace msmtp {

class ClientKey {
 public:
  // CERT_FILE is a file in PEM, with the certificates of its issuers behind it, or a PKCS#11 URI: then the signer has
  // the certificate. Waits until the signer has loaded the key. EX_NOINPUT when they cannot be used, or do not belong
  // together; "msmtp-signer ..." when the signer is gone.
  static Result<std::unique_ptr<ClientKey>> create(const std::string& cert_file, Fd signer);
  virtual ~ClientKey() = default;

  // Makes CONNECTION offer the certificate. EX_NOINPUT when the library does not take it.
  virtual Result<void> use_for(ssl_st* connection) = 0;

  // Until when the signer may take.
  virtual void set_deadline(const Deadline& deadline) = 0;
  // Why there is no signature, if one was wanted and there is none.
  virtual const std::optional<Error>& failure() const = 0;
  // The signer is not needed any more.
  virtual void dismiss() = 0;
};

}  // namespace msmtp
