// The files of TLS.
#include "netproc/tls_files.hpp"

#include "common/fd.hpp"
#include "netproc/tls_pem.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::size_t max_file = 64 * 1024 * 1024;

Unexpected cannot_use(std::string_view setting, const std::string& path, std::string_view reason) {
  return fail(ExitCode::no_input, std::string(setting) + ": " + path + ": " + std::string(reason));
}

Result<Secret> read_file(std::string_view setting, const std::string& path) {
  const Result<Fd> fd = open_for_reading(path);
  if (!fd) return fail(ExitCode::no_input, std::string(setting) + ": " + fd.error().text);
  Secret content = Secret::with_capacity(64 * 1024);
  for (;;) {
    if (content.spare_size() == 0) content.reserve(2 * content.size());
    const ssize_t count = read(fd->number(), content.spare(), content.spare_size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_use(setting, path, error_text(errno));
    if (count == 0) return content;
    content.grow_by(static_cast<std::size_t>(count));
    if (content.size() > max_file) return cannot_use(setting, path, "too large");
  }
}

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// Calls VISIT with each hashed name in PATH until it says false.
template <class Visit>
void visit_hashed_names(const std::string& path, Visit visit) {
  const Directory directory(opendir(path.c_str()));
  if (!directory) return;
  while (const dirent* entry = readdir(directory.get())) {
    if (is_hashed_name(entry->d_name) && !visit(std::string(entry->d_name))) return;
  }
}

// PATH without symbolic links; empty when it leads nowhere.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(path.c_str(), nullptr), std::free);
  return resolved ? std::string(resolved.get()) : std::string();
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Trees of public certificates that the links in system directories lead to: a list is quicker than following 150
// links.
constexpr std::array<std::string_view, 5> certificate_trees = {
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/ca-certificates",
    "/etc/pki",
    "/usr/share/pki",
};

bool is_system_directory(const std::string& path) {
  return path.starts_with("/etc/") || path.starts_with("/usr/");
}

}  // namespace

Result<std::string> read_pem_file(std::string_view setting, const std::string& path, std::string_view label) {
  const Secret content = TRY(read_file(setting, path));
  std::string blocks = pem_blocks(content.reveal(), label);
  if (blocks.empty()) return cannot_use(setting, path, "no " + std::string(label) + " in it");
  return blocks;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_hashed_name(std::string_view name) {
  constexpr std::size_t hash_digits = 8;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (name.size() < hash_digits + 2 || name[hash_digits] != '.') return false;
  return std::ranges::all_of(name.substr(0, hash_digits), is_hex) &&
         std::ranges::all_of(name.substr(hash_digits + 1), is_digit);
}

bool has_hashed_certificates(const std::string& directory) {
  bool found = false;
  visit_hashed_names(directory, [&](const std::string&) {
    found = true;
    return false;
  });
  return found;
}

std::vector<PathGrant> reading_grants(const std::string& directory) {
  std::vector<PathGrant> grants = {{directory, PathGrant::Access::read}};
  const auto add = [&](const std::string& path) {
    const bool known = std::ranges::any_of(grants, [&](const PathGrant& grant) { return grant.path == path; });
    if (!known) grants.push_back({path, PathGrant::Access::read});
  };
  if (is_system_directory(directory)) {
    for (const auto tree : certificate_trees) add(std::string(tree));
    return grants;
  }
  const std::string inside = real_path(directory) + "/";
  visit_hashed_names(directory, [&](const std::string& name) {
    const std::string target = real_path(directory + "/" + name);
    if (!target.empty() && !target.starts_with(inside)) add(target);
    return true;
  });
  return grants;
}

std::optional<TrustPlace> system_trust(const std::string& default_bundle) {
  const std::string bundle = real_path(default_bundle);
  for (const std::string& directory :
       {bundle.empty() ? std::string() : folder_of(bundle), std::string("/etc/ssl/certs")}) {
    if (!directory.empty() && has_hashed_certificates(directory)) return TrustPlace{directory, true};
  }
  for (const std::string& file :
       {bundle, std::string("/etc/ssl/certs/ca-certificates.crt"), std::string("/etc/ssl/cert.pem"),
        std::string("/etc/pki/tls/certs/ca-bundle.crt"), std::string("/etc/ssl/ca-bundle.pem")}) {
    if (!file.empty() && access(file.c_str(), R_OK) == 0) return TrustPlace{file, false};
  }
  return std::nullopt;
}

}  // namespace msmtp
