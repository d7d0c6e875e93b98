#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make test-v2`: the tests of the launcher, of os and of sandbox on Debian's kernel (6.1) with control groups
# v2 alone, in a machine that qemu emulates in software: no KVM is needed, root is (for debootstrap).
# tools/test_v2.sh [PRESET [GTEST_FILTER]]. Its root file system and kernel stay in build/v2.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-debug}
filter=${2:-*}
seconds=${KILN_V2_SECONDS:-900}
work=$PWD/build/v2
[ "$(id -u)" = 0 ] || { echo "tools/test_v2.sh needs root: it makes a root file system" >&2; exit 1; }
packages=(qemu-system-x86 busybox-static cpio debootstrap e2fsprogs)
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
done
mkdir -p "$work"

kernel_files() {
  local name
  name=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-6.1/ { print $2; exit }')
  echo "Fetching $name"
  rm -rf "$work/kernel.part"
  mkdir -p "$work/kernel.part"
  (cd "$work/kernel.part" && apt-get download -qq "$name" >/dev/null && dpkg-deb -x ./*.deb . && rm ./*.deb)
  mv "$work/kernel.part" "$work/kernel"
}
base_files() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -1)
  echo "Making a bare Debian 12"
  rm -rf "$work/root.part"
  debootstrap --variant=minbase --include=e2fsprogs,iproute2,kmod,libfmt9,libssl3,libstdc++6,nftables,perl-base,zlib1g \
    bookworm "$work/root.part" "$mirror" >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; exit 1; }
  rm -rf "$work/root.part/var/cache/apt" "$work/root.part/var/lib/apt/lists"
  mv "$work/root.part" "$work/root"
}
[ -d "$work/kernel" ] || kernel_files
[ -d "$work/root" ] || base_files
version=$(ls "$work/kernel/lib/modules")
modules=$work/kernel/lib/modules/$version/kernel

# The disk's driver is a module: a first root in memory loads it.
rm -rf "$work/first"
mkdir -p "$work/first"/{bin,dev,proc,new}
cp /bin/busybox "$work/first/bin/"
loads=
for name in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
  cp "$(find "$modules" -name "$name.ko")" "$work/first/"
  loads+=" /$name.ko"
done
cat >"$work/first/init" <<INIT
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for round in 1 2 3; do for name in$loads; do /bin/busybox insmod \$name 2>/dev/null; done; done
until [ -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 /dev/vda /new
exec /bin/busybox switch_root /new /v2/init
INIT
chmod +x "$work/first/init"
(cd "$work/first" && find . | cpio -o -H newc --quiet) >"$work/first.cpio"

programs=build/$preset
root=$work/root
rm -rf "$root/v2" "$root/usr/lib/modules"
mkdir -p "$root/v2" "$root/usr/lib/modules"
cp -a "$work/kernel/lib/modules/$version" "$root/usr/lib/modules/"
chroot "$root" depmod "$version"
# Where the tests were told to look for the programs.
mkdir -p "$root$PWD/$programs/launcher"
cp "$programs"/launcher/{kiln-launcher,kiln-init,launcher_hostile,launcher_zygote_sample,launcher_snapshot_sample,launcher_test,libkiln_zygote.so} \
  "$root$PWD/$programs/launcher/"
cp -r "$programs/launcher/snapshot" "$root$PWD/$programs/launcher/"
cp "$programs/src/os/os_test" "$programs/src/sandbox/sandbox_test" "$root/v2/"
cat >"$root/v2/init" <<INIT
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mountpoint -q /dev || mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/shm /dev/pts && mount -t tmpfs shm /dev/shm
ip link set lo up
# A way out that leads nowhere: where there is none, the kernel refuses before any rule does.
ip link add uplink type veth peer name nobody
ip address add 203.0.113.2/24 dev uplink
ip link set nobody up
ip link set uplink up
ip route add default via 203.0.113.1
modprobe loop
chmod 1777 /tmp
echo "KILN-V2 kernel \$(uname -r), \$(cat /sys/fs/cgroup/cgroup.controllers), lsm \$(cat /sys/kernel/security/lsm 2>/dev/null)"
cd /tmp
for name in os_test sandbox_test; do
  timeout $((seconds / 3)) /v2/\$name --gtest_filter='$filter' --gtest_brief=1
  echo "KILN-V2 \$name \$?"
done
timeout $seconds $PWD/$programs/launcher/launcher_test --gtest_filter='$filter'
echo "KILN-V2 launcher_test \$?"
sync
echo o >/proc/sysrq-trigger
sleep 60
INIT
chmod +x "$root/v2/init"
rm -f "$work/disk"
truncate -s 3G "$work/disk"
mkfs.ext4 -q -F -d "$root" "$work/disk"

log=$work/console.log
echo "Booting Linux $version (software emulation, at most $seconds s; $log)"
began=$(date +%s)
timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nographic -no-reboot -nodefaults \
  -serial stdio -kernel "$work/kernel/boot/vmlinuz-$version" -initrd "$work/first.cpio" \
  -append "console=ttyS0 quiet panic=-1 cgroup_no_v1=all" \
  -drive "file=$work/disk,if=virtio,format=raw,cache=unsafe" </dev/null >"$log" 2>&1 || echo "qemu ended with status $?"
tr -d '\r' <"$log" | grep -aE 'KILN-V2|\[  (FAILED|SKIPPED|PASSED)|_test.cc:[0-9]+: Failure|Kernel panic' || tail -5 "$log"
echo "$(($(date +%s) - began)) s"
for name in os_test sandbox_test launcher_test; do
  tr -d '\r' <"$log" | grep -a "KILN-V2 $name 0" >/dev/null || { echo "$name failed; see $log" >&2; exit 1; }
done
echo "3 passed, 0 failed"
