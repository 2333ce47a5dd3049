// The filters of system calls that the programs carry, one for each way in which a stage may be entered.
#pragma once

#include "common/roles.hpp"

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>

namespace msmtp {

// What a filter follows from.
struct FilterPurpose {
  Promises promises;
  bool may_bind = false;       // bind(2) to any local address
  bool more_stages = false;    // later ones may be entered
  bool kill_unlisted = false;  // calls that no list names kill; else they fail with ENOSYS

  constexpr bool operator==(const FilterPurpose& other) const {
    return promises.bits == other.promises.bits && may_bind == other.may_bind && more_stages == other.more_stages &&
           kill_unlisted == other.kill_unlisted;
  }
};

struct BuiltFilter {
  FilterPurpose purpose;
  // What has to be in force already: then this is only what PURPOSE takes away from it, which is a fifth of the work.
  std::optional<FilterPurpose> after;
  std::span<const sock_filter> program;
};

// Written by filter_generator_main.cpp when the programs are built.
std::span<const BuiltFilter> built_filters();

// A number that no filter has otherwise: in its place comes the process id.
inline constexpr std::uint32_t stand_in_for_own_pid = 0x5e1f'5e1f;

}  // namespace msmtp
