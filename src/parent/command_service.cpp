// The mails of one msmtpd session, each for a command.
#include "parent/command_service.hpp"

#include "common/text.hpp"
#include "parent/command_answer.hpp"
#include "parent/received_field.hpp"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

// Of the addresses of one mail: far below what exec takes (2 MiB on Linux, with the environment).
constexpr std::size_t max_size_of_words = 1024 * 1024;
constexpr std::size_t max_logged_line = 1000;
constexpr std::size_t max_logged_lines = 100;
constexpr std::size_t max_logged_command = 2000;

LocalTime local_time() {
  LocalTime now;
  const std::time_t seconds = std::time(nullptr);
  localtime_r(&seconds, &now.fields);
  now.utc_offset = now.fields.tm_gmtoff;
  return now;
}

std::string one_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += word;
    if (line.size() > max_logged_command) return line.substr(0, max_logged_command) + "...";
  }
  return line;
}

}  // namespace

// The check says it before the server hears its verdict, so it is there now, or the client has not logged in.
Result<void> CommandService::require_login() {
  if (check_ == nullptr) return {};
  const auto verified = check_->expect_one<Verified>(Deadline::in(std::chrono::milliseconds(0)));
  if (!verified) {
    return Unexpected{
        {ExitCode::software, "msmtp-smtpd has sent a mail of a client that has not logged in", {}, Cause::peer_lied}};
  }
  check_ = nullptr;
  plan_.log.info("the client has authenticated as " + verified->user.str());
  return {};
}

Result<void> CommandService::force_sender(NewMail& sender) {
  if (!client_ || !client_->is_local || plan_.options.senders.empty()) return {};
  if (!looked_for_sender_) forced_sender_ = TRY(forced_sender(plan_.options.senders, client_->user));
  looked_for_sender_ = true;
  if (!forced_sender_ || *forced_sender_ == sender.reverse_path.view()) return {};
  const auto forced = Line<max_mailbox>::from(*forced_sender_);
  if (!forced) return fail(ExitCode::config, "the sender that --from demands is no address");
  plan_.log.info("the sender " + sender.reverse_path.str() + " becomes " + *forced_sender_);
  sender.reverse_path = *forced;
  return {};
}

Result<ClientAnswer> CommandService::begin(NewMail& sender) {
  TRY(require_login());
  names_.seek();
  const auto forced = force_sender(sender);
  if (!forced) {
    plan_.log.error(forced.error().text);
    return client_answer(451, "4.3.5 the sender address cannot be found");
  }
  const auto checked = plan_.command.check_sender(sender.reverse_path.view());
  if (!checked) return client_answer(553, "5.1.7 " + checked.error().text);
  size_of_words_ = sender.reverse_path.view().size();
  return client_answer(250, "2.1.0 Ok");
}

Result<ClientAnswer> CommandService::add(const SessionMail&, std::string_view recipient) {
  const auto checked = plan_.command.check_recipient(recipient);
  if (!checked) return client_answer(553, "5.1.3 " + checked.error().text);
  const std::size_t size = size_of_words_ + recipient.size() + 1 + sizeof(char*);
  if (size > max_size_of_words) return client_answer(452, "4.5.3 Too many recipients");
  size_of_words_ = size;
  return client_answer(250, "2.1.5 Ok");
}

Result<DeliveryEnds> CommandService::start(const SessionMail& mail) {
  const std::vector<std::string> words = plan_.command.words(mail.sender.reverse_path.view(), mail.recipients);
  plan_.log.info("pipe command: " + one_line(words));
  auto started = starter_.start(words);
  if (!started) {
    plan_.log.error(started.error().text);
    return fail(started.error().code, "Cannot start pipe command");
  }
  begin_content(mail.sender);
  return started;
}

void CommandService::begin_content(const NewMail& sender) {
  ReceivedFacts facts;
  facts.client_name = sender.client_name.str();
  facts.client = names_.client();
  facts.own = names_.own();
  if (client_ && client_->is_local) facts.local_user = client_->user;
  facts.lmtp = plan_.options.lmtp;
  facts.time = local_time();
  text_ = received_field(facts);
  converter_ = {};
  octets_ = 0;
  line_.clear();
  lines_ = 0;
}

std::string_view CommandService::content(std::string_view piece, bool last) {
  // The field waits for the first piece of the mail, and goes out with it.
  if (octets_ > 0) text_.clear();
  octets_ += piece.size();
  converter_.convert(piece, text_);
  if (last) converter_.finish(text_);
  return text_;
}

// The last line may not be complete.
void CommandService::log_line_of_command() {
  if (line_.empty()) return;
  if (++lines_ < max_logged_lines) plan_.log.error("pipe command: " + line_);
  if (lines_ == max_logged_lines) plan_.log.error("pipe command: the rest of what it says is left out");
  line_.clear();
}

void CommandService::hear(std::string_view errors) {
  for (const char c : errors) {
    if (c == '\n' || line_.size() == max_logged_line) log_line_of_command();
    if (c != '\n') line_ += c;
  }
}

ClientAnswer CommandService::end(int status, std::string_view errors) {
  log_line_of_command();
  ClientAnswer answer = command_answer(status, errors);
  if (answer.code == 250) {
    plan_.log.info("a mail of " + std::to_string(octets_) + " octets was piped");
  } else {
    plan_.log.error("the pipe command " + describe_wait_status(status) + "; the client hears " +
                    std::to_string(answer.code) + ' ' + answer.text.str());
  }
  return answer;
}

}  // namespace msmtp
