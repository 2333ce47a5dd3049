// Packets of any bytes as what the network child tells the parent.
#include "message_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  msmtp::check_round_trip<msmtp::FromNetproc>(msmtp::input(data, size));
  return 0;
}
