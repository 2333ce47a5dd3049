// The log file: opened early, while files may still be opened; written to at the end.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// Opens PATH for appending; "-" is standard output. A new file is readable by its owner only. A link at
// PATH is followed when it belongs to this user or to root, so that nobody else can choose the file (as
// they could in /tmp). The error (EX_IOERR) is the bare reason.
Result<Fd> open_log_file(const std::string& path);

// Appends LINE and a line end in one write. A regular file is locked meanwhile; EX_IOERR when another
// process keeps it locked for 10 seconds.
Result<void> append_log_line(const Fd& log, std::string_view line);

}  // namespace msmtp
