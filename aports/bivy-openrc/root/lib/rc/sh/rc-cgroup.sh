# Control groups of services: version 2, and the older hierarchies with one directory per controller.

RC_GOT_CGROUPS=yes

# Where version 2 is mounted; nothing without it.
cgroup2_find_path()
{
	grep -qw cgroup2 /proc/filesystems || return 0
	case "${rc_cgroup_mode:-unified}" in
		unified) printf /sys/fs/cgroup ;;
		hybrid) printf /sys/fs/cgroup/unified ;;
	esac
}

# Writes to a file of a group if it has that file.
_cgroup_write()
{
	[ -w "$2" ] || return 0
	veinfo "$RC_SVCNAME: Setting $2 to $1"
	printf '%s' "$1" >"$2"
}

# What a service enters before it does a command.
cgroup_enter()
{
	if [ -d /sys/fs/cgroup ] && [ ! -w /sys/fs/cgroup ]; then
		eerror "No permission to apply cgroup settings"
		return
	fi
	cgroup_add_service
	cgroup_set_limits
	[ "$1" != start ] || cgroup2_set_limits
}

cgroup_add_service()
{
	# Out of the group of who asked, first.
	local group=
	for group in /sys/fs/cgroup/*; do
		[ ! -w "$group"/tasks ] || printf 0 >"$group"/tasks
	done
	if [ -d /sys/fs/cgroup/openrc ]; then
		group=/sys/fs/cgroup/openrc/$RC_SVCNAME
		mkdir -p "$group"
		[ ! -w "$group"/tasks ] || printf 0 >"$group"/tasks
	fi
}

# The group of process 1 in a controller's hierarchy.
cgroup_find_path()
{
	local number= names= dir= result=
	while IFS=: read -r number names dir; do
		[ "$names" != "$1" ] || result=$dir
	done </proc/1/cgroup
	printf '%s' "$result"
}

# CONTROLLER "NAME VALUE… NAME VALUE…": names begin with the controller's.
cgroup_set_values()
{
	local controller=$1 settings=$2 word= file= value=
	[ -n "$settings" ] && [ -d "/sys/fs/cgroup/$controller" ] || return 0
	cgroup="/sys/fs/cgroup/$controller$(cgroup_find_path "$controller")openrc_$RC_SVCNAME"
	mkdir -p "$cgroup"
	if [ "$controller" != cpuacct ]; then
		for word in $settings "$controller."; do
			case "$word" in
				"$controller".*)
					[ -z "$file" ] || [ -z "$value" ] || _cgroup_write "$value" "$cgroup/$file"
					file=$word value=
					;;
				*) value="${value:+$value }$word" ;;
			esac
		done
	fi
	[ ! -w "$cgroup"/tasks ] || printf 0 >"$cgroup"/tasks
}

cgroup_set_limits()
{
	local controller= big= settings=
	for controller in blkio:BLKIO cpu:CPU cpuacct:CPUACCT cpuset:CPUSET devices:DEVICES \
		hugetlb:HUGETLB memory:MEMORY net_cls:NET_CLS net_prio:NET_PRIO pids:PIDS; do
		big=${controller#*:} controller=${controller%:*}
		eval "settings=\${rc_cgroup_$controller:-\$RC_CGROUP_$big}"
		cgroup_set_values $controller "$settings"
	done
	return 0
}

# Puts the service into a group of its own and sets what rc_cgroup_settings has, a line each.
cgroup2_set_limits()
{
	local path="$(cgroup2_find_path)" key= value=
	[ -n "$path" ] && mountinfo -q "$path" || return 0
	rc_cgroup_path=$path/openrc.$RC_SVCNAME
	[ -d "$rc_cgroup_path" ] || mkdir "$rc_cgroup_path"
	[ ! -f "$rc_cgroup_path"/cgroup.procs ] || printf 0 >"$rc_cgroup_path"/cgroup.procs
	[ -n "$rc_cgroup_settings" ] || return 0
	echo "$rc_cgroup_settings" | while read -r key value; do
		[ -z "$key" ] || [ -z "$value" ] || _cgroup_write "$value" "$rc_cgroup_path/$key"
	done
	return 0
}

# Removes the service's group when nobody is left in it.
cgroup2_remove()
{
	local path="$(cgroup2_find_path)" key= value=
	local group=$path/openrc.$RC_SVCNAME
	[ -n "$path" ] && [ -e "$group"/cgroup.events ] || return 0
	! grep -qx $$ "$group"/cgroup.procs || printf 0 >"$path"/cgroup.procs
	while read -r key value; do
		[ "$key $value" != "populated 1" ] || return 0
	done <"$group"/cgroup.events
	rmdir "$group"
	return 0
}

cgroup_get_pids()
{
	local file="$(cgroup2_find_path)" pid=
	if [ -n "$file" ]; then
		file=$file/openrc.$RC_SVCNAME/cgroup.procs
	else
		file=/sys/fs/cgroup/openrc/$RC_SVCNAME/tasks
	fi
	cgroup_pids=
	[ -f "$file" ] || return 0
	while read -r pid; do
		[ "$pid" -eq $$ ] || cgroup_pids="$cgroup_pids $pid"
	done <"$file"
	return 0
}

cgroup_running()
{
	[ -d "/sys/fs/cgroup/unified/$RC_SVCNAME" ] || [ -d "/sys/fs/cgroup/$RC_SVCNAME" ] ||
		[ -d "/sys/fs/cgroup/openrc/$RC_SVCNAME" ]
}

# Without the kernel's help: signals, a while to go, and the last one.
cgroup_fallback_cleanup()
{
	local seconds=0
	cgroup_get_pids
	[ -n "$cgroup_pids" ] || return 0
	kill -s CONT $cgroup_pids 2>/dev/null
	kill -s "${stopsig:-TERM}" $cgroup_pids 2>/dev/null
	! yesno "${rc_send_sighup:-no}" || kill -s HUP $cgroup_pids 2>/dev/null
	cgroup_get_pids
	while [ -n "$cgroup_pids" ] && [ $seconds -lt "${rc_timeout_stopsec:-90}" ]; do
		seconds=$((seconds + 1))
		sleep 1
		cgroup_get_pids
	done
	if [ -n "$cgroup_pids" ] && yesno "${rc_send_sigkill:-yes}"; then
		kill -s KILL $cgroup_pids 2>/dev/null
	fi
}

cgroup_cleanup()
{
	cgroup_running || return 0
	ebegin "Starting cgroups cleanup"
	local group="$(cgroup2_find_path)/openrc.$RC_SVCNAME"
	if [ -f "$group"/cgroup.kill ]; then
		printf 1 >"$group"/cgroup.kill
	else
		cgroup_fallback_cleanup
	fi
	cgroup2_remove
	cgroup_get_pids
	[ -z "$cgroup_pids" ]
	eend $? "Unable to stop all processes"
	return 0
}
