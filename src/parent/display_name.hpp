// A person's name, written so that it can stand before an address in a header field.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

struct Phrase {
  std::string text;      // may be folded: CRLF and a blank
  bool encoded = false;  // it has encoded-words, so no line may be longer than 76 characters (RFC 2047, 2)
};

// NAME as a phrase (RFC 5322, 3.2.5): as it is when it consists of atoms, else quoted, else, when it has
// bytes above 127 or is very long, as encoded-words of UTF-8 (RFC 2047) of at most 75 characters, one a
// line, the first with room for "From: " before it. Control bytes and what is not UTF-8 become '?'.
Phrase phrase_of(std::string_view name);

}  // namespace msmtp
