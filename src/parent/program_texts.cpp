// The texts of --version, --help, -bp and -bi.
#include "parent/program_texts.hpp"

#include "common/mechanism.hpp"
#include "common/text.hpp"

#include <cstddef>

namespace msmtp {

namespace {

// Each name in lower case and followed by a blank, the last one too: callers split at blanks.
std::string available_methods() {
  std::string methods;
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    if (is_available(mechanism)) methods += ascii_lower(name(mechanism)) + " ";
  }
  return methods;
}

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + printable(value) + "\n";
}

// The words that scripts know; the blanks have always been there.
std::string_view keyring_label(std::string_view keyring) {
  if (keyring == "libsecret") return "Gnome ";
  return keyring == "macos" ? "MacOS " : "none";
}

constexpr std::string_view options_text = R"(
General:
  --version                     show the version and what this build can do
  --help                        show this help
  -P, --pretend                 show the settings that would be used, do nothing
  -v, -d, --debug               show the settings and the dialogue with the server
Modes:
  --configure=ADDRESS           write a configuration for this mail address
  -S, --serverinfo              show what the server says about itself
  --rmqs=HOST|@DOMAIN|#QUEUE    ask the server to start a queue (ETRN)
  -bm                           send a mail: the default
  -bs                           speak SMTP on standard input and output
  -bp, -bi                      what mailq and newaliases do: say that there is
                                no queue, and nothing to rebuild
Configuration:
  -C, --file=FILE               the user's configuration file
  -a, --account=NAME            the account to use; options change its settings
  --host=HOST                   the server; no configuration file is read
  --port=NUMBER                 its port
  --source-ip=[IP]              the local address to connect from
  --proxy-host=[HOST]           a SOCKS 5 proxy
  --proxy-port=[NUMBER]         its port
  --socket=[PATH]               a unix socket instead of host and port
  --timeout=off|SECONDS         how long to wait for the network
  --keep-connection=off|SECONDS for how long the connection waits for another mail
  --protocol=smtp|lmtp          the protocol
  --domain=NAME                 the name in EHLO, LHLO and Message-ID
  --auth[=on|off|METHOD]        authentication, and how
  --user=[NAME]                 the user to authenticate as
  --passwordeval=[COMMAND]      a shell command that writes the password
  --tls[=on|off]                encryption
  --tls-starttls[=on|off]       whether it begins with STARTTLS or at once
  --tls-trust-file=[FILE]       whom to trust: a PEM file, or "system"
  --tls-crl-file=[FILE]         revoked certificates
  --tls-fingerprint=[TEXT]      the one certificate, or key, to accept
  --tls-certcheck[=on|off]      whether the certificate is checked at all
  --tls-key-file=[FILE]         the key of a client certificate
  --tls-cert-file=[FILE]        the client certificate
  --tls-priorities=[TEXT]       what the TLS library may choose from
  --tls-host-override=[HOST]    the name to look for in the certificate
  --tls-min-dh-prime-bits=[N]   the least Diffie-Hellman prime
For a mail:
  -f, --from=ADDRESS            the envelope sender
  --read-envelope-from          take it from the mail
  -t, --read-recipients         take recipients from the mail too
  -F NAME                       the full name in a new From header
  --set-from-header[=auto|on|off]
                                when to write a From header
  --set-date-header[=auto|off]  when to write a Date header
  --set-msgid-header[=auto|off] when to write a Message-ID header
  --set-to-header[=on|off|undisclosed_recipients]
                                replace To, Cc and Bcc by a new To header
  --remove-bcc-headers[=on|off] whether Bcc headers are removed
  --partial-delivery[=on|off]   deliver although some recipients are refused
  -N, --dsn-notify=off|never|failure,delay,success
                                when to ask for a delivery status notification
  -R, --dsn-return=off|headers|full
                                how much of the mail it returns
  -X, --logfile=[FILE]          the log file, "-" for standard output
  --logfile-time-format=[FORMAT]
                                the time in it, as for strftime, or none
  --syslog[=on|off|FACILITY]    log to syslog
  --aliases=[FILE]              addresses for local recipients
  --auto-from[=on|off]          obsolete: use patterns in --from
  --maildomain=[DOMAIN]         obsolete likewise
  --                            everything after it is a recipient
Older names:
  --connect-timeout=off|SECONDS for --timeout
  --add-missing-from-header[=on|off]
                                for --set-from-header
  --add-missing-date-header[=on|off]
                                for --set-date-header
  --undisclosed-recipients[=on|off]
                                for --set-to-header
  --keepbcc[=on|off]            the opposite of --remove-bcc-headers
  --tls-force-sslv3[=on|off]    without effect

For callers of sendmail these are accepted and ignored: -Ax, -Bx, -G, -hN, -i, -Lx, -m, -n, -Ox, -ox

The manual is msmtp(1). Report bugs where msmtp-privsep came from.
)";

}  // namespace

std::string version_text(const VersionFacts& facts) {
  std::string text = "msmtp version " + std::string(facts.version) + "\n";
  text += label("Platform", facts.platform);
  text += label("TLS/SSL library", facts.tls_library);
  text += label("Authentication library", facts.sasl_library);
  text += "Supported authentication methods:\n" + available_methods() + "\n";
  text += label("IDN support", facts.has_idn ? "enabled" : "disabled");
  text += label("NLS", "disabled");
  text += label("Keyring support", keyring_label(facts.keyring));
  text += label("System configuration file name", facts.system_file);
  text += label("User configuration file name", facts.user_file);
  text += label("Package", facts.package);
  for (const auto& line : facts.sandbox) text += printable(line) + "\n";
  text +=
      "\n"
      "Copyright (C) 2026 the msmtp-privsep authors.\n"
      "This is free software: you may use, copy, change and pass it on\n"
      "under the terms of the ISC licence.\n"
      "There is NO WARRANTY.\n";
  return text;
}

std::string help_text(std::string_view program) {
  std::string text = "Usage:\n";
  const auto add = [&](std::string_view arguments) { text += "  " + printable(program) + std::string(arguments); };
  text += "\nSend a mail, which is read from standard input (the default):\n";
  add(" [OPTION...] [--] RECIPIENT...\n");
  add(" [OPTION...] -t [--] [RECIPIENT...]\n");
  text += "Write a configuration:\n";
  add(" --configure=ADDRESS\n");
  text += "Show a server's properties:\n";
  add(" [OPTION...] --serverinfo\n");
  text += "Start a remote queue:\n";
  add(" [OPTION...] --rmqs=HOST|@DOMAIN|#QUEUE\n");
  return text + std::string(options_text);
}

// Programs that watch a queue look for the first four words.
std::string_view mail_queue_text() {
  return "Mail queue is empty: none is kept here, a mail is handed over at once or not at all\n";
}

std::string_view new_aliases_text() {
  return "Nothing to do: aliases files are read each time they are needed\n";
}

}  // namespace msmtp
