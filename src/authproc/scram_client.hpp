// The client's side of SCRAM (RFC 5802, RFC 7677), with and without channel binding.
//
// Not libgsasl's: that of Debian 12 cannot say that it would have bound the login to the channel if the server had
// offered that (flag "y"), without which nobody notices when somebody in between has hidden the offer.
#pragma once

#include "authproc/digest.hpp"
#include "common/channel_binding.hpp"
#include "common/mechanism.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <string>
#include <string_view>

namespace msmtp {

class ScramClient {
 public:
  // USER and PASSWORD are prepared by SASLprep already. NONCE is printable ASCII without comma, and never used twice.
  // BINDING must be known for a mechanism that binds; for one that does not it is known only when we could have bound
  // and the server has not offered it.
  ScramClient(Mechanism mechanism, std::string_view user, Secret password, const ChannelBinding& binding,
              std::string_view nonce);

  // The client-first-message.
  std::string first() const { return gs2_header_ + first_bare_; }

  // The client-final-message that answers the server-first-message CHALLENGE; the password is wiped. EX_SOFTWARE when
  // CHALLENGE is not acceptable: see parse_scram_server_first().
  Result<std::string> final(std::string_view challenge);

  // Whether the server-final-message proves that the server knows the password. Never before final().
  bool is_proof(std::string_view message) const;

 private:
  Digest digest_;
  Secret password_;
  ChannelBinding binding_;
  std::string nonce_;
  std::string gs2_header_;
  std::string first_bare_;
  std::string server_signature_;
};

}  // namespace msmtp
