# start, stop and status of services that supervise-daemon watches over.

supervise_start()
{
	if [ -z "$command" ]; then
		ewarn "There is no command for ${name:-$RC_SVCNAME} to start."
		return 1
	fi

	ebegin "Starting ${name:-$RC_SVCNAME}"
	# Arguments may have quotes of their own.
	eval supervise-daemon "$RC_SVCNAME" --start \
		${retry:+--retry} $retry \
		${directory:+--chdir} $directory \
		${chroot:+--chroot} $chroot \
		${output_log+--stdout} $output_log \
		${error_log+--stderr} $error_log \
		${output_logger:+--stdout-logger \"$output_logger\"} \
		${error_logger:+--stderr-logger \"$error_logger\"} \
		${pidfile:+--pidfile} $pidfile \
		${respawn_delay:+--respawn-delay} $respawn_delay \
		${respawn_max:+--respawn-max} $respawn_max \
		${respawn_period:+--respawn-period} $respawn_period \
		${healthcheck_delay:+--healthcheck-delay} $healthcheck_delay \
		${healthcheck_timer:+--healthcheck-timer} $healthcheck_timer \
		${capabilities+--capabilities} "$capabilities" \
		${secbits:+--secbits} "$secbits" \
		${no_new_privs:+--no-new-privs} \
		${command_user+--user} $command_user \
		${umask+--umask} $umask \
		${supervise_daemon_args-${start_stop_daemon_args}} \
		$command \
		-- $command_args $command_args_foreground
	local _status=$?
	if [ $_status = 0 ]; then
		[ -z "$chroot" ] || service_set_value chroot "$chroot"
		[ -z "$pidfile" ] || service_set_value pidfile "$pidfile"
	fi
	eend $_status "failed to start ${name:-$RC_SVCNAME}"
}

supervise_stop()
{
	local _kept=
	for _kept in chroot pidfile; do
		[ ! -e "$RC_SVCDIR/options/$RC_SVCNAME/$_kept" ] ||
			eval "$_kept=\$(service_get_value $_kept)"
	done
	ebegin "Stopping ${name:-$RC_SVCNAME}"
	supervise-daemon "$RC_SVCNAME" --stop ${pidfile:+--pidfile} $chroot$pidfile
	eend $? "Failed to stop ${name:-$RC_SVCNAME}"
}

supervise_status()
{
	if ! service_stopping && ! service_starting && ! service_inactive &&
		service_started && service_crashed &&
		[ -n "$(service_get_value child_pid)" ] && [ -n "$(service_get_value start_time)" ]
	then
		# The daemon may run, but nobody watches over it any more.
		eerror "status: unsupervised"
		return 64
	fi
	_status
}
