# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Run by scripts/package --test as root in a clean root, with the packages in /packages: installs them, has them do
# the main job, and looks for what is left of them after a purge.
set -euo pipefail

fail() {
    echo "package test: $*" >&2
    tail -n 30 /tmp/*.log >&2 2>/dev/null || true
    exit 1
}

# until_true SECONDS WHAT COMMAND... waits for a command to succeed.
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < end)) || fail "waited in vain: $what"
        sleep 0.05
    done
}

# What a package could leave: every file and folder outside of people's own, and of apt's and dpkg's books.
everything() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/cache -o -path /var/lib/apt \
        -o -path /var/lib/dpkg -o -path /var/log -o -path /root -o -path /home \) -prune -o -print | sort
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/tmp/apt.log 2>&1 || fail "apt-get $*"
}

apt update
apt install -y --no-install-recommends jackd2 curl man-db

# What they depend on is had from what they say themselves; what is there before them is no leaving of theirs.
depends=$(for deb in /packages/*.deb; do dpkg-deb -f "$deb" Depends; done | tr , '\n' | sed 's/|.*//; s/(.*//; s/ //g' | sort -u)
# shellcheck disable=SC2086 # one word each
apt install -y --no-install-recommends $depends
useradd --create-home player
everything >/tmp/before
dpkg -i /packages/*.deb >/tmp/dpkg.log 2>&1 || fail 'dpkg -i'
apt check

for program in phicast-jack phicast-broadcaster phicast-render phicast-dump phicast-edge; do
    "$program" --version >/dev/null || fail "$program --version"
    [[ ! $(ldd "$(command -v "$program")" 2>/dev/null | grep 'not found') ]] || fail "$program: libraries are missing"
done
phicast-edge --output /tmp/edge --instances 1 >/dev/null || fail phicast-edge
mkdir -p /tmp/edge/run
nginx -t -e stderr -p /tmp/edge/run -c /tmp/edge/1.conf 2>/tmp/nginx.log || fail "the edge's nginx"
[[ -s /usr/share/applications/phicast.desktop && -s /usr/share/icons/hicolor/scalable/apps/phicast.svg ]] || fail 'no desktop entry'

# The main job, as an ordinary user.
as_player=(setpriv --reuid=player --regid=player --init-groups env HOME=/home/player JACK_NO_AUDIO_RESERVATION=1)
"${as_player[@]}" jackd --no-realtime -d dummy -r 48000 -p 256 >/tmp/jackd.log 2>&1 &
jackd=$!
"${as_player[@]}" phicast-broadcaster -p 8123 --osc none >/tmp/broadcaster.log 2>&1 &
broadcaster=$!
until_true 60 'jackd to start' compgen -G '/dev/shm/jack_default_*' >/dev/null # the socket where it takes clients
"${as_player[@]}" phicast-jack -c 2 >/tmp/jack.log 2>&1 &
analyser=$!
url=http://127.0.0.1:8123
until_true 60 '/readyz' curl -fs -o /tmp/ready $url/readyz

frame_moves() {
    local first
    first=$(curl -fs $url/api/metrics | grep -o '"frame":[0-9]*') || return 1
    until_true 30 'the next frame' frame_is_not "$first"
}
frame_is_not() {
    [[ $(curl -fs $url/api/metrics | grep -o '"frame":[0-9]*') != "$1" ]]
}
frame_moves || fail '/api/metrics does not move'

# Frames on one WebSocket, spoken by hand: a clean root has no program for it.
count_frames() {
    local part last='' moved=0 LC_ALL=C
    exec 4<>/dev/tcp/127.0.0.1/8123
    printf '%s\r\n' 'GET /ws/metrics HTTP/1.1' 'Host: localhost:8123' 'Upgrade: websocket' 'Connection: Upgrade' \
        'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==' '' >&4
    while ((moved < 30)) && IFS= read -r -d , -t 10 -u 4 part; do
        [[ $part != *'"frame":'* || ${part##*:} == "$last" ]] || moved=$((moved + 1))
        [[ $part != *'"frame":'* ]] || last=${part##*:}
    done 2>/dev/null
    exec 4>&-
    echo $moved
}
frames=$(count_frames)
((frames == 30)) || fail "the WebSocket brought $frames frames"
"${as_player[@]}" phicast-dump --json | grep -q '"writer_alive": true' || fail 'phicast-dump'

# The plug-in is where this jackd looks for it.
if command -v jack_load >/dev/null; then
    "${as_player[@]}" jack_load plug phicast -i '-c 1' >/tmp/load.log 2>&1 || fail 'jack_load'
    until_true 30 'the plug-in' "${as_player[@]}" phicast-dump -n plug >/dev/null 2>/tmp/dump.log
    "${as_player[@]}" jack_unload plug >/dev/null 2>&1 || true
fi

kill -TERM $analyser $broadcaster
wait $analyser || fail 'phicast-jack ended badly'
wait $broadcaster || fail 'phicast-broadcaster ended badly'
kill -TERM $jackd
wait $jackd || true

apt purge -y phicast phicast-doc phicast-edge
everything >/tmp/after
diff /tmp/before /tmp/after >/tmp/left.log || fail 'something is left behind, or gone'
[[ ! $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'phicast*' 2>/dev/null | grep -v not-installed) ]] ||
    fail 'dpkg still knows them'
[[ ! $(find /dev/shm -name 'phicast.*') ]] || fail 'segments are left in /dev/shm'
echo "package test: installed, $frames frames on the WebSocket, purged without a trace"
