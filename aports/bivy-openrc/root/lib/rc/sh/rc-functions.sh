# Functions for init scripts.

net_fs_list="
	afs ceph cifs coda davfs fuse fuse.glusterfs fuse.sshfs gfs glusterfs lustre
	ncpfs nfs nfs4 ocfs2 shfs smbfs
"

# Does a mount need the network?
is_net_fs()
{
	[ -n "$1" ] || return 1
	# What fstab says of it counts most.
	mountinfo --quiet --netdev "$1" && return 0
	mountinfo --quiet --nonetdev "$1" && return 1
	local x= type="$(mountinfo --fstype "$1")"
	for x in $net_fs_list $extra_net_fs_list; do
		[ "$x" != "$type" ] || return 0
	done
	return 1
}

is_union_fs()
{
	[ -x /sbin/unionctl ] && unionctl "$1" --list >/dev/null 2>&1
}

# Is a word on the kernel's command line, by itself or in a list gentoo=a,b?
get_bootparam()
{
	[ -n "$1" ] && [ -r /proc/cmdline ] || return 1
	local word= line=
	read -r line </proc/cmdline
	for word in $line; do
		case "$word" in
			"$1") return 0 ;;
			gentoo=*) case ",${word#gentoo=}," in *",$1,"*) return 0 ;; esac ;;
		esac
	done
	return 1
}

# The value of NAME=VALUE on the kernel's command line: the first, the last or all, with a separator.
get_bootparam_value()
{
	local name="$1" which="$2" sep="${3:- }" word= line= result=
	if [ -n "$name" ] && [ -r /proc/cmdline ]; then
		read -r line </proc/cmdline
		for word in $line; do
			case "$word" in "$name"=*) ;; *) continue ;; esac
			word=${word##*=}
			case "$which" in
				all) result="${result:+$result$sep}$word" ;;
				last) result=$word ;;
				*) result=$word ; break ;;
			esac
		done
	fi
	echo $result
}

# For depend(): what is there is needed.
need_if_exists()
{
	local x=
	for x; do
		rc-service --exists "$x" && need "$x"
	done
}

_get_containers()
{
	case "$RC_UNAME" in
		FreeBSD) echo -jail ;;
		Linux) echo -docker -lxc -openvz -rkt -systemd-nspawn -uml -vserver ;;
	esac
}

_get_containers_remove()
{
	local x=
	for x in $(_get_containers); do
		printf '!%s ' "$x"
	done
	echo
}

# depend() with what the administrator adds: rc_need, rc_NAME_need and so on.
_depend()
{
	depend
	local _name=$RC_SVCNAME _type= _big= _words=
	case "$_name" in *[!a-zA-Z0-9]*) _name=$(shell_var "$_name") ;; esac
	for _type in config:CONFIG need:NEED use:USE want:WANT after:AFTER \
		before:BEFORE provide:PROVIDE keyword:KEYWORD; do
		_big=${_type#*:} _type=${_type%:*}
		eval "_words=\$rc_${_name}_$_type
			: \"\${_words:=\$rc_$_type}\"
			: \"\${_words:=\$RC_${_name}_$_big}\"
			: \"\${_words:=\$RC_$_big}\""
		[ -z "$_words" ] || $_type $_words
	done
}

case "$PATH" in
	/lib/rc/sbin:*) ;;
	*) PATH=/lib/rc/sbin:$PATH ; export PATH ;;
esac
