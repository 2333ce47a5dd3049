// The files of TLS.
#include "netproc/tls_files.hpp"

#include "common/fd.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace msmtp;

namespace {

class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() { REQUIRE(system(("rm -rf " + path_).c_str()) == 0); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = path_ + "/" + name;
    REQUIRE(write_all(Fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), content));
    return path;
  }

 private:
  std::string path_ = "/tmp/msmtp-files.XXXXXX";
};

bool grants(const std::vector<PathGrant>& list, const std::string& path) {
  return std::ranges::any_of(list, [&](const PathGrant& grant) { return grant.path == path; });
}

}  // namespace

TEST_CASE("hashed names are told from other files") {
  for (const auto name : {"002c0b4f.0", "ffffffff.12"}) CHECK(is_hashed_name(name));
  for (const auto name : {"", ".", "..", "002c0b4f", "002c0b4f.", "002c0b4f.r0", "02c0b4f.0", "002C0B4F.0",
                          "002c0b4f.0x", "0002c0b4f.0", "ca-certificates.crt"}) {
    CAPTURE(name);
    CHECK_FALSE(is_hashed_name(name));
  }
}

TEST_CASE("a file is read whole, and what was not asked for is left out") {
  const Folder folder;
  const std::string content =
      "-----BEGIN CERTIFICATE-----\n" + std::string(200'000, 'A') + "\n-----END CERTIFICATE-----\n";
  CHECK(read_pem_file("tls_trust_file", folder.file("good", "secret\n" + content), "CERTIFICATE").value() == content);
}

TEST_CASE("a file that is missing, a directory, or without what it should have is named with its setting") {
  const Folder folder;
  const std::string empty = folder.file("empty", "");
  const auto error = [](const std::string& path) {
    const auto content = read_pem_file("tls_trust_file", path, "CERTIFICATE");
    REQUIRE_FALSE(content);
    CHECK(content.error().code == ExitCode::no_input);
    return content.error().text;
  };
  CHECK(error(empty) == "tls_trust_file: " + empty + ": no CERTIFICATE in it");
  CHECK(error(folder.path()) == "tls_trust_file: " + folder.path() + ": Is a directory");
  CHECK(error("/nonexistent") == "tls_trust_file: /nonexistent: No such file or directory");
}

TEST_CASE("a directory counts as hashed when it has one hashed name") {
  const Folder folder;
  CHECK_FALSE(has_hashed_certificates(folder.path()));
  CHECK_FALSE(has_hashed_certificates("/nonexistent"));
  folder.file("002c0b4f.0", "");
  CHECK(has_hashed_certificates(folder.path()));
  CHECK(is_directory(folder.path()));
  CHECK_FALSE(is_directory(folder.path() + "/002c0b4f.0"));
}

TEST_CASE("a look-up in a directory may follow its links, and nothing else is granted") {
  const Folder folder;
  const Folder elsewhere;
  const std::string target = elsewhere.file("ca.pem", "");
  elsewhere.file("other.pem", "");
  folder.file("inside.pem", "");
  REQUIRE(symlink(target.c_str(), (folder.path() + "/00000000.0").c_str()) == 0);
  REQUIRE(symlink("inside.pem", (folder.path() + "/00000001.0").c_str()) == 0);
  REQUIRE(symlink("nowhere", (folder.path() + "/00000002.0").c_str()) == 0);
  const auto list = reading_grants(folder.path());
  CHECK(list.size() == 2);
  CHECK(grants(list, folder.path()));
  CHECK(grants(list, target));
  for (const PathGrant& grant : list) CHECK(grant.access == PathGrant::Access::read);
}

TEST_CASE("the system's trust is next to the default bundle: the directory if it is hashed, else the bundle") {
  const Folder folder;
  const std::string bundle = folder.file("bundle.crt", "");
  const auto place = system_trust(bundle);
  if (!has_hashed_certificates("/etc/ssl/certs")) {
    REQUIRE(place);
    CHECK(place->path == bundle);
    CHECK_FALSE(place->is_hashed_directory);
  }
  folder.file("002c0b4f.0", "");
  const auto hashed = system_trust(bundle);
  REQUIRE(hashed);
  CHECK(hashed->path == folder.path());
  CHECK(hashed->is_hashed_directory);
}
