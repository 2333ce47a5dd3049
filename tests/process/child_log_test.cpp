// The log pipe, from the child's write to the parent's record.
#include "common/child_log.hpp"
#include "common/child_log_reader.hpp"
#include "common/fd.hpp"

#include <criterion/criterion.h>

#include <csignal>
#include <functional>
#include <limits.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;

namespace {

// What CHILDREN, each in a process of its own, write to one pipe.
std::string written_by(const std::vector<std::function<void()>>& children) {
  Pipe log = make_pipe().value();
  std::vector<pid_t> pids;
  for (const auto& child : children) {
    pids.push_back(fork());
    if (pids.back() == 0) {
      dup2(log.write_end.number(), STDERR_FILENO);
      log.write_end.close();
      log.read_end.close();
      child();
      _exit(0);
    }
  }
  log.write_end.close();
  std::string bytes;
  char piece[10'000];
  for (ssize_t size = 0; (size = read(log.read_end.number(), piece, sizeof piece)) > 0;) {
    bytes.append(piece, static_cast<std::size_t>(size));
  }
  for (const pid_t pid : pids) waitpid(pid, nullptr, 0);
  return bytes;
}

}  // namespace

Test(child_log, each_record_is_one_line_with_its_kind) {
  const std::string bytes = written_by({[] {
    log_warning("look out");
    log_record(LogKind::received, "250 ok");
    log_record(LogKind::sent, "QUIT");
    log_record(LogKind::note, "a note");
    log_record(LogKind::warning, "");
  }});
  cr_expect(bytes == "!look out\n<250 ok\n>QUIT\n=a note\n!\n", "%s", bytes.c_str());
}

Test(child_log, a_text_cannot_make_records_of_its_own) {
  const std::string bytes =
      written_by({[] { log_record(LogKind::received, std::string("250 ok\n!you have been hacked\r\n>RSET\0x", 37)); }});
  cr_expect(bytes ==
                "<250 ok?!you have been hacked?"
                "?>RSET?x\n",
            "%s", bytes.c_str());
}

Test(child_log, a_long_warning_is_cut_and_a_long_line_of_the_dialogue_goes_on) {
  const std::string warning = written_by({[] { log_warning(std::string(10'000, 'w')); }});
  cr_expect(warning == "!" + std::string(4000, 'w') + "\n");
  const std::string dialogue = written_by({[] { log_record(LogKind::sent, std::string(10'000, 's')); }});
  cr_expect(dialogue ==
            ">" + std::string(4000, 's') + "\n>" + std::string(4000, 's') + "\n>" + std::string(2000, 's') + "\n");
}

Test(child_log, records_of_processes_that_write_at_once_are_not_mixed) {
  const auto writer = [](char letter) {
    return [letter] {
      for (int i = 0; i < 200; ++i) log_record(LogKind::note, std::string(4000, letter));
    };
  };
  const std::string bytes = written_by({writer('a'), writer('b')});
  ChildLogReader reader;
  const auto records = reader.feed(bytes);
  cr_assert(records.size() == 400, "%zu", records.size());
  for (const LogRecord& record : records) {
    cr_assert(record.text == std::string(4000, record.text[0]));
  }
}

Test(child_log, what_a_child_writes_is_what_the_reader_gives) {
  ChildLogReader reader;
  const auto records = reader.feed(written_by({[] {
    log_record(LogKind::received, "220 \x1b]0;title\x07");
    std::string text = "free(): invalid pointer\n";  // as a library would
    (void)!write(STDERR_FILENO, text.data(), text.size());
  }}));
  cr_assert(records.size() == 2);
  cr_expect(records[0].kind == LogKind::received);
  cr_expect(records[0].text.find('\x1b') == std::string::npos && records[0].text.find("title") != std::string::npos);
  cr_expect(records[1].kind == LogKind::warning && records[1].text == "free(): invalid pointer");
}

Test(child_log, signals_lose_nothing, .timeout = 30) {
  Pipe log = make_pipe().value();
  const pid_t writer = fork();
  if (writer == 0) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    dup2(log.write_end.number(), STDERR_FILENO);
    log.write_end.close();
    for (int i = 0; i < 300; ++i) log_record(LogKind::note, std::string(4000, 'x'));
    _exit(0);
  }
  log.write_end.close();
  ChildLogReader reader;
  std::size_t count = 0;
  char piece[4096];
  for (ssize_t size = 0; (size = read(log.read_end.number(), piece, sizeof piece)) > 0;) {
    kill(writer, SIGUSR1);  // it is waiting for room now
    count += reader.feed({piece, static_cast<std::size_t>(size)}).size();
    usleep(500);
  }
  waitpid(writer, nullptr, 0);
  cr_expect(count == 300, "%zu", count);
}
