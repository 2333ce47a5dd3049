// A private key in a file.
#pragma once

#include "authproc/signer_key.hpp"
#include "common/fd.hpp"

#include <memory>
#include <string>

namespace msmtp {

// The key in the PEM file PATH, of at most 1 MiB: RSA, EC or Ed25519. When it is encrypted, its passphrase is asked for
// on the terminal. EX_NOINPUT when it cannot be read or used; Cause::peer_gone when PARENT, the channel, is closed
// while the terminal is asked.
Result<std::unique_ptr<SigningKey>> load_key_file(const std::string& path, const Fd& parent);

}  // namespace msmtp
