#!/bin/sh
# Brings the tree to where make can start: configured with the options of the last time (or the
# defaults), and with rules for the sources that are there now. Quick when nothing changed.
set -eu

if [ ! -f config.mk ] || [ ! -f config.hpp ] || [ ! -f config.log ] ||
  [ -n "$(find configure -newer config.log)" ]; then
  ./configure --reconfigure
fi
sh build-aux/rules.sh
