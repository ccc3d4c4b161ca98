# Parts of openrc-run.sh that few runs need.

. /lib/rc/sh/rc-functions.sh

_not_booted()
{
	eerror "This service can only be run on a system that OpenRC has booted."
	eerror "You may be in a chroot, or another init may run here."
	eerror "To go on anyhow, at your own risk:"
	eerror "touch $RC_SVCDIR/softlevel"
	exit 1
}

# The command "depend" prints what depend() says.
config() { [ -z "$*" ] || echo "config $*"; }
need() { [ -z "$*" ] || echo "need $*"; }
use() { [ -z "$*" ] || echo "use $*"; }
want() { [ -z "$*" ] || echo "want $*"; }
before() { [ -z "$*" ] || echo "before $*"; }
after() { [ -z "$*" ] || echo "after $*"; }
provide() { [ -z "$*" ] || echo "provide $*"; }
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
	[ -z "$words" ] || echo "keyword $words"
}

_depend_words()
{
	# Patterns in depend() mean names of other services.
	cd "${RC_SERVICE%/*}"
	command -v depend >/dev/null || depend() { :; }
	_depend
	cd /
}

describe()
{
	if [ -n "$description" ]; then
		einfo "$description"
	else
		ewarn "No description for $RC_SVCNAME"
	fi
	local command= text=
	for command in ${extra_commands:-$opts} $extra_started_commands $extra_stopped_commands; do
		eval text=\$description_$command
		if [ -n "$text" ]; then
			einfo "$HILITE$command$NORMAL: $text"
		else
			ewarn "$HILITE$command$NORMAL: no description"
		fi
	done
}

# The state in words and as a status.
_status()
{
	if service_stopping; then
		ewarn "status: stopping"
		return 4
	elif service_starting; then
		ewarn "status: starting"
		return 8
	elif service_inactive; then
		ewarn "status: inactive"
		return 16
	elif service_crashed; then
		eerror "status: crashed"
		return 32
	elif service_started; then
		einfo "status: started"
		return 0
	else
		einfo "status: stopped"
		return 3
	fi
}

# What a script cannot do without.
_check_required()
{
	local path=
	eval "set -- $required_dirs"
	for path; do
		[ -d "$path" ] || { eerror "$RC_SVCNAME: \`$path' is not a directory"; exit 1; }
	done
	eval "set -- $required_files"
	for path; do
		[ -r "$path" ] || { eerror "$RC_SVCNAME: \`$path' is not readable"; exit 1; }
	done
	if [ -n "$opts" ]; then
		ewarn "The variable opts is old and will go."
		ewarn "Please use extra_commands, extra_started_commands or extra_stopped_commands."
	fi
}

# _only_when STATE COMMAND WORDS: a command that is one of the words needs the service in a state.
_only_when()
{
	local state=$1 command=$2 word=
	shift 2
	for word; do
		[ "$word" = "$command" ] || continue
		verify_boot
		! service_$state || return
		eerror "$RC_SVCNAME: cannot \`$command' as it has not been $state"
		exit 1
	done
}
