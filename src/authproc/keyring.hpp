// The desktop's key ring, asked by a program of its own: its library brings threads and a bus, which must be gone
// before the exchange begins.
#pragma once

#include "common/result.hpp"
#include "common/secret.hpp"

#include <chrono>
#include <config.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// How msmtp-keyring ends. Its question comes on its standard input: host, NUL, user; the password of `found` goes to
// its standard output.
enum class KeyringAnswer { found = 0, nothing = 1, locked = 2, unreadable = 3, silent = 4 };

// How long the key ring may take. macOS asks the user to unlock it, or to let us have the password.
inline constexpr std::chrono::seconds keyring_patience{config::keyring == "macos" ? 60 : 10};

// Where msmtp-keyring is: beside EXECUTABLE, the path of the running program; in INSTALLED, a directory, for a set-id
// program, and when the system does not say what is running. Never named by the environment.
std::string keyring_program(std::string_view executable, std::string_view installed, bool set_id);

// Whether there is a session bus, by the values of DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR (nullptr: not set).
// Without one nobody is asked, for the library would try to start one.
bool has_session_bus(const char* bus_address, const char* runtime_directory);

// The password that PROGRAM finds for USER at HOST, within keyring_patience. Nothing, at once, when there is no bus, no
// such program, no entry, or when the key ring is locked; what is worth knowing of it becomes a warning. EX_CONFIG for
// a password that holds a NUL byte or is longer than 64 KiB. Call it outside every sandbox.
Result<std::optional<Secret>> search_keyring(const std::string& program, std::string_view host, std::string_view user);

}  // namespace msmtp
