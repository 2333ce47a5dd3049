// The resolver's one question.
#include "netproc/resolver.hpp"

#include "common/fd.hpp"
#include "netproc/address.hpp"
#include "netproc/host_name.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>

namespace msmtp {

namespace {

constexpr std::uint16_t dns_port = 53;

struct AddressList {
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> first{nullptr, freeaddrinfo};
  int error = 0;  // of getaddrinfo(3)
};

// No AI_ADDRCONFIG: it asks netlink, which the sandbox refuses, and the race passes over a family that is missing.
AddressList look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  AddressList list;
  list.error = getaddrinfo(name.c_str(), nullptr, &hints, &first);
  if (list.error == 0) list.first.reset(first);
  return list;
}

Unexpected cannot_locate(const Resolve& question, int error, int system_error) {
  const ExitCode code = error == EAI_AGAIN ? ExitCode::temporary_failure : ExitCode::no_host;
  const std::string reason = error == EAI_SYSTEM ? error_text(system_error) : gai_strerror(error);
  return fail(code, "cannot locate host " + question.host.str() + ": " + reason);
}

}  // namespace

Grants resolver_grants() {
  Grants grants;
  for (const auto path :
       {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
        "/etc/localtime", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"}) {
    grants.paths.push_back({path, PathGrant::Access::read});
  }
  grants.connect_port = dns_port;
  return grants;
}

Result<Resolved> resolve(const Resolve& question) {
  const std::string name = TRY(ascii_host_name(question.host.view()));
  const AddressList list = look_up(name);
  if (list.error != 0) return cannot_locate(question, list.error, errno);
  Resolved resolved;
  for (const addrinfo* entry = list.first.get(); entry != nullptr; entry = entry->ai_next) {
    const auto endpoint = endpoint_of(*entry->ai_addr, entry->ai_addrlen);
    if (endpoint && !resolved.endpoints.add(*endpoint)) break;
  }
  if (resolved.endpoints.empty()) return cannot_locate(question, EAI_NONAME, 0);
  return resolved;
}

}  // namespace msmtp
