// Messages as bytes: each message lists its fields once, in fields(), and this file does the rest.
//
// A packet is one byte for the alternative's index in its closed variant, then the fields in order:
// numbers as they lie in memory (both ends are the same machine), text and bytes as a 32-bit length and
// the bytes, lists as a 16-bit count and the items. The decoder refuses over-long fields before it
// allocates, enum values that do not exist, NUL in text, and bytes left over.
#pragma once

#include "common/bounded.hpp"
#include "common/mechanism.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace msmtp {

// A secret of at most N bytes as a field: never described, and the channel wipes what carried it.
template <std::size_t N>
struct BoundedSecret {
  static constexpr std::size_t bound = N;
  Secret secret;
};

// A struct with fields(): a message, or a part of one.
template <class T>
concept Fielded = requires(T& t) {
  T::fields(t, [](std::string_view, auto&) {});
};

// A message whose last field is bytes, and named so.
template <class T>
concept EndsInBytes = Fielded<T> && requires(T& t) {
  t.bytes.view();
};

namespace codec {

template <class T>
concept Number = std::unsigned_integral<T> && !std::same_as<T, bool>;

template <class E>
constexpr bool enum_value_exists(E value) {
  if constexpr (requires { E::last; }) {
    return value <= E::last;
  } else {
    return is_valid(value);
  }
}

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  template <Number T>
  void put(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void put(bool value) { put(static_cast<std::uint8_t>(value ? 1 : 0)); }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { put(static_cast<std::underlying_type_t<E>>(value)); }
  void put(MechanismSet set) { put(set.bits()); }
  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), N);
  }
  template <std::size_t N>
  void put(const Text<N>& text) {
    put_bytes(text.view());
  }
  template <std::size_t N>
  void put(const Line<N>& line) {
    put_bytes(line.view());
  }
  template <std::size_t N>
  void put(const BytesView<N>& bytes) {
    put_bytes(bytes.view());
  }
  template <std::size_t N>
  void put(const BoundedSecret<N>& secret) {
    put_bytes(secret.secret.reveal());
  }
  template <class T, std::size_t N>
  void put(const List<T, N>& list) {
    static_assert(N <= UINT16_MAX);
    put(static_cast<std::uint16_t>(list.size()));
    for (const T& item : list) put(item);
  }
  template <Fielded T>
  void put(const T& value) {
    T::fields(value, [this](std::string_view, const auto& field) { this->put(field); });
  }

 private:
  void put_bytes(std::string_view bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    out_.append(bytes);
  }

  std::string& out_;
};

// PACKET ends in bytes, of which there are none yet; SIZE of them follow.
inline void set_size_of_last_bytes(std::string& packet, std::size_t size) {
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(packet.data() + packet.size() - sizeof length, &length, sizeof length);
}

// Stays failed once it has failed; then every value that it gives is empty.
class Decoder {
 public:
  explicit Decoder(std::string_view packet) : rest_(packet) {}

  bool succeeded() const { return !failed_ && rest_.empty(); }

  template <Number T>
  void get(T& value) {
    const std::string_view bytes = take(sizeof value);
    if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
  }
  void get(bool& value) {
    std::uint8_t byte = 0;
    get(byte);
    if (byte > 1) failed_ = true;
    value = byte == 1;
  }
  template <class E>
  requires std::is_enum_v<E>
  void get(E& value) {
    std::underlying_type_t<E> number = 0;
    get(number);
    if (!enum_value_exists(static_cast<E>(number))) failed_ = true;
    if (!failed_) value = static_cast<E>(number);
  }
  void get(MechanismSet& set) {
    std::uint32_t bits = 0;
    get(bits);
    if ((bits & ~MechanismSet::all_bits) != 0) failed_ = true;
    set = MechanismSet(bits);
  }
  template <std::size_t N>
  void get(std::array<std::uint8_t, N>& bytes) {
    const std::string_view taken = take(N);
    if (!failed_) std::memcpy(bytes.data(), taken.data(), N);
  }
  template <std::size_t N>
  void get(Text<N>& text) {
    keep(text, Text<N>::from(get_bytes(N)));
  }
  template <std::size_t N>
  void get(Line<N>& line) {
    keep(line, Line<N>::from(get_bytes(N)));
  }
  template <std::size_t N>
  void get(BytesView<N>& bytes) {
    keep(bytes, BytesView<N>::from(get_bytes(N)));
  }
  template <std::size_t N>
  void get(BoundedSecret<N>& secret) {
    secret.secret = Secret::copy_of(get_bytes(N));
  }
  template <class T, std::size_t N>
  void get(List<T, N>& list) {
    std::uint16_t count = 0;
    get(count);
    if (count > N) failed_ = true;
    for (std::uint16_t i = 0; i < count && !failed_; ++i) {
      T item{};
      get(item);
      if (!failed_) list.add(std::move(item));
    }
  }
  template <Fielded T>
  void get(T& value) {
    T::fields(value, [this](std::string_view, auto& field) { this->get(field); });
  }

 private:
  std::string_view take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view get_bytes(std::size_t bound) {
    std::uint32_t size = 0;
    get(size);
    if (size > bound) failed_ = true;
    return take(size);
  }

  template <class T>
  void keep(T& field, std::optional<T> value) {
    if (!value) failed_ = true;
    if (!failed_) field = std::move(*value);
  }

  std::string_view rest_;
  bool failed_ = false;
};

// Writes a message as one line for people: Name{field=value, ...}. Secrets are shown as "*", bytes by
// their number.
class Describer {
 public:
  std::string take() { return std::move(text_); }

  template <Number T>
  void put(T value) {
    text_ += std::to_string(value);
  }
  void put(bool value) { text_ += value ? "yes" : "no"; }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { text_ += std::to_string(static_cast<unsigned>(value)); }
  void put(MechanismSet set) { text_ += std::to_string(set.bits()); }
  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>& bytes) {
    for (const std::uint8_t byte : bytes)
      text_ += "0123456789abcdef"[byte >> 4], text_ += "0123456789abcdef"[byte & 15];
  }
  template <std::size_t N>
  void put(const Text<N>& text) {
    text_ += printable(text.view());
  }
  template <std::size_t N>
  void put(const Line<N>& line) {
    text_ += printable(line.view());
  }
  template <std::size_t N>
  void put(const BytesView<N>& bytes) {
    text_ += std::to_string(bytes.view().size()) + " bytes";
  }
  template <std::size_t N>
  void put(const BoundedSecret<N>&) {
    text_ += '*';
  }
  template <class T, std::size_t N>
  void put(const List<T, N>& list) {
    text_ += '[';
    for (const T& item : list) put(item), text_ += ' ';
    text_ += ']';
  }
  template <Fielded T>
  void put(const T& value) {
    text_ += T::message_name;
    text_ += '{';
    std::string_view separator;
    T::fields(value, [&](std::string_view name, const auto& field) {
      text_ += separator;
      text_ += name;
      text_ += '=';
      put(field);
      separator = ", ";
    });
    text_ += '}';
  }

 private:
  std::string text_;
};

template <class Variant, class Message, std::size_t I = 0>
constexpr std::size_t index_of() {
  static_assert(I < std::variant_size_v<Variant>, "not a message of this direction");
  if constexpr (std::same_as<std::variant_alternative_t<I, Variant>, Message>) {
    return I;
  } else {
    return index_of<Variant, Message, I + 1>();
  }
}

template <class Variant, std::size_t I = 0>
std::optional<Variant> decode_alternative(std::size_t index, Decoder& decoder) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return std::nullopt;
  } else {
    if (index != I) return decode_alternative<Variant, I + 1>(index, decoder);
    std::variant_alternative_t<I, Variant> message{};
    decoder.get(message);
    if (!decoder.succeeded()) return std::nullopt;
    return Variant(std::in_place_index<I>, std::move(message));
  }
}

// Whether a message has a secret among its fields.
template <class T>
struct is_secret : std::false_type {};
template <std::size_t N>
struct is_secret<BoundedSecret<N>> : std::true_type {};

template <Fielded M>
bool holds_secret(const M& message) {
  bool found = false;
  M::fields(message, [&]<class F>(std::string_view, const F&) { found = found || is_secret<F>::value; });
  return found;
}

}  // namespace codec

// Appends MESSAGE, one alternative of VARIANT, to OUT.
template <class Variant, Fielded Message>
void encode(const Message& message, std::string& out) {
  codec::Encoder encoder(out);
  encoder.put(static_cast<std::uint8_t>(codec::index_of<Variant, Message>()));
  encoder.put(message);
}

// The message in PACKET, or nothing when it is not exactly one.
template <class Variant>
std::optional<Variant> decode(std::string_view packet) {
  static_assert(std::variant_size_v<Variant> <= UINT8_MAX);
  if (packet.empty()) return std::nullopt;
  codec::Decoder decoder(packet.substr(1));
  return codec::decode_alternative<Variant>(static_cast<unsigned char>(packet.front()), decoder);
}

template <Fielded Message>
std::string describe(const Message& message) {
  codec::Describer describer;
  describer.put(message);
  return describer.take();
}

template <class... Messages>
std::string describe(const std::variant<Messages...>& message) {
  return std::visit([](const auto& alternative) { return describe(alternative); }, message);
}

}  // namespace msmtp
