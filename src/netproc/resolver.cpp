// The resolver's one question.
#include "netproc/resolver.hpp"

#include "common/fd.hpp"
#include "common/text.hpp"
#include "common/socket_address.hpp"
#include "netproc/dns_answer.hpp"
#include "netproc/host_name.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <string_view>
#include <vector>

// Before it come the types that it uses.
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

namespace msmtp {

namespace {

constexpr std::uint16_t dns_port = 53;

struct AddressList {
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> first{nullptr, freeaddrinfo};
  int error = 0;  // of getaddrinfo(3)
};

// No AI_ADDRCONFIG: it asks netlink, which the sandbox refuses, and the race passes over a family that is missing.
AddressList look_up(const std::string& name, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
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

// A name that the DNS gave: what can be no host's name is as good as none.
std::optional<Line<max_host>> host_name(const char* text) {
  const std::string_view name(text == nullptr ? "" : text);
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (name.empty() || !std::ranges::all_of(name, is_good)) return std::nullopt;
  return Line<max_host>::from(name);
}

// ---- service records ----

// Nothing when there are no such records.
Result<std::vector<ServiceRecord>> service_records(const std::string& name) {
  std::vector<unsigned char> answer(65535);
  const int size = res_query(name.c_str(), ns_c_in, ns_t_srv, answer.data(), static_cast<int>(answer.size()));
  if (size < 0) {
    if (h_errno == HOST_NOT_FOUND || h_errno == NO_DATA) return std::vector<ServiceRecord>();
    const ExitCode code = h_errno == TRY_AGAIN ? ExitCode::temporary_failure : ExitCode::no_host;
    return fail(code, "cannot look up SRV records for " + name + ": " + hstrerror(h_errno));
  }
  const std::size_t length = std::min(static_cast<std::size_t>(size), answer.size());
  auto records = parse_service_records({reinterpret_cast<const char*>(answer.data()), length});
  if (!records) return fail(ExitCode::protocol, "cannot read the SRV records for " + name);
  return std::move(*records);
}

bool is_within(std::string_view host, std::string_view domain) {
  if (host.size() < domain.size() || !equal_ignoring_case(host.substr(host.size() - domain.size()), domain))
    return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
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
  const AddressList list = look_up(name, 0);
  if (list.error != 0) return cannot_locate(question, list.error, errno);
  Resolved resolved;
  for (const addrinfo* entry = list.first.get(); entry != nullptr; entry = entry->ai_next) {
    const auto endpoint = endpoint_of(*entry->ai_addr, entry->ai_addrlen);
    if (endpoint && !resolved.endpoints.add(*endpoint)) break;
  }
  if (resolved.endpoints.empty()) return cannot_locate(question, EAI_NONAME, 0);
  return resolved;
}

Result<OwnName> canonical_name(const AskOwnName& question) {
  const std::string name = TRY(ascii_host_name(question.host.view()));
  const AddressList list = look_up(name, AI_CANONNAME);
  const auto found = host_name(list.error == 0 ? list.first->ai_canonname : nullptr);
  if (!found) return fail(ExitCode::no_host, "no canonical name for " + name);
  return OwnName{*found};
}

Result<PeerName> peer_name(const AskPeerName& question) {
  const SocketAddress address = socket_address(question.endpoint, 0);
  char name[NI_MAXHOST] = "";
  const int error = getnameinfo(address.get(), address.size, name, sizeof name, nullptr, 0, NI_NAMEREQD);
  const auto found = host_name(error == 0 ? name : nullptr);
  if (!found) return fail(ExitCode::no_host, "no name for this address");
  return PeerName{*found};
}

Result<Service> find_service(const AskService& question) {
  std::string domain = TRY(ascii_host_name(question.domain.view()));
  if (domain.ends_with('.')) domain.pop_back();
  const std::string under_tls = "_submissions._tcp." + domain;
  const std::string with_starttls = "_submission._tcp." + domain;
  for (const std::string& name : {under_tls, with_starttls}) {
    const auto records = TRY(service_records(name));
    const auto found = preferred_service(records);
    const auto host = host_name(found ? found->target.c_str() : nullptr);
    if (host) return Service{*host, found->port, name == under_tls, is_within(host->view(), domain)};
  }
  return fail(ExitCode::no_host, "no SRV records for " + under_tls + " or " + with_starttls);
}

}  // namespace msmtp
