// Packets of any bytes as what parent and SMTP server tell each other. The first byte says who speaks.
#include "message_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msmtp;
  if (size == 0) return 0;
  const std::string_view packet = input(data, size).substr(1);
  if (data[0] % 2 == 0) {
    check_round_trip<ToServer>(packet);
  } else {
    check_round_trip<FromServer>(packet);
  }
  return 0;
}
