// A process that takes one mail of an SMTP session: how the mail comes to it, and what becomes of it.
#pragma once

#include "common/fd.hpp"
#include "common/spawn.hpp"
#include "parent/crew.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace msmtp {

// What such a process is started with.
struct DeliveryEnds {
  Child process;
  Fd input;   // its standard input is the other end; non-blocking
  Fd errors;  // and its standard error; non-blocking
  // Open until it ends, and a byte sent over it confirms the end of the mail (MailSource). May be missing: then the end
  // of its standard input has to do.
  Fd life;
  Fd end;                    // readable when it has ended (a pidfd); may be missing, and is not needed where life is
  bool leads_group = false;  // the process leads a group of its own: with it go all that it has started
};

class MailDelivery {
 public:
  using ErrorSink = std::function<void(std::string_view)>;

  // While it waits it keeps CREW's log pipes empty. What the process writes to its standard error goes to SINK. At
  // DEADLINE the process is killed.
  MailDelivery(DeliveryEnds ends, Crew& crew, ErrorSink sink, const Deadline& deadline)
      : ends_(std::move(ends)), crew_(crew), sink_(std::move(sink)), deadline_(deadline) {}
  // A mail that was not finished is abandoned.
  ~MailDelivery() { abandon(); }
  MailDelivery(const MailDelivery&) = delete;
  MailDelivery& operator=(const MailDelivery&) = delete;

  // Waits until the process has taken BYTES, or takes nothing any more: then they are dropped, for it will say why.
  void give(std::string_view bytes);
  // The mail is whole. Waits for the process, not for what it may have left behind, and gives its wait status.
  int finish();
  // There will be no whole mail: the process is killed, and only then its input ends.
  void abandon();

  // The beginning of what it wrote to its standard error.
  std::string_view errors() const { return kept_errors_; }

 private:
  void confirm();
  void await_room();
  void drain_errors();
  int wait_for_end();

  DeliveryEnds ends_;
  Crew& crew_;
  ErrorSink sink_;
  Deadline deadline_;
  std::string kept_errors_;
};

}  // namespace msmtp
