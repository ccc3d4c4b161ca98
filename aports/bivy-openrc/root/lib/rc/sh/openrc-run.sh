#!/bin/sh
# Runs commands of an init script: openrc-run.sh SCRIPT COMMAND…

# Is the system one that OpenRC has started?
verify_boot()
{
	[ ! -e "$RC_SVCDIR"/softlevel ] || return 0
	eerror "This service can only be run on a system that OpenRC has booted."
	eerror "You may be in a chroot, or another init may run here."
	eerror "To go on anyhow, at your own risk:"
	eerror "touch $RC_SVCDIR/softlevel"
	exit 1
}

# Includes a file; with -e only if it is there.
sourcex()
{
	if [ "$1" = "-e" ]; then
		shift
		[ -e "$1" ] || return 1
	fi
	. "$1" || { eerror "$RC_SVCNAME: error loading $1"; exit 1; }
}

. /lib/rc/sh/functions.sh
. /lib/rc/sh/rc-functions.sh
case "$RC_SYS" in
	PREFIX|SYSTEMD-NSPAWN) ;;
	*)
		extra_stopped_commands="$extra_stopped_commands cgroup_cleanup"
		description_cgroup_cleanup="Ends all processes in the cgroup"
		cgroup_cleanup() { . /lib/rc/sh/rc-cgroup.sh; cgroup_cleanup; }
		if [ -d /sys/fs/cgroup/openrc ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
			[ -e /sys/fs/cgroup/unified/cgroup.procs ]
		then
			. /lib/rc/sh/rc-cgroup.sh
		fi
		;;
esac

if [ -z "$1" ] || [ -z "$2" ]; then
	eerror "$RC_SVCNAME: not enough arguments"
	exit 1
fi

RC_SERVICE=$1 SVCNAME=$RC_SVCNAME
export RC_SERVICE SVCNAME
shift

# depend() of the command "depend" prints its words.
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

# What the supervisor that the script names does for start, stop or status.
_by_supervisor()
{
	case "$supervisor" in
		supervise-daemon) supervise_$1 ;;
		s6) s6_$1 ;;
		runit) runit_$1 ;;
		"") ssd_$1 ;;
		*)
			ewarn "Invalid supervisor, \"$supervisor\", using start-stop-daemon"
			ssd_$1
			;;
	esac
}

default_start() { _by_supervisor start; }
default_stop() { _by_supervisor stop; }
default_status() { _by_supervisor status; }
start() { default_start; }
stop() { default_stop; }
status() { default_status; }

# The supervisors' own files are included when they are first needed.
ssd_start() { . /lib/rc/sh/start-stop-daemon.sh; ssd_start; }
ssd_stop() { . /lib/rc/sh/start-stop-daemon.sh; ssd_stop; }
ssd_status() { _status; }
supervise_start() { . /lib/rc/sh/supervise-daemon.sh; supervise_start; }
supervise_stop() { . /lib/rc/sh/supervise-daemon.sh; supervise_stop; }
supervise_status() { . /lib/rc/sh/supervise-daemon.sh; supervise_status; }
s6_start() { . /lib/rc/sh/s6.sh; s6_start; }
s6_stop() { . /lib/rc/sh/s6.sh; s6_stop; }
s6_status() { . /lib/rc/sh/s6.sh; s6_status; }
runit_start() { . /lib/rc/sh/runit.sh; runit_start; }
runit_stop() { . /lib/rc/sh/runit.sh; runit_stop; }
runit_status() { . /lib/rc/sh/runit.sh; runit_status; }
healthcheck() { return 0; }
unhealthy() { return 0; }
extra_commands="healthcheck unhealthy ${extra_commands}"

yesno $RC_DEBUG && set -x

sourcex -e /etc/rc.conf
for _f in /etc/rc.conf.d/*.conf; do
	sourcex -e "$_f"
done
unset _f

# Configuration, first that of the service this is an instance of; of a runlevel's own if there is one.
_conf_d=${RC_SERVICE%/*}/../conf.d
_c=${RC_SVCNAME%%.*}
if [ -n "$_c" ] && [ "$_c" != "$RC_SVCNAME" ]; then
	sourcex -e "$_conf_d/$_c.$RC_RUNLEVEL" || sourcex -e "$_conf_d/$_c"
fi
unset _c
sourcex -e "$_conf_d/$RC_SVCNAME.$RC_RUNLEVEL" || sourcex -e "$_conf_d/$RC_SVCNAME"
unset _conf_d

sourcex "$RC_SERVICE"

if yesno "${rc_verbose:-$RC_VERBOSE}"; then
	EINFO_VERBOSE=yes
	export EINFO_VERBOSE
fi

# Is there a function or program of this name, to be called by just the name?
_is_command()
{
	[ "$(command -v "$1")" = "$1" ]
}

for _cmd; do
	case "$_cmd" in status|describe) continue ;; esac
	if [ -n "${rc_ulimit:-$RC_ULIMIT}" ]; then
		ulimit ${rc_ulimit:-$RC_ULIMIT} ||
			eerror "$RC_SVCNAME: unable to apply RC_ULIMIT settings"
	fi
	if [ -n "$RC_GOT_CGROUPS" ]; then
		if [ -d /sys/fs/cgroup ] && [ ! -w /sys/fs/cgroup ]; then
			eerror "No permission to apply cgroup settings"
			break
		fi
		cgroup_add_service
		cgroup_set_limits
		[ "$_cmd" != start ] || cgroup2_set_limits
	fi
	break
done

if [ -n "$required_dirs" ]; then
	eval "set -- \"\$@\" : $required_dirs"
	_checked=false
	for _d; do
		if ! $_checked; then
			[ "$_d" != : ] || _checked=true
		elif [ ! -d "$_d" ]; then
			eerror "$RC_SVCNAME: \`$_d' is not a directory"
			exit 1
		fi
	done
fi
if [ -n "$required_files" ]; then
	eval "set -- \"\$@\" :: $required_files"
	_checked=false
	for _d; do
		if ! $_checked; then
			[ "$_d" != :: ] || _checked=true
		elif [ ! -r "$_d" ]; then
			eerror "$RC_SVCNAME: \`$_d' is not readable"
			exit 1
		fi
	done
fi
unset _d _checked

if [ -n "$opts" ]; then
	ewarn "The variable opts is old and will go."
	ewarn "Please use extra_commands, extra_started_commands or extra_stopped_commands."
fi

# A command that has to wait for another state of the service ends here.
_only_when()
{
	local state=$1 command=$2 word=
	shift 2
	for word; do
		[ "$word" = "$command" ] || continue
		verify_boot
		service_$state && return
		eerror "$RC_SVCNAME: cannot \`$command' as it has not been $state"
		exit 1
	done
}

while [ -n "$1" ] && [ "$1" != : ] && [ "$1" != :: ]; do
	if [ "$1" = depend ]; then
		shift
		# Patterns in depend() mean names of other services.
		cd "${RC_SERVICE%/*}"
		_depend
		cd /
		continue
	fi
	for _cmd in describe start stop status ${extra_commands:-$opts} \
		$extra_started_commands $extra_stopped_commands ""
	do
		[ "$_cmd" != "$1" ] || break
	done
	if [ -z "$_cmd" ]; then
		eerror "$RC_SVCNAME: unknown function \`$1'"
		exit 1
	fi
	if ! _is_command "$1"; then
		case "$1" in start|stop) shift ; continue ;; esac
		eerror "$RC_SVCNAME: function \`$1' defined but does not exist"
		exit 1
	fi
	# A service that wakes others by "starting" in the background may fake that.
	if yesno $IN_BACKGROUND; then
		case " $in_background_fake " in *" $1 "*) shift ; continue ;; esac
	fi
	[ -z "$extra_started_commands" ] || _only_when started "$1" $extra_started_commands
	[ -z "$extra_stopped_commands" ] || _only_when stopped "$1" $extra_stopped_commands
	unset _cmd
	case "$1" in start|stop|status) verify_boot ;; esac
	if command -v "$1_pre" >/dev/null && _is_command "$1_pre"; then
		"$1"_pre || exit $?
	fi
	"$1" || exit $?
	if command -v "$1_post" >/dev/null && _is_command "$1_post"; then
		"$1"_post || exit $?
	fi
	if [ -n "$RC_GOT_CGROUPS" ]; then
		[ "$1" != stop ] || ! yesno "$rc_cgroup_cleanup" || cgroup_cleanup
		if [ "$1" = stop ] || [ -z "$command" ]; then
			cgroup2_remove
		fi
	fi
	shift
done

exit 0
