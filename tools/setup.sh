#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing: tools/setup.sh run|test|bench. Quick when nothing is.
set -euo pipefail
cd "$(dirname "$0")/.."
tier=${1:-run}

build_packages=(build-essential clang-19 lld-19 cmake ninja-build ccache git ca-certificates
  libboost1.81-dev libboost-json1.81-dev librocksdb-dev libpq-dev libssl-dev libarchive-dev zlib1g-dev
  libspdlog-dev libfmt-dev libcli11-dev libre2-dev libcurl4-openssl-dev python3 python3-venv python3-pip curl nftables e2fsprogs)
test_packages=(clang-format-19 clang-tidy-19 libclang-rt-19-dev libgtest-dev libgmock-dev zip unzip awscli postgresql-15 s3cmd rclone)
bench_packages=(wrk nginx-light)

packages=("${build_packages[@]}")
case $tier in
  test) packages+=("${test_packages[@]}") ;;
  bench) packages+=("${bench_packages[@]}") ;;
esac

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

requirements=(-r codegen/requirements.txt)
[ "$tier" = run ] || requirements+=(-r tests/requirements.txt)
stamp=.venv/.installed-$tier
if [ ! -x .venv/bin/python ]; then
  echo "Making .venv"
  /usr/bin/python3 -m venv .venv
fi
if [ ! -f "$stamp" ] || [ codegen/requirements.txt -nt "$stamp" ] || [ tests/requirements.txt -nt "$stamp" ]; then
  echo "Installing Python packages into .venv"
  .venv/bin/python -m pip install -q --disable-pip-version-check "${requirements[@]}"
  touch "$stamp"
fi

# The tests run the Node.js client on every major.
if [ "$tier" = test ]; then tools/fetch_runtimes.sh all; else tools/fetch_runtimes.sh; fi

# The layer of examples/thumbnails.
if [ "$tier" = test ] && [ ! -d .cache/pillow/python/PIL ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check --target .cache/pillow/python pillow==11.3.0
fi
