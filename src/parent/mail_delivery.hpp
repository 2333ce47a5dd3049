// A process that takes one mail of an SMTP session: how the mail comes to it, and what becomes of it.
#pragma once

#include "common/fd.hpp"
#include "common/spawn.hpp"
#include "parent/crew.hpp"

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
};

class MailDelivery {
 public:
  // While it waits it keeps CREW's log pipes empty.
  MailDelivery(DeliveryEnds ends, Crew& crew) : ends_(std::move(ends)), crew_(crew) {}
  // A mail that was not finished is abandoned.
  ~MailDelivery() { abandon(); }
  MailDelivery(const MailDelivery&) = delete;
  MailDelivery& operator=(const MailDelivery&) = delete;

  // Waits until the process has taken BYTES, or takes nothing any more: then they are dropped, for it will say why.
  void give(std::string_view bytes);
  // The mail is whole. Waits for the process, and gives its wait status.
  int finish();
  // There will be no whole mail: the process is killed, and only then its input ends.
  void abandon();

  // The beginning of what it wrote to its standard error. All of it was passed on to ours.
  std::string_view errors() const { return kept_errors_; }

 private:
  void confirm();
  void drain_errors();
  int wait_for_end();

  DeliveryEnds ends_;
  Crew& crew_;
  std::string kept_errors_;
};

}  // namespace msmtp
