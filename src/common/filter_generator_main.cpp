// Runs when the programs are built: writes, as C++, the filter of system calls for each way in which each stage of the
// table of rights may be entered. So no program has to be linked with libseccomp, or spends time on what never changes.
#include "common/sandbox_linux_calls.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace msmtp {
namespace {

bool same(const FilterPurpose& one, const FilterPurpose& other) {
  return one.promises.bits == other.promises.bits && one.may_bind == other.may_bind &&
         one.more_stages == other.more_stages && one.kill_unlisted == other.kill_unlisted;
}

class Purposes {
 public:
  // All ways to enter a stage with the promises of ROW; whether it is the last one is for sandbox_linux.cpp to say.
  void add_row(const Rights& row) {
    for (const Promises given_up : {Promises{}, Promises{Promise::unix_socket}, Promises{Promise::inet}}) {
      for (const bool more_stages : {false, true}) {
        for (const bool kill : {false, true}) {
          const Promises promises = row.promises.without(given_up);
          add({promises, false, more_stages, kill});
          if (promises.has(Promise::inet)) add({promises, true, more_stages, kill});
        }
      }
    }
  }
  const std::vector<FilterPurpose>& all() const { return all_; }

 private:
  void add(const FilterPurpose& purpose) {
    if (std::ranges::none_of(all_, [&](const FilterPurpose& known) { return same(known, purpose); })) {
      all_.push_back(purpose);
    }
  }

  std::vector<FilterPurpose> all_;
};

const char* word(bool value) {
  return value ? "true" : "false";
}

bool write_program(std::size_t number, const std::vector<sock_filter>& program) {
  bool has_stand_in = false;
  std::printf("constexpr sock_filter program_%zu[] = {\n", number);
  for (const sock_filter& step : program) {
    has_stand_in = has_stand_in || step.k == stand_in_for_own_pid;
    std::printf("    {0x%x, %u, %u, 0x%x},\n", step.code, step.jt, step.jf, step.k);
  }
  std::printf("};\n");
  return has_stand_in;
}

int write_all(const std::vector<FilterPurpose>& purposes) {
  std::printf(
      "// Written by filter_generator_main.cpp.\n"
      "#include \"common/sandbox_linux_filter.hpp\"\n\nnamespace msmtp {\n\nnamespace {\n\n");
  for (std::size_t i = 0; i < purposes.size(); ++i) {
    const auto program = build_call_filter(purposes[i]);
    if (!program || !write_program(i, *program)) {
      std::fprintf(stderr, "no filter for %s: %s\n", promise_text(purposes[i].promises).c_str(),
                   program ? "it does not name the process" : program.error().text.c_str());
      return 1;
    }
  }
  std::printf("\nconstexpr BuiltFilter filters[] = {\n");
  for (std::size_t i = 0; i < purposes.size(); ++i) {
    const FilterPurpose& purpose = purposes[i];
    Promises promises = purpose.promises;
    std::printf("    {{Promises::from_bits(0x%x), %s, %s, %s}, program_%zu},\n", promises.bits, word(purpose.may_bind),
                word(purpose.more_stages), word(purpose.kill_unlisted), i);
  }
  std::printf(
      "};\n\n}  // namespace\n\nstd::span<const BuiltFilter> built_filters() {\n  return filters;\n}\n\n"
      "}  // namespace msmtp\n");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace msmtp

int main() {
  msmtp::Purposes purposes;
  for (const msmtp::Rights& row : msmtp::table_of_rights()) {
    if (row.confined) purposes.add_row(row);
  }
  return msmtp::write_all(purposes.all());
}
