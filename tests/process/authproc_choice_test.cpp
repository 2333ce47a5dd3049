// The credential child with the questions of several accounts, of which the mail chooses one by its number.
#include "authproc_process.hpp"

#include <criterion/criterion.h>

namespace msmtp {
namespace {

using test::Authproc;
using test::soon;

void offer(Authproc& authproc, std::string_view password, bool more_follow = true) {
  Acquire question;
  question.more_follow = more_follow;
  question.user = *Text<4096>::from("joe");
  question.host = *Line<max_host>::from("mail.example");
  question.source = PasswordSource::given;
  question.password.secret = Secret::copy_of(password);
  authproc.ask(std::move(question));
}

void choose(Authproc& authproc, std::uint16_t index) {
  cr_assert(authproc.parent.send(Choose{index}, soon()).has_value());
}

Test(authproc_choice, the_chosen_account_logs_in_with_its_own_password) {
  Authproc authproc;
  offer(authproc, "first");
  offer(authproc, "second");
  offer(authproc, "third", false);
  choose(authproc, 1);
  cr_assert(authproc.expect_acquired());
  authproc.begin(Mechanism::plain);
  authproc.expect_sealed();
  const auto first = authproc.netproc.expect_one<Response>(soon());
  cr_assert(first.has_value());
  cr_expect(first->bytes.view() == std::string_view("\0joe\0second", 11));
}

Test(authproc_choice, a_number_that_no_account_has_is_refused) {
  Authproc authproc;
  offer(authproc, "first");
  offer(authproc, "second", false);
  choose(authproc, 2);
  cr_expect(authproc.expect_failed().code == ExitCode::software);
  cr_expect(authproc.exit_status() == static_cast<int>(ExitCode::software));
}

Test(authproc_choice, nothing_is_chosen_twice) {
  Authproc authproc;
  offer(authproc, "first");
  offer(authproc, "second", false);
  choose(authproc, 0);
  cr_assert(authproc.expect_acquired());
  choose(authproc, 0);
  const auto answer = authproc.netproc.expect_one<Response>(soon());
  cr_expect(!answer.has_value());
  cr_expect(authproc.exit_status() > 0);
}

Test(authproc_choice, no_question_is_taken_after_the_last) {
  Authproc authproc;
  offer(authproc, "first");
  offer(authproc, "second", false);
  Acquire command;
  command.source = PasswordSource::evaluate;
  command.command = *Text<48 * 1024>::from("touch /tmp/never");
  authproc.ask(std::move(command));
  cr_expect(authproc.expect_failed().code == ExitCode::software);
  cr_expect(authproc.exit_status() == static_cast<int>(ExitCode::software));
}

}  // namespace
}  // namespace msmtp
