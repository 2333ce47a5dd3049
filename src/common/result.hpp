// A value or the reason why there is none: std::expected's names, until g++ 12 is history.
#pragma once

#include "common/exit_code.hpp"

#include <string>
#include <utility>
#include <variant>

namespace msmtp {

// What made an operation fail, where the caller has to know more than the text says.
enum class Cause : std::uint8_t {
  plain,        // nothing but what code and text say
  peer_gone,    // the process at the other end of a channel closed it
  peer_silent,  // it did not answer before the deadline
  peer_lied,    // it sent something that is not a message, or not legal now
};

// A failure as a value. `text` is one line without prefix or newline; it may hold a stranger's
// bytes, so whoever prints it sends it through printable() first.
struct Error {
  ExitCode code = ExitCode::software;
  std::string text;
  std::string server_reply;  // lines of the server's reply joined by '\n', without CR; may be empty
  Cause cause = Cause::plain;
};

struct Unexpected {
  Error error;
};

// Usage: return fail(ExitCode::config, "...");
inline Unexpected fail(ExitCode code, std::string text) {
  return Unexpected{Error{code, std::move(text), {}, Cause::plain}};
}

inline Unexpected fail(Error error) {
  return Unexpected{std::move(error)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Unexpected failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  void value() const {}

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<std::monostate, Error> state_;
};

// The value of a Result, or return its error from the enclosing function.
#define TRY(expression)                                                           \
  __extension__({                                                                 \
    auto try_result_ = (expression);                                              \
    if (!try_result_) return ::msmtp::Unexpected{std::move(try_result_).error()}; \
    std::move(try_result_).value();                                               \
  })

}  // namespace msmtp
