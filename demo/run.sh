#!/bin/sh
# The demonstration: one mail to a throw-away server, and what the processes that carried it could do.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
[ -x "$python" ] || python=python3
exec "$python" "$here/demo.py" "${1-$here/../build/bin/msmtp}"
