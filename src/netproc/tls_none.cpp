// TLS for the executable that has none: the parent starts the other one for sessions with TLS.
#include "netproc/tls.hpp"

namespace msmtp {

Result<std::unique_ptr<TlsContext>> prepare_tls(const Prepare&, Fd) {
  return fail(ExitCode::unavailable, "this executable speaks no TLS");
}

}  // namespace msmtp
