// Owners for what C libraries give away: std::unique_ptr<BIO, FreeWith<BIO_free>>.
#pragma once

namespace msmtp {

// Calls FREE_FUNCTION, and ignores what that returns.
template <auto free_function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    (void)free_function(object);
  }
};

}  // namespace msmtp
