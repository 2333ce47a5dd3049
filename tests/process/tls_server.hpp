// Servers and certificates for the tests of TLS, made with the openssl program.
#pragma once

#include "common/fd.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

// A folder with an authority and what it has issued; gone with the object. Skips the test when there is no openssl.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const std::string& folder() const { return folder_; }
  std::string ca() const { return folder_ + "/ca.pem"; }
  std::string key(const std::string& name) const { return folder_ + "/" + name + ".key"; }

  // A certificate with its key in one file, for localhost and 127.0.0.1, or with an EXTENSION after or instead of that
  // in the notation of openssl.cnf, good for DAYS. Gives the path.
  std::string make(const std::string& name, const std::string& extension = {}, const std::string& days = "30") const;
  std::string make_self_signed(const std::string& name, const std::string& days = "30") const;
  // The path of a list that revokes NAME.
  std::string revocation_list(const std::string& name) const;
  // The path of an OCSP response for NAME, good unless it was revoked.
  std::string ocsp_response(const std::string& name) const;
  // "AA:BB:..." of NAME.
  std::string fingerprint(const std::string& name, const std::string& digest) const;
  // A directory whose one hashed link leads to the authority's certificate outside of it.
  std::string hashed_directory() const;
  std::string file(const std::string& name, const std::string& content) const;

 private:
  std::string folder_ = "/tmp/msmtp-tls.XXXXXX";
};

// openssl s_server with the certificate and key in PAIR: sends what say() is given, hear() gives what it has received.
class TlsServer {
 public:
  explicit TlsServer(const std::string& pair, std::vector<std::string> options = {});
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const { return port_; }
  void say(const std::string& text) const;
  std::string hear(std::size_t size) const;
  void close_input() { input_.close(); }
  void stop() const;  // it answers nothing any more
  void kill();

 private:
  std::uint16_t port_ = 0;
  msmtp::Fd input_;
  msmtp::Fd output_;
  pid_t pid_ = -1;
};

// Accepts connections in the kernel and says GREETING, if there is one, to the first.
class SilentServer {
 public:
  explicit SilentServer(const std::string& greeting = {});
  ~SilentServer();
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  msmtp::Fd listener_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};
