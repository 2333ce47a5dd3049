// The content of a mail as a command reads it.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

// Turns CRLF into LF, whatever the pieces in which it comes: of each LF one CR before it is left out. All else stays.
class LineEndConverter {
 public:
  // Appends what PIECE becomes to TEXT; a CR at its end waits for what comes next.
  void convert(std::string_view piece, std::string& text);
  // No more comes.
  void finish(std::string& text);

 private:
  bool pending_cr_ = false;
};

}  // namespace msmtp
