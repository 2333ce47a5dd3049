// The manual, the completions, the syntax file and the example know every option and every command, and no others: so
// none of them falls behind the tables of the program.
#include "common/fd.hpp"
#include "common/mechanism.hpp"
#include "common/text.hpp"
#include "parent/options.hpp"
#include "parent/settings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>

using namespace msmtp;

namespace {

using Names = std::set<std::string>;

constexpr std::string_view manual = "man/msmtp.1";
constexpr std::string_view completions[] = {"etc/completion/msmtp.bash", "etc/completion/_msmtp",
                                            "etc/completion/msmtp.fish"};
constexpr std::string_view syntax = "etc/vim/syntax/msmtp.vim";
constexpr std::string_view example = "etc/msmtprc-user.example";
constexpr std::string_view sections[] = {"account", "defaults", "eval"};

// The tests run from the top of the source tree.
std::string contents(std::string_view file) {
  const auto fd = open_for_reading(std::string(file));
  INFO(file);
  REQUIRE(fd.has_value());
  std::string text;
  char piece[4096];
  for (;;) {
    const auto size = read(fd->number(), piece, sizeof piece);
    REQUIRE(size >= 0);
    if (size == 0) return text;
    text.append(piece, static_cast<std::size_t>(size));
  }
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Every run of name characters that follows MARK in TEXT.
Names names_after(std::string_view text, std::string_view mark) {
  Names names;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    auto end = begin;
    while (end < text.size() && is_name_character(text[end])) ++end;
    if (end > begin) names.emplace(text.substr(begin, end - begin));
  }
  return names;
}

Names long_options() {
  Names names;
  for (const auto& option : option_specs()) {
    if (!option.name.empty()) names.emplace(option.name);
  }
  return names;
}

Names letters() {
  Names names;
  for (const auto& option : option_specs()) {
    if (option.letter != '\0') names.emplace(1, option.letter);
  }
  return names;
}

Names commands() {
  Names names(std::begin(sections), std::end(sections));
  for (const auto& row : setting_rows()) names.emplace(row.command);
  return names;
}

// Whether WORD stands in TEXT as a word of its own.
bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_name_character(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_name_character(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

std::string lines_with(std::string_view beginning, std::string_view text) {
  std::string found;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(beginning)) found.append(line).append("\n");
  }
  return found;
}

// The words of the lines that continue a list of keywords.
Names keywords(std::string_view text) {
  Names words;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    constexpr std::string_view continued = "      \\ ";
    if (!line.starts_with(continued)) continue;
    line.remove_prefix(continued.size());
    while (!line.empty()) {
      const auto word = line.substr(0, line.find(' '));
      words.emplace(word);
      line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
  }
  return words;
}

}  // namespace

TEST_CASE("the manual describes every option and every command") {
  const auto text = contents(manual);
  const auto options = lines_with(".It Fl ", text);
  const auto items = lines_with(".It Ic ", text);
  for (const auto& name : long_options()) {
    INFO("--" << name);
    CHECK(has_word(options, "-" + name));
  }
  for (const auto& letter : letters()) {
    INFO("-" << letter);
    CHECK((text.find(".It Fl " + letter) != std::string::npos || text.find(" , Fl " + letter) != std::string::npos ||
           text.find("\n.Fl " + letter + " ") != std::string::npos));
  }
  for (const auto& command : commands()) {
    INFO(command);
    CHECK(has_word(items, command));
  }
}

TEST_CASE("the manual's lists of options and commands name nothing that is not there") {
  const auto text = contents(manual);
  const auto known = commands();
  for (const auto& name : names_after(text, "\n.It Ic ")) CHECK(known.count(name) == 1);
  const auto options = long_options();
  for (const auto& name : names_after(text, "\n.It Fl -")) CHECK((name.empty() || options.count(name) == 1));
}

TEST_CASE("the completions have every long option and no other") {
  CHECK(names_after(lines_with("complete -c msmtp ", contents(completions[2])), " -l ") == long_options());
  for (const auto file : {completions[0], completions[1]}) {
    INFO(file);
    auto found = names_after(contents(file), "--");
    // Patterns of the one for bash.
    found.erase("add-missing-");
    found.erase("tls-");
    CHECK(found == long_options());
  }
}

TEST_CASE("the completions know which options need an argument") {
  const auto bash = contents(completions[0]);
  const auto list_of = [&](std::string_view variable) {
    const auto begin = bash.find("local " + std::string(variable) + "='");
    REQUIRE(begin != std::string::npos);
    const auto text = std::string_view(bash).substr(begin, bash.find("'\n", begin) - begin);
    return names_after(text, "--");
  };
  const auto zsh = contents(completions[1]);
  const auto fish = lines_with("complete -c msmtp ", contents(completions[2]));
  for (const auto& option : option_specs()) {
    if (option.name.empty()) continue;
    const std::string name(option.name);
    INFO(name);
    CHECK(list_of(option.argument == OptionArgument::required   ? "required"
                  : option.argument == OptionArgument::optional ? "optional"
                                                                : "plain")
              .count(name) == 1);
    const bool takes_value = option.argument == OptionArgument::required;
    CHECK((zsh.find("--" + name + "=[") != std::string::npos || zsh.find("--" + name + "=}") != std::string::npos) ==
          takes_value);
    const auto at = fish.find("-l " + name + " ");
    REQUIRE(at != std::string::npos);
    const auto line = fish.substr(at, fish.find('\n', at) - at);
    CHECK((line.find(" -x") != std::string::npos || line.find(" -r ") != std::string::npos) == takes_value);
  }
}

TEST_CASE("the completions have every letter") {
  const auto whole = contents(completions[2]);
  const auto ignored = whole.substr(std::min(whole.size(), whole.find("for letter in ")));
  for (const auto& letter : letters()) {
    INFO(letter);
    CHECK(has_word(contents(completions[0]), "-" + letter));
    const auto zsh = contents(completions[1]);
    CHECK((zsh.find("{-" + letter) != std::string::npos || zsh.find(",-" + letter) != std::string::npos ||
           zsh.find("'-" + letter) != std::string::npos || zsh.find(")-" + letter + "[") != std::string::npos));
    const auto fish = contents(completions[2]);
    CHECK((has_word(fish, "-s " + letter) || has_word(ignored, letter)));
  }
}

TEST_CASE("the syntax file has every command and no other") {
  CHECK(keywords(contents(syntax)) == commands());
}

TEST_CASE("the example for a user shows every command") {
  const auto text = contents(example);
  for (const auto& command : commands()) {
    INFO(command);
    CHECK(has_word(text, command));
  }
}

TEST_CASE("manual and completions have every authentication method") {
  for (std::size_t i = 0; i < mechanism_count; ++i) {
    const auto method = ascii_lower(name(static_cast<Mechanism>(i)));
    INFO(method);
    CHECK(has_word(contents(manual), method));
    for (const auto file : completions) {
      INFO(file);
      CHECK(has_word(contents(file), method));
    }
  }
}
