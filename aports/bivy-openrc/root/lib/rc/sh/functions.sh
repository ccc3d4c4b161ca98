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
		"") return 1 ;;
		[Yy][Ee][Ss]|[Tt][Rr][Uu][Ee]|[Oo][Nn]|1) return 0 ;;
		[Nn][Oo]|[Ff][Aa][Ll][Ss][Ee]|[Oo][Ff][Ff]|0) return 1 ;;
	esac
	local value=
	eval value=\"\$$1\"
	case "$value" in
		[Yy][Ee][Ss]|[Tt][Rr][Uu][Ee]|[Oo][Nn]|1) return 0 ;;
		[Nn][Oo]|[Ff][Aa][Ll][Ss][Ee]|[Oo][Ff][Ff]|0) return 1 ;;
		*) vewarn "\$$1 is not set properly"; return 2 ;;
	esac
}

rc_runlevel()
{
	rc-status --runlevel
}

# The system's places come first in $PATH, whatever it was.
_rc_path="/lib/rc/bin:/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
case "$PATH" in
	"$_rc_path"|"$_rc_path":*) ;;
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
	for _e in ebegin eend error errorn einfo einfon ewarn ewarnn ewend \
		vebegin veend veinfo vewarn vewend; do
		eval "$_e() { local _r; command $_e \"\$@\"; _r=\$?; EINFO_LASTCMD=$_e; export EINFO_LASTCMD; return \$_r; }"
	done
	unset _e
fi
