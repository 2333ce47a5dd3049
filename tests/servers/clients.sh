#!/bin/bash
# Mail clients that hand their mails to sendmail, unpacked and not installed: mutt, s-nail, bsd-mailx, git send-email, PHP,
# cron, swaks; and with another tree, which may be missing, curl and nodemailer (with node, where there is none).
#
#   clients.sh FOLDER
# gets them; then it prints one line
#   ready TREE
# and waits until its standard input is closed.
#
#   clients.sh --run FOLDER TREE PROGRAM COMMAND...
# becomes COMMAND where these clients are installed, PROGRAM is /usr/sbin/sendmail, and root's home is $HOME; FOLDER is a new
# or an earlier one.
# Exit 77 when it cannot run here, with the reason in one line on standard error.
set -eu
# shellcheck source=tests/servers/namespace.sh
. "$(dirname "$0")/namespace.sh"

if [ "$1" = --run ]; then
  folder=$2 tree=$3 program=$4
  shift 4
  mkdir -p "$folder/layer/usr/sbin" "$folder/layer/usr/lib"
  ln -sf "$program" "$folder/layer/usr/sbin/sendmail"
  ln -sf ../sbin/sendmail "$folder/layer/usr/lib/sendmail"
  if [ ! -e "$folder/passwd" ]; then
    accounts "$folder"
    # Some look there and not into the environment.
    sed -i "s|^\(root:.*:\)[^:]*\(:[^:]*\)$|\1$HOME\2|" "$folder/passwd"
  fi
  inside "$folder" "$folder/layer:$tree" "$@"
fi

require_namespaces
tree=$(fetch clients mutt s-nail bsd-mailx git-email libmailtools-perl php8.2-cli cron swaks)
more=(curl node-nodemailer)
command -v node >/dev/null || more+=(nodejs)
more_tree=$(fetch more-clients "${more[@]}") || more_tree=
serve "${more_tree:+$more_tree:}$tree"
