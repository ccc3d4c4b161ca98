#!/bin/sh
# Reads init scripts, all or those named, and prints what each depends on: "SERVICE", "SERVICE TYPE NAMES…".

. /lib/rc/sh/functions.sh
. /lib/rc/sh/rc-functions.sh

# What depend() calls. Its own words are on descriptor 3: scripts may print what they like.
config() { [ -z "$*" ] || echo "$RC_SVCNAME config $*" >&3; }
need() { [ -z "$*" ] || echo "$RC_SVCNAME ineed $*" >&3; }
use() { [ -z "$*" ] || echo "$RC_SVCNAME iuse $*" >&3; }
want() { [ -z "$*" ] || echo "$RC_SVCNAME iwant $*" >&3; }
before() { [ -z "$*" ] || echo "$RC_SVCNAME ibefore $*" >&3; }
after() { [ -z "$*" ] || echo "$RC_SVCNAME iafter $*" >&3; }
provide() { [ -z "$*" ] || echo "$RC_SVCNAME iprovide $*" >&3; }
keyword()
{
	local word= words=
	for word in $*; do
		case "$word" in
			-containers) word="$(_get_containers)" ;;
			!-containers) word="$(_get_containers_remove)" ;;
		esac
		words="$words$word "
	done
	[ -z "$words" ] || echo "$RC_SVCNAME keyword $words" >&3
}
depend() { :; }

exec 3>&1 1>&2

[ $# -gt 0 ] || set -- /etc/init.d/* /usr/etc/init.d/* /usr/local/etc/init.d/*
for RC_SERVICE; do
	[ -x "$RC_SERVICE" ] && [ -f "$RC_SERVICE" ] || continue
	# Only scripts that openrc-run runs.
	_one= _two=
	read -r _one _two _three <"$RC_SERVICE"
	case "$_one $_two " in
		\#*/openrc-run\ *|\#*/runscript\ *) ;;
		*) continue ;;
	esac
	_dir=${RC_SERVICE%/*} RC_SVCNAME=${RC_SERVICE##*/}
	SVCNAME=$RC_SVCNAME
	export RC_SVCNAME SVCNAME
	(
		# Patterns in depend() mean names of other services.
		cd "$_dir"
		_c=${RC_SVCNAME%%.*}
		[ -z "$_c" ] || [ "$_c" = "$RC_SVCNAME" ] || [ ! -e ../conf.d/"$_c" ] || . "$_dir/../conf.d/$_c"
		[ ! -e ../conf.d/"$RC_SVCNAME" ] || . "$_dir/../conf.d/$RC_SVCNAME"
		[ ! -e /etc/rc.conf ] || . /etc/rc.conf
		for _f in /etc/rc.conf.d/*.conf; do
			[ ! -e "$_f" ] || . "$_f"
		done
		if . "$_dir/$RC_SVCNAME"; then
			echo "$RC_SVCNAME" >&3
			_depend
		fi
	)
done
exit 0
