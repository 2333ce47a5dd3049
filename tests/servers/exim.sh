#!/bin/bash
# A real Exim (GnuTLS) on loopback, delivering into Maildirs: it knows NTLM, insists on synchronization, and takes chunks in
# its own way.
#
#   exim.sh FOLDER CERTIFICATE KEY CA
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one line
#   ready PLAIN_PORT STARTTLS_PORT IMPLICIT_PORT
# FOLDER (mode a+x all the way up) gets: mail/NAME/new for the recipients NAME@example.test bob, carol, dave, erin and jörg
# (names that begin with "refused" and "later" are refused, with 550 and 451), and log/mainlog, in which Exim writes the mechanism of each login.
# PLAIN_PORT takes mail without a login and offers no TLS; the others want a login. User alice with password "s3cret pass"; by
# a certificate of CA, EXTERNAL takes the users whose mail addresses it names.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
# shellcheck source=tests/servers/namespace.sh
. "$(dirname "$0")/namespace.sh"
folder=$1 certificate=$2 key=$3 ca=$4

require_namespaces
base=$(fetch exim exim4-daemon-heavy exim4-base libsasl2-modules libsasl2-modules-db sasl2-bin)

exim_id=20301 vmail_id=20303
tree=$folder/layer
mkdir -p "$folder"/{spool,log,mail} "$tree"/etc/exim4 "$tree"/usr/lib/sasl2
chmod 755 "$folder"
accounts "$folder" Debian-exim:$exim_id vmail:$vmail_id
chown $exim_id "$folder/spool" "$folder/log"
chown $vmail_id "$folder/mail"
install -m 600 -o $exim_id "$key" "$folder/key.pem"
read -r plain_port starttls_port implicit_port < <(free_ports 3)

# Exim gives up root for any configuration file but the one that it was compiled for: ours lies over that one.
write_configuration() {
  cat >"$tree/etc/exim4/exim4.conf" <<CF
primary_hostname = smtp.example.test
qualify_domain = example.test
spool_directory = $folder/spool
log_file_path = $folder/log/%slog
log_selector = +smtp_connection +smtp_protocol_error +received_sender +received_recipients
pid_file_path = $folder/log/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $plain_port : $starttls_port : $implicit_port
tls_on_connect_ports = $implicit_port
disable_ipv6 = true
# No look-ups of its clients.
host_lookup =
rfc1413_hosts =
smtp_enforce_sync = true
tls_advertise_hosts = \${if eq{\$received_port}{$plain_port}{}{*}}
tls_certificate = $certificate
tls_privatekey = $folder/key.pem
tls_verify_certificates = $ca
tls_try_verify_hosts = *
auth_advertise_hosts = \${if def:tls_in_cipher{*}{}}
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
prdr_enable = true
message_size_limit = 20M
smtp_accept_max = 0
smtp_accept_queue = 0
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
never_users = root
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
acl_smtp_data_prdr = accept
begin acl
rcpt:
  deny local_parts = ^refused
    message = no such user
  defer local_parts = ^later
    message = try later
  accept authenticated = *
  accept condition = \${if eq{\$received_port}{$plain_port}}
  deny message = authentication required
begin routers
box:
  driver = accept
  domains = example.test
  local_parts = bob : carol : dave : erin : jörg
  transport = box
# Nothing leaves this machine.
none:
  driver = redirect
  allow_fail
  data = :fail: loopback test only
begin transports
box:
  driver = appendfile
  directory = $folder/mail/\$local_part_data
  create_directory
  maildir_format
  user = $vmail_id
  group = $vmail_id
  return_path_add
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{alice}}{eq{\$auth3}{s3cret pass}}}}
  server_set_id = \$auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{alice}}{eq{\$auth2}{s3cret pass}}}}
  server_set_id = \$auth1
cram_md5:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{\$auth1}{alice}{s3cret pass}fail}
  server_set_id = \$auth1
ntlm:
  driver = spa
  public_name = NTLM
  server_password = \${if eq{\$auth1}{alice}{s3cret pass}fail}
  server_set_id = \$auth1
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = \$tls_in_certificate_verified
  server_param2 = \${certextract{subj_altname,mail,>:}{\$tls_in_peercert}}
  server_condition = \${if forany{\$auth2}{eq{\$item}{\$auth1}}}
  server_set_id = \$auth1
CF
  local mechanism
  for mechanism in DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
    cat <<CF
sasl_${mechanism//-/_}:
  driver = cyrus_sasl
  public_name = $mechanism
  server_hostname = smtp.example.test
  server_realm = example.test
  server_service = smtp
  server_set_id = \$auth1
CF
  done >>"$tree/etc/exim4/exim4.conf"
}

write_passwords() {
  cat >"$tree/usr/lib/sasl2/exim.conf" <<CF
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $folder/sasldb2
CF
  (inside "$folder" "$tree:$base" saslpasswd2 -c -p -f "$folder/sasldb2" -u example.test alice <<<'s3cret pass') >"$folder/setup.log" 2>&1
  chmod 644 "$folder/sasldb2"
}

write_configuration
write_passwords
(inside "$folder" "$tree:$base" setsid exim4 -bdf) >"$folder/master.log" 2>&1 </dev/null &
master=$!
finish_with "$master"

wait_for_port "$implicit_port" "$master" && serve "$plain_port" "$starttls_port" "$implicit_port"
cat "$folder/master.log" "$folder/setup.log" "$folder"/log/* >&2 2>/dev/null || true
exit 1
