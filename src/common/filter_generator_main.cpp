// Runs when the programs are built: writes, as C++, the filter of system calls for each way in which each stage of the
// table of rights may be entered. So no program has to be linked with libseccomp, or spends time on what never changes.
#include "common/sandbox_linux_calls.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace msmtp {
namespace {

using Purposes = std::vector<FilterPurpose>;

struct Wanted {
  FilterPurpose purpose;
  std::optional<FilterPurpose> after;

  bool operator==(const Wanted&) const = default;
};

// All ways to enter a stage with the promises of ROW; whether it is the last one is for sandbox_linux.cpp to say.
Purposes purposes_of(const Rights& row) {
  Purposes purposes;
  for (const Promises given_up : {Promises{}, Promises{Promise::unix_socket}, Promises{Promise::inet}}) {
    for (const bool more_stages : {false, true}) {
      for (const bool kill : {false, true}) {
        const Promises promises = row.promises.without(given_up);
        purposes.push_back({promises, false, more_stages, kill});
        if (promises.has(Promise::inet)) purposes.push_back({promises, true, more_stages, kill});
      }
    }
  }
  return purposes;
}

bool may_follow(const FilterPurpose& now, const FilterPurpose& before) {
  return before.more_stages && now.promises.within(before.promises) && now.may_bind <= before.may_bind &&
         now.kill_unlisted == before.kill_unlisted;
}

// For each stage by itself, and after each earlier one of its process.
std::vector<Wanted> all_that_is_wanted() {
  std::vector<Wanted> wanted;
  const auto add = [&](const Wanted& one) {
    if (std::ranges::find(wanted, one) == wanted.end()) wanted.push_back(one);
  };
  for (const Rights& row : table_of_rights()) {
    if (!row.confined) continue;
    for (const FilterPurpose& now : purposes_of(row)) {
      add({now, std::nullopt});
      for (const Rights& earlier : table_of_rights()) {
        if (!earlier.confined || earlier.role != row.role || earlier.stage >= row.stage) continue;
        for (const FilterPurpose& before : purposes_of(earlier)) {
          if (may_follow(now, before)) add({now, before});
        }
      }
    }
  }
  return wanted;
}

const char* word(bool value) {
  return value ? "true" : "false";
}

Result<std::vector<sock_filter>> program_for(const Wanted& wanted) {
  const CallRules now = rules_for(wanted.purpose);
  if (!wanted.after) return compile_rules(now);
  const auto taken = what_is_taken_away(rules_for(*wanted.after), now);
  return taken ? compile_rules(*taken) : std::vector<sock_filter>();
}

void write_program(std::size_t number, const std::vector<sock_filter>& program) {
  std::printf("constexpr sock_filter program_%zu[] = {\n", number);
  for (const sock_filter& step : program) {
    std::printf("    {0x%x, %u, %u, 0x%x},\n", step.code, step.jt, step.jf, step.k);
  }
  std::printf("};\n");
}

bool names_the_process(const std::vector<sock_filter>& program) {
  return std::ranges::any_of(program, [](const sock_filter& step) { return step.k == stand_in_for_own_pid; });
}

// Writes the programs, and takes those out of WANTED that there are none for: the whole filter does instead.
bool write_programs(std::vector<Wanted>& wanted) {
  std::vector<Wanted> written;
  for (const Wanted& one : wanted) {
    const auto program = program_for(one);
    const bool is_right = program && (one.after || names_the_process(*program));
    if (!is_right) {
      std::fprintf(stderr, "no filter for %s: %s\n", promise_text(one.purpose.promises).c_str(),
                   program ? "it does not name the process" : program.error().text.c_str());
      return false;
    }
    if (program->empty()) continue;
    write_program(written.size(), *program);
    written.push_back(one);
  }
  wanted = std::move(written);
  return true;
}

void write_purpose(const FilterPurpose& purpose) {
  std::printf("{Promises::from_bits(0x%x), %s, %s, %s}", purpose.promises.bits, word(purpose.may_bind),
              word(purpose.more_stages), word(purpose.kill_unlisted));
}

void write_table(const std::vector<Wanted>& written) {
  std::printf("\nconstexpr BuiltFilter filters[] = {\n");
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::printf("    {");
    write_purpose(written[i].purpose);
    std::printf(written[i].after ? ", FilterPurpose" : ", std::nullopt");
    if (written[i].after) write_purpose(*written[i].after);
    std::printf(", program_%zu},\n", i);
  }
  std::printf("};\n");
}

int write_all(std::vector<Wanted> wanted) {
  std::printf(
      "// Written by filter_generator_main.cpp.\n"
      "#include \"common/sandbox_linux_filter.hpp\"\n\nnamespace msmtp {\n\nnamespace {\n\n");
  if (!write_programs(wanted)) return 1;
  write_table(wanted);
  std::printf(
      "\n}  // namespace\n\nstd::span<const BuiltFilter> built_filters() {\n  return filters;\n}\n\n"
      "}  // namespace msmtp\n");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace msmtp

int main() {
  return msmtp::write_all(msmtp::all_that_is_wanted());
}
