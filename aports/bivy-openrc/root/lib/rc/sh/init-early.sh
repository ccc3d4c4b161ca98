#!/bin/sh
# The console before anything else is there: the font and the keys that were saved at the last boot.

: "${CONSOLE:=/dev/console}"
dir=/lib/rc/console
[ -d $dir ] || exit 0

# Is a service in a runlevel, and has it a place in this kind of system?
present()
{
	local script=/etc/runlevels/$1/$2
	[ -e "$script" ] || return 1
	[ -z "$RC_SYS" ] || ! grep -Eqi "^[[:space:]]*keyword[[:space:]].*-$RC_SYS([[:space:]]|$)" "$script"
}

encoding="(K" mode=-a
[ ! -e $dir/unicode ] || encoding="%G" mode=-u

if present "$RC_DEFAULTLEVEL" consolefont || present "$RC_BOOTLEVEL" consolefont; then
	printf '\033%s' "$encoding" >"$CONSOLE" 2>/dev/null
	if [ -r $dir/font ] && [ -c "$CONSOLE" ] && command -v setfont >/dev/null; then
		setfont -C "$CONSOLE" $dir/font 2>/dev/null
	fi
fi

if present "$RC_DEFAULTLEVEL" keymaps || present "$RC_BOOTLEVEL" keymaps; then
	kbd_mode $mode -C "$CONSOLE" 2>/dev/null
	[ ! -r $dir/keymap ] || loadkeys -q $dir/keymap 2>/dev/null
fi
exit 0
