# Completion for msmtp in bash. Accounts come from the "account NAME" lines of the configuration files, which are only
# read: nothing in them is run.

# The names of the accounts in the files, one a line.
_msmtp_account_names() {
  local file line
  for file; do
    [[ -f $file && -r $file ]] || continue
    while IFS=$' \t' read -r line || [[ -n $line ]]; do
      [[ $line == account[[:blank:]]* ]] || continue
      line=${line%$'\r'}
      line=${line#account}
      line=${line#"${line%%[![:blank:]]*}"}
      [[ $line == \"*\" ]] && line=${line:1:-1}
      line=${line%%:*}
      line=${line%"${line##*[![:blank:]]}"}
      [[ -n $line ]] && printf '%s\n' "$line"
    done <"$file" 2>/dev/null
  done
}

# The same for the files that this command line would read; its words are the arguments.
_msmtp_accounts() {
  local user=$HOME/.msmtprc file
  [[ -e $user ]] || user=${XDG_CONFIG_HOME-$HOME/.config}/msmtp/config
  while (($#)); do
    file=
    case $1 in
      -C | --file) file=${2-} ;;
      --file=*) file=${1#*=} ;;
      -C*) file=${1#-C} ;;
    esac
    if [[ -n $file ]]; then
      user=${file//\\/}
      # shellcheck disable=SC2088 # as it was typed
      [[ $user == '~/'* ]] && user=$HOME/${user#*/}
    fi
    shift
  done
  _msmtp_account_names SYSCONFDIR/msmtprc "$user" | sort -u
}

_msmtp() {
  local IFS=$' \t\n'
  local plain='--help --pretend --read-envelope-from --read-recipients --serverinfo --version'
  local optional='--add-missing-date-header --add-missing-from-header --auth --auto-from --debug --keepbcc
    --partial-delivery --remove-bcc-headers --set-date-header --set-from-header --set-msgid-header --set-to-header
    --syslog --tls --tls-certcheck --tls-force-sslv3 --tls-starttls --undisclosed-recipients'
  local required='--account --aliases --configure --connect-timeout --domain --dsn-notify --dsn-return --file --from
    --host --keep-connection --logfile --logfile-time-format --maildomain --passwordeval --port --protocol --proxy-host
    --proxy-port --rmqs --socket --source-ip --timeout --tls-cert-file --tls-crl-file --tls-fingerprint --tls-host-override
    --tls-key-file --tls-min-dh-prime-bits --tls-priorities --tls-trust-file --user'
  local letters='-A -B -C -F -G -L -N -O -P -R -S -X -a -b -bi -bm -bp -bs -d -f -h -i -m -n -o -t -v'
  local methods='scram-sha-256-plus scram-sha-1-plus scram-sha-256 scram-sha-1 plain gssapi external oauthbearer
    cram-md5 digest-md5 login ntlm xoauth2'

  # The words as the shell will see them, not as readline breaks them at "=" and "@".
  local line=${COMP_LINE:0:COMP_POINT} words option='' value='' candidates='' files='' kept
  read -ra words <<<"$line"
  [[ $line == *[[:blank:]] ]] && words+=('')
  local last=$((${#words[@]} - 1)) i
  local current=${words[last]} previous=${words[last - 1]}
  for ((i = 1; i < last; i++)); do
    [[ ${words[i]} == -- && ${words[i - 1]} != -[ABCFLNORXabfho] ]] && return
  done

  case $current in
    --*=*) option=${current%%=*} value=${current#*=} ;;
    --*) ;;
    -[CNRXa]?*) option=${current:0:2} value=${current:2} ;;
  esac
  if [[ -z $option && $last -gt 1 ]]; then
    case $previous in
      -[ABCFLNORXabfho]) option=$previous value=$current ;;
      --*) [[ " ${required//$'\n'/ } " == *" $previous "* ]] && option=$previous value=$current ;;
    esac
  fi

  case $option in
    '')
      [[ $current == -* ]] || return
      candidates="$plain $letters $optional"
      for i in $optional $required; do candidates+=" $i="; done ;;
    -a | --account) ;;
    --add-missing-* | --auto-from | --keepbcc | --partial-delivery | --remove-bcc-headers | --tls | --tls-certcheck | \
      --tls-force-sslv3 | --tls-starttls | --undisclosed-recipients) candidates='on off' ;;
    --auth) candidates="on off $methods" ;;
    --set-from-header) candidates='auto on off' ;;
    --set-date-header | --set-msgid-header) candidates='auto off' ;;
    --set-to-header) candidates='on off undisclosed_recipients' ;;
    --syslog)
      candidates='on off LOG_USER LOG_MAIL LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6
        LOG_LOCAL7' ;;
    --protocol) candidates='smtp lmtp' ;;
    --timeout | --connect-timeout | --keep-connection) candidates=off ;;
    --logfile-time-format) candidates=none ;;
    --port) candidates='25 465 587' ;;
    --proxy-port) candidates='1080 9050' ;;
    -b) candidates='m s p i' ;;
    -R | --dsn-return) candidates='off headers full' ;;
    -N | --dsn-notify)
      if [[ $value == *,* ]]; then
        for i in failure delay success; do [[ ,$value, == *,$i,* ]] || candidates+=" ${value%,*},$i"; done
      else
        candidates='off never failure delay success'
      fi ;;
    --tls-trust-file) candidates=system files=yes ;;
    -C | -X | --file | --logfile | --aliases | --socket | --tls-*-file) files=yes ;;
    --host | --proxy-host) candidates=$(compgen -A hostname -- "$value") ;;
    *) return ;;
  esac

  # What stays on the line before the part that readline replaces.
  kept=${current%"$value"}
  [[ -n $option ]] || kept='' value=$current
  # Not by "compgen -W", which would run what looks like a command in them.
  COMPREPLY=()
  if [[ $option == -a || $option == --account ]]; then
    mapfile -t words < <(_msmtp_accounts "${words[@]:1:last-1}")
    for i in "${words[@]}"; do [[ $i != "${value//\\/}"* ]] || COMPREPLY+=("$(printf '%q' "$i")"); done
  else
    read -r -d '' -a words <<<"$candidates"
    for i in "${words[@]}"; do [[ $i != "$value"* ]] || COMPREPLY+=("$i"); done
  fi
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$value")
  fi
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == --*= ]] && compopt -o nospace 2>/dev/null
  # $2 is what readline replaces: the end of the word, from where it breaks it.
  local broken=${current%"$2"}
  for i in "${!COMPREPLY[@]}"; do
    COMPREPLY[i]=$kept${COMPREPLY[i]}
    COMPREPLY[i]=${COMPREPLY[i]#"$broken"}
  done
}

complete -F _msmtp msmtp
