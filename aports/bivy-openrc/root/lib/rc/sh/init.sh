#!/bin/sh
# The first thing of the runlevel sysinit: /proc and /run, where the state of all services is.

. /lib/rc/sh/functions.sh
[ ! -r /etc/rc.conf ] || . /etc/rc.conf
for _f in /etc/rc.conf.d/*.conf; do
	[ ! -e "$_f" ] || . "$_f"
done

if [ -e /proc/self/environ ]; then
	einfo "/proc is already mounted"
else
	ebegin "Mounting /proc"
	fstabinfo --mount /proc || mount -n -t proc -o noexec,nosuid,nodev proc /proc
	eend $?
fi

if [ ! -d /run ]; then
	eerror "The /run directory does not exist. Unable to continue."
	exit 1
fi
if ! mountinfo -q /run; then
	ebegin "Mounting /run"
	if ! fstabinfo --mount /run &&
		! mount -t tmpfs -o mode=0755,nosuid,nodev,nr_inodes=800k,size=20%,strictatime tmpfs /run
	then
		eerror "Unable to mount tmpfs on /run."
		eerror "Can't continue."
		exit 1
	fi
	eend 0
fi

checkpath -d "$RC_SVCDIR"
checkpath -d -m 0775 -o root:uucp /run/lock

if grep -q "[[:space:]]xenfs$" /proc/filesystems; then
	ebegin "Mounting xenfs"
	fstabinfo --mount /proc/xen || mount -n -t xenfs xenfs /proc/xen -o nosuid,nodev,noexec
	eend $?
fi

# The dependency tree of the last boot, if the service savecache has kept it.
[ ! -e /lib/rc/cache/softlevel ] || cp -p /lib/rc/cache/* "$RC_SVCDIR" 2>/dev/null

echo sysinit >"$RC_SVCDIR"/softlevel
exit 0
