// Children by /proc/PID/task/PID/children.
#include "common/process_tree.hpp"

#include "common/fd.hpp"
#include "common/text.hpp"

#include <climits>
#include <string>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::size_t most_processes = 100;

void add_children(pid_t pid, std::vector<pid_t>& list) {
  const std::string number = std::to_string(pid);
  const auto file = open_for_reading("/proc/" + number + "/task/" + number + "/children");
  char text[4096];
  const ssize_t size = file ? read(file->number(), text, sizeof text) : 0;
  if (size <= 0) return;
  for (const std::string_view word : split({text, static_cast<std::size_t>(size)}, ' ')) {
    const auto child = parse_decimal(word, INT_MAX);
    if (child && list.size() < most_processes) list.push_back(static_cast<pid_t>(*child));
  }
}

}  // namespace

std::vector<pid_t> descendants(pid_t pid) {
  std::vector<pid_t> list;
  add_children(pid, list);
  for (std::size_t i = 0; i < list.size(); ++i) add_children(list[i], list);
  return list;
}

}  // namespace msmtp
