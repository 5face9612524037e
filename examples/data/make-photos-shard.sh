#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the shard of photographs. Needs ImageMagick and the unpacked Debian package
# lomiri-wallpapers-16.04, whose folder usr/share/backgrounds is the argument.
set -euo pipefail
source=$1
out=$(cd "$(dirname "$0")/photos" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

photo() { # number, file, geometry, interlace
  convert "$source/$2" -auto-orient -strip -resize "$3" -interlace "$4" -quality 85 "$work/$1.jpg"
  printf '%d' "$((10#$1))" >"$work/$1.cls"
}
photo 0000 aitzgorri_by_Aitzol_Berasategi.jpg 480x320 None
photo 0001 friends_by_Aitzol_Berasategi.jpg 400x400 Plane
photo 0002 life_by_Aitzol_Berasategi.jpg 512x512 None
photo 0003 picosdeeuropa_by_Aitzol_Berasategi.jpg 480x480 Plane
photo 0004 sunset_by_Aitzol_Berasategi.jpg 320x320 None
photo 0005 umang_by_Abhishek_Mudgal.jpg 360x480 None
photo 0006 Wine_by_Jakkub_Mede.jpg 448x448 Plane
photo 0007 Picture_1A_by_freespace.jpg '240x400^' None

tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 \
  -C "$work" -cf "$out/photos-000000.tar" \
  $(cd "$work" && ls)
