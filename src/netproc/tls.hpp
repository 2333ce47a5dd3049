// TLS for the network child. Two files define this: tls_libtls.cpp, and tls_none.cpp for the executable
// that serves plain connections and does not link a TLS library.
#pragma once

#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/sandbox.hpp"
#include "netproc/stream.hpp"

#include <memory>
#include <vector>

namespace msmtp {

struct SecuredStream {
  std::unique_ptr<Stream> stream;
  Secured facts;
};

// Everything that needs files or is slow, done before there is a connection.
class TlsContext {
 public:
  virtual ~TlsContext() = default;

  // What must stay readable until the handshake is over: the directory of trusted certificates, if one is used.
  virtual std::vector<PathGrant> handshake_files() const = 0;

  // Takes over the connection. EX_PROTOCOL when the handshake fails, EX_UNAVAILABLE when the certificate does not
  // pass, EX_IOERR for the network. When it returns, the process may lose its files.
  virtual Result<SecuredStream> handshake(Fd connection, const Deadline& deadline) = 0;
};

// EX_NOINPUT for a file that cannot be read or used, EX_SOFTWARE for parameters that the library refuses. SIGNER has
// the key of the client certificate, where SETTINGS name one; waits until that is loaded.
Result<std::unique_ptr<TlsContext>> prepare_tls(const Prepare& settings, Fd signer = Fd());

}  // namespace msmtp
