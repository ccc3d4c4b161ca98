# start, stop and status of services whose daemon start-stop-daemon starts.

ssd_start()
{
	if [ -z "$command" ]; then
		ewarn "There is no command for ${name:-$RC_SVCNAME} to start."
		ewarn "If that is meant to be so, please write a start function:"
		ewarn "it will be an error one day."
		return 0
	fi

	ebegin "Starting ${name:-$RC_SVCNAME}"
	local _background= _inactive=false
	if yesno "$command_background"; then
		if [ -z "$pidfile" ]; then
			eend 1 "command_background option used but no pidfile specified"
			return 1
		fi
		if [ -n "$command_args_background" ]; then
			eend 1 "command_background used with command_args_background"
			return 1
		fi
		_background="--background --make-pidfile"
	fi
	if yesno "$start_inactive"; then
		service_inactive && _inactive=true
		mark_service_inactive
	fi
	# Arguments may have quotes of their own.
	eval start-stop-daemon --start \
		--exec $command \
		${chroot:+--chroot} $chroot \
		${directory:+--chdir} $directory \
		${output_log+--stdout} $output_log \
		${error_log+--stderr} $error_log \
		${output_logger:+--stdout-logger \"$output_logger\"} \
		${error_logger:+--stderr-logger \"$error_logger\"} \
		${capabilities+--capabilities} "$capabilities" \
		${secbits:+--secbits} "$secbits" \
		${no_new_privs:+--no-new-privs} \
		${procname:+--name} $procname \
		${pidfile:+--pidfile} $pidfile \
		${command_user+--user} $command_user \
		${umask+--umask} $umask \
		$_background $start_stop_daemon_args \
		-- $command_args $command_args_background
	if eend $? "Failed to start ${name:-$RC_SVCNAME}"; then
		# Stopping goes by what was started, not by what the configuration says then.
		service_set_value command "$command"
		[ -z "$chroot" ] || service_set_value chroot "$chroot"
		[ -z "$pidfile" ] || service_set_value pidfile "$pidfile"
		[ -z "$procname" ] || service_set_value procname "$procname"
		return 0
	fi
	if yesno "$start_inactive" && ! $_inactive; then
		mark_service_stopped
	fi
	return 1
}

# The value that was kept at the start, or else that of the configuration.
_ssd_kept()
{
	[ ! -e "$RC_SVCDIR/options/$RC_SVCNAME/$1" ] || eval "$1=\$(service_get_value $1)"
}

ssd_stop()
{
	local _kept= _progress=
	for _kept in command chroot pidfile procname; do
		_ssd_kept $_kept
	done
	[ -n "$command$procname$pidfile" ] || return 0
	yesno "$command_progress" && _progress=--progress
	ebegin "Stopping ${name:-$RC_SVCNAME}"
	start-stop-daemon --stop \
		${retry:+--retry} $retry \
		${command:+--exec} $command \
		${procname:+--name} $procname \
		${pidfile:+--pidfile} $chroot$pidfile \
		${stopsig:+--signal} $stopsig \
		$_progress
	eend $? "Failed to stop ${name:-$RC_SVCNAME}"
}
