// msmtp-verifier: checks the logins of msmtpd's clients.
//
// At first it may do what the user may, and hears nobody but msmtpd. What it keeps of the password is what checks it.
// Then it only makes copies of itself, one for each session, and a copy only answers what its client says.
#include "authproc/verifier_check.hpp"
#include "authproc/verifier_password.hpp"
#include "common/child.hpp"
#include "common/forker.hpp"
#include "common/sandbox.hpp"

#include <cerrno>
#include <fcntl.h>

namespace msmtp {

namespace {

using ToListener = Channel<FromVerifier, ToVerifier>;

// With each order: the server's channel, and the session's.
constexpr std::size_t descriptors_of_copy = 2;

struct Prepared {
  SaslLibrary library;
  Credentials credentials;
  FailedLogins failed_logins;
  bool always_delay;
};

Result<Prepared> prepare(ToListener& listener) {
  SaslLibrary library = TRY(SaslLibrary::open());
  Acquire question = TRY(listener.expect_one<Acquire>(Deadline::never()));
  auto credentials = TRY(derive_credentials(std::move(question), listener.fd()));
  TRY(listener.send(Acquired{credentials.has_value()}));
  if (!credentials) return fail(ExitCode::config, "there is no password");
  const Verify verify = TRY(listener.expect_one<Verify>(Deadline::never()));
  FailedLogins failed_logins = TRY(FailedLogins::prepare());
  return Prepared{std::move(library), std::move(*credentials), std::move(failed_logins), verify.always_delay};
}

int live_as_copy(Prepared& prepared, std::vector<Fd> descriptors) {
  CheckToServer server(std::move(descriptors[0]), "msmtp-smtpd");
  CheckToSession session(std::move(descriptors[1]), "msmtpd");
  prepared.failed_logins.leave_to_copy();
  const CheckPlan plan{prepared.library, prepared.credentials, prepared.failed_logins, prepared.always_delay};
  const auto entered = enter_stage(Stage::verifier_check);
  const auto done = entered ? check_logins(plan, server, session) : entered;
  return done ? 0 : static_cast<int>(done.error().code);
}

// The orders come over the channel on which it was told what to check.
Result<ForkerOrders> orders_after(const ToListener& listener) {
  Fd orders(fcntl(listener.fd().number(), F_DUPFD_CLOEXEC, 0));
  if (!orders.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  return ForkerOrders(std::move(orders), "msmtpd");
}

Result<void> serve(ToListener& listener) {
  Prepared prepared = TRY(prepare(listener));
  ForkerOrders orders = TRY(orders_after(listener));
  const auto copy = [&prepared](std::vector<Fd> ends) { return live_as_copy(prepared, std::move(ends)); };
  Forker forker = TRY(Forker::prepare(orders, descriptors_of_copy, copy));
  forker.listen_to(prepared.failed_logins.reports(), [&prepared] { prepared.failed_logins.note(); });
  TRY(enter_stage(Stage::verifier_fork));
  TRY(listener.send(Sealed{}));
  listener.close();
  return forker.run();
}

int run() {
  ToListener listener(Fd(parent_channel_number), "msmtpd");
  const Result<void> served = serve(listener);
  if (served) return 0;
  if (listener.fd().is_open() && served.error().cause != Cause::peer_gone) {
    (void)listener.send(failed(served.error()));
  }
  return static_cast<int>(served.error().code);
}

}  // namespace

}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  return msmtp::run();
}
