#!/bin/bash
# A real Dovecot (2.3) on loopback: a submission service, which passes mails on to a relay of ours, and LMTP, which delivers
# into a Maildir.
#
#   dovecot.sh FOLDER CERTIFICATE KEY CA
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one line
#   ready STARTTLS_PORT IMPLICIT_PORT LMTP_PORT
# FOLDER (mode a+x all the way up) gets: relay/NUMBER for each submitted mail (see tests/system/relay.py), lmtp (a socket for
# LMTP), mail/NAME/new for the recipients NAME@example.test bob, carol, dave and erin (LMTP refuses all others, and frank's
# mail only when it has come, for nobody can write his mailbox), maillog, in
# which Dovecot writes the mechanism of each login, and token-key, the key of the tokens for OAUTHBEARER and XOAUTH2.
# User alice@example.test with password "s3cret pass"; by a certificate of CA the user is its common name, which may be alice.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/servers/namespace.sh
. "$here/namespace.sh"
folder=$1 certificate=$2 key=$3 ca=$4

require_namespaces
tree=$(fetch dovecot dovecot-core dovecot-submissiond dovecot-lmtpd)

vmail_id=20203
mkdir -p "$folder"/{run,mail,relay,keys/default/HS256}
chmod 755 "$folder"
accounts "$folder" dovecot:20201 dovenull:20202 vmail:$vmail_id
chown $vmail_id "$folder/mail"
mkdir -m 500 "$folder/mail/frank"
chown $vmail_id "$folder/mail/frank"
read -r starttls_port implicit_port lmtp_port < <(free_ports 3)

# The relay lives until its standard input, which we hold, is closed.
mkfifo "$folder/relay.stop" "$folder/relay.port"
/usr/bin/python3 "$here/../system/relay.py" "$folder/relay" <"$folder/relay.stop" >"$folder/relay.port" 2>"$folder/relay.log" &
exec 8>"$folder/relay.stop"
read -r relay_port <"$folder/relay.port"

write_configuration() {
  head -c 32 /dev/urandom >"$folder/token-key"
  base64 -w0 "$folder/token-key" >"$folder/keys/default/HS256/default"
  cat >"$folder/oauth2.conf" <<CF
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$folder/keys/
username_attribute = email
CF
  echo 'alice@example.test:{PLAIN}s3cret pass::::::' >"$folder/users"
  local name
  for name in alice bob carol dave erin frank; do echo "$name@example.test:::::$folder/mail/$name:"; done >"$folder/boxes"
  echo "alice:::::$folder/mail/alice:" >>"$folder/boxes"
  chmod 644 "$folder/token-key" "$folder/oauth2.conf" "$folder/users" "$folder/boxes"
  cat >"$folder/dovecot.conf" <<CF
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/maillog
auth_verbose = yes
protocols = submission lmtp
listen = 127.0.0.1
hostname = smtp.example.test
postmaster_address = postmaster@example.test
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
ssl = required
ssl_cert = <$certificate
ssl_key = <$key
ssl_ca = <$ca
ssl_require_crl = no
# A certificate is asked for, not insisted on.
ssl_verify_client_cert = yes
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes
auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 external oauthbearer xoauth2
auth_realms = example.test
auth_failure_delay = 0
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = $folder/oauth2.conf
}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  args = scheme=PLAIN username_format=%u $folder/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $folder/boxes
  override_fields = uid=$vmail_id gid=$vmail_id
}
first_valid_uid = 1
mail_location = maildir:~
submission_relay_host = 127.0.0.1
submission_relay_port = $relay_port
submission_relay_ssl = no
submission_max_mail_size = 20M
# Else only what the client asks for after its login.
submission_backend_capabilities = 8BITMIME DSN
service submission-login {
  inet_listener submission {
    port = $starttls_port
  }
  inet_listener submissions {
    port = $implicit_port
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp_port
  }
  unix_listener $folder/lmtp {
    mode = 0666
  }
}
# No growing delay for an address whose logins fail.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CF
}

write_configuration
(exec 8>&-; inside "$folder" "$tree" setsid dovecot -F -c "$folder/dovecot.conf") >"$folder/master.log" 2>&1 </dev/null &
master=$!
finish_with "$master"

wait_for_port "$implicit_port" "$master" && wait_for_port "$lmtp_port" "$master" && serve "$starttls_port" "$implicit_port" "$lmtp_port"
cat "$folder/master.log" "$folder/maillog" "$folder/relay.log" >&2 2>/dev/null || true
exit 1
