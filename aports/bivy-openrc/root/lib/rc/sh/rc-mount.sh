# Unmounting with some insistence, for localmount and its like.

# do_unmount COMMAND MOUNTINFO-ARGUMENTS…: runs COMMAND on all mounts that mountinfo lists.
do_unmount()
{
	local cmd="$1" status=0 tries= pids= signal= mnt= old_ifs=$IFS
	shift
	IFS="
"
	set -- $(mountinfo "$@")
	IFS=$old_ifs
	for mnt; do
		# It may have gone with another.
		mountinfo --quiet "$mnt" || continue
		mnt=$(printf "$mnt")
		case "$cmd" in
			umount) ebegin "Unmounting $mnt" ;;
			*) ebegin "Remounting $mnt read only" ;;
		esac
		# Who uses it is asked to go, twice; then he is made to.
		tries=4
		while ! LC_ALL=C $cmd "$mnt" 2>/dev/null; do
			pids=
			! command -v fuser >/dev/null ||
				pids="$(timeout -s KILL "${rc_fuser_timeout:-60}" fuser -m "$mnt" 2>/dev/null)"
			case " $pids " in
				*" $$ "*) eend 1 "failed because we are using $mnt" ; tries=0 ;;
				" - ") eend 1 ; tries=0 ;;
				"  ") eend 1 "in use but fuser finds nothing" ; tries=0 ;;
				*)
					if [ $tries -le 0 ]; then
						eend 1
					else
						tries=$((tries - 1)) signal=TERM
						[ $tries -ne 1 ] || signal=KILL
						fuser -$signal -k -m "$mnt" >/dev/null 2>&1
						sleep 1
					fi
					;;
			esac
			[ $tries -gt 0 ] || break
		done
		if [ $tries -le 0 ]; then
			status=1
		else
			eend 0
		fi
	done
	return $status
}
