// The borrower's side of a kept connection.
#include "parent/kept_connection.hpp"

#include "common/child.hpp"
#include "common/lesser_user.hpp"
#include "common/spawn.hpp"
#include "parent/connection_description.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

using std::chrono::milliseconds;

// A keeper does nothing else than answer.
constexpr milliseconds patience_with_keeper(1000);
// For others who send a mail over it.
constexpr milliseconds patience_in_queue(5000);
constexpr milliseconds patience_with_writer(100);

#ifdef POLLRDHUP
constexpr short finished = POLLHUP | POLLRDHUP;
#else
constexpr short finished = POLLHUP;
#endif

// So much in a pipe means that its writer waits for us (64 KiB, or a little less when it was written in pieces).
constexpr int nearly_full = 48 * 1024;

using Requests = Channel<KeeperRequest, FromKeeper>;

Result<std::vector<HandedFd>> descriptors_of_keeper() {
  std::vector<HandedFd> descriptors;
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nothing.is_open()) return fail(ExitCode::os_error, "/dev/null: " + error_text(errno));
    descriptors.push_back({std::move(nothing), number});
  }
  return descriptors;
}

}  // namespace

bool mail_is_at_hand(int number) {
  struct stat facts {};
  if (fstat(number, &facts) == 0 && S_ISREG(facts.st_mode)) return true;
  const Deadline end = Deadline::in(patience_with_writer);
  while (!end.has_passed()) {
    pollfd input{number, static_cast<short>(finished & ~POLLHUP), 0};
    if (poll(&input, 1, 2) > 0) return (input.revents & finished) != 0;
    int waiting = 0;
    if (ioctl(number, FIONREAD, &waiting) != 0) return false;
    if (waiting >= nearly_full) return true;
  }
  return false;
}

KeeperSlot KeptConnection::slot(const std::string& directory, unsigned number) const {
  return KeeperSlot(directory, name_of_description(description_), number % keeper_slots);
}

KeptConnection::Answer KeptConnection::ask(const KeeperSlot& slot, bool may_wait) {
  Requests requests(slot.reach(), keeper_program);
  if (!requests.fd().is_open()) return Answer::nobody;
  auto pair = make_seqpacket_pair();
  if (!pair) return Answer::not_lent;
  Keeper keeper(std::move(pair->left), keeper_program);
  std::array<Fd, 1> handed{std::move(pair->right)};
  const auto asked = requests.try_send(Borrow{*BytesView<max_description>::from(description_), may_wait}, handed);
  if (!asked) return Answer::nobody;
  if (!*asked) return Answer::not_lent;  // so many ask that there is no room for us
  handed[0].close();                     // or the end of the keeper would not be ours to see
  auto answer = keeper.expect<Lent, NotLent>(Deadline::in(may_wait ? patience_in_queue : patience_with_keeper),
                                             session_, session_.size());
  if (!answer) return answer.error().cause == Cause::peer_gone ? Answer::nobody : Answer::not_lent;
  auto* lent = std::get_if<Lent>(&*answer);
  if (lent == nullptr || !session_[1].is_open()) return Answer::not_lent;
  facts_ = std::move(lent->facts);
  keeper_ = std::move(keeper);
  return Answer::lent;
}

// Begins where few others do at the same time.
std::optional<SessionFacts> KeptConnection::ask_all(const std::string& directory) {
  const auto first = static_cast<unsigned>(getpid());
  bool has_free = false;
  for (unsigned i = 0; i < keeper_slots; ++i) {
    const Answer answer = ask(slot(directory, first + i), false);
    if (answer == Answer::lent) return facts_;
    has_free = has_free || answer == Answer::nobody;
  }
  for (unsigned i = 0; has_free && i < keeper_slots && !has_place(); ++i) place_ = slot(directory, i).take();
  if (has_place() || ask(slot(directory, first), true) != Answer::lent) return std::nullopt;
  return facts_;
}

std::optional<SessionFacts> KeptConnection::borrow(Crew& crew, std::string_view netproc) {
  const auto directory = keeper_directory();
  if (!directory) {
    note_ = "the connection is not kept: " + directory.error().text;
  } else if (!BytesView<max_description>::from(description_)) {
    note_ = "the connection is not kept: it has too long a description";
  } else if (auto facts = ask_all(*directory)) {
    crew.take_netproc(netproc, std::move(session_[0]), std::move(session_[1]));
    note_ = "using a connection that was kept";
    return facts;
  } else {
    note_ = has_place() ? "the connection will be kept" : "the connection is not kept: so many are kept already";
  }
  return std::nullopt;
}

Result<void> KeptConnection::start_keeper(Crew& crew, std::uint32_t seconds) {
  SocketPair link = TRY(make_seqpacket_pair());
  std::vector<Fd> ends = TRY(crew.ends_of_netproc());
  std::vector<HandedFd> descriptors = TRY(descriptors_of_keeper());
  descriptors.push_back({std::move(link.right), parent_channel_number});
  descriptors.push_back({std::move(place_.requests), requests_number});
  descriptors.push_back({std::move(place_.lock), slot_lock_number});
  descriptors.push_back({std::move(ends[0]), kept_channel_number});
  descriptors.push_back({std::move(ends[1]), kept_log_number});
  const auto environment = TRY(environment_with_lesser_user());
  TRY(spawn(helpers_ + '/' + std::string(keeper_program), std::move(descriptors), environment));
  keeper_.emplace(std::move(link.left), keeper_program);
  return keeper_->send(Keep{*BytesView<max_description>::from(description_), seconds},
                       Deadline::in(patience_with_keeper));
}

void KeptConnection::give_back(const SessionFacts& facts) {
  if (keeper_) (void)keeper_->send(Return{facts}, Deadline::in(patience_with_keeper));
}

}  // namespace msmtp
