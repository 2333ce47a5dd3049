// The way to a connected descriptor: a race over addresses, or a unix socket. Nothing is read here.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

namespace msmtp {

// A connected, non-blocking descriptor and what the parent wants to know about it.
struct Connection {
  Fd fd;
  Connected facts;
};

// Connects to WHERE as RFC 8305 describes, before TOTAL passes. EX_TEMPFAIL when no address answers, EX_OSERR when the
// source address cannot be used, EX_IOERR for a socket path that is too long.
Result<Connection> dial(const Connect& where, const Deadline& total);

}  // namespace msmtp
