#!/bin/sh
# Runs commands of an init script: openrc-run.sh SCRIPT COMMAND…
# What only few runs need is in openrc-run-more.sh and other files, included when it is first called.

. /lib/rc/sh/functions.sh
PATH=/lib/rc/sbin:$PATH

# Is the system one that OpenRC has started?
verify_boot()
{
	[ -e "$RC_SVCDIR"/softlevel ] || _not_booted
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

_more() { . /lib/rc/sh/openrc-run-more.sh; }
_not_booted() { _more; _not_booted; }
_only_when() { _more; _only_when "$@"; }
_depend_words() { _more; _depend_words; }
_status() { _more; _status; }
describe() { _more; describe; }

# What scripts may call (see rc-functions.sh).
net_fs_list="
	afs ceph cifs coda davfs fuse fuse.glusterfs fuse.sshfs gfs glusterfs lustre
	ncpfs nfs nfs4 ocfs2 shfs smbfs
"
is_net_fs() { . /lib/rc/sh/rc-functions.sh; is_net_fs "$@"; }
is_union_fs() { . /lib/rc/sh/rc-functions.sh; is_union_fs "$@"; }
get_bootparam() { . /lib/rc/sh/rc-functions.sh; get_bootparam "$@"; }
get_bootparam_value() { . /lib/rc/sh/rc-functions.sh; get_bootparam_value "$@"; }

# The supervisors.
default_start() { _by_supervisor start; }
default_stop() { _by_supervisor stop; }
default_status() { _by_supervisor status; }
start() { default_start; }
stop() { default_stop; }
status() { default_status; }
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
extra_commands="healthcheck unhealthy $extra_commands"

_by_supervisor()
{
	case "$supervisor" in
		"") ssd_$1 ;;
		supervise-daemon) supervise_$1 ;;
		s6) s6_$1 ;;
		runit) runit_$1 ;;
		*)
			ewarn "Invalid supervisor, \"$supervisor\", using start-stop-daemon"
			ssd_$1
			;;
	esac
}

if [ -z "$1" ] || [ -z "$2" ]; then
	eerror "$RC_SVCNAME: not enough arguments"
	exit 1
fi
RC_SERVICE=$1 SVCNAME=$RC_SVCNAME
export RC_SERVICE SVCNAME
shift

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

! yesno "$RC_DEBUG" || set -x

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

# Is there a function of this name, to be called by just the name?
_is_command()
{
	command -v "$1" >/dev/null && [ "$(command -v "$1")" = "$1" ]
}

if [ -n "$RC_GOT_CGROUPS" ] || [ -n "${rc_ulimit:-$RC_ULIMIT}" ]; then
	for _cmd; do
		case "$_cmd" in status|describe) continue ;; esac
		if [ -n "${rc_ulimit:-$RC_ULIMIT}" ]; then
			ulimit ${rc_ulimit:-$RC_ULIMIT} ||
				eerror "$RC_SVCNAME: unable to apply RC_ULIMIT settings"
		fi
		[ -z "$RC_GOT_CGROUPS" ] || cgroup_enter "$_cmd"
		break
	done
fi

if [ -n "$required_dirs$required_files$opts" ]; then
	_more
	_check_required
fi

while [ -n "$1" ]; do
	if [ "$1" = depend ]; then
		shift
		_depend_words
		continue
	fi
	for _cmd in start stop status describe ${extra_commands:-$opts} \
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
	if [ -n "$in_background_fake" ] && yesno "$IN_BACKGROUND"; then
		case " $in_background_fake " in *" $1 "*) shift ; continue ;; esac
	fi
	case "$1" in
		start|stop|status) verify_boot ;;
		*)
			_only_when started "$1" $extra_started_commands
			_only_when stopped "$1" $extra_stopped_commands
			;;
	esac
	unset _cmd
	! _is_command "$1_pre" || "$1"_pre || exit $?
	"$1" || exit $?
	! _is_command "$1_post" || "$1"_post || exit $?
	if [ -n "$RC_GOT_CGROUPS" ]; then
		[ "$1" != stop ] || ! yesno "$rc_cgroup_cleanup" || cgroup_cleanup
		if [ "$1" = stop ] || [ -z "$command" ]; then
			cgroup2_remove
		fi
	fi
	shift
done

exit 0
