// Who a process is in each confined stage, seen from outside through /proc: user, groups, capabilities, limits,
// traceability, and that it dies with its parent.
#include "netproc/netproc.hpp"
#include "tests/process/sandbox_world.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <grp.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <sstream>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

constexpr const char* no_capabilities = "0000000000000000";

// The lines "Name:\tvalue" of /proc/PID/status.
std::map<std::string, std::string> status_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    const std::size_t value = line.find_first_not_of("\t ", colon + 1);
    fields[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return fields;
}

// Soft and hard limit: "0 0".
std::string limit_of(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest(line.substr(name.size()));
    std::string soft, hard;
    rest >> soft >> hard;
    return soft + ' ' + hard;
  }
  return "";
}

// /proc gives the files of a process that must not be traced to root.
bool is_traceable(pid_t pid) {
  struct stat facts {};
  cr_assert(stat(("/proc/" + std::to_string(pid) + "/status").c_str(), &facts) == 0);
  return facts.st_uid != 0;
}

// Rights that a careless caller may have: a group, an inheritable and an ambient capability.
void take_rights_to_lose() {
  if (getuid() != 0) return;
  const gid_t groups[] = {4, 24};
  cr_assert(setgroups(2, groups) == 0);
  const cap_value_t raw = CAP_NET_RAW;
  cap_t state = cap_get_proc();
  const bool raised = cap_set_flag(state, CAP_INHERITABLE, 1, &raw, CAP_SET) == 0 && cap_set_proc(state) == 0 &&
                      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0;
  cap_free(state);
  cr_assert(raised || !cap_get_bound(CAP_NET_RAW), "the test has no rights to lose");
}

// A process that has entered STAGE and waits for the end of the pipe that it reads.
struct Inmate {
  Inmate(Stage stage, const World& world) {
    Pipe ready = make_pipe().value();
    Pipe end = make_pipe().value();
    pid = fork();
    if (pid == 0) {
      end.write_end.close();
      harden_process(rights(stage).role != Role::parent);
      if (!enter_up_to(stage, Policy::strict, world)) _exit(255);
      char byte = 'r';
      (void)!write(ready.write_end.number(), &byte, 1);
      (void)!read(end.read_end.number(), &byte, 1);
      _exit(0);
    }
    ready.write_end.close();
    char byte = 0;
    cr_assert(read(ready.read_end.number(), &byte, 1) == 1, "the stage could not be entered");
    end_ = std::move(end.write_end);
  }
  ~Inmate() {
    end_.close();
    int status = 0;
    waitpid(pid, &status, 0);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it did not live to its end");
  }

  pid_t pid;

 private:
  Fd end_;
};

struct Case {
  Stage stage;
  bool as_root;
};

Case cases[2 * (static_cast<std::size_t>(Stage::last) + 1)];

std::size_t make_cases() {
  std::size_t count = 0;
  for (const bool as_root : {true, false}) {
    if (as_root && getuid() != 0) continue;
    for (const Rights& row : confined_stages()) cases[count++] = {row.stage, as_root};
  }
  return count;
}

void expect_lesser_user(const std::map<std::string, std::string>& status, const LesserUser& who) {
  const std::string user = std::to_string(who.user);
  const std::string group = std::to_string(who.group);
  cr_expect(status.at("Uid") == user + '\t' + user + '\t' + user + '\t' + user, "%s", status.at("Uid").c_str());
  cr_expect(status.at("Gid") == group + '\t' + group + '\t' + group + '\t' + group, "%s", status.at("Gid").c_str());
  cr_expect(who.user != 0 && who.group != 0);
}

}  // namespace

ParameterizedTestParameters(roles, each_stage_has_the_user_and_the_capabilities_of_its_row) {
  const std::size_t count = make_cases();
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, roles, each_stage_has_the_user_and_the_capabilities_of_its_row) {
  if (parameter->as_root)
    take_rights_to_lose();
  else
    become_nobody_special();
  const World world;
  const Rights& row = rights(parameter->stage);
  const Inmate inmate(row.stage, world);
  const auto status = status_of(inmate.pid);
  cr_expect(status.at("NoNewPrivs") == "1");
  cr_expect(status.at("Seccomp") == "2");
  cr_expect(status.at("CapInh") == no_capabilities);
  cr_expect(status.at("CapAmb") == no_capabilities);
  cr_expect(limit_of(inmate.pid, "Max core file size") == "0 0");
  if (!parameter->as_root) cr_expect(!is_traceable(inmate.pid));
  if (parameter->as_root && !row.lesser_user) {
    // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SETGID, CAP_SETUID, CAP_SETPCAP
    const unsigned long kept = std::stoul(status.at("CapEff"), nullptr, 16);
    cr_expect((kept & ~0x1c6UL) == 0, "%s", status.at("CapEff").c_str());
    cr_expect(status.at("CapPrm") == status.at("CapEff"));
    return;
  }
  cr_expect(status.at("CapPrm") == no_capabilities);
  cr_expect(status.at("CapEff") == no_capabilities);
  expect_lesser_user(status, find_lesser_user().value());
  if (!parameter->as_root) return;
  cr_expect(status.at("CapBnd") == no_capabilities);
  cr_expect(status.at("Groups").find_first_of("0123456789") == std::string::npos, "%s", status.at("Groups").c_str());
  cr_expect(!is_traceable(inmate.pid));
}

ParameterizedTestParameters(roles, the_last_stage_of_a_role_can_neither_start_processes_nor_fill_a_disk) {
  const std::size_t count = make_cases();
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, roles, the_last_stage_of_a_role_can_neither_start_processes_nor_fill_a_disk) {
  if (!parameter->as_root) become_nobody_special();
  const World world;
  const Inmate inmate(parameter->stage, world);
  const Rights& row = rights(parameter->stage);
  const auto rows = table_of_rights();
  const bool last = &row == &rows.back() || (&row + 1)->role != row.role;
  if (!last) return;
  cr_expect(limit_of(inmate.pid, "Max processes") == "0 0");
  const bool writes_to_files = row.role == Role::parent || row.role == Role::server;
  if (!writes_to_files) cr_expect(limit_of(inmate.pid, "Max file size") == "0 0");
}

Test(roles, who_makes_copies_may_do_so_and_fills_no_disk) {
  const World world;
  for (const Stage stage : {Stage::server_fork, Stage::verifier_fork}) {
    const Inmate inmate(stage, world);
    cr_expect(limit_of(inmate.pid, "Max processes") != "0 0");
    cr_expect(limit_of(inmate.pid, "Max file size") == "0 0");
  }
}

ParameterizedTestParameters(roles, a_child_dies_with_its_parent_in_each_stage) {
  const std::size_t count = make_cases();
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, roles, a_child_dies_with_its_parent_in_each_stage, .timeout = 30) {
  if (rights(parameter->stage).role == Role::parent) return;
  if (!parameter->as_root) become_nobody_special();
  const World world;
  Pipe alive = make_pipe().value();  // whoever lives holds the write end
  const pid_t parent = fork();
  if (parent == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // it outlives no test that fails
    if (fork() != 0) {
      alive.write_end.close();
      pause();
    }
    harden_process(true);
    if (!enter_up_to(parameter->stage, Policy::strict, world)) _exit(255);
    (void)!write(alive.write_end.number(), "r", 1);
    poll(nullptr, 0, 20'000);
    _exit(0);
  }
  alive.write_end.close();
  char byte = 0;
  cr_assert(read(alive.read_end.number(), &byte, 1) == 1, "the stage could not be entered");
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  pollfd end{alive.read_end.number(), POLLIN, 0};
  cr_expect(poll(&end, 1, 5000) == 1 && read(alive.read_end.number(), &byte, 1) == 0, "it lives on");
}

// ---- stages that are entered in another order, and systems that cannot do everything ----

namespace {

// Whether a user's file can be read.
int read_user_file(const World& world) {
  return open_for_reading(world.user_file).has_value() ? 0 : EACCES;
}

// From here on the kernel is one that does not know CALLS, which give ERROR.
void pretend_ignorance(std::initializer_list<int> calls, int error) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  bool done = filter != nullptr;
  for (const int call : calls) {
    done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 0) == 0;
  }
  cr_assert(done && seccomp_load(filter) == 0);
  seccomp_release(filter);
}

}  // namespace

Test(roles, entering_an_earlier_stage_again_gives_nothing_back, .timeout = 60) {
  const World world;
  for (const Rights& now : confined_stages()) {
    for (const Rights& earlier : confined_stages()) {
      if (earlier.role != now.role || earlier.stage >= now.stage) continue;
      for (const Policy policy : {Policy::strict, Policy::released}) {
        const Grants again = grants_of(earlier.stage, world);
        const int status = run_inside(now.stage, policy, world, [&] {
          (void)(policy == Policy::strict ? enter_stage(earlier.stage, again)
                                          : enter_stage_as_released(earlier.stage, again));
          return read_user_file(world);
        });
        const bool gained = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        cr_expect(!gained, "%s, then %s", title(now).c_str(), title(earlier).c_str());
      }
    }
  }
}

Test(roles, more_grants_later_give_nothing_back) {
  const World world;
  const int status = run_inside(Stage::netproc_connect, Policy::strict, world, [&] {
    Grants more = grants_of(Stage::netproc_handshake, world);
    more.paths.push_back({"/", PathGrant::Access::write});
    (void)enter_stage(Stage::netproc_handshake, more);
    return read_user_file(world);
  });
  cr_expect(landlock_level() == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == EACCES));
}

Test(roles, without_landlock_system_calls_are_confined_all_the_same) {
  pretend_ignorance({SCMP_SYS(landlock_create_ruleset)}, ENOSYS);
  cr_assert(landlock_level() == 0);
  cr_expect(sandbox_level().text == "seccomp, no Landlock", "%s", sandbox_level().text.c_str());
  const World world;
  for (const Stage stage : {Stage::netproc_talk, Stage::authproc_exchange, Stage::parent_supervise}) {
    const int status = run_inside(stage, Policy::strict, world, [&] { return read_user_file(world); });
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == EACCES);
  }
  const int reading =
      run_inside(Stage::netproc_handshake, Policy::strict, world, [&] { return read_user_file(world); });
  cr_expect(WIFEXITED(reading) && WEXITSTATUS(reading) == 0, "it is only Landlock that knows files by their names");
}

Test(roles, without_seccomp_no_stage_is_entered) {
  pretend_ignorance({SCMP_SYS(prctl)}, EINVAL);
  const auto entered = enter_stage(Stage::authproc_exchange);
  cr_assert(!entered.has_value());
  cr_expect(entered.error().code == ExitCode::os_error);
  cr_expect(entered.error().text.find("no seccomp") != std::string::npos, "%s", entered.error().text.c_str());
}

// ---- other ways to a server ----

namespace {

// A network child that is to connect as WHERE says: what its attempt at something gives.
int try_as_connecting(const World& world, const Connect& where, const std::function<int()>& attempt) {
  return run_inside(Stage::netproc_prepare, Policy::strict, world, [&] {
    if (!enter_stage(Stage::netproc_connect, way_to(where, nullptr))) return 255;
    return attempt();
  });
}

int connect_to_path(const std::string& path) {
  const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (!fd.is_open()) return errno;
  return connect(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

int bind_to_port(std::uint16_t port) {
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

bool ended_with(int status, int code) {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

}  // namespace

Test(roles, the_way_to_a_socket_leads_to_no_port) {
  const World world;
  Connect where;
  where.socket_path = *Text<max_path>::from(world.socket_path);
  cr_expect(ended_with(try_as_connecting(world, where, [&] { return connect_to_path(world.socket_path); }), 0));
  const int tcp = try_as_connecting(world, where, [] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; });
  cr_expect(ended_with(tcp, EACCES));
}

Test(roles, the_way_to_a_port_leads_to_no_socket) {
  const World world;
  Connect where;
  where.port = world.granted_port;
  cr_expect(ended_with(try_as_connecting(world, where, [&] { return connect_to_path(world.socket_path); }), EACCES));
}

Test(roles, a_source_address_is_bound_without_a_port_and_only_when_one_is_wanted) {
  const World world;
  Connect where;
  where.port = world.granted_port;
  const int unwanted = try_as_connecting(world, where, [] { return bind_to_port(0); });
  cr_expect(WIFSIGNALED(unwanted) && WTERMSIG(unwanted) == SIGSYS);
  where.has_source = true;
  cr_expect(ended_with(try_as_connecting(world, where, [] { return bind_to_port(0); }), 0));
  if (landlock_level() < 4) return;
  cr_expect(ended_with(try_as_connecting(world, where, [] { return bind_to_port(40'123); }), EACCES));
}
