# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Clean roots of a release of Debian, for the scripts that try things there as root. Source it after lib.sh. The order is
# see_alone, open_roots, make_root, and then alone with enter_root.

# see_alone ARGUMENTS... starts the script anew: what it mounts from here on is seen by nobody else, and gone with it.
see_alone() {
    [[ ${PHICAST_ALONE-} != "$$" ]] || return 0
    export PHICAST_ALONE=$$
    exec unshare --mount --propagation private "$0" "$@"
}

# open_roots RELEASE ARCH: sets bare (the root that is kept), debs (its packages, kept as well), work (a folder that is
# not), new (where make_root puts a root to be used), and takes care that nothing stays.
open_roots() {
    local roots=${PHICAST_ROOTS:-$root/build/roots}
    mkdir -p "$roots"
    roots=$(cd "$roots" && pwd -P)
    release=$1 arch=$2
    bare=$roots/$release-$arch
    debs=$roots/$release-$arch.debs
    work=$(mktemp -d "$roots/$release-$arch.XXXXXX")
    new=$work/root
    chmod 755 "$work"
    child='' registered='' # the kernel's entry for another architecture, if it was made here
    trap clean_up EXIT
    trap 'exit 130' INT TERM
}

# shellcheck disable=SC2317 # called by the trap
clean_up() {
    trap '' INT TERM
    if [[ $child ]]; then
        kill -KILL "$child" 2>/dev/null || true # and with it the first process of its namespace, so all in that
        wait "$child" 2>/dev/null || true
    fi
    [[ ! $registered ]] || echo -1 >"$registered"
    rm -rf --one-file-system "$work" "$bare.new"
}

# alone COMMAND... in the background of this script, so that it hears of Ctrl-C, in namespaces that end with it.
alone() {
    local status=0
    unshare --mount --pid --fork --kill-child --propagation private -- "$@" </dev/null &
    child=$!
    wait "$child" || status=$?
    child=
    return "$status"
}

make_root() {
    local mirror
    if [[ ! -d $bare ]]; then
        # shellcheck disable=SC2016 # for apt-get to expand
        mirror=${PHICAST_MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
            sed -n 's/^Debian Debian //p' | head -n 1)}
        [[ $mirror ]] || die 'this machine gets no packages from Debian; say in PHICAST_MIRROR where they are'
        say "making a bare root of $release for $arch in $bare"
        rm -rf --one-file-system "$bare.new"
        alone debootstrap --variant=minbase --arch="$arch" --include=ca-certificates "$release" "$bare.new" "$mirror" \
            >"$work/log" 2>&1 || { tail -n 20 "$work/log" "$bare.new/debootstrap/debootstrap.log" >&2 && die 'debootstrap failed'; }
        mv "$bare.new" "$bare"
    fi
    mkdir -p "$debs/partial"
    cp -a "$bare" "$new"
    cp --dereference /etc/resolv.conf /etc/hosts "$new/etc/"
    cp --dereference /etc/ssl/certs/ca-certificates.crt "$new/etc/ssl/certs/" # whom this machine trusts, with its proxies
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"               # packages start no servers
    chmod 755 "$new/usr/sbin/policy-rc.d"
}

# shellcheck disable=SC2317,SC2164 # called in namespaces of its own, under set -e
enter_root() { # ROOT DEBS
    local folder
    mount --bind "$1" "$1"
    cd "$1"
    for folder in dev sys; do
        mount --rbind "/$folder" "$folder"
    done
    mount -t proc proc proc
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount -t tmpfs -o mode=755 tmpfs run
    mount --bind "$2" var/cache/apt/archives
    mkdir .old
    pivot_root . .old
    umount -l /.old
    rmdir /.old
    cd /
    export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
}
