// The codec: what it writes it reads, and what nobody has written it refuses.
#include <catch2/catch.hpp>

#include "common/codec.hpp"
#include "common/exit_code.hpp"

#include <cstring>

namespace msmtp {
namespace {

enum class Colour : std::uint8_t { red, green, blue, last = blue };

struct Part {
  std::uint16_t number = 0;
  Text<4> text;

  static constexpr std::string_view message_name = "Part";
  static void fields(auto& self, auto&& field) {
    field("number", self.number);
    field("text", self.text);
  }
  friend bool operator==(const Part&, const Part&) = default;
};

struct Sample {
  bool flag = false;
  Colour colour = Colour::red;
  ExitCode code = ExitCode::ok;
  std::uint64_t large = 0;
  std::array<std::uint8_t, 3> octets{};
  Line<5> line;
  BytesView<6> bytes;
  List<Part, 2> parts;
  MechanismSet mechanisms;

  static constexpr std::string_view message_name = "Sample";
  static void fields(auto& self, auto&& field) {
    field("flag", self.flag);
    field("colour", self.colour);
    field("code", self.code);
    field("large", self.large);
    field("octets", self.octets);
    field("line", self.line);
    field("bytes", self.bytes);
    field("parts", self.parts);
    field("mechanisms", self.mechanisms);
  }
  friend bool operator==(const Sample&, const Sample&) = default;
};

struct Confidential {
  BoundedSecret<8> secret;

  static constexpr std::string_view message_name = "Confidential";
  static void fields(auto& self, auto&& field) { field("secret", self.secret); }
};

// One message for each kind of field, so that a packet can be written by hand.
template <class T>
struct Single {
  T value{};
  static constexpr std::string_view message_name = "Single";
  static void fields(auto& self, auto&& field) { field("value", self.value); }
};

using Direction = std::variant<Part, Sample, Confidential>;

template <class T>
std::string packet_of(const T& message) {
  std::string packet;
  encode<Direction>(message, packet);
  return packet;
}

Sample sample() {
  Sample sample;
  sample.flag = true;
  sample.colour = Colour::blue;
  sample.code = ExitCode::config;
  sample.large = UINT64_MAX;
  sample.octets = {1, 2, 255};
  sample.line = *Line<5>::from("a\x01\xff z");
  sample.bytes = *BytesView<6>::from(std::string_view("\0\r\n..x", 6));
  sample.parts.add({65535, *Text<4>::from("ab\r\n")});
  sample.parts.add({});
  sample.mechanisms = MechanismSet(MechanismSet::all_bits);
  return sample;
}

std::string number_32(std::uint32_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string number_16(std::uint16_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Whether FIELD is the encoding of a T.
template <class T>
bool is_accepted(const std::string& field) {
  return decode<std::variant<Single<T>>>(std::string(1, '\0') + field).has_value();
}

std::string counted(std::string_view bytes) {
  return number_32(static_cast<std::uint32_t>(bytes.size())) + std::string(bytes);
}

TEST_CASE("every kind of field comes out as it went in") {
  const Sample sent = sample();
  const std::string packet = packet_of(sent);
  const auto received = decode<Direction>(packet);
  REQUIRE(received);
  CHECK(std::get<Sample>(*received) == sent);
}

TEST_CASE("the first byte is the index in the variant") {
  CHECK(packet_of(Part()).front() == 0);
  CHECK(packet_of(Sample()).front() == 1);
  CHECK(std::holds_alternative<Part>(*decode<Direction>(packet_of(Part()))));
}

TEST_CASE("an index that does not exist is refused") {
  std::string packet = packet_of(Part());
  packet.front() = 3;
  CHECK_FALSE(decode<Direction>(packet));
  packet.front() = '\xff';
  CHECK_FALSE(decode<Direction>(packet));
  CHECK_FALSE(decode<Direction>(""));
}

TEST_CASE("a packet that is cut anywhere is refused") {
  const std::string packet = packet_of(sample());
  for (std::size_t size = 0; size < packet.size(); ++size) {
    INFO(size);
    CHECK_FALSE(decode<Direction>(packet.substr(0, size)));
  }
}

TEST_CASE("bytes left over are refused") {
  CHECK_FALSE(decode<Direction>(packet_of(sample()) + '\0'));
  CHECK_FALSE(decode<Direction>(packet_of(Part()) + "x"));
}

TEST_CASE("a bool is 0 or 1") {
  CHECK(is_accepted<bool>(std::string(1, '\1')));
  CHECK_FALSE(is_accepted<bool>(std::string(1, '\2')));
}

TEST_CASE("an enum value that does not exist is refused") {
  CHECK(is_accepted<Colour>(std::string(1, '\2')));
  CHECK_FALSE(is_accepted<Colour>(std::string(1, '\3')));
  CHECK(is_accepted<ExitCode>(std::string(1, '\0')));
  CHECK(is_accepted<ExitCode>(std::string(1, '\x40')));
  CHECK_FALSE(is_accepted<ExitCode>(std::string(1, '\1')));
  CHECK_FALSE(is_accepted<ExitCode>(std::string(1, '\x3f')));
  CHECK_FALSE(is_accepted<ExitCode>(std::string(1, '\x4f')));
  CHECK(is_accepted<Mechanism>(std::string(1, static_cast<char>(Mechanism::last))));
  CHECK_FALSE(is_accepted<Mechanism>(std::string(1, static_cast<char>(Mechanism::last) + 1)));
}

TEST_CASE("a mechanism that does not exist is refused in a set") {
  CHECK(is_accepted<MechanismSet>(number_32(MechanismSet::all_bits)));
  CHECK_FALSE(is_accepted<MechanismSet>(number_32(MechanismSet::all_bits + 1)));
  CHECK_FALSE(is_accepted<MechanismSet>(number_32(UINT32_MAX)));
}

TEST_CASE("text may be as long as its bound, holds no NUL, and may hold line ends") {
  CHECK(is_accepted<Text<4>>(counted("abcd")));
  CHECK(is_accepted<Text<4>>(counted("a\r\nb")));
  CHECK_FALSE(is_accepted<Text<4>>(counted("abcde")));
  CHECK_FALSE(is_accepted<Text<4>>(counted(std::string_view("a\0b", 3))));
}

TEST_CASE("a line holds no CR, LF or NUL") {
  CHECK(is_accepted<Line<4>>(counted("abcd")));
  CHECK_FALSE(is_accepted<Line<4>>(counted("abcde")));
  CHECK_FALSE(is_accepted<Line<4>>(counted("a\rb")));
  CHECK_FALSE(is_accepted<Line<4>>(counted("a\nb")));
  CHECK_FALSE(is_accepted<Line<4>>(counted(std::string_view("\0", 1))));
}

TEST_CASE("bytes hold anything up to their bound, and lie in the packet") {
  CHECK(is_accepted<BytesView<4>>(counted(std::string_view("\0\r\n\xff", 4))));
  CHECK_FALSE(is_accepted<BytesView<4>>(counted("abcde")));
  const std::string packet = packet_of(sample());
  const auto message = decode<Direction>(packet);
  const std::string_view bytes = std::get<Sample>(*message).bytes.view();
  CHECK(bytes.data() > packet.data());
  CHECK(bytes.data() + bytes.size() < packet.data() + packet.size());
}

TEST_CASE("a secret has a bound too") {
  CHECK(is_accepted<BoundedSecret<4>>(counted(std::string_view("a\0\r\n", 4))));
  CHECK_FALSE(is_accepted<BoundedSecret<4>>(counted("abcde")));
}

TEST_CASE("a length that nothing stands behind is refused, whatever it is") {
  for (const std::uint32_t size : {4U, 5U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    CHECK_FALSE(is_accepted<Text<4>>(number_32(size) + "abc"));
    CHECK_FALSE(is_accepted<BytesView<4>>(number_32(size) + "abc"));
    CHECK_FALSE(is_accepted<BoundedSecret<4>>(number_32(size) + "abc"));
  }
}

TEST_CASE("a list has at most as many items as its bound") {
  const std::string item = number_16(7) + counted("x");
  CHECK(is_accepted<List<Part, 2>>(number_16(0)));
  CHECK(is_accepted<List<Part, 2>>(number_16(2) + item + item));
  CHECK_FALSE(is_accepted<List<Part, 2>>(number_16(3) + item + item + item));
  CHECK_FALSE(is_accepted<List<Part, 2>>(number_16(1)));
  CHECK_FALSE(is_accepted<List<Part, 2>>(number_16(65535) + item));
}

TEST_CASE("a description is one line, without control characters and without the secret") {
  CHECK(describe(Part{7, *Text<4>::from("a\nb")}) == "Part{number=7, text=a?b}");
  CHECK(describe(sample()).starts_with(
      "Sample{flag=yes, colour=2, code=78, large=18446744073709551615, octets=0102ff, "));
  Confidential confidential;
  confidential.secret.secret = Secret::copy_of("geheim");
  CHECK(describe(confidential) == "Confidential{secret=*}");
}

TEST_CASE("which messages hold a secret is known") {
  CHECK(codec::holds_secret(Confidential()));
  CHECK_FALSE(codec::holds_secret(Sample()));
}

}  // namespace
}  // namespace msmtp
