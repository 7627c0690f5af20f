#!/bin/sh
# Runs a command as a container would: process 1 of its own, the image as root, nothing writable but
# /tmp, uid and gid 65532 without capabilities.
#
#   unshare --mount --pid --fork run-contained.sh ROOT IMAGE NODE WORKDIR [SOURCE=TARGET ...] -- COMMAND...
#
# Without a SOURCE the TARGET is an empty folder that everybody may write to.
# ROOT is an empty folder, IMAGE the folder of a staged image. The machine stands in for the base
# image: its /usr and what belongs to it, with NODE as the only Node. Mounts end with the process.
set -eu
root=$1 image=$2 node=$3 workdir=$4
shift 4

mount -t tmpfs -o mode=755 tmpfs "$root"
bind() { # SOURCE TARGET
  if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "${2%/*}" && : >"$2"; fi
  mount --bind "$1" "$2"
  mount -o remount,bind,ro "$2"
}
for folder in usr bin sbin lib lib32 lib64; do
  if [ -L "/$folder" ]; then
    ln -s "$(readlink "/$folder")" "$root/$folder"
  elif [ -d "/$folder" ]; then
    bind "/$folder" "$root/$folder"
  fi
done
for file in hosts resolv.conf nsswitch.conf ld.so.cache ssl; do
  [ ! -e "/etc/$file" ] || bind "/etc/$file" "$root/etc/$file"
done
for device in null zero full random urandom; do
  mkdir -p "$root/dev"
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
bind "$node" "$root/base/node"
for entry in "$image"/*; do
  [ "$entry" = "$image/usr" ] || bind "$entry" "$root/${entry##*/}"
done
while [ "$1" != -- ]; do
  if [ -n "${1%%=*}" ]; then
    bind "${1%%=*}" "$root${1#*=}"
  else
    mkdir -p "$root${1#*=}"
    mount -t tmpfs -o mode=1777 tmpfs "$root${1#*=}"
  fi
  shift
done
shift
mkdir -p "$root/proc" "$root/sys" "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=1777,size=256m tmpfs "$root/tmp"
mount -o remount,ro "$root"

exec /usr/sbin/chroot "$root" /usr/bin/setpriv --reuid=65532 --regid=65532 --clear-groups \
  --bounding-set=-all --inh-caps=-all --no-new-privs /usr/bin/env -C "$workdir" "$@"
