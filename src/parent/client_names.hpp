// What the two ends of a client's connection are called.
#pragma once

#include "common/messages.hpp"
#include "parent/crew.hpp"
#include "parent/received_field.hpp"

#include <optional>
#include <string>

namespace msmtp {

class ClientNames {
 public:
  // CREW gets the resolvers, from the directory HELPERS.
  ClientNames(Crew& crew, std::string helpers, const std::optional<NewClient>& client);

  // Resolvers begin to look for names, once; where there is nothing to look for, none is started. Loopback addresses
  // are "localhost".
  void seek();
  // The ends with the names that are known, two seconds after seek() at the latest; the same ones ever after. Nothing
  // for a client that has no address.
  const std::optional<NamedAddress>& client();
  const std::optional<NamedAddress>& own();

 private:
  void ask(std::optional<Crew::Resolver>& resolver, const Endpoint& endpoint);
  void hear(std::optional<Crew::Resolver>& resolver, NamedAddress& end);
  void hear();

  Crew& crew_;
  std::string helpers_;
  Endpoint client_endpoint_;
  Endpoint own_endpoint_;
  std::optional<NamedAddress> client_;
  std::optional<NamedAddress> own_;
  Deadline limit_ = Deadline::never();
  bool sought_ = false;
};

}  // namespace msmtp
