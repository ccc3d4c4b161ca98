# Functions for every shell script: indents, yes and no, colours, $PATH.
# Scripts outside of OpenRC include it as /etc/init.d/functions.sh.

RC_GOT_FUNCTIONS="yes"

# Messages that follow stand two columns further to the right, and back again.
eindent()
{
	EINFO_INDENT=$(( ${EINFO_INDENT:-0} + 2 ))
	[ "$EINFO_INDENT" -le 40 ] || EINFO_INDENT=40
	export EINFO_INDENT
}

eoutdent()
{
	EINFO_INDENT=$(( ${EINFO_INDENT:-0} - 2 ))
	[ "$EINFO_INDENT" -ge 0 ] || EINFO_INDENT=0
	return 0
}

# Is a word, or the variable of that name, a yes? 0 yes, 1 no, 2 something else.
yesno()
{
	case "$1" in
		yes|YES|true|1) return 0 ;;
		no|NO|false|0|"") return 1 ;;
	esac
	_yesno_word "$1"
	local answer=$? value=
	if [ $answer -eq 2 ]; then
		eval value=\"\$$1\"
		_yesno_word "$value"
		answer=$?
		[ $answer -ne 2 ] || vewarn "\$$1 is not set properly"
	fi
	return $answer
}

_yesno_word()
{
	case "$1" in
		[Yy][Ee][Ss]|[Tt][Rr][Uu][Ee]|[Oo][Nn]|1) return 0 ;;
		[Nn][Oo]|[Ff][Aa][Ll][Ss][Ee]|[Oo][Ff][Ff]|0) return 1 ;;
	esac
	return 2
}

rc_runlevel()
{
	rc-status --runlevel
}

# The system's places come first in $PATH, whatever it was.
_rc_path="/lib/rc/bin:/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
case "$PATH" in
	$_rc_path*|/lib/rc/sbin:$_rc_path*) ;;
	*)
		_rc_old=$PATH: PATH=$_rc_path
		while [ -n "$_rc_old" ]; do
			_rc_dir=${_rc_old%%:*} _rc_old=${_rc_old#*:}
			case ":$_rc_path:/lib/rc/sbin::" in
				*":$_rc_dir:"*) ;;
				*) PATH=$PATH:$_rc_dir ;;
			esac
		done
		unset _rc_old _rc_dir
		;;
esac
export PATH
unset _rc_path

for arg; do
	case "$arg" in
		--nocolor|--nocolour|-C) EINFO_COLOR=NO ; export EINFO_COLOR ;;
	esac
done

if [ -t 1 ] && yesno "${EINFO_COLOR:-YES}"; then
	[ -n "$GOOD" ] || eval "$(eval_ecolors)"
else
	# Without cursor movements a message has to know which one was before it.
	_rc_message()
	{
		local status=
		command "$@"
		status=$?
		EINFO_LASTCMD=$1
		export EINFO_LASTCMD
		return $status
	}
	ebegin() { _rc_message ebegin "$@"; }
	eend() { _rc_message eend "$@"; }
	einfo() { _rc_message einfo "$@"; }
	einfon() { _rc_message einfon "$@"; }
	ewarn() { _rc_message ewarn "$@"; }
	ewarnn() { _rc_message ewarnn "$@"; }
	ewend() { _rc_message ewend "$@"; }
	vebegin() { _rc_message vebegin "$@"; }
	veend() { _rc_message veend "$@"; }
	veinfo() { _rc_message veinfo "$@"; }
	vewarn() { _rc_message vewarn "$@"; }
	vewend() { _rc_message vewend "$@"; }
fi
