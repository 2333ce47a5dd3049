// What the two ends of a client's connection are called.
#include "parent/client_names.hpp"

#include "common/address.hpp"

#include <chrono>
#include <poll.h>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

constexpr std::chrono::seconds look_up_time(2);

NamedAddress named(const Endpoint& endpoint) {
  return {is_loopback(endpoint) ? "localhost" : "", to_text(endpoint)};
}

}  // namespace

ClientNames::ClientNames(Crew& crew, std::string helpers, const std::optional<NewClient>& client)
    : crew_(crew), helpers_(std::move(helpers)) {
  if (!client || client->is_local) return;
  client_endpoint_ = client->client;
  own_endpoint_ = client->own;
  client_ = named(client_endpoint_);
  own_ = named(own_endpoint_);
}

// A mail can do without names, so whatever goes wrong here means that there is none.
void ClientNames::ask(std::optional<Crew::Resolver>& resolver, const Endpoint& endpoint) {
  if (!resolver->send(AskPeerName{endpoint}, limit_)) resolver.reset();
}

void ClientNames::seek() {
  if (std::exchange(sought_, true) || !client_) return;
  limit_ = Deadline::in(look_up_time);
  CrewStarter starter(helpers_, crew_);
  if (client_->name.empty() && starter.start_peer_resolver()) ask(crew_.peer_resolver, client_endpoint_);
  if (own_->name.empty() && starter.start_own_resolver()) ask(crew_.own_resolver, own_endpoint_);
}

void ClientNames::hear(std::optional<Crew::Resolver>& resolver, NamedAddress& end) {
  if (!resolver) return;
  std::vector<Crew::Polled> polled{{resolver->fd().number(), POLLIN}};
  if (crew_.wait(polled, limit_)) {
    const auto answer = resolver->expect<PeerName, Failed>(limit_);
    if (answer && std::holds_alternative<PeerName>(*answer)) end.name = std::get<PeerName>(*answer).name.str();
  }
  resolver.reset();
}

void ClientNames::hear() {
  if (!client_) return;
  hear(crew_.peer_resolver, *client_);
  hear(crew_.own_resolver, *own_);
}

const std::optional<NamedAddress>& ClientNames::client() {
  hear();
  return client_;
}

const std::optional<NamedAddress>& ClientNames::own() {
  hear();
  return own_;
}

}  // namespace msmtp
