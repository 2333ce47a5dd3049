// msmtp-keyring: looks one password up in the desktop's key ring (the Secret Service) and ends.
//
// It never asks for anything: an entry that is locked is passed over, and its exit status says so (KeyringAnswer).
#include "authproc/keyring.hpp"
#include "authproc/keyring_question.hpp"
#include "common/fd.hpp"
#include "common/lesser_user.hpp"
#include "common/sandbox.hpp"

#include <libsecret/secret.h>
#include <memory>
#include <string>
#include <unistd.h>

namespace msmtp {

namespace {

struct Free {
  void operator()(GHashTable* table) const { g_hash_table_unref(table); }
  void operator()(SecretValue* value) const { secret_value_unref(value); }
  void operator()(GList* items) const { g_list_free_full(items, g_object_unref); }
};
using Attributes = std::unique_ptr<GHashTable, Free>;

// The name is not looked at: entries that were made by hand have another.
SecretSchema own_schema() {
  SecretSchema schema{};
  schema.name = "de.marlam.msmtp.password";
  schema.flags = SECRET_SCHEMA_DONT_MATCH_NAME;
  schema.attributes[0] = {"host", SECRET_SCHEMA_ATTRIBUTE_STRING};
  schema.attributes[1] = {"service", SECRET_SCHEMA_ATTRIBUTE_STRING};
  schema.attributes[2] = {"user", SECRET_SCHEMA_ATTRIBUTE_STRING};
  return schema;
}

KeyringAnswer write_password(SecretItem* item) {
  const std::unique_ptr<SecretValue, Free> value(secret_item_get_secret(item));
  if (value == nullptr) return KeyringAnswer::nothing;
  gsize size = 0;
  const gchar* bytes = secret_value_get(value.get(), &size);
  const Fd output(STDOUT_FILENO);
  return write_all(output, {bytes, size}) ? KeyringAnswer::found : KeyringAnswer::nothing;
}

// The first entry that is not locked. An error of the bus or the service is no entry.
KeyringAnswer search(const SecretSchema& schema, const Attributes& attributes) {
  const auto flags = static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS);
  const std::unique_ptr<GList, Free> items(
      secret_service_search_sync(nullptr, &schema, attributes.get(), flags, nullptr, nullptr));
  KeyringAnswer answer = KeyringAnswer::nothing;
  for (const GList* entry = items.get(); entry != nullptr; entry = entry->next) {
    auto* item = static_cast<SecretItem*>(entry->data);
    if (secret_item_get_locked(item) != FALSE) {
      answer = KeyringAnswer::locked;
    } else if (write_password(item) == KeyringAnswer::found) {
      return KeyringAnswer::found;
    }
  }
  return answer;
}

// By our own attributes, then by those that desktops have always used for passwords of the network.
KeyringAnswer look_up(const std::string& host, const std::string& user) {
  const SecretSchema own = own_schema();
  const KeyringAnswer answer = search(own, Attributes(secret_attributes_build(&own, "host", host.c_str(), "service",
                                                                              "smtp", "user", user.c_str(), nullptr)));
  if (answer == KeyringAnswer::found) return answer;
  const SecretSchema* network = SECRET_SCHEMA_COMPAT_NETWORK;
  const KeyringAnswer other =
      search(*network, Attributes(secret_attributes_build(network, "user", user.c_str(), "protocol", "smtp", "server",
                                                          host.c_str(), nullptr)));
  return other == KeyringAnswer::nothing ? answer : other;
}

KeyringAnswer run() {
  const Fd input(STDIN_FILENO);
  const auto question = read_keyring_question(input);
  return question ? look_up(question->host, question->user) : KeyringAnswer::nothing;
}

}  // namespace

}  // namespace msmtp

int main() {
  // In this order: a change of user would undo the other.
  if (!msmtp::drop_set_id()) return static_cast<int>(msmtp::KeyringAnswer::nothing);
  msmtp::harden_process(true);
  return static_cast<int>(msmtp::run());
}
