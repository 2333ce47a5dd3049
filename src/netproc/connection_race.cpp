// The schedule of the race for a connection.
#include "netproc/connection_race.hpp"

#include <algorithm>
#include <cerrno>

namespace msmtp {

namespace {

// The endpoints of FAMILY, each once.
std::vector<Endpoint> of_family(std::span<const Endpoint> endpoints, Family family) {
  std::vector<Endpoint> chosen;
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.family == family && std::ranges::find(chosen, endpoint) == chosen.end()) chosen.push_back(endpoint);
  }
  return chosen;
}

// Says something about this machine rather than about the server.
bool is_local_reason(int error) {
  return error == 0 || error == EAFNOSUPPORT || error == ENETUNREACH || error == EADDRNOTAVAIL || error == ENETDOWN;
}

}  // namespace

std::vector<Endpoint> interleave_families(std::span<const Endpoint> endpoints) {
  if (endpoints.empty()) return {};
  const Family preferred = endpoints.front().family;
  const auto first = of_family(endpoints, preferred);
  const auto second = of_family(endpoints, preferred == Family::ipv4 ? Family::ipv6 : Family::ipv4);
  std::vector<Endpoint> order;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < second.size()) order.push_back(second[i]);
  }
  return order;
}

int more_telling(int earlier_errno, int later_errno) {
  return is_local_reason(later_errno) && !is_local_reason(earlier_errno) ? earlier_errno : later_errno;
}

ConnectionRace::ConnectionRace(std::span<const Endpoint> endpoints) : order_(interleave_families(endpoints)) {}

std::optional<Endpoint> ConnectionRace::next(Time now) {
  if (!may_start() || now < earliest_start_) return std::nullopt;
  ++running_;
  earliest_start_ = now + attempt_delay;
  return order_[next_++];
}

void ConnectionRace::failed(int errno_value) {
  --running_;
  earliest_start_ = Time();
  reason_ = more_telling(reason_, errno_value);
}

std::optional<ConnectionRace::Time> ConnectionRace::next_start() const {
  return may_start() ? std::optional(earliest_start_) : std::nullopt;
}

}  // namespace msmtp
