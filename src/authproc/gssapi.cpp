// The system's GSS-API behind the GssapiClient, or a stand-in where there is none.
#include "authproc/gssapi.hpp"

#include <config.hpp>
#include <string>
#include <utility>

#ifdef MSMTP_WITH_GSSAPI
#include <gssapi/gssapi.h>
#endif

namespace msmtp {

#ifdef MSMTP_WITH_GSSAPI

namespace {

constexpr std::string_view for_method = " (method GSSAPI)";

// 1.2.840.113554.1.2.2 (RFC 1964, 1)
constexpr std::string_view kerberos_bytes = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
const gss_OID_desc kerberos_v5{kerberos_bytes.size(), const_cast<char*>(kerberos_bytes.data())};
const gss_OID kerberos = const_cast<gss_OID>(&kerberos_v5);

// KRB5_KDC_UNREACH of MIT and of Heimdal: "Cannot contact any KDC".
constexpr auto no_kdc_answers = static_cast<OM_uint32>(-1765328228L);

// What the library allocated.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() {
    OM_uint32 minor = 0;
    if (raw_.value != nullptr) wipe_memory(raw_.value, raw_.length);
    gss_release_buffer(&minor, &raw_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  gss_buffer_t raw() { return &raw_; }
  std::string_view view() const { return {static_cast<const char*>(raw_.value), raw_.length}; }

 private:
  gss_buffer_desc raw_{0, nullptr};
};

gss_buffer_desc borrowed(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

std::string status_text(OM_uint32 code, int kind) {
  OM_uint32 minor = 0;
  OM_uint32 more = 0;
  Buffer text;
  if (gss_display_status(&minor, code, kind, kerberos, &more, text.raw()) != GSS_S_COMPLETE) return {};
  return std::string(text.view());
}

// What Kerberos says, or else what the GSS-API does.
std::string reason_of(OM_uint32 major, OM_uint32 minor) {
  std::string text = minor != 0 ? status_text(minor, GSS_C_MECH_CODE) : std::string();
  if (text.empty() || text == "Success") text = status_text(major, GSS_C_GSS_CODE);
  return text.empty() ? "unknown error" : text;
}

Unexpected no_ticket(OM_uint32 major, OM_uint32 minor) {
  const std::string reason = std::string(for_method) + ": " + reason_of(major, minor);
  if (minor == no_kdc_answers) return fail(ExitCode::temporary_failure, "authentication failed" + reason);
  if (GSS_ROUTINE_ERROR(major) == GSS_S_NO_CRED) return fail(ExitCode::unavailable, "no Kerberos ticket" + reason);
  return fail(ExitCode::no_permission, "authentication failed" + reason);
}

Unexpected not_acceptable(std::string_view reason) {
  return fail(ExitCode::software,
              "the server's challenge is not acceptable" + std::string(for_method) + ": " + std::string(reason));
}

}  // namespace

struct GssapiClient::State {
  enum class Next { token, security_layer, nothing };

  Result<void> name_server(std::string_view service, std::string_view host);
  Result<void> get_ticket();
  Result<Secret> decline_layers(std::string_view challenge);

  Secret token;
  Next next = Next::token;
  gss_name_t server = GSS_C_NO_NAME;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
};

Result<void> GssapiClient::State::name_server(std::string_view service, std::string_view host) {
  const std::string text = std::string(service) + "@" + std::string(host);
  gss_buffer_desc raw = borrowed(text);
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_import_name(&minor, &raw, GSS_C_NT_HOSTBASED_SERVICE, &server);
  if (GSS_ERROR(major)) return no_ticket(major, minor);
  return {};
}

// The context is complete with the first token, because the server is not asked to prove itself by one of its own: to
// read that, MIT's library opens its configuration anew, which must not be possible any more. What it wraps in the next
// step is the same proof, for it takes the key that only the server can find in the ticket; and RFC 4752, 3.1, asks
// for the other only where a security layer is wanted.
Result<void> GssapiClient::State::get_ticket() {
  Buffer out;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, server, kerberos, GSS_C_INTEG_FLAG, GSS_C_INDEFINITE,
                           GSS_C_NO_CHANNEL_BINDINGS, GSS_C_NO_BUFFER, nullptr, out.raw(), nullptr, nullptr);
  if (GSS_ERROR(major)) return no_ticket(major, minor);
  if (major != GSS_S_COMPLETE) return fail(ExitCode::software, "authentication takes too many steps (method GSSAPI)");
  token = Secret::copy_of(out.view());
  return {};
}

// The server offers security layers and says how long a message may be; TLS protects what follows, so that none is
// wanted. Behind that one could name somebody to act for; the ticket says who logs in.
Result<Secret> GssapiClient::State::decline_layers(std::string_view challenge) {
  constexpr char no_layer = 1;
  gss_buffer_desc in = borrowed(challenge);
  OM_uint32 minor = 0;
  Buffer offer;
  OM_uint32 major = gss_unwrap(&minor, context, &in, offer.raw(), nullptr, nullptr);
  if (GSS_ERROR(major)) return not_acceptable(reason_of(major, minor));
  if (offer.view().size() != 4) return not_acceptable("it names no security layers");
  if ((offer.view()[0] & no_layer) == 0) return not_acceptable("it insists on a security layer, and TLS is one");
  gss_buffer_desc plain = borrowed({"\1\0\0\0", 4});
  Buffer wrapped;
  major = gss_wrap(&minor, context, 0, GSS_C_QOP_DEFAULT, &plain, nullptr, wrapped.raw());
  if (GSS_ERROR(major)) return not_acceptable(reason_of(major, minor));
  next = Next::nothing;
  return Secret::copy_of(wrapped.view());
}

Result<GssapiClient> GssapiClient::start(const Login& login) {
  std::unique_ptr<State, Free> state(new State);
  TRY(state->name_server(login.service, login.host));
  TRY(state->get_ticket());
  return GssapiClient(std::move(state));
}

// Some servers have an empty answer to the token, and wait for an empty one to that.
Result<Secret> GssapiClient::step(std::string_view challenge) {
  switch (state_->next) {
    case State::Next::token: state_->next = State::Next::security_layer; return std::move(state_->token);
    case State::Next::security_layer:
      if (challenge.empty()) return Secret();
      return state_->decline_layers(challenge);
    case State::Next::nothing: break;
  }
  return not_acceptable("it comes after the last step");
}

bool GssapiClient::is_complete() const {
  return state_->next == State::Next::nothing;
}

void GssapiClient::Free::operator()(State* state) const {
  OM_uint32 minor = 0;
  if (state->context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &state->context, GSS_C_NO_BUFFER);
  if (state->server != GSS_C_NO_NAME) gss_release_name(&minor, &state->server);
  delete state;
}

#else

struct GssapiClient::State {};

Result<GssapiClient> GssapiClient::start(const Login&) {
  return fail(ExitCode::unavailable, "authentication method GSSAPI is not in this build");
}

Result<Secret> GssapiClient::step(std::string_view) {
  return fail(ExitCode::software, "authentication method GSSAPI is not in this build");
}

bool GssapiClient::is_complete() const {
  return false;
}

void GssapiClient::Free::operator()(State* state) const {
  delete state;
}

#endif

}  // namespace msmtp
