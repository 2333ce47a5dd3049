// Packets of any bytes as what the credential child hears and says. The first byte says to or from whom.
#include "message_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msmtp;
  if (size == 0) return 0;
  const std::string_view packet = input(data, size).substr(1);
  switch (data[0] % 4) {
    case 0: check_round_trip<ToAuthproc>(packet); break;
    case 1: check_round_trip<FromAuthproc>(packet); break;
    case 2: check_round_trip<SaslFromServer>(packet); break;
    default: check_round_trip<SaslFromClient>(packet); break;
  }
  return 0;
}
