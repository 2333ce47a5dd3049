// The table of rights.
#include "common/roles.hpp"

#include <array>
#include <utility>

namespace msmtp {

namespace {

using enum Promise;

// A stage reads as one row.
// clang-format off
constexpr std::array<Rights, 21> table = {{
    {Role::parent, Stage::parent_setup, "setup", false, {}, false,
     "configuration files, /bin/sh for eval, the helpers", "none"},
    {Role::parent, Stage::parent_session, "session", false, {}, false,
     "itself or a command for each mail, the server, the resolver", "bounded messages"},
    {Role::parent, Stage::parent_compose, "compose", true, {stdio, rpath, flock, id}, false,
     "alias files", "the mail, bounded messages"},
    {Role::parent, Stage::parent_supervise, "supervise", true, {stdio, flock}, true,
     "none", "the mail, bounded messages"},
    {Role::resolver, Stage::resolver_resolve, "resolve", true, {stdio, rpath, dns}, true,
     "the resolver's files", "DNS answers"},
    {Role::netproc, Stage::netproc_prepare, "prepare", true, {stdio, rpath, unix_socket, inet, id}, false,
     "CA, CRL, certificate; the one socket", "none"},
    {Role::netproc, Stage::netproc_connect, "connect", true, {stdio, rpath, unix_socket, inet}, true,
     "the CA directory; TCP to the one port", "none"},
    {Role::netproc, Stage::netproc_handshake, "handshake", true, {stdio, rpath}, true,
     "the CA directory", "the proxy, the server"},
    {Role::netproc, Stage::netproc_talk, "talk", true, {stdio}, true,
     "none", "the proxy, the server"},
    {Role::authproc, Stage::authproc_acquire, "acquire", false, {}, false,
     "netrc, /dev/tty, /bin/sh for passwordeval, msmtp-keyring, Kerberos", "none; with GSSAPI the KDC"},
    {Role::authproc, Stage::authproc_exchange, "exchange", true, {stdio}, true,
     "none", "the server's challenges"},
    {Role::server, Stage::server_fork, "fork", true, {stdio, proc, recvfd}, true,
     "none", "none"},
    {Role::server, Stage::server_serve, "serve", true, {stdio, recvfd}, true,
     "none", "the SMTP client"},
    {Role::signer, Stage::signer_load, "load", false, {}, false,
     "the key, PKCS#11 modules, and what acquire has", "none"},
    {Role::signer, Stage::signer_token, "token", true, {stdio, rpath, wpath, flock, unix_socket, id}, false,
     "what a token's module opens: any", "netproc's one request"},
    {Role::signer, Stage::signer_sign, "sign", true, {stdio}, true,
     "none", "netproc's one request"},
    {Role::listener, Stage::listener_listen, "listen", false, {}, false,
     "the sockets that listen, the log, the helpers; no capabilities", "addresses of clients"},
    {Role::verifier, Stage::verifier_acquire, "acquire", false, {}, false,
     "as authproc", "none"},
    {Role::verifier, Stage::verifier_fork, "fork", true, {stdio, proc, recvfd}, true,
     "none", "none"},
    {Role::verifier, Stage::verifier_check, "check", true, {stdio}, true,
     "none", "the SMTP client's AUTH"},
    {Role::keeper, Stage::keeper_keep, "keep", true, {stdio, recvfd, sendfd}, true,
     "netproc's channel, which it lends", "bounded messages"},
}};
// clang-format on

constexpr std::array<std::pair<Promise, std::string_view>, 13> promise_names = {{
    {stdio, "stdio"},
    {rpath, "rpath"},
    {wpath, "wpath"},
    {cpath, "cpath"},
    {flock, "flock"},
    {tty, "tty"},
    {unix_socket, "unix"},
    {inet, "inet"},
    {dns, "dns"},
    {id, "id"},
    {proc, "proc"},
    {recvfd, "recvfd"},
    {sendfd, "sendfd"},
}};

// A transition may only take rights away (ARCHITECTURE.md, sentence 8): said once, checked when compiled.
constexpr bool each_stage_is_within_the_one_before() {
  for (std::size_t i = 1; i < table.size(); ++i) {
    const Rights& before = table[i - 1];
    const Rights& now = table[i];
    if (now.stage != static_cast<Stage>(i)) return false;
    if (now.role != before.role || !before.confined) continue;
    if (!now.confined || !now.promises.within(before.promises)) return false;
    if (before.lesser_user && !now.lesser_user) return false;
  }
  return true;
}
static_assert(each_stage_is_within_the_one_before());
static_assert(table.size() == static_cast<std::size_t>(Stage::last) + 1);

}  // namespace

std::span<const Rights> table_of_rights() {
  return table;
}

const Rights& rights(Stage stage) {
  return table[static_cast<std::size_t>(stage)];
}

std::string_view name(Role role) {
  switch (role) {
    case Role::parent: return "parent";
    case Role::resolver: return "resolver";
    case Role::netproc: return "netproc";
    case Role::authproc: return "authproc";
    case Role::server: return "server";
    case Role::signer: return "signer";
    case Role::listener: return "listener";
    case Role::verifier: return "verifier";
    case Role::keeper: return "keeper";
  }
  return "";
}

std::string promise_text(Promises promises) {
  std::string text;
  for (const auto& [promise, word] : promise_names) {
    if (!promises.has(promise)) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string rights_as_markdown() {
  std::string text =
      "| process | stage | promises | user, when started by root | files and peers | reads bytes of |\n"
      "|---|---|---|---|---|---|\n";
  for (const Rights& row : table) {
    text += "| ";
    text += name(row.role);
    text += " | ";
    text += row.stage_name;
    text += " | ";
    text += row.confined ? promise_text(row.promises) : "(not confined)";
    text += row.lesser_user ? " | privsep user | " : " | the caller | ";
    text += row.paths;
    text += " | ";
    text += row.reads;
    text += " |\n";
  }
  return text;
}

}  // namespace msmtp
