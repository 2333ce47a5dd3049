// The texts of msmtpd --version and --help.
#include "parent/daemon_texts.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

constexpr std::string_view options_text = R"(
General:
  --version                     show the version
  --help                        show this help
Where clients come from:
  --interface=ADDRESS           listen on this IPv4 or IPv6 address (127.0.0.1);
                                may be given several times
  --interface=unix:/PATH[,MODE[,GROUP]]
                                listen on a unix socket
  --port=NUMBER                 listen on this port (25) of each address; may be
                                given several times
  --inetd                       serve one client on standard input and output
  --lmtp                        speak LMTP instead of SMTP
Who is served, and how long:
  --auth=USER[,PASSWORDEVAL]    clients have to log in; the password is what the
                                command writes, or in the key ring, or asked for
  --allow-user=NAME|UID         only these may use the unix socket
  --allow-group=NAME|GID        likewise
  --from=USER|UID|*:ADDRESS     the envelope sender of this user's mails that
                                come over a unix socket; %U is the login name
  --max-sessions=NUMBER         clients at the same time (256)
  --max-size=OCTETS             of a mail, with k, M or G (256M); 0 for no limit
  --max-recipients=NUMBER       of a mail (5000)
  --timeout=SECONDS             how long a client may be silent (300)
  --session-timeout=off|SECONDS how long a session may take (3600)
What becomes of a mail:
  --command=COMMAND             pipe it to this command; %F is its sender, and
                                the recipients are appended
The process:
  --user=USER                   become this user when the sockets are there
  --group=GROUP                 and this group
  --log=none|syslog|-|FILE      the log (none); "-" is standard error
)";

}  // namespace

std::string daemon_version_text(std::string_view version, std::string_view platform, std::string_view sandbox) {
  return "msmtpd version " + std::string(version) + "\nPlatform: " + printable(platform) +
         "\nSandbox: " + printable(sandbox) +
         "\n\n"
         "Copyright (C) 2026 the msmtp-privsep authors.\n"
         "This is free software: you may use, copy, change and pass it on\n"
         "under the terms of the ISC licence.\n"
         "There is NO WARRANTY.\n";
}

std::string daemon_help_text(std::string_view program, std::string_view default_command) {
  return "Usage:\n  " + printable(program) + " [OPTION...]\n" + std::string(options_text) +
         "\nThe command is, unless given: " + printable(default_command) +
         "\nThe manual is msmtpd(1). Report bugs where msmtp-privsep came from.\n";
}

}  // namespace msmtp
