// Waiting for a socket, with a deadline.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"

#include <string_view>

namespace msmtp {

// What the messages of the network child call a deadline that has passed.
inline constexpr std::string_view timed_out_text = "the operation timed out";

// Waits for EVENTS of poll(2) on FD, or for an error there that the next call reports; false when DEADLINE has passed.
bool wait_for(const Fd& fd, short events, const Deadline& deadline);

}  // namespace msmtp
