// Packets of any bytes as what the processes of msmtpd, and msmtp and keepers, tell each other. The first byte says to
// or from whom.
#include "message_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msmtp;
  if (size == 0) return 0;
  const std::string_view packet = input(data, size).substr(1);
  switch (data[0] % 12) {
    case 0: check_round_trip<ToSession>(packet); break;
    case 1: check_round_trip<ToForker>(packet); break;
    case 2: check_round_trip<FromForker>(packet); break;
    case 3: check_round_trip<ToVerifier>(packet); break;
    case 4: check_round_trip<FromVerifier>(packet); break;
    case 5: check_round_trip<LoginFromClient>(packet); break;
    case 6: check_round_trip<LoginToClient>(packet); break;
    case 7: check_round_trip<FromSession>(packet); break;
    case 8: check_round_trip<FromCheck>(packet); break;
    case 9: check_round_trip<ToKeeper>(packet); break;
    case 10: check_round_trip<FromKeeper>(packet); break;
    default: check_round_trip<KeeperRequest>(packet); break;
  }
  return 0;
}
