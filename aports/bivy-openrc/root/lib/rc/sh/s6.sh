# start, stop and status of services that s6 supervises.

: "${s6_service_path:=/var/svc.d/$RC_SVCNAME}"

_s6_link()
{
	if [ ! -d "$s6_service_path" ]; then
		eerror "$s6_service_path does not exist."
		return 1
	fi
	s6_service_link="$RC_SVCDIR/s6-scan/${s6_service_path##*/}"
}

_s6_is()
{
	case "$(s6-svstat "$s6_service_link")" in "$1"*) return 0 ;; esac
	return 1
}

s6_start()
{
	_s6_link || return 1
	ebegin "Starting ${name:-$RC_SVCNAME}"
	ln -sf "$s6_service_path" "$s6_service_link"
	s6-svscanctl -na "$RC_SVCDIR"/s6-scan
	sleep 1.5
	s6-svc -u "$s6_service_link"
	[ -z "$s6_svwait_options_start" ] || s6-svwait $s6_svwait_options_start "$s6_service_link"
	sleep 1.5
	_s6_is up
	eend $? "Failed to start ${name:-$RC_SVCNAME}"
}

s6_stop()
{
	_s6_link || return 1
	ebegin "Stopping ${name:-$RC_SVCNAME}"
	s6-svc -d -wD -T ${s6_service_timeout_stop:-60000} "$s6_service_link"
	# "up (pid 77) 12 seconds"
	set -- $(s6-svstat "$s6_service_link")
	if [ "$1" = up ] && yesno "${s6_force_kill:-yes}" && kill -0 "${3%)}" 2>/dev/null; then
		ewarn "Sending DOWN & KILL for $RC_SVCNAME"
		s6-svc -dk "$s6_service_link"
		sleep 1
	fi
	_s6_is down
	eend $? "Failed to stop ${name:-$RC_SVCNAME}"
}

s6_status()
{
	if [ -L "$RC_SVCDIR/s6-scan/${s6_service_path##*/}" ]; then
		s6-svstat "$RC_SVCDIR/s6-scan/${s6_service_path##*/}"
	else
		_status
	fi
}
