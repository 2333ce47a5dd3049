#!/bin/bash
# A real Postfix with Cyrus SASL on loopback, delivering into a Maildir: the other side of the tests that must not only please
# our own idea of a server.
#
#   postfix.sh FOLDER CERTIFICATE KEY
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one line
#   ready STARTTLS_PORT IMPLICIT_PORT
# FOLDER (mode a+x all the way up) gets: mail/NAME/new for the recipients bob and carol, and maillog, in which Postfix
# writes the mechanism of each login. User alice@example.test with password "s3cret pass"; everyone else is refused.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
# shellcheck source=tests/servers/namespace.sh
. "$(dirname "$0")/namespace.sh"
folder=$1 certificate=$2 key=$3

require_namespaces
tree=$(fetch postfix postfix postfix-lmdb libsasl2-modules libsasl2-modules-db sasl2-bin)

postfix_id=20101 postdrop_id=20102 vmail_id=20103
mkdir -p "$folder"/{conf/sasl,queue,data,mail}
chmod 755 "$folder"
accounts "$folder" postfix:$postfix_id postdrop:$postdrop_id vmail:$vmail_id
chown $postfix_id "$folder/data"
chown $vmail_id "$folder/mail"

read -r starttls_port implicit_port < <(free_ports 2)

write_main() {
  cat >"$folder/conf/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = $folder/maillog
maillog_file_prefixes = $folder
myhostname = smtp.example.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
# Nothing leaves this machine.
default_transport = error:this server delivers to example.test only
relay_transport = error:this server delivers to example.test only
disable_dns_lookups = yes
smtpd_peername_lookup = no
virtual_mailbox_domains = example.test
virtual_mailbox_base = $folder/mail
virtual_mailbox_maps = texthash:$folder/conf/boxes
virtual_uid_maps = static:$vmail_id
virtual_gid_maps = static:$vmail_id
virtual_mailbox_limit = 0
mailbox_size_limit = 0
message_size_limit = 20000000
# The mail is compared byte for byte: leave it as it came.
local_header_rewrite_clients =
cleanup_replace_stray_cr_lf = no
smtpd_forbid_bare_newline = no
smtpd_tls_cert_file = $certificate
smtpd_tls_key_file = $key
smtpd_tls_loglevel = 1
# Whoever has a certificate by the authority beside our own is called trusted in the log.
smtpd_tls_CAfile = ${certificate%/*}/ca.pem
smtpd_tls_ask_ccert = yes
smtpd_tls_session_cache_database =
tls_random_source = dev:/dev/urandom
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = example.test
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
anvil_rate_time_unit = 1s
in_flow_delay = 0
CF
  printf 'bob@example.test bob/\ncarol@example.test carol/\nalice@example.test alice/\nbøb@example.test boeb/\n' >"$folder/conf/boxes"
}

write_master() {
  cat >"$folder/conf/master.cf" <<CF
127.0.0.1:$starttls_port inet n - n - - smtpd -o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt
127.0.0.1:$implicit_port inet n - n - - smtpd -o syslog_name=postfix/smtps -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CF
}

write_passwords() {
  # Debian's Postfix reads sasl/smtpd.conf in its configuration folder.
  cat >"$folder/conf/sasl/smtpd.conf" <<CF
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $folder/conf/sasl/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
CF
  (inside "$folder" "$tree" saslpasswd2 -c -p -f "$folder/conf/sasl/sasldb2" -u example.test alice <<<'s3cret pass') >"$folder/setup.log" 2>&1
  chmod 644 "$folder/conf/sasl/sasldb2"
}

# What "postfix start" makes, without its two seconds of checks.
make_queue() (
  umask 077
  cd "$folder/queue"
  mkdir -p active bounce corrupt defer deferred flush hold incoming private saved trace maildrop public pid
  chown $postfix_id active bounce corrupt defer deferred flush hold incoming private saved trace
  chown $postfix_id:$postdrop_id maildrop public
  chmod 730 maildrop
  chmod 710 public
  chmod 755 pid .
)

write_main
write_master
write_passwords
make_queue

(inside "$folder" "$tree" setsid /usr/lib/postfix/sbin/master -c "$folder/conf" -d) >"$folder/master.log" 2>&1 </dev/null &
master=$!

# The daemons of Postfix end when their master does.
# shellcheck disable=SC2317  # called by the trap
finish() {
  kill -TERM "$master" 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$master" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$master" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 0' TERM INT HUP

for _ in $(seq 150); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$implicit_port") 2>/dev/null; then
    echo "ready $starttls_port $implicit_port"
    # Until whoever started us lets go.
    read -r _ || true
    exit 0
  fi
  kill -0 "$master" 2>/dev/null || break
  sleep 0.1
done
cat "$folder/master.log" "$folder/maillog" "$folder/setup.log" >&2 2>/dev/null || true
exit 1
