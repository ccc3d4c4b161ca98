#!/bin/sh
# A kernel came or went: its initramfs follows.
for dir; do
	[ -f "$dir/kernel.release" ] || continue
	mkinitfs -q -o "/boot/initramfs-${dir##*/}" "$(cat "$dir/kernel.release")"
done
for file in /boot/initramfs-*; do
	flavor=${file#/boot/initramfs-}
	[ "$flavor" = '*' ] || [ -d "/usr/share/kernel/$flavor" ] || rm -f "$file"
done
