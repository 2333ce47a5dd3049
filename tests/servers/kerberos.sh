#!/bin/bash
# A Kerberos realm (MIT) on loopback, and a Dovecot (2.3) that takes its tickets.
#
#   kerberos.sh FOLDER CERTIFICATE KEY
#
# Runs in the foreground until it is ended by a signal or its standard input is closed. When it is ready it prints one line
#   ready STARTTLS_PORT
# FOLDER (mode a+x all the way up) gets: krb5.conf, dead.conf (the same with a key distribution center that is not there) and
# other.conf (where it is not said which center is responsible for the realm), relay/NUMBER for each submitted mail (see
# tests/system/relay.py), maillog, and two caches of tickets of alice: good and expired. The center knows the service of
# localhost, not that of 127.0.0.1.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/servers/namespace.sh
. "$here/namespace.sh"
folder=$1 certificate=$2 key=$3

require_namespaces
tree=$(fetch kerberos krb5-kdc krb5-admin-server krb5-user dovecot-core dovecot-submissiond dovecot-gssapi)

realm=EXAMPLE.TEST
mkdir -p "$folder"/{run,relay,realm}
chmod 755 "$folder"
accounts "$folder" dovecot:20301 dovenull:20302 vmail:20303
read -r starttls_port center_port dead_port < <(free_ports 3)

client_configuration() { # port of the center
  cat <<CF
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  default_ccache_name = FILE:$folder/none
  default_rcache_name = none:
[realms]
  $realm = {
    kdc = 127.0.0.1:$1
  }
[domain_realm]
  localhost = $realm
  .example.test = $realm
CF
}

write_realm() {
  client_configuration "$center_port" >"$folder/krb5.conf"
  client_configuration "$dead_port" >"$folder/dead.conf"
  sed '/^\[realms\]/,/^  }/d' "$folder/krb5.conf" >"$folder/other.conf"
  cat >"$folder/kdc.conf" <<CF
[kdcdefaults]
  kdc_listen = 127.0.0.1:$center_port
  kdc_tcp_listen = 127.0.0.1:$center_port
[realms]
  $realm = {
    database_name = $folder/realm/principal
    key_stash_file = $folder/realm/stash
    max_life = 1h
  }
[logging]
  kdc = FILE:$folder/kdc.log
CF
}

kerberos() {
  (KRB5_CONFIG=$folder/krb5.conf KRB5_KDC_PROFILE=$folder/kdc.conf KRB5CCNAME=FILE:$folder/good inside "$folder" "$tree" "$@")
}

make_realm() {
  kerberos kdb5_util create -s -r $realm -P master
  {
    echo 'addprinc -pw password alice'
    echo 'addprinc -randkey smtp/localhost'
    echo "ktadd -k $folder/keytab smtp/localhost"
  } | kerberos kadmin.local
  chmod 644 "$folder/keytab" "$folder"/*.conf
}

write_dovecot() {
  cat >"$folder/dovecot.conf" <<CF
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/maillog
auth_verbose = yes
protocols = submission
listen = 127.0.0.1
hostname = localhost
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
ssl = required
ssl_cert = <$certificate
ssl_key = <$key
auth_mechanisms = gssapi
auth_gssapi_hostname = "\$ALL"
auth_krb5_keytab = $folder/keytab
auth_realms = $realm
auth_default_realm = $realm
auth_failure_delay = 0
import_environment = KRB5_CONFIG=$folder/krb5.conf
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=20303 gid=20303 home=$folder/relay allow_all_users=yes
}
first_valid_uid = 1
mail_location = maildir:~
submission_relay_host = 127.0.0.1
submission_relay_port = $relay_port
submission_relay_ssl = no
service submission-login {
  inet_listener submission {
    port = $starttls_port
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CF
}

# The relay lives until its standard input, which we hold, is closed.
mkfifo "$folder/relay.stop" "$folder/relay.port"
/usr/bin/python3 "$here/../system/relay.py" "$folder/relay" <"$folder/relay.stop" >"$folder/relay.port" 2>"$folder/relay.log" &
exec 8>"$folder/relay.stop"
read -r relay_port <"$folder/relay.port"

write_realm
write_dovecot
make_realm >"$folder/setup.log" 2>&1

(exec 8>&-; inside "$folder" "$tree" env "KRB5_CONFIG=$folder/krb5.conf" "KRB5_KDC_PROFILE=$folder/kdc.conf" setsid krb5kdc -n) >"$folder/center.log" 2>&1 </dev/null &
center=$!
(exec 8>&-; inside "$folder" "$tree" env "KRB5_CONFIG=$folder/krb5.conf" setsid dovecot -F -c "$folder/dovecot.conf") >"$folder/master.log" 2>&1 </dev/null &
master=$!
finish_with "$master"
# shellcheck disable=SC2317  # called by the trap
finish_both() {
  finish
  SERVER=$center
  finish
}
trap finish_both EXIT

# A second of life; but Kerberos counts whole ones, so it takes more than two until that is over for everybody.
tickets() {
  kerberos kinit -l 1h alice <<<password >/dev/null
  kerberos kinit -c "FILE:$folder/expired" -l 1s alice <<<password >/dev/null
  chmod 644 "$folder/good" "$folder/expired"
}

wait_for_port "$center_port" "$center" && tickets && sleep 2.3 && wait_for_port "$starttls_port" "$master" && serve "$starttls_port"
cat "$folder"/{setup,center,master,relay}.log "$folder/maillog" >&2 2>/dev/null || true
exit 1
