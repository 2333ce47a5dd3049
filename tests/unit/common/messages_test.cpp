// Every message of every direction: at its smallest and at its bounds it comes through, and fits into a packet.
#include <catch2/catch.hpp>

#include "common/channel.hpp"
#include "common/messages.hpp"

#include <set>

namespace msmtp {
namespace {

// Fills a message to its bounds, whatever its fields are.
class Filler {
 public:
  template <codec::Number T>
  void fill(T& value) {
    value = static_cast<T>(~T{0});
  }
  void fill(bool& value) { value = true; }
  void fill(ExitCode& value) { value = ExitCode::config; }
  template <class E>
  requires(std::is_enum_v<E>&& requires { E::last; }) void fill(E& value) { value = E::last; }
  void fill(MechanismSet& set) { set = MechanismSet(MechanismSet::all_bits); }
  template <std::size_t N>
  void fill(std::array<std::uint8_t, N>& bytes) {
    bytes.fill(0xa5);
  }
  template <std::size_t N>
  void fill(Text<N>& text) {
    text = *Text<N>::from(std::string(N, '\n'));
  }
  template <std::size_t N>
  void fill(Line<N>& line) {
    line = *Line<N>::from(std::string(N, '\xff'));
  }
  template <std::size_t N>
  void fill(BytesView<N>& bytes) {
    bytes = *BytesView<N>::from(std::string_view(zeroes_.data(), N));
  }
  template <std::size_t N>
  void fill(BoundedSecret<N>& secret) {
    secret.secret = Secret::copy_of(std::string_view(zeroes_.data(), N));
  }
  template <class T, std::size_t N>
  void fill(List<T, N>& list) {
    T item{};
    fill(item);
    while (list.add(item)) {}
  }
  template <Fielded T>
  void fill(T& value) {
    T::fields(value, [this](std::string_view, auto& field) { this->fill(field); });
  }

 private:
  std::string zeroes_ = std::string(128 * 1024, '\0');
};

// The bytes of MESSAGE, once it has come through unchanged.
template <class Direction, class Message>
std::string after_round_trip(const Message& message) {
  std::string packet;
  encode<Direction>(message, packet);
  const auto decoded = decode<Direction>(packet);
  REQUIRE(decoded);
  REQUIRE(std::holds_alternative<Message>(*decoded));
  if constexpr (std::equality_comparable<Message>) CHECK((std::get<Message>(*decoded) == message));
  std::string again;
  encode<Direction>(std::get<Message>(*decoded), again);
  CHECK((again == packet));
  return packet;
}

template <class Direction, std::size_t I = 0, class Check>
void for_each_message(Check check) {
  if constexpr (I < std::variant_size_v<Direction>) {
    using Message = std::variant_alternative_t<I, Direction>;
    INFO(Message::message_name);
    check(Message());
    for_each_message<Direction, I + 1>(check);
  }
}

template <class Direction>
void check_direction() {
  std::set<std::string_view> names;
  for_each_message<Direction>([&]<class Message>(Message message) {
    CHECK(names.insert(Message::message_name).second);
    after_round_trip<Direction>(message);
    Filler filler;
    filler.fill(message);
    const std::string packet = after_round_trip<Direction>(message);
    CHECK_FALSE(decode<Direction>(packet + "x"));
    CHECK_FALSE(decode<Direction>(packet.substr(0, packet.size() - 1)));
    // A password and a command are never sent together; everything else may be as long as its bound at once.
    if constexpr (!std::same_as<Message, Acquire>) CHECK(packet.size() <= max_packet);
  });
}

TEST_CASE("every message comes through, empty and full, and fits into a packet") {
  SECTION("to the resolver") {
    check_direction<ToResolver>();
  }
  SECTION("from the resolver") {
    check_direction<FromResolver>();
  }
  SECTION("to the network child") {
    check_direction<ToNetproc>();
  }
  SECTION("from the network child") {
    check_direction<FromNetproc>();
  }
  SECTION("to the credential child") {
    check_direction<ToAuthproc>();
  }
  SECTION("from the credential child") {
    check_direction<FromAuthproc>();
  }
  SECTION("to the keeper") {
    check_direction<ToKeeper>();
  }
  SECTION("from the keeper") {
    check_direction<FromKeeper>();
  }
  SECTION("what a keeper is asked") {
    check_direction<KeeperRequest>();
  }
  SECTION("to the signer") {
    check_direction<ToSigner>();
  }
  SECTION("from the signer") {
    check_direction<FromSigner>();
  }
  SECTION("what is to be signed") {
    check_direction<KeyFromNetproc>();
  }
  SECTION("what is signed") {
    check_direction<KeyFromSigner>();
  }
  SECTION("challenges") {
    check_direction<SaslFromServer>();
  }
  SECTION("responses") {
    check_direction<SaslFromClient>();
  }
}

TEST_CASE("the longest password fits into a packet beside what usually goes with it") {
  Acquire acquire;
  acquire.user = *Text<4096>::from("joe@example.test");
  acquire.host = *Line<max_host>::from("smtp.example.test");
  acquire.password.secret = Secret::copy_of(std::string(max_password, 'x'));
  acquire.user_netrc = *Text<max_path>::from("/home/joe/.netrc");
  acquire.system_netrc = *Text<max_path>::from("/etc/netrc");
  CHECK(after_round_trip<ToAuthproc>(acquire).size() <= max_packet);
}

TEST_CASE("the longest command fits into a packet beside the longest paths") {
  Acquire acquire;
  acquire.user = *Text<4096>::from(std::string(4096, 'x'));
  acquire.command = *Text<48 * 1024>::from(std::string(48 * 1024, 'x'));
  acquire.user_netrc = acquire.system_netrc = *Text<max_path>::from(std::string(max_path, 'x'));
  CHECK(after_round_trip<ToAuthproc>(acquire).size() <= max_packet);
}

TEST_CASE("a password is never described") {
  Acquire acquire;
  acquire.password.secret = Secret::copy_of("geheim");
  CHECK(describe(acquire).find("geheim") == std::string::npos);
  const std::string bytes = "geheim";
  CHECK(describe(Response{true, *BytesView<max_sasl_message>::from(bytes)}).find("geheim") == std::string::npos);
}

TEST_CASE("an error becomes a message and an error again") {
  const Error error{ExitCode::temporary_failure, "what", "450 a\n450 b", Cause::plain};
  const Error again = error_of(failed(error));
  CHECK(again.code == error.code);
  CHECK(again.text == error.text);
  CHECK(again.server_reply == error.server_reply);
}

TEST_CASE("an error whose texts are too long or hold NUL is cut, not lost") {
  const Error error{ExitCode::protocol, std::string(5000, 'x'), std::string("450 \0", 5) + std::string(70000, 'y'), {}};
  const Failed message = failed(error);
  CHECK(message.text.view().size() == 4096);
  CHECK(message.server_reply.view().size() == max_reply_text);
  CHECK(message.server_reply.view().starts_with("450 ?"));
}

}  // namespace
}  // namespace msmtp
