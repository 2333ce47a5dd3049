// The words of msmtpd's command, with sh(1) as the judge of what they are.
#include "parent/mail_command.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;
using Words = std::vector<std::string>;

namespace {

const Words nasty_addresses = {
    "joe@x.test",       "\"joe bob\"@x.test", "$(touch x)@x.test", "`id`@x.test",  "a;id@x.test",
    "o'brien@x.test",   "\"a\\\"b\"@x.test",  "*@x.test",          "a&b|c@x.test", "~root@x.test",
    "j\xc3\xb6@x.test", "${HOME}@x.test",     "a\\b@x.test",       "!x@x.test",    "#x@x.test",
    "{a,b}@x.test",     "x=y@x.test",         "%F@x.test",         "[a-z]@x.test", "\xff@x.test",
};

// What a program prints to its standard output.
std::string output_of(const Words& words) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    std::vector<char*> list;
    for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(list[0], list.data());
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  char bytes[4096];
  for (ssize_t size; (size = read(ends[0], bytes, sizeof bytes)) > 0;) {
    output.append(bytes, static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0 ? output : "status " + std::to_string(status) + ": " + output;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + '\0';
  return text;
}

MailCommand command(std::string_view text) {
  INFO(text);
  auto parsed = MailCommand::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

std::string refusal(std::string_view text) {
  INFO(text);
  const auto parsed = MailCommand::parse(text);
  REQUIRE(!parsed.has_value());
  CHECK(parsed.error().code == ExitCode::usage);
  return parsed.error().text;
}

}  // namespace

TEST_CASE("the usual command is executed without a shell") {
  const MailCommand usual = command("/usr/bin/msmtp -f %F --");
  CHECK(usual.is_direct());
  CHECK(usual.words("a@b", {"c@d", "e@f"}) == Words{"/usr/bin/msmtp", "-f", "a@b", "--", "c@d", "e@f"});
  CHECK(usual.words("", {"c@d"}) == Words{"/usr/bin/msmtp", "-f", "MAILER-DAEMON", "--", "c@d"});
}

TEST_CASE("the words of a direct command are those that sh would find") {
  for (const char* text : {
           "printf %s\\\\0 a b",
           "printf '%s\\0' a b",
           "printf \"%s\\0\" 'a b' \"c  d\"",
           "  printf   '%s\\0'\ta  ",
           "printf '%s\\0' ''",
           "printf '%s\\0' \"\" x",
           "printf '%s\\0' a'b'c\"d\"e",
           "printf '%s\\0' a\\ b",
           "printf '%s\\0' \"a\\\\b\\c\\\"d\"",
           "printf '%s\\0' 'a\\b'",
           "printf '%s\\0' a\\'b",
           "'printf' '%s\\0' x",
           "pri\"nt\"f '%s\\0' '$x' '`x`' '|' '*'",
           "printf '%s\\0' a=b x:y @ , . / + %",
           "printf '%s\\0' \"~\" '!' '#'",
           "printf '%s\\0' j\xc3\xb6rg \xff \x81\x82",
           "printf '%s\\0' a\\\nb",
           "printf '%s\\0' \"a\\\nb\"",
           "printf '%s\\0' --",
       }) {
    INFO(text);
    const MailCommand parsed = command(text);
    REQUIRE(parsed.is_direct());
    CHECK(output_of(parsed.words("", {})) == output_of({"/bin/sh", "-c", text}));
  }
}

TEST_CASE("what a shell is needed for is left to a shell") {
  for (const char* text : {
           "cat >/dev/null; true",
           "a | b",
           "a && b",
           "a || b",
           "a &\nb",
           "(a); b",
           "a $HOME",
           "a \"$HOME\"",
           "a `b`",
           "a \"`b`\"",
           "a *",
           "a ?",
           "a [x]",
           "a # b\nc",
           "a #b\nc",
           "a ~",
           "a ~/x",
           "a {b,c}",
           "! a",
           "X=y a",
           "a <b",
           "a >b",
           "a 2>&1",
           "exec a",
           "eval a",
           "command a",
           ". a b",
           ": a",
           "cd x",
           "umask 077; a",
           "export X",
           "trap x 1",
           "set x",
           "if a; then b; fi; c",
           "'exec' a",
           "ex\"it\" 3",
           "a ${b}",
           "a $(b) c",
           "a $((1+2))",
       }) {
    INFO(text);
    CHECK_FALSE(command(text).is_direct());
  }
}

TEST_CASE("no address is parsed by a shell, wherever it stands") {
  for (const char* text : {
           "printf '%s\\0' %F",
           "printf '%s\\0' %F --",
           "printf '%s\\0' -f %F --",
           "printf '%s\\0' -f%F --",
           "printf '%s\\0' \"%F\"",
           "printf '%s\\0' '%F'",
           "printf '%s\\0' 'a %F b' c",
           "printf '%s\\0' \"a %F b\" c",
           "printf '%s\\0' %F %F",
           "printf '%s\\0'",
           "true; printf '%s\\0' %F",
           "true; printf '%s\\0' \"<%F>\"",
           "true; printf '%s\\0' '<%F>'",
           "true; printf '%s\\0' a%F'b'",
           "true; printf '%s\\0' \"$(printf %s \"%F\")\"",
           "true; printf '%s\\0' \"$(printf %s %F)\"",
           "true; printf '%s\\0' \"$(printf %s '%F')\"",
           "X=%F; printf '%s\\0' \"$X\"",
           "true; printf '%s\\0'",
       }) {
    for (const std::string& address : nasty_addresses) {
      INFO(text << " with " << address);
      const MailCommand parsed = command(text);
      const Words words = parsed.words(address, {address, "c d"});
      const std::string output = output_of(words);
      std::string wanted;
      const std::string_view shown(text);
      if (shown.find("<%F>") != shown.npos)
        wanted = joined({"<" + address + ">"});
      else if (shown.find("a %F b") != shown.npos)
        wanted = joined({"a " + address + " b", "c"});
      else if (shown.find("a%F'b'") != shown.npos)
        wanted = joined({"a" + address + "b"});
      else if (shown.find("-f %F --") != shown.npos)
        wanted = joined({"-f", address, "--"});
      else if (shown.find("-f%F --") != shown.npos)
        wanted = joined({"-f" + address, "--"});
      else if (shown.find("%F --") != shown.npos)
        wanted = joined({address, "--"});
      else if (shown.find("%F %F") != shown.npos)
        wanted = joined({address, "%F"});
      else if (shown.find("%F") != shown.npos)
        wanted = joined({address});
      CHECK(output == wanted + joined({address, "c d"}));
    }
  }
}

TEST_CASE("a command that cannot take addresses is refused") {
  CHECK(refusal("") == "--command: there is none");
  CHECK(refusal(" \t") == "--command: there is none");
  for (const char* text : {
           "a 'b",
           "a \"b",
           "a \"b'",
           "a \\",
           "a $(b",
           "a ${b",
           "a `b",
           "a (b",
           "a \"$(b\"",  // cut short
           "a #%F\nb",
           "a \\%F",
           "a `b %F`",
           "a ${b-%F}",
           "a \"`b %F`\"",  // no place for a parameter
           "cat <<E %F\nE",
           "cat <<-E\nE\nx",
           "a # b",
           "a\n#",  // nor for the recipients
           "%F",
           "%F a",
           "a; %F",
           "a | %F x",
           "a $(%F)",
           "/bin/%F",
           "exec %F",  // an address as the program
           "A\\=%F x",
           "\"A=\"%F x",
           "'A'=%F x",
           "$A=%F x",
           "1A=%F x",
           "=%F x",
           "a;",
           "a; ",
           "a |",
           "a &&",
           "a &",
           "a\n",
           "a &\n",
           "X=y",
           "a; X=y",
           "X=$(a)",
           "a >",
           "a 2>&",
           ">x",
           "exec",
           "eval",
           "! ",
           "if",
           "a; then",
           "{",
           "command",
           ".",
           "a (",
       }) {
    (void)refusal(text);
  }
  CHECK_FALSE(MailCommand::parse(std::string_view("a\0b", 3)).has_value());
}

TEST_CASE("an address that begins with a hyphen is passed where it is no option") {
  for (const char* text : {"msmtp -f %F --", "true; msmtp -f %F --", "x --from=%F --", "x -f%F --", "x -- %F --"}) {
    INFO(text);
    CHECK(command(text).check_sender("-x@y").has_value());
    CHECK(command(text).check_recipient("-x@y").has_value());
  }
  for (const char* text : {"msmtp %F", "true; msmtp %F", "msmtp x '%F' y"}) {
    INFO(text);
    CHECK_FALSE(command(text).check_sender("-x@y").has_value());
    CHECK_FALSE(command(text).check_recipient("-x@y").has_value());
    CHECK(command(text).check_sender("x-@y").has_value());
    CHECK(command(text).check_recipient("x-@y").has_value());
  }
  CHECK(command("cat").check_sender("-x@y").has_value());  // it is not passed at all
}

TEST_CASE("what is handed to another shell as text is plain, or refused") {
  for (const char* text : {"ssh host msmtp -f %F --", "/usr/bin/ssh host 'msmtp -f %F --'",
                           "su joe -c 'msmtp -f %F' --", "true; eval msmtp -f %F --"}) {
    INFO(text);
    for (const char* good : {"joe.x+y=z_1-2/3@x.test", "j\xc3\xb6@x.test", ""}) {
      CHECK(command(text).check_sender(good).has_value());
      CHECK(command(text).check_recipient(good).has_value());
    }
    for (const char* bad :
         {"a;b@x", "$(id)@x", "`id`@x", "\"a b\"@x", "a'b@x", "a|b@x", "a&b@x", "~a@x", "*@x", "#a@x", "!a@x"}) {
      CHECK_FALSE(command(text).check_sender(bad).has_value());
      CHECK_FALSE(command(text).check_recipient(bad).has_value());
    }
  }
  for (const char* text : {"sh -c \"msmtp -f %F --\" x --", "/bin/bash -c 'x %F;y' --",
                           "python3.11 -c 'print(\"%F\")' --", "true; perl -e 'x(\"%F\")' --"}) {
    INFO(text);
    CHECK_FALSE(command(text).check_sender("a;b@x").has_value());
    CHECK(command(text).check_recipient("a;b@x").has_value());
  }
  for (const char* text : {"sh -c 'msmtp -f \"$1\"' sh %F --", "msmtp --x='a %F' --"}) {
    INFO(text);
    CHECK(command(text).check_sender("a;b@x").has_value());
  }
}
