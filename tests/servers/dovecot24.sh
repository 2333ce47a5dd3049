#!/bin/bash
# A Dovecot 2.4, of a later Debian: the server that binds logins to the TLS connection, by tls-exporter (TLS 1.3) and
# tls-unique (TLS 1.2).
#
#   dovecot24.sh FOLDER CERTIFICATE KEY
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one line
#   ready PORT
# with implicit TLS. FOLDER (mode a+x all the way up) gets: relay/NUMBER for
# each submitted mail (see tests/system/relay.py) and maillog, in which Dovecot writes the mechanism of each login. User
# alice@example.test with password "s3cret pass".
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/servers/namespace.sh
. "$here/namespace.sh"
folder=$1 certificate=$2 key=$3

require_namespaces
tree=$(SUITE=trixie fetch dovecot24 dovecot-core dovecot-submissiond)

mkdir -p "$folder"/{run,mail,relay}
chmod 755 "$folder"
accounts "$folder" dovecot:20401 dovenull:20402 vmail:20403
chown 20403 "$folder/mail"
read -r port < <(free_ports 1)

# The relay lives until its standard input, which we hold, is closed.
mkfifo "$folder/relay.stop" "$folder/relay.port"
/usr/bin/python3 "$here/../system/relay.py" "$folder/relay" <"$folder/relay.stop" >"$folder/relay.port" 2>"$folder/relay.log" &
exec 8>"$folder/relay.stop"
read -r relay_port <"$folder/relay.port"

echo 'alice@example.test:{PLAIN}s3cret pass::::::' >"$folder/users"
chmod 644 "$folder/users"
cat >"$folder/dovecot.conf" <<CF
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/maillog
auth_verbose = yes
protocols = submission
listen = 127.0.0.1
hostname = smtp.example.test
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
ssl = required
ssl_server_cert_file = $certificate
ssl_server_key_file = $key
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain scram-sha-1 scram-sha-1-plus scram-sha-256 scram-sha-256-plus
auth_failure_delay = 0
passdb passwd-file {
  passwd_file_path = $folder/users
  default_password_scheme = PLAIN
}
userdb static {
  fields {
    uid = 20403
    gid = 20403
    home = $folder/mail/%{user}
  }
  static_allow_all_users = yes
}
first_valid_uid = 1
mail_driver = maildir
mail_path = ~/Maildir
submission_relay_host = 127.0.0.1
submission_relay_port = $relay_port
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service submission-login {
  inet_listener submissions {
    port = $port
    ssl = yes
  }
  inet_listener submission {
    port = 0
  }
}
CF

(exec 8>&-; inside "$folder" "$tree" setsid dovecot -F -c "$folder/dovecot.conf") >"$folder/master.log" 2>&1 </dev/null &
master=$!
finish_with "$master"

wait_for_port "$port" "$master" && serve "$port"
cat "$folder/master.log" "$folder/maillog" "$folder/relay.log" >&2 2>/dev/null || true
exit 1
