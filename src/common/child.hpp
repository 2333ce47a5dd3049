// What parent and children agree on when a child is started.
#pragma once

#include <string_view>

namespace msmtp {

// Descriptors of every child: 0 and 1 are /dev/null, 2 is the log pipe.
inline constexpr int parent_channel_number = 3;
inline constexpr int sasl_channel_number = 4;     // netproc and authproc only, when there is authentication
inline constexpr int signing_channel_number = 5;  // netproc and signer only, when there is a client certificate
inline constexpr int client_input_number = 4;     // server only: where it reads the SMTP client
inline constexpr int client_output_number = 5;
inline constexpr int requests_number = 4;       // keeper only: a socket, where others ask for what it keeps
inline constexpr int slot_lock_number = 5;      // keeper only: while it has this nobody else takes its place
inline constexpr int kept_channel_number = 6;   // keeper only: the parent's end of netproc's channel
inline constexpr int kept_log_number = 7;       // keeper only: and of its log pipe
inline constexpr int login_channel_number = 6;  // server only, when there is authentication: the verifier

// The names of the executables below $(libexecdir)/msmtp.
inline constexpr std::string_view resolver_program = "msmtp-resolver";
inline constexpr std::string_view netproc_program = "msmtp-netproc";
inline constexpr std::string_view netproc_tls_program = "msmtp-netproc-tls";
inline constexpr std::string_view authproc_program = "msmtp-authproc";
inline constexpr std::string_view signer_program = "msmtp-signer";
inline constexpr std::string_view server_program = "msmtp-smtpd";
inline constexpr std::string_view server_forker_program = "msmtp-smtpd-forker";
inline constexpr std::string_view verifier_program = "msmtp-verifier";
inline constexpr std::string_view keeper_program = "msmtp-keeper";

}  // namespace msmtp
