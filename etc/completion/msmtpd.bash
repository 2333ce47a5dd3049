# Completion for msmtpd in bash.

_msmtpd() {
  local IFS=$' \t\n'
  local plain='--help --inetd --lmtp --version'
  local required='--allow-group --allow-user --auth --command --from --group --interface --log --max-recipients
    --max-sessions --max-size --port --session-timeout --timeout --user'

  # The words as the shell will see them, not as readline breaks them at "=" and ":".
  local line=${COMP_LINE:0:COMP_POINT} words option='' value='' candidates='' found='' i
  read -ra words <<<"$line"
  [[ $line == *[[:blank:]] ]] && words+=('')
  local last=$((${#words[@]} - 1))
  local current=${words[last]} previous=${words[last - 1]}
  case $current in
    --*=*) option=${current%%=*} value=${current#*=} ;;
    --*) ;;
    *) [[ " ${required//$'\n'/ } " == *" $previous "* ]] && option=$previous value=$current ;;
  esac

  case $option in
    '')
      [[ $current == -* || -z $current ]] || return
      candidates=$plain
      for i in $required; do candidates+=" $i="; done ;;
    --interface)
      if [[ $value == unix:* ]]; then
        found=$(compgen -P unix: -f -- "${value#unix:}")
      else
        candidates='127.0.0.1 [::1] unix:/'
      fi ;;
    --log) candidates='none syslog stderr' found=$(compgen -f -- "$value") ;;
    --port) candidates='25 587 2500' ;;
    --session-timeout) candidates=off ;;
    --command) found=$(compgen -c -- "$value") ;;
    --user | --allow-user) found=$(compgen -u -- "$value") ;;
    --group | --allow-group) found=$(compgen -g -- "$value") ;;
    --from) candidates='*:' found=$(compgen -S : -u -- "$value") ;;
    *) return ;;
  esac

  # What stays on the line before the part that readline replaces.
  local kept=${current%"$value"}
  [[ -n $option ]] || kept='' value=$current
  COMPREPLY=()
  # Not by "compgen -W", which would run what looks like a command in them; a name may be "*".
  read -r -d '' -a words <<<"$candidates"
  for i in "${words[@]}"; do [[ $i != "$value"* ]] || COMPREPLY+=("$i"); done
  [[ -z $found ]] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY <<<"$found"
  [[ -z $found || $option != --log ]] || compopt -o filenames 2>/dev/null
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace 2>/dev/null
  # $2 is what readline replaces: the end of the word, from where it breaks it.
  local broken=${current%"$2"}
  for i in "${!COMPREPLY[@]}"; do
    COMPREPLY[i]=$kept${COMPREPLY[i]}
    COMPREPLY[i]=${COMPREPLY[i]#"$broken"}
  done
}

complete -F _msmtpd msmtpd
