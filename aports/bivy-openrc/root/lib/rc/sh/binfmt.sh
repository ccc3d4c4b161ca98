#!/bin/sh
# Registers formats of executable files with the kernel: of the files named, or of all in binfmt.d.
# A line is ":name:type:offset:magic:mask:interpreter:flags", as the kernel takes it.

register=/proc/sys/fs/binfmt_misc/register
[ -e $register ] || exit 0
status=0

apply()
{
	local number=0 line= name=
	while read -r line; do
		number=$((number + 1))
		case "$line" in ""|\#*|\;*) continue ;; esac
		name=${line#*:} name=${name%%:*}
		[ ! -e "${register%/*}/$name" ] || echo -1 >"${register%/*}/$name"
		if ! echo "$line" >$register; then
			echo "binfmt: invalid entry on line $number of \`$1'" >&2
			status=1
		fi
	done <"$1"
}

if [ $# -eq 0 ]; then
	# Of files with one name that in the last of the directories counts.
	for file in $(
		for dir in /usr/lib /run /etc; do
			for file in $dir/binfmt.d/*.conf; do
				case "${file##*/}" in systemd.conf|systemd-*.conf) continue ;; esac
				[ ! -e "$file" ] || echo "${file##*/}"
			done
		done | sort -u
	); do
		for dir in /etc /run /usr/lib; do
			[ -e $dir/binfmt.d/$file ] || continue
			set -- "$@" $dir/binfmt.d/$file
			break
		done
	done
fi
for file; do
	apply "$file"
done
exit $status
