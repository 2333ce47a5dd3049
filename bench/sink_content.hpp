// The content of a mail as the sink takes it: where it ends, what is wrong with its lines, its hash.
#pragma once

#include "sink_counts.hpp"

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace msmtp {

struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One mail's content. The hash is SHA-256 of the lines with CRLF, dots unstuffed: what the recipient gets.
class SinkContent {
 public:
  SinkContent(SinkCounts& counts, bool with_hash);

  // DATA (RFC 5321, 4.1.1.4): takes what belongs to the content from INPUT, and removes it. True at the final dot.
  bool take_lines(std::string_view& input);

  // BDAT (RFC 3030): all of CHUNK is content.
  void take_chunk(std::string_view chunk);

  // In hexadecimal digits; "" without a hash.
  std::string hash();

 private:
  void take_line(std::string_view line);
  void check_line(std::string_view line);
  void keep(std::string_view bytes);

  SinkCounts& counts_;
  std::unique_ptr<EVP_MD_CTX, DigestFree> digest_;
  std::string partial_;        // a line whose end has not come
  bool within_line_ = false;   // its beginning has been taken already
  bool after_return_ = false;  // of chunks: the last octet was CR
  std::uint64_t line_length_ = 0;
};

}  // namespace msmtp
