# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts share. Source it first; it moves nowhere, so that relative paths stay the caller's.
set -euo pipefail

# shellcheck disable=SC2034 # for those who source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=$(basename "$0")
unset SUDO_USER # else the broadcaster would become that user, and not see what the others started as root

say() {
    printf '%s: %s\n' "$program" "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# build_folder PRESET: where that is built, which is the user's own cache if another user has built it in the tree.
build_folder() {
    local folder=$root/build/$1
    if [[ -d $folder ]] && [[ $(find "$folder" ! -writable -exec test -e {} \; -print -quit) ]] ||
        [[ -d $root/build && ! -d $folder && ! -w $root/build ]] || [[ ! -d $root/build && ! -w $root ]]; then
        folder=${XDG_CACHE_HOME:-$HOME/.cache}/phicast/$(tr / - <<<"${root#/}")/$1
    fi
    echo "$folder"
}

# Ctrl-C is passed on to all of what runs, and waited for.
quit_quietly() {
    local pid
    trap '' INT TERM
    for pid in $(jobs -p); do
        kill -INT -- -"$pid" 2>/dev/null || true
        wait "$pid" || true
    done
    rm -f "$1"
    exit 130
}

# quietly LABEL COMMAND... runs it and shows nothing, unless it fails (then all it printed) or takes longer than
# two seconds (then LABEL, and how far ninja has come on a terminal).
quietly() {
    local label=$1 log pid status=0 shown='' start=$SECONDS
    shift
    log=${TMPDIR:-/tmp}/phicast-$program.$$.log # a name that is known before there is one
    trap 'quit_quietly "$log"' INT TERM
    (set -C && : >"$log") || die "$log: cannot be made"
    set -m # a process group of its own
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    while sleep 0.2 && kill -0 "$pid" 2>/dev/null; do
        if ((SECONDS - start <= 2)); then
            continue
        elif [[ -t 2 ]]; then
            printf '\r\033[K%s: %s %s' "$program" "$label" "$(grep -o '^\[[0-9/]*\]' "$log" | tail -n 1)" >&2
        elif [[ ! $shown ]]; then
            say "$label"
        fi
        shown=yes
    done
    wait "$pid" || status=$?
    [[ $shown && -t 2 ]] && printf '\r\033[K' >&2
    ((status == 0)) || cat "$log" >&2
    rm -f "$log"
    trap - INT TERM # not before the file is gone
    return "$status"
}
