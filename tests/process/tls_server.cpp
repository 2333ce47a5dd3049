// Servers and certificates for the tests of TLS.
#include "tests/process/tls_server.hpp"

#include <criterion/criterion.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;

namespace {

pid_t start(const std::vector<std::string>& words, int input, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const Fd silence(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const pid_t pid = fork();
  cr_assert(pid >= 0);
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (input >= 0) dup2(input, 0);
  dup2(output >= 0 ? output : silence.number(), 1);
  dup2(silence.number(), 2);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

int run(const std::vector<std::string>& words, int output = -1) {
  int status = 0;
  waitpid(start(words, -1, output), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void openssl(std::vector<std::string> words) {
  words.insert(words.begin(), "openssl");
  cr_assert_eq(run(words), 0, "openssl %s failed", words[1].c_str());
}

std::string output_of(const std::vector<std::string>& words) {
  Pipe pipe = make_pipe().value();
  run(words, pipe.write_end.number());
  pipe.write_end.close();
  char room[4000];
  const ssize_t count = read(pipe.read_end.number(), room, sizeof room);
  return std::string(room, count > 0 ? static_cast<std::size_t>(count) : 0);
}

struct Listener {
  Fd fd;
  std::uint16_t port = 0;
};

Listener listen_on_loopback() {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  cr_assert_eq(bind(fd.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  cr_assert_eq(listen(fd.number(), 5), 0);
  cr_assert_eq(getsockname(fd.number(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return {std::move(fd), ntohs(address.sin_port)};
}

const std::string subject = "/C=XX/O=Test Org/CN=";

}  // namespace

Certificates::Certificates() {
  if (run({"openssl", "version"}) != 0) cr_skip_test("there is no openssl program");
  cr_assert_not_null(mkdtemp(folder_.data()));
  chmod(folder_.c_str(), 0755);  // the network child may become another user
  file("index.txt", "");
  file("ca.cnf",
       "[ca]\ndefault_ca=x\n[x]\ndatabase=" + folder_ + "/index.txt\ndefault_md=sha256\n" + "default_crl_days=30\n");
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
           subject + "Test CA", "-keyout", key("ca"), "-out", ca()});
}

Certificates::~Certificates() {
  run({"rm", "-rf", folder_});
}

std::string Certificates::file(const std::string& name, const std::string& content) const {
  const std::string path = folder_ + "/" + name;
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  cr_assert(write_all(fd, content).has_value());
  return path;
}

std::string Certificates::make(const std::string& name, const std::string& extension, const std::string& days) const {
  const std::string path = folder_ + "/" + name;
  const std::string extensions = file(name + ".ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n" + extension + "\n");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject + name,
           "-keyout", path + ".key", "-out", path + ".csr"});
  openssl({"x509", "-req", "-in", path + ".csr", "-CA", ca(), "-CAkey", key("ca"), "-CAcreateserial", "-days", days,
           "-extfile", extensions, "-out", path + ".crt"});
  cr_assert_eq(run({"sh", "-c", "cat \"$0.crt\" \"$0.key\" >\"$0.pem\"", path}), 0);
  return path + ".pem";
}

std::string Certificates::make_self_signed(const std::string& name, const std::string& days) const {
  const std::string path = folder_ + "/" + name;
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject + name,
           "-keyout", path + ".key", "-out", path + ".csr"});
  openssl({"x509", "-req", "-in", path + ".csr", "-signkey", path + ".key", "-days", days, "-out", path + ".crt"});
  cr_assert_eq(run({"sh", "-c", "cat \"$0.crt\" \"$0.key\" >\"$0.pem\"", path}), 0);
  return path + ".pem";
}

std::string Certificates::revocation_list(const std::string& name) const {
  const std::string path = folder_ + "/crl.pem";
  const std::vector<std::string> common = {"ca", "-config", folder_ + "/ca.cnf", "-keyfile", key("ca"), "-cert", ca()};
  std::vector<std::string> revoke = common;
  revoke.insert(revoke.end(), {"-revoke", folder_ + "/" + name + ".crt"});
  openssl(revoke);
  std::vector<std::string> list = common;
  list.insert(list.end(), {"-gencrl", "-out", path});
  openssl(list);
  return path;
}

std::string Certificates::ocsp_response(const std::string& name) const {
  const std::string path = folder_ + "/" + name;
  const std::string serial = output_of({"openssl", "x509", "-noout", "-serial", "-in", path + ".crt"});
  const std::string number = serial.substr(7, serial.find('\n') - 7);
  const std::string line = "V\t400101000000Z\t\t" + number + "\tunknown\t" + subject + name + "\n";
  if (output_of({"cat", folder_ + "/index.txt"}).empty()) file("index.txt", line);
  openssl({"ocsp", "-index", folder_ + "/index.txt", "-CA", ca(), "-rsigner", ca(), "-rkey", key("ca"), "-issuer", ca(),
           "-cert", path + ".crt", "-ndays", "1", "-no_nonce", "-respout", path + ".ocsp"});
  return path + ".ocsp";
}

std::string Certificates::fingerprint(const std::string& name, const std::string& digest) const {
  const std::string text =
      output_of({"openssl", "x509", "-noout", "-fingerprint", "-" + digest, "-in", folder_ + "/" + name + ".crt"});
  const auto start = text.find('=') + 1;
  return text.substr(start, text.find('\n') - start);
}

std::string Certificates::hashed_directory() const {
  const std::string hash = output_of({"openssl", "x509", "-noout", "-hash", "-in", ca()}).substr(0, 8);
  const std::string path = folder_ + "/trusted";
  mkdir(path.c_str(), 0755);
  (void)symlink("../ca.pem", (path + "/" + hash + ".0").c_str());
  return path;
}

TlsServer::TlsServer(const std::string& pair, std::vector<std::string> options) {
  port_ = listen_on_loopback().port;
  Pipe input = make_pipe().value();
  Pipe output = make_pipe().value();
  std::vector<std::string> words = {"openssl", "s_server", "-quiet", "-accept", "127.0.0.1:" + std::to_string(port_),
                                    "-cert",   pair,       "-key",   pair};
  words.insert(words.end(), options.begin(), options.end());
  pid_ = start(words, input.read_end.number(), output.write_end.number());
  input_ = std::move(input.write_end);
  output_ = std::move(output.read_end);
}

TlsServer::~TlsServer() {
  kill();
}

void TlsServer::say(const std::string& text) const {
  cr_assert(write_all(input_, text).has_value());
}

std::string TlsServer::hear(std::size_t size) const {
  std::string heard;
  char room[4096];
  while (heard.size() < size) {
    pollfd entry = {output_.number(), POLLIN, 0};
    if (poll(&entry, 1, 10'000) <= 0) break;
    const ssize_t count = read(output_.number(), room, sizeof room);
    if (count <= 0) break;
    heard.append(room, static_cast<std::size_t>(count));
  }
  return heard;
}

void TlsServer::stop() const {
  ::kill(pid_, SIGSTOP);
}

void TlsServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

SilentServer::SilentServer(const std::string& greeting) {
  Listener listener = listen_on_loopback();
  port_ = listener.port;
  listener_ = std::move(listener.fd);
  if (greeting.empty()) return;
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Fd fd(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
  (void)write_all(fd, greeting);
  pause();
}

SilentServer::~SilentServer() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}
