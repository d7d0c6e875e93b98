#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make package`: build/package/kiln_VERSION_ARCH.deb and kiln-VERSION-linux-ARCH.tar.gz from the
# release binary and the fetched runtimes. Both hold the same tree; the tarball runs where it is
# unpacked (./kiln/bin/kiln), when the libraries that the .deb depends on are there.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=build/release/kiln
version=$("$binary" version | awk '{print $2}')
architecture=$(dpkg --print-architecture)
out=build/package
tree=$out/tree
rm -rf "$out"
mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/kiln/.cache" "$tree/usr/lib/systemd/system" \
  "$tree/usr/share/doc/kiln/examples"

install -m 0755 "$binary" "$tree/usr/lib/kiln/kiln"
# The server finds them beside itself.
install -m 0755 build/release/launcher/{kiln-launcher,kiln-init} "$tree/usr/lib/kiln/"
install -m 0644 build/release/launcher/libkiln_zygote.so "$tree/usr/lib/kiln/"
install -d "$tree/usr/lib/kiln/snapshot"
install -m 0755 build/release/launcher/snapshot/kiln-restore "$tree/usr/lib/kiln/snapshot/"
install -m 0644 build/release/launcher/snapshot/libkiln_snapshot.so "$tree/usr/lib/kiln/snapshot/"
strip --strip-unneeded "$tree"/usr/lib/kiln/{kiln,kiln-launcher,kiln-init,libkiln_zygote.so} \
  "$tree"/usr/lib/kiln/snapshot/*
ln -s ../lib/kiln/kiln "$tree/usr/bin/kiln"
cp -a runtimes "$tree/usr/lib/kiln/"
find "$tree/usr/lib/kiln/runtimes" -name __pycache__ -prune -exec rm -rf {} +
# Byte code that is taken without a look at the source: functions see it read-only and could not renew it.
for interpreter in /usr/local/bin/python3.{9..15} /usr/bin/python3.{9..15}; do
  [ ! -x "$interpreter" ] || "$interpreter" -m compileall -q --invalidation-mode unchecked-hash \
    -s "$tree/usr/lib/kiln/runtimes/python" -p /var/runtime "$tree/usr/lib/kiln/runtimes/python/kiln_runtime"
done
mkdir -p "$tree/usr/lib/kiln/.cache/node"
cp -a .cache/node/22 "$tree/usr/lib/kiln/.cache/node/"
cp -a .cache/node-sdk "$tree/usr/lib/kiln/.cache/"
# Types are for editors; dpkg syncs each file.
find "$tree/usr/lib/kiln/.cache/node-sdk" -name dist-types -prune -exec rm -rf {} +
find "$tree/usr/lib/kiln/.cache/node-sdk" \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete
find "$tree/usr/lib/kiln/.cache/node-sdk" -path '*/code-cache/*' -type f ! -name 'v22.*' -delete
# Debian's Python, and the same SDK for whichever other CPython of its pin is installed later.
cp -a .cache/python-sdk "$tree/usr/lib/kiln/.cache/"
install -m 0644 packaging/kiln.service "$tree/usr/lib/systemd/system/kiln.service"
install -m 0644 README.md SECURITY.md CHANGELOG.md docs/compatibility.md LICENSE "$tree/usr/share/doc/kiln/"
cp -a examples/. "$tree/usr/share/doc/kiln/examples/"
chmod -R u+rwX,go+rX,go-w "$tree/usr"
tar -C "$tree/usr/lib" -czf "$out/kiln-$version-linux-$architecture.tar.gz" --owner=0 --group=0 kiln

# dpkg-shlibdeps wants a source package's control file to stand beside it.
mkdir -p "$out/shlibs/debian"
printf 'Source: kiln\n\nPackage: kiln\nArchitecture: any\n' > "$out/shlibs/debian/control"
libraries=$(cd "$out/shlibs" && dpkg-shlibdeps -O --ignore-missing-info "../tree/usr/lib/kiln/kiln" 2>/dev/null |
  sed -n 's/^shlibs:Depends=//p')
rm -rf "$out/shlibs"
[ -n "$libraries" ] || { echo "dpkg-shlibdeps found no libraries" >&2; exit 1; }
cat > "$tree/DEBIAN/control" <<CONTROL
Package: kiln
Version: $version
Architecture: $architecture
Maintainer: The Kiln authors <kiln@localhost>
Section: devel
Priority: optional
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
Depends: $libraries, python3 (>= 3.9), passwd, nftables
Recommends: e2fsprogs
Suggests: awscli, postgresql
Description: AWS Lambda that you own
 One server that speaks the AWS APIs on the wire and runs functions when events arrive. Point the
 aws command, boto3 or an AWS SDK at it and change nothing else.
CONTROL
for script in postinst prerm postrm; do install -m 0755 "packaging/$script" "$tree/DEBIAN/$script"; done
dpkg-deb --root-owner-group -Zxz -z2 --build "$tree" "$out/kiln_${version}_$architecture.deb" >/dev/null
rm -rf "$tree"
ls -sh "$out"
