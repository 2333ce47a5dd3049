// What --serverinfo prints.
#include "parent/server_report.hpp"

#include "common/mechanism.hpp"
#include "common/text.hpp"
#include "parent/report.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace msmtp {

namespace {

constexpr std::string_view indent = "    ";

// " (name [address])", or as much of it as is known.
std::string shown_peer(const ServerFacts& facts) {
  if (facts.peer_name.empty() && facts.peer_address.empty()) return "";
  std::string text = " (" + facts.peer_name;
  if (!facts.peer_name.empty() && !facts.peer_address.empty()) text += ' ';
  if (!facts.peer_address.empty()) text += "[" + facts.peer_address + "]";
  return text + ")";
}

std::string first_line(const Account& account, const ServerFacts& facts) {
  std::string text = account.protocol == Protocol::lmtp ? "LMTP server at " : "SMTP server at ";
  text += account.socket ? *account.socket : account.host.value_or(std::string());
  text += shown_peer(facts);
  if (account.port != 0) text += ", port " + std::to_string(account.port);
  return text + ":";
}

std::string two_decimals(double number) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, 2).ptr;
  return {text.data(), end};
}

// Each name followed by a blank, the last one too, as with --version.
std::string shown_mechanisms(const MechanismSet& offered) {
  std::string text;
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    if (offered.has(mechanism)) text += std::string(name(mechanism)) + " ";
  }
  return text;
}

class CapabilityList {
 public:
  void add(std::string_view keyword, std::string_view meaning) {
    text_.append(indent).append(keyword).append(":\n");
    add_line(meaning);
  }
  void add_line(std::string_view line) { text_.append(indent).append(indent).append(line).append("\n"); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Keywords that change nothing for the user of a client are left out.
std::string shown_capabilities(const Capabilities& offered, bool used_starttls) {
  CapabilityList list;
  if (offered.size) {
    list.add("SIZE " + std::to_string(offered.size_limit),
             "Maximum message size is " + size_limit_text(offered.size_limit));
  }
  if (offered.pipelining) list.add("PIPELINING", "Support for command grouping for faster transmission");
  if (offered.smtputf8) list.add("SMTPUTF8", "Support for Internationalized Email");
  if (offered.etrn) list.add("ETRN", "Support for RMQS (Remote Message Queue Starting)");
  if (offered.dsn) list.add("DSN", "Support for Delivery Status Notifications");
  if (offered.starttls || used_starttls) {
    list.add("STARTTLS", "Support for TLS encryption via the STARTTLS command");
  }
  if (offered.auth) {
    list.add("AUTH", "Supported authentication methods:");
    list.add_line(shown_mechanisms(offered.mechanisms));
  }
  return list.text().empty() ? "No special capabilities.\n" : "Capabilities:\n" + list.text();
}

}  // namespace

std::string size_limit_text(std::uint64_t bytes) {
  constexpr std::uint64_t kib = 1024;
  constexpr std::uint64_t mib = 1024 * kib;
  if (bytes == 0) return "unlimited";
  std::string text = std::to_string(bytes) + " bytes";
  if (bytes > mib) {
    text += " = " + two_decimals(static_cast<double>(bytes) / static_cast<double>(mib)) + " MiB";
  } else if (bytes > kib) {
    text += " = " + two_decimals(static_cast<double>(bytes) / static_cast<double>(kib)) + " KiB";
  }
  return text;
}

std::string describe_server(const Account& account, const ServerFacts& facts) {
  std::string text = printable(first_line(account, facts)) + '\n';
  const auto greeting = facts.capabilities.greeting.view();
  if (!greeting.empty()) text.append(indent).append(printable(greeting)).append("\n");
  if (facts.secured) text += describe_tls(*facts.secured);
  text += shown_capabilities(facts.capabilities, account.tls && account.tls_starttls);
  if (facts.capabilities.starttls && !account.tls) {
    text += "This server might advertise more or other capabilities when TLS is active.\n";
  }
  return text;
}

}  // namespace msmtp
