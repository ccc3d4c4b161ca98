# start, stop and status of services that runit supervises.

_runit_link()
{
	service_path="${runit_service:-/etc/sv/$RC_SVCNAME}"
	if [ ! -d "$service_path" ]; then
		eerror "Runit service $service_path not found"
		return 1
	fi
	service_link="$RC_SVCDIR/sv/${service_path##*/}"
}

runit_start()
{
	local service_path= service_link= tries=6 status=1
	_runit_link || return 1
	ebegin "Starting ${name:-$RC_SVCNAME}"
	ln -snf "$service_path" "$service_link"
	# runsv may need some seconds to see it.
	while [ $status -ne 0 ] && [ $tries -gt 0 ]; do
		if sv start "$service_link" >/dev/null 2>&1; then
			status=0
		else
			tries=$((tries - 1))
			sleep 1
		fi
	done
	[ $status -eq 0 ] || rm "$service_link"
	eend $status "Failed to start ${name:-$RC_SVCNAME}"
}

runit_stop()
{
	local service_path= service_link=
	_runit_link || return 1
	ebegin "Stopping ${name:-$RC_SVCNAME}"
	sv stop "$service_link" >/dev/null 2>&1 && rm "$service_link"
	eend $? "Failed to stop ${name:-$RC_SVCNAME}"
}

runit_status()
{
	local service_path= service_link=
	_runit_link || return 1
	sv status "$service_link"
}
