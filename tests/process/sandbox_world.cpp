// Making the world, and entering stages in it.
#include "tests/process/sandbox_world.hpp"

#include "common/sandbox_linux.hpp"
#include "netproc/netproc.hpp"
#include "netproc/resolver.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace msmtp::test {

namespace {

constexpr uid_t somebody = 54321;

void must(bool held, const char* what) {
  if (held) return;
  std::perror(what);
  std::abort();
}

void write_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  must(file.is_open() && fchmod(file.number(), 0666) == 0 && write(file.number(), "content\n", 8) == 8, path.c_str());
}

Fd tcp_listener(std::uint16_t& port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  must(bind(fd.number(), generic, size) == 0 && listen(fd.number(), 64) == 0, "listen");
  must(getsockname(fd.number(), generic, &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return fd;
}

Fd unix_listener(std::string_view name) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  must(bind(fd.number(), reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd.number(), 64) == 0, "listen");
  return fd;
}

// TLS as far as the sandbox knows it: a folder that stays readable.
class FolderOfCertificates : public TlsContext {
 public:
  explicit FolderOfCertificates(std::string folder) : folder_(std::move(folder)) {}
  std::vector<PathGrant> handshake_files() const override { return {{folder_, PathGrant::Access::read}}; }
  Result<SecuredStream> handshake(Fd, const Deadline&) override { return fail(ExitCode::software, "not here"); }

 private:
  std::string folder_;
};

// What the child says after this on its way to an abort is of no interest; what keeps it from entering is.
int silence_stderr() {
  const int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
  const Fd nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  must(before >= 0 && dup2(nowhere.number(), STDERR_FILENO) == STDERR_FILENO, "/dev/null");
  return before;
}

// What one attacker does to a socket must not be there for the next.
void renew(const Fd& socket_fd, int type) {
  const Fd anew(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  must(dup3(anew.number(), socket_fd.number(), O_CLOEXEC) >= 0, "dup3");
}

[[noreturn]] void give_up(const Error& error, int out) {
  const std::string line = error.text + "\n";
  (void)!write(out, line.data(), line.size());
  _exit(255);
}

}  // namespace

World::World() : parent(getpid()) {
  char name[] = "/tmp/msmtp-sandbox-XXXXXX";
  must(mkdtemp(name) != nullptr, "mkdtemp");
  folder = name;
  must(chmod(name, 0777) == 0, "chmod");
  user_file = folder + "/user-file";
  granted_folder = folder + "/granted";
  granted_file = granted_folder + "/file";
  must(mkdir(granted_folder.c_str(), 0777) == 0 && chmod(granted_folder.c_str(), 0777) == 0, "mkdir");
  write_file(user_file);
  write_file(granted_file);
  must(symlink("user-file", (folder + "/link").c_str()) == 0, "symlink");
  socket_path = folder + "/socket";
  abstract_name = folder;
  listeners_.push_back(tcp_listener(granted_port));
  listeners_.push_back(tcp_listener(other_port));
  listeners_.push_back(unix_listener(socket_path));
  listeners_.push_back(unix_listener(std::string(1, '\0') + abstract_name));
  must(chmod(socket_path.c_str(), 0777) == 0, "chmod");
  open_file = Fd(open(user_file.c_str(), O_RDWR | O_CLOEXEC));
  tcp_socket = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  udp_socket = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

World::~World() {
  if (getpid() != parent) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

int landlock_level() {
  return landlock_abi();
}

Grants grants_of(Stage stage, const World& world) {
  Grants grants;
  const FolderOfCertificates tls(world.granted_folder);
  Connect where;
  where.port = world.granted_port;
  switch (stage) {
    case Stage::parent_compose: grants.paths.push_back({world.granted_file, PathGrant::Access::read}); return grants;
    case Stage::parent_supervise: grants.user = find_lesser_user().value(); return grants;
    case Stage::resolver_resolve: return resolver_grants();
    case Stage::netproc_prepare: return files_to_prepare();
    case Stage::netproc_connect: return way_to(where, &tls);
    case Stage::netproc_handshake: return files_for_handshake(tls);
    case Stage::parent_setup:
    case Stage::parent_session:
    case Stage::netproc_talk:
    case Stage::authproc_acquire:
    case Stage::authproc_exchange:
    case Stage::server_fork:
    case Stage::server_serve:
    case Stage::signer_load:
    case Stage::signer_sign:
    case Stage::listener_listen:
    case Stage::verifier_acquire:
    case Stage::verifier_fork:
    case Stage::verifier_check:
    case Stage::keeper_keep: return grants;
    case Stage::signer_token: grants.paths.push_back({"/", PathGrant::Access::write}); return grants;
  }
  return grants;
}

Result<void> enter_up_to(Stage stage, Policy policy, const World& world) {
  // What needs files is known before.
  std::vector<std::pair<Stage, Grants>> way;
  for (const Rights& row : table_of_rights()) {
    // msmtp-smtpd comes from no forker: then there are fewer walls.
    if (row.stage == Stage::server_fork && stage == Stage::server_serve) continue;
    if (row.role == rights(stage).role && row.stage <= stage) way.emplace_back(row.stage, grants_of(row.stage, world));
  }
  for (const auto& [next, grants] : way) {
    TRY(policy == Policy::strict ? enter_stage(next, grants) : enter_stage_as_released(next, grants));
  }
  return {};
}

int run_inside(Stage stage, Policy policy, const World& world, const std::function<int()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    const int out = silence_stderr();
    renew(world.tcp_socket, SOCK_STREAM);
    renew(world.udp_socket, SOCK_DGRAM);
    harden_process(rights(stage).role != Role::parent);
    if (const auto entered = enter_up_to(stage, policy, world); !entered) give_up(entered.error(), out);
    _exit(action());
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return status;
}

std::vector<Rights> confined_stages() {
  std::vector<Rights> rows;
  for (const Rights& row : table_of_rights()) {
    if (row.confined) rows.push_back(row);
  }
  return rows;
}

std::string title(const Rights& row) {
  return std::string(name(row.role)) + ' ' + std::string(row.stage_name);
}

void become_nobody_special() {
  if (geteuid() != 0) return;
  must(setgroups(0, nullptr) == 0 && setresgid(somebody, somebody, somebody) == 0 &&
           setresuid(somebody, somebody, somebody) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0,
       "setresuid");
}

}  // namespace msmtp::test
