#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make test-package`: installs build/package/kiln_*.deb into a bare Debian 12 (debootstrap --variant=minbase),
# and measures from the start of `apt install` to the first answer of a function. Needs root.
# The package lists and mirrors are those of this host's apt.
set -euo pipefail
# Mounts are made in a namespace of its own, which ends with the script.
[ "${KILN_PACKAGE_TEST:-}" = inside ] || KILN_PACKAGE_TEST=inside exec unshare -m --propagation private "$0" "$@"
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "tools/test_package.sh needs root: it makes a chroot" >&2; exit 1; }
deb=$(ls build/package/kiln_*.deb)
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -1)
root=$(mktemp -d /var/tmp/kiln-package-XXXXXX)
chmod 0755 "$root"
clean_up() {
  [ -z "${server:-}" ] || kill -INT "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  umount -R -l "$root" 2>/dev/null || true
  case $root in /var/tmp/kiln-package-*) rm -rf --one-file-system "$root" ;; esac
}
trap clean_up EXIT

echo "Making a bare Debian 12"
# APT's own settings of this host reach the mirror; nothing else of the host goes in.
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -5 "$root.log"; exit 1; }
rm -f "$root.log"
cp -r /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d "$root/etc/apt/"
rm -f "$root/etc/apt/sources.list"
[ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$root/etc/apt/"
cp -r /usr/share/keyrings/. "$root/usr/share/keyrings/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -r /etc/ssl/certs/. "$root/etc/ssl/certs/"
# A root of its own, as a container or a machine has: from a chroot no user namespace can be made.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
cp "$deb" "$root/tmp/kiln.deb"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
in_root apt-get update -qq 2>/dev/null

echo "apt install ./kiln.deb"
seconds() { date +%s.%N; }
began=$(seconds)
in_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/kiln.deb >"$root/tmp/apt.log" 2>&1 ||
  { tail -5 "$root/tmp/apt.log"; exit 1; }
installed=$(seconds)
port=$((20000 + RANDOM % 10000))
# As the unit starts it.
grep -q '^ExecStart=/usr/bin/kiln serve --user kiln --data-dir /var/lib/kiln$' "$root/usr/lib/systemd/system/kiln.service"
unshare -m --propagation private bash -c 'cd "$0" && pivot_root . mnt && cd / && umount -l /mnt && exec "$@"' "$root" \
  env -i PATH=/usr/bin:/bin kiln serve --user kiln --data-dir /var/lib/kiln --port "$port" >"$root/tmp/server.log" &
server=$!
for _ in $(seq 200); do
  curl -fs "http://127.0.0.1:$port/_kiln/health" >/dev/null && [ -s "$root/var/lib/kiln/credentials" ] && break
  sleep 0.05
done
kiln() { in_root kiln "$@" --data-dir /var/lib/kiln --endpoint "http://127.0.0.1:$port"; }
kiln deploy /usr/share/doc/kiln/examples/hello
answer=$(kiln invoke hello '{"name": "Ravi"}')
answered=$(seconds)
[ "$answer" = '{"message": "Hello, Ravi!"}' ] || { echo "wrong answer: $answer" >&2; exit 1; }
grep -o 'isolation: [a-z]*' "$root/tmp/server.log"
grep -q 'isolation: root' "$root/tmp/server.log" || { echo "functions are not isolated as root can" >&2; exit 1; }
[ "$(awk '/^Uid/ { print $2 }' /proc/$server/status)" = "$(in_root id -u kiln)" ] || { echo "the server is not kiln's" >&2; exit 1; }
[ "$(stat -c %a "$root/var/lib/kiln/credentials")" = 600 ] || { echo "keys are readable" >&2; exit 1; }

cat > "$root/tmp/index.mjs" <<'JS'
export const handler = async (event) => ({ node: process.version, name: event.name });
JS
mkdir "$root/tmp/js" && mv "$root/tmp/index.mjs" "$root/tmp/js/"
kiln deploy /tmp/js --name js --runtime nodejs22.x --handler index.handler
kiln invoke js '{"name": "Ravi"}' | grep -q '"node": *"v22' || { echo "Node.js gave no answer" >&2; exit 1; }
awk -v a="$began" -v b="$installed" -v c="$answered" \
  'BEGIN { printf "apt install %.1f s, first answer %.1f s after it, %.1f s in all\n", b-a, c-b, c-a
           exit c - a > 30 }'
kill -INT "$server"; wait "$server" 2>/dev/null || true; server=
in_root env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq kiln >/dev/null 2>&1
[ ! -e "$root/var/lib/kiln" ] && [ ! -e "$root/var/lib/kiln-launcher" ] && [ ! -e "$root/usr/lib/kiln" ] || { echo "purge left something" >&2; exit 1; }
echo "1 passed, 0 failed"
