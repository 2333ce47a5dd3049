// Packets of any bytes as what the parent tells the network child.
#include "message_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  msmtp::check_round_trip<msmtp::ToNetproc>(msmtp::input(data, size));
  return 0;
}
