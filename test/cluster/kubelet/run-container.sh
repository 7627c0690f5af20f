#!/bin/sh
# Runs a command as a container engine would: process 1 of its own, the image as its root.
#
#   unshare --mount --pid --fork --kill-child run-container.sh \
#     ROOT IMAGE NODE WORKDIR USER ROOT_MODE [MODE:SOURCE:TARGET ...] -- COMMAND...
#
# ROOT is an empty folder, IMAGE the folder of a staged image, USER a number, ROOT_MODE and MODE `ro` or
# `rw`. The machine stands in for the base image: its /usr and what belongs to it, with NODE as the only
# Node. Mounts end with the process.
set -eu
root=$1 image=$2 node=$3 workdir=$4 user=$5 root_mode=$6
shift 6

mount -t tmpfs -o mode=755 tmpfs "$root"
bind() { # MODE SOURCE TARGET
  if [ -d "$2" ]; then mkdir -p "$3"; else mkdir -p "${3%/*}" && : >"$3"; fi
  mount --bind "$2" "$3"
  [ "$1" = rw ] || mount -o remount,bind,ro "$3"
}
for folder in usr bin sbin lib lib32 lib64; do
  if [ -L "/$folder" ]; then
    ln -s "$(readlink "/$folder")" "$root/$folder"
  elif [ -d "/$folder" ]; then
    bind ro "/$folder" "$root/$folder"
  fi
done
for file in hosts resolv.conf nsswitch.conf ld.so.cache ssl; do
  [ ! -e "/etc/$file" ] || bind ro "/etc/$file" "$root/etc/$file"
done
for device in null zero full random urandom; do
  mkdir -p "$root/dev"
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
bind ro "$node" "$root/base/node"
for entry in "$image"/*; do
  [ "$entry" = "$image/usr" ] || bind ro "$entry" "$root/${entry##*/}"
done
mkdir -p "$root/proc" "$root/sys" "$root/tmp" "$root/var" "$root$workdir"
ln -s /run "$root/var/run"
while [ "$1" != -- ]; do
  mode=${1%%:*} rest=${1#*:}
  target=${rest#*:}
  # In images /var/run is a link to /run.
  case $target in /var/run/*) target=${target#/var} ;; esac
  bind "$mode" "${rest%%:*}" "$root$target"
  shift
done
shift
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
[ "$root_mode" = rw ] || mount -o remount,ro "$root"

exec /usr/sbin/chroot "$root" /usr/bin/setpriv "--reuid=$user" "--regid=$user" --clear-groups \
  --bounding-set=-all --inh-caps=-all --no-new-privs /usr/bin/env -C "$workdir" "$@"
