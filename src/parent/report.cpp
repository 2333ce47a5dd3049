// What a run tells the user.
#include "parent/report.hpp"

#include "common/text.hpp"

#include <ctime>

namespace msmtp {

namespace {

void report_reply(const Console& console, std::string_view prefix, std::string_view reply) {
  if (reply.empty()) return;
  for (const std::string_view line : split(reply, '\n')) console.complain(std::string(prefix) + std::string(line));
}

std::string local_time_text(std::uint64_t seconds) {
  const auto moment = static_cast<std::time_t>(seconds);
  std::tm fields{};
  char text[64] = "";
  if (localtime_r(&moment, &fields) != nullptr) (void)std::strftime(text, sizeof text, "%c", &fields);
  return text;
}

}  // namespace

void report_error(const Console& console, const Error& error) {
  console.complain(error.text);
  report_reply(console, "server message: ", error.server_reply);
}

void report_outcome(const Console& console, const Account& account, const SubmissionOutcome& outcome) {
  const std::string_view prefix = account.protocol == Protocol::lmtp ? "LMTP server message: " : "server message: ";
  for (const RefusedRecipient& refused : outcome.refused) {
    console.complain("recipient address " + refused.address + " not accepted by the server");
    report_reply(console, prefix, refused.server_reply);
  }
  if (!outcome.error) return;
  if (outcome.refused.empty()) report_error(console, *outcome.error);
  std::string last = outcome.refused.empty() ? "could not send mail" : "could not send mail to all recipients";
  if (const std::string origin = origin_of(account); !origin.empty()) last += " (" + origin + ")";
  console.complain(last);
}

void report_record(const Console& console, const LogRecord& record, bool debug) {
  if (!debug && record.kind != LogKind::warning) return;
  switch (record.kind) {
    case LogKind::warning: console.complain(record.text); break;
    case LogKind::received: (void)console.print("<-- " + record.text + "\r\n"); break;
    case LogKind::sent: (void)console.print("--> " + record.text + "\r\n"); break;
    case LogKind::note: (void)console.print(record.text + "\n"); break;
  }
}

std::string describe_tls(const Secured& facts) {
  const std::string indent = "    ";
  std::string text = "TLS session parameters:\n";
  text += indent + printable(facts.version.view()) + ' ' + printable(facts.cipher.view()) + '\n';
  text += "TLS certificate information:\n";
  text += indent + "Subject:\n" + indent + indent + printable(facts.subject.view()) + '\n';
  text += indent + "Issuer:\n" + indent + indent + printable(facts.issuer.view()) + '\n';
  text += indent + "Validity:\n";
  text += indent + indent + "Activation time: " + local_time_text(facts.not_before) + '\n';
  text += indent + indent + "Expiration time: " + local_time_text(facts.not_after) + '\n';
  text += indent + "Fingerprints:\n";
  text += indent + indent + "SHA256: " + printable(facts.sha256.view()) + '\n';
  text += indent + indent + "SHA1 (deprecated): " + printable(facts.sha1.view()) + '\n';
  return text;
}

}  // namespace msmtp
