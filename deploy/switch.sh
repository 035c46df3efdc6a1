#!/bin/sh
# Change from one colour of this machine to the other without an interruption, or back:
#   deploy/switch.sh systemd|compose blue|green
# The named colour is started beside the one that serves, and gets the visitors once /readyz is green; then the other one ends.
# When it does not become ready, it is stopped again and nothing has changed. Containers need ASSISTANT_RELEASE, the image's tag.
set -eu

how=${1:-} to=${2:-}
case $to in
    blue) from=green ;;
    green) from=blue ;;
    *) how= ;;
esac
case $how in
    systemd | compose) ;;
    *) echo "usage: deploy/switch.sh systemd|compose blue|green" >&2; exit 2 ;;
esac
case $to in blue) port=8081 ;; green) port=8082 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
live=${ASSISTANT_LIVE:-/etc/nginx/assistant/live.conf}
within=${ASSISTANT_READY_WITHIN_S:-120}

# What fails below is stopped again, which must never be the colour that serves. Both may run after a change that was broken off.
case $(readlink "$live" || true) in
    "$to.conf" | */"$to.conf")
        echo "error: $to serves already; a new release goes to $from, and if $from runs too, stop it" >&2
        exit 1 ;;
    several.conf | */several.conf)
        # One colour in its place would take the other machines out.
        echo "error: $live leads to several machines; update one after the other (docs/operations.md, An update of several machines)" >&2
        exit 1 ;;
esac

start() {
    case $how in
        # Where one that was broken off has left it running, it must still take the release that is there now.
        systemd) systemctl restart "assistant@$1.target" ;;
        compose) ASSISTANT_PORT=$2 docker compose -f "$here/deploy/compose.yml" -p "$1" up --detach ;;
    esac
}

stop() {
    case $how in
        systemd) systemctl stop "assistant@$1.target" ;;
        compose) docker compose -f "$here/deploy/compose.yml" -p "$1" down ;;
    esac
}

ready() {
    (cd "$here" && "${ASSISTANT_PYTHON:-python3}" -m deploy.probe "$port" /readyz --within "$within")
}

point() {
    # A link is replaced in one step, so that nginx never reads half a file.
    ln -sfn "$1.conf" "$live.new" && mv -Tf "$live.new" "$live"
}

move_boot() {
    # What serves starts with the machine. Containers that are there do so by themselves (assistant-containers@.service).
    [ "$how" = systemd ] || return 0
    systemctl enable "assistant@$to.target" && systemctl disable "assistant@$from.target"
}

move_timers() {
    # The release that serves makes the backups and verifies the trail: the other one may not know the schema any more.
    [ "$how" = systemd ] || return 0
    for work in backup audit; do
        if systemctl is-enabled --quiet "assistant-$work@$from.timer"; then
            systemctl enable --now "assistant-$work@$to.timer" && systemctl disable --now "assistant-$work@$from.timer" || return 1
        fi
    done
}

if ! start "$to" "$port" || ! ready; then
    stop "$to"
    echo "error: $to did not become ready; $from still serves" >&2
    exit 1
fi
point "$to"
if ! nginx -t -q || ! nginx -s reload; then
    point "$from"
    stop "$to"
    echo "error: nginx refused its configuration; $from still serves" >&2
    exit 1
fi
move_boot || echo "error: $to serves, but may not start with the machine; enable assistant@$to.target and disable assistant@$from.target" >&2
# Whoever polls has asked nginx for the last time through the old workers by then.
sleep "${ASSISTANT_DRAIN_S:-5}"
stop "$from"
move_timers || echo "error: $to serves, but a timer is still that of $from; enable assistant-backup@$to.timer and assistant-audit@$to.timer" >&2
echo "$to serves"
