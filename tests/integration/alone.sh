#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# alone.sh COMMAND... runs a test with a /dev/shm and a table of processes of its own. So all that it starts ends with
# it, however it ends; and JACK's registry, with room for eight servers and places that killed ones never give back, is
# nobody else's. Namespaces are root's, or those of a user in a namespace of users; where a machine allows neither, the
# command runs as it is.
set -euo pipefail

shm='mount -t tmpfs -o mode=1777 tmpfs /dev/shm'
proc='mount -t proc proc /proc'
user=(--user --map-user="$(id -u)" --map-group="$(id -g)") # one's own again, once things are mounted

# The first process of a namespace takes in the orphans, so a shell stays there.
# shellcheck disable=SC2016 # for that shell to expand
stay='"$@"; exit $?'

try() { # try MOUNTS UNSHARE-OPTION... -- COMMAND...
    local mounts=$1 options=()
    for ((; $# > 1; )); do
        shift
        [[ $1 != -- ]] || break
        options+=("$1")
    done
    shift
    if unshare "${options[@]}" sh -c "$mounts" 2>/dev/null; then
        exec unshare "${options[@]}" sh -c "$mounts && $stay" sh "$@"
    fi
}

if ((EUID == 0)); then
    try "$shm && $proc" --mount --pid --fork --kill-child -- "$@"
    try "$shm" --mount -- "$@"
else
    try "$shm && $proc" --user --map-root-user --mount --pid --fork --kill-child -- unshare "${user[@]}" "$@"
    try "$shm" --user --map-root-user --mount -- unshare "${user[@]}" "$@"
fi
exec "$@"
