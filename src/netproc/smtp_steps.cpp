// The table of steps.
#include "netproc/smtp_steps.hpp"

#include <array>
#include <chrono>

namespace msmtp {

namespace {

using std::chrono::minutes;

struct Row {
  Step step;
  std::string_view name;
  minutes patience;
};

// RFC 5321, 4.5.3.2; it has nothing to say about a connection, a proxy and the handshake.
constexpr std::array<Row, 13> table = {{
    {Step::connect, "connection", minutes(5)},
    {Step::proxy, "reply of the proxy", minutes(5)},
    {Step::greeting, "greeting", minutes(5)},
    {Step::hello, "reply to hello", minutes(5)},
    {Step::starttls, "reply to STARTTLS", minutes(5)},
    {Step::handshake, "TLS handshake", minutes(5)},
    {Step::auth, "reply to AUTH", minutes(5)},
    {Step::mail, "reply to MAIL", minutes(5)},
    {Step::recipient, "reply to RCPT", minutes(5)},
    {Step::data, "reply to DATA", minutes(2)},
    {Step::content, "reply to the mail", minutes(3)},
    {Step::delivery, "reply to the end of the mail", minutes(10)},
    {Step::queue, "reply to ETRN", minutes(5)},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].step != static_cast<Step>(i)) return false;
  }
  return true;
}
static_assert(is_in_order() && table.size() == static_cast<std::size_t>(Step::last) + 1);

}  // namespace

std::string_view name(Step step) {
  return table[static_cast<std::size_t>(step)].name;
}

Deadline Timers::start(Step step) const {
  if (timeout_seconds_ != 0) return Deadline::in(std::chrono::seconds(timeout_seconds_));
  return Deadline::in(table[static_cast<std::size_t>(step)].patience);
}

}  // namespace msmtp
