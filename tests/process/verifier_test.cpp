// A real msmtp-verifier, with this test as msmtpd, its sessions and their servers: honest clients, wrong passwords,
// those who lie or die.
#include "authproc/digest.hpp"
#include "authproc/scram_client.hpp"
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <criterion/criterion.h>

#include <chrono>
#include <vector>
#include <iterator>
#include <algorithm>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;

namespace {

constexpr const char* program = "build/strict/libexec/msmtp/msmtp-verifier";
constexpr std::string_view password = "the right one";

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

using Clock = std::chrono::steady_clock;

// What one session has: its server's channel to the copy, and its own.
struct Session {
  Channel<LoginFromClient, LoginToClient> server;
  Channel<ToSession, FromCheck> check;

  void start(Mechanism mechanism, std::optional<std::string_view> response) {
    cr_assert(server.send(LoginStart{mechanism}, soon()).has_value());
    say(response);
  }
  void say(std::optional<std::string_view> response) {
    const auto bytes = BytesView<max_sasl_message>::from(response.value_or(""));
    (void)server.send(Response{response.has_value(), *bytes}, soon());
  }
  std::string challenge() {
    const auto challenge = server.expect_one<Challenge>(soon());
    cr_assert(challenge.has_value(), "%s", challenge ? "" : challenge.error().text.c_str());
    return std::string(challenge->bytes.view());
  }
  bool verdict() {
    const auto verdict = server.expect_one<Verdict>(soon());
    cr_assert(verdict.has_value(), "%s", verdict ? "" : verdict.error().text.c_str());
    return verdict->accepted;
  }
  bool plain(std::string_view given, std::string_view user = "joe", std::string_view other = "") {
    std::string response(other);
    start(Mechanism::plain, response.append(1, '\0').append(user).append(1, '\0').append(given));
    return verdict();
  }
  std::string verified() {
    const auto verified = check.expect_one<Verified>(soon());
    cr_assert(verified.has_value(), "%s", verified ? "" : verified.error().text.c_str());
    return verified->user.str();
  }
  bool is_over() {
    const auto word = server.expect_one<Verdict>(soon());
    return !word && word.error().cause == Cause::peer_gone;
  }
};

class Verifier {
 public:
  // With the password of a command; SOURCE empty: from COMMAND.
  explicit Verifier(bool always_delay = false, const std::string& command = "echo 'the right one'",
                    std::string_view user = "joe") {
    seal_inherited_descriptors();
    SocketPair ends = make_seqpacket_pair().value();
    std::vector<HandedFd> handed;
    handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), 0});
    handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), 1});
    handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), 2});
    handed.push_back({std::move(ends.right), parent_channel_number});
    child_ = spawn(program, std::move(handed), {"PATH=/usr/bin:/bin"}).value();
    channel.emplace(std::move(ends.left), "msmtp-verifier");
    Acquire question;
    question.user = *Text<4096>::from(user);
    question.host = *Line<max_host>::from("localhost");
    question.source = PasswordSource::evaluate;
    question.command = *Text<48 * 1024>::from(command);
    cr_assert(channel->send(question, soon()).has_value());
    always_delay_ = always_delay;
  }
  ~Verifier() {
    if (child_.pid() > 0) kill(child_.pid(), SIGKILL), (void)child_.wait(soon());
  }

  Verifier& seal() {
    const auto acquired = channel->expect_one<Acquired>(soon());
    cr_assert(acquired.has_value() && acquired->found);
    Verify verify;
    verify.always_delay = always_delay_;
    cr_assert(channel->send(verify, soon()).has_value());
    const auto sealed = channel->expect<Sealed, Failed>(soon());
    cr_assert(sealed.has_value() && std::holds_alternative<Sealed>(*sealed));
    orders.emplace(Fd(fcntl(channel->fd().number(), F_DUPFD_CLOEXEC, 3)), "msmtp-verifier");
    channel->close();
    return *this;
  }
  Session session() {
    SocketPair server = make_seqpacket_pair().value();
    SocketPair check = make_seqpacket_pair().value();
    const Fd theirs[] = {std::move(server.right), std::move(check.right)};
    cr_assert(orders->send(NewProcess{}, soon(), theirs).has_value());
    return {{std::move(server.left), "the check"}, {std::move(check.left), "the check"}};
  }
  int exit_status() {
    const auto status = child_.wait(soon());
    cr_assert(status.has_value());
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 1000 + WTERMSIG(*status);
  }
  pid_t pid() const { return child_.pid(); }

  std::optional<Channel<ToVerifier, FromVerifier>> channel;
  std::optional<Channel<ToForker, FromForker>> orders;

 private:
  Child child_;
  bool always_delay_ = false;
};

// What SCRAM's server says to the client's end, or nothing when it is refused.
std::optional<std::string> scram(Session& session, std::string_view given, std::string_view user = "joe") {
  ScramClient client(Mechanism::scram_sha_256, user, Secret::copy_of(given), {}, "a nonce of the test");
  session.start(Mechanism::scram_sha_256, client.first());
  const std::string first = session.challenge();
  const auto final = client.final(first);
  cr_assert(final.has_value(), "%s", final ? "" : final.error().text.c_str());
  session.say(*final);
  const auto word = session.server.expect<Challenge, Verdict>(soon());
  cr_assert(word.has_value());
  if (const auto* verdict = std::get_if<Verdict>(&*word)) {
    cr_expect(!verdict->accepted);
    return std::nullopt;
  }
  const std::string proof(std::get<Challenge>(*word).bytes.view());
  cr_expect(client.is_proof(proof), "%s", proof.c_str());
  return proof;
}

std::string salt_of(Session& session, std::string_view user) {
  ScramClient client(Mechanism::scram_sha_256, user, Secret::copy_of("x"), {}, "nonce");
  session.start(Mechanism::scram_sha_256, client.first());
  const std::string first = session.challenge();
  cr_assert(session.server.send(Cancel{}, soon()).has_value());
  return first.substr(first.find(",s="));
}

}  // namespace

Test(verifier, plain_is_accepted_and_the_session_hears_it_first, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_expect(session.plain(password));
  cr_expect(session.verified() == "joe");
  cr_expect(session.is_over());
}

Test(verifier, plain_without_an_initial_response_is_asked_for_it, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  session.start(Mechanism::plain, std::nullopt);
  cr_expect(session.challenge().empty());
  session.say(std::string("\0joe\0the right one", 18));
  cr_expect(session.verdict());
}

// Clients compare the questions.
Test(verifier, login_asks_for_the_name_unless_it_was_said, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  for (const bool at_once : {false, true}) {
    Session session = verifier.session();
    session.start(Mechanism::login, at_once ? std::optional<std::string_view>("joe") : std::nullopt);
    if (!at_once) {
      cr_expect(session.challenge() == "Username:");
      session.say("joe");
    }
    cr_expect(session.challenge() == "Password:");
    session.say(password);
    cr_expect(session.verdict());
    cr_expect(session.verified() == "joe");
  }
}

Test(verifier, scram_proves_itself_before_the_verdict, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_assert(scram(session, password).has_value());
  session.say("");
  cr_expect(session.verdict());
  cr_expect(session.verified() == "joe");
}

Test(verifier, a_client_that_does_not_want_the_proof_is_not_logged_in, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_assert(scram(session, password).has_value());
  cr_assert(session.server.send(Cancel{}, soon()).has_value());
  const auto verified = session.check.expect_one<Verified>(Deadline::in(std::chrono::milliseconds(300)));
  cr_expect(!verified && verified.error().cause == Cause::peer_silent);
  cr_expect(session.plain(password));
}

Test(verifier, what_is_wrong_is_refused_and_may_be_tried_again, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_expect(!session.plain("the wrong one"));
  cr_expect(!session.plain(password, "jim"));
  cr_expect(!session.plain(password, "JOE"));
  cr_expect(!scram(session, "the wrong one").has_value());
  cr_expect(session.plain(password, "joe", "somebody else"));
  cr_expect(session.verified() == "joe");
}

Test(verifier, a_session_that_guesses_has_no_verifier_soon, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_expect(!scram(session, password, "jim").has_value());
  for (int i = 1; i < max_failed_logins; ++i) cr_expect(!session.plain("the wrong one"));
  cr_expect(session.is_over());
}

Test(verifier, whoever_does_not_exist_has_a_salt_too_and_always_the_same, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  Session one = verifier.session();
  Session other = verifier.session();
  const std::string salt = salt_of(one, "nobody");
  cr_expect(salt == salt_of(other, "nobody"));
  cr_expect(salt == salt_of(one, "nobody"));
  cr_expect(salt != salt_of(one, "nobody else"));
  cr_expect(salt_of(one, "joe") == salt_of(other, "joe"));
  cr_expect(salt.size() == salt_of(one, "joe").size());
}

// Else whoever has heard one login could say it again to another copy.
Test(verifier, no_two_copies_challenge_with_the_same_words, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  std::vector<std::string> challenges;
  for (int i = 0; i < 5; ++i) {
    Session session = verifier.session();
    session.start(Mechanism::scram_sha_256, "n,,n=joe,r=the-same-nonce");
    challenges.push_back(session.challenge());
    cr_expect(challenges.back().starts_with("r=the-same-nonce"));
  }
  std::ranges::sort(challenges);
  cr_expect(std::ranges::adjacent_find(challenges) == challenges.end());
}

namespace {

using Said = void (*)(Session&);

constexpr Said words_of_a_server[] = {
    [](Session& it) { (void)it.server.send(LoginStart{Mechanism::plain}, soon()); },
    [](Session& it) { (void)it.server.send(LoginStart{Mechanism::external}, soon()); },
    [](Session& it) { it.say(std::string_view("\0joe\0the right one", 18)); },
    [](Session& it) { it.say(std::string_view("\0joe\0the wrong one", 18)); },
    [](Session& it) { (void)it.server.send(Cancel{}, soon()); },
};
constexpr std::size_t words = std::size(words_of_a_server);

}  // namespace

// A server that was taken over says whatever it likes, in every order, in as many sessions: only who starts a login and
// then brings the password is verified.
Test(verifier, whatever_a_server_says_only_the_password_verifies, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  std::vector<Session> sessions;
  for (std::size_t number = 0; number < words * words * words; ++number) {
    Session& session = sessions.emplace_back(verifier.session());
    for (std::size_t i = 0, rest = number; i < 3; ++i, rest /= words) words_of_a_server[rest % words](session);
    session.server.socket().finish_sending();
  }
  for (std::size_t number = 0; number < sessions.size(); ++number) {
    const bool has_brought_it = number % words == 0 && number / words % words == 2;
    const auto verified = sessions[number].check.expect_one<Verified>(soon());
    cr_expect(verified.has_value() == has_brought_it, "%zu", number);
    cr_expect(verified.has_value() || verified.error().cause == Cause::peer_gone, "%zu", number);
  }
}

// A failed login makes all sessions slow, those that were there before it as well.
Test(verifier, a_failed_login_is_answered_late_and_so_is_the_next_one_anywhere, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  Session other = verifier.session();
  Session session = verifier.session();
  Session third = verifier.session();
  auto begin = Clock::now();
  cr_expect(third.plain(password));
  cr_expect(Clock::now() - begin < std::chrono::milliseconds(900));
  begin = Clock::now();
  cr_expect(!session.plain("the wrong one"));
  cr_expect(Clock::now() - begin >= std::chrono::milliseconds(1000));
  begin = Clock::now();
  cr_expect(other.plain(password));
  cr_expect(Clock::now() - begin >= std::chrono::milliseconds(1000));
}

Test(verifier, each_login_is_answered_late_when_that_is_wanted, .timeout = 60) {
  Verifier verifier(true);
  Session session = verifier.seal().session();
  const auto begin = Clock::now();
  cr_expect(session.plain(password));
  cr_expect(Clock::now() - begin >= std::chrono::milliseconds(1000));
}

Test(verifier, a_copy_that_is_told_nonsense_ends_and_the_others_go_on, .timeout = 60) {
  Verifier verifier;
  verifier.seal();
  Session session = verifier.session();
  cr_assert(session.server.send(Cancel{}, soon()).has_value());
  cr_expect(session.is_over());
  Session unknown = verifier.session();
  unknown.start(Mechanism::digest_md5, std::nullopt);
  cr_expect(unknown.is_over());
  Session next = verifier.session();
  cr_expect(next.plain(password));
}

Test(verifier, broken_messages_of_clients_are_refused_and_nothing_else, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  session.start(Mechanism::plain, std::string_view("\0\0", 2));
  cr_expect(!session.verdict());
  session.start(Mechanism::scram_sha_256, "n,,n=joe");
  cr_expect(!session.verdict());
  session.start(Mechanism::scram_sha_256, std::string(60000, ','));
  cr_expect(!session.verdict());
  cr_expect(session.plain(password));
}

Test(verifier, nothing_may_stand_behind_a_password, .timeout = 60) {
  Verifier verifier;
  Session session = verifier.seal().session();
  cr_expect(!session.plain(std::string_view("the right one\0x", 15)));
  session.start(Mechanism::login, "joe");
  cr_expect(session.challenge() == "Password:");
  session.say(std::string_view("the right one\0", 14));
  cr_expect(!session.verdict());
  cr_expect(session.plain(password));
}

Test(verifier, names_and_passwords_are_prepared_alike, .timeout = 60) {
  Verifier verifier(false, "printf 'Stra\\303\\237e\\302\\240\\342\\205\\250\\n'", "I\xc2\xadX");
  Session session = verifier.seal().session();
  cr_assert(scram(session,
                  "Stra\xc3\x9f"
                  "e IX",
                  "IX"));
  session.say("");
  cr_expect(session.verdict());
  Session other = verifier.session();
  cr_expect(
      other.plain("Stra\xc3\x9f"
                  "e\xc2\xa0\xe2\x85\xa8",
                  "IX"));
}

Test(verifier, a_command_that_fails_is_told, .timeout = 60) {
  Verifier verifier(false, "exit 3");
  const auto answer = verifier.channel->expect<Acquired, Failed>(soon());
  cr_assert(answer.has_value() && std::holds_alternative<Failed>(*answer));
  cr_expect(std::get<Failed>(*answer).code == ExitCode::config);
  cr_expect(verifier.exit_status() == 78);
}

Test(verifier, it_ends_with_its_orders_and_its_copies, .timeout = 60) {
  Verifier verifier;
  std::optional<Session> session(verifier.seal().session());
  verifier.orders->close();
  cr_expect(session->plain(password));
  session.reset();
  cr_expect(verifier.exit_status() == 0);
}

Test(verifier, it_ends_when_msmtpd_dies_while_the_command_runs, .timeout = 60) {
  Verifier verifier(false, "sleep 1; echo x");
  verifier.channel.reset();
  cr_expect(verifier.exit_status() == 70);
}

namespace {

std::string memory_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream maps(folder + "/maps");
  std::ifstream memory(folder + "/mem", std::ios::binary);
  std::string all, line;
  while (std::getline(maps, line)) {
    unsigned long begin = 0, end = 0;
    char readable = 0;
    if (sscanf(line.c_str(), "%lx-%lx %c", &begin, &end, &readable) != 3 || readable != 'r') continue;
    std::string piece(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    all += piece.substr(0, static_cast<std::size_t>(memory.gcount()));
  }
  return all;
}

}  // namespace

Test(verifier, it_has_nothing_of_the_password, .timeout = 60) {
  if (geteuid() != 0) cr_skip_test("the memory of a process that is not dumpable is for root");
  Verifier verifier(false, "echo the' right 'one");
  verifier.seal();
  Session session = verifier.session();
  const std::string memory = memory_of(verifier.pid());
  cr_expect(memory.find("joe") != std::string::npos);
  cr_expect(memory.find(password) == std::string::npos);
}
