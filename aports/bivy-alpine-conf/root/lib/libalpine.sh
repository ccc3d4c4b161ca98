# What setup scripts share, for scripts that source it: a root that may be another one, and questions.
PROGRAM=${0##*/}

: "${ROOT:=/}"
case $ROOT in */) ;; *) ROOT=$ROOT/ ;; esac
case $ROOT in /*) ;; *) ROOT=$PWD/$ROOT ;; esac

vecho() { [ -z "$VERBOSE" ] || echo "$@"; }
qecho() { [ -n "$QUIET" ] || echo "$@"; }
eecho() { echo "$@" >&2; }
die() { eecho "$@"; exit 1; }
cfg_add() { $MOCK lbu_add "$@"; }
is_xen() { [ -d /proc/xen ]; }
is_xen_dom0() { is_xen && grep -q control_d /proc/xen/capabilities 2>/dev/null; }
cd_assert() { cd "$1" || die "Failed to cd into ${2:-$1}"; }

# init_tmpdir NAME: sets the variable NAME to a folder that is gone when the script ends
init_tmpdir() {
	local _tmp
	_tmp=$(mktemp -d "/tmp/$PROGRAM-XXXXXXXXXX") || die "Failed to create tmp dir"
	trap "rm -rf '$_tmp'" EXIT
	eval "$1=\$_tmp"
}

# default_read NAME DEFAULT
default_read() {
	local _line
	read -r _line
	eval "$1=\${_line:-\$2}"
}

# yesno WORD: is it a word for yes?
yesno() {
	case $1 in [Yy] | [Yy][Ee][Ss]) return 0 ;; esac
	return 1
}

# isin WORD LIST...
isin() {
	local _word=$1 _each
	shift
	for _each; do [ "$_each" != "$_word" ] || return 0; done
	return 1
}

# rmel WORD LIST...: the list without the word
rmel() {
	local _word=$1 _each
	shift
	for _each; do [ "$_each" = "$_word" ] || printf '%s ' "$_each"; done
}

# Interfaces in the kernel's order
sorted_ifaces() {
	local _dir
	for _dir in "$ROOT"/sys/class/net/*; do
		[ ! -e "$_dir/ifindex" ] || echo "$(cat "$_dir/ifindex") ${_dir##*/}"
	done | sort -n | cut -d' ' -f2
}

# Those that are part of no bridge or bond
available_ifaces() {
	local _iface _list= _dir
	if [ ! -d "$ROOT/sys/class/net" ]; then
		ip link | sed -n 's/^[0-9]*: *\([^:@]*\).*/\1/p' | tr '\n' ' '
		return
	fi
	for _iface in $(sorted_ifaces); do
		_dir=$ROOT/sys/class/net/$_iface
		[ "$_iface" = lo ] || [ -d "$_dir/master/bonding" ] || [ -d "$_dir/brport" ] ||
			_list="$_list${_list:+ }$_iface"
	done
	echo "$_list"
}

# askpass QUESTION: reads $resp unseen
askpass() {
	printf '%s ' "$1"
	$MOCK stty -echo
	IFS= read -r resp
	$MOCK stty echo
	echo
}

# askpassword USER: $_password, the same twice
askpassword() {
	while :; do
		askpass "Password for $1 account? (will not echo)"
		_password=$resp
		askpass "Password for $1 account? (again)"
		[ "$resp" != "$_password" ] || return 0
		echo "Passwords do not match, try again."
	done
}

# Reads $resp; fails when the user ran something (! or !COMMAND) instead
_ask() {
	read -r resp
	case $resp in
	!) echo "Type 'exit' to return to setup."; sh; return 1 ;;
	!*) eval "${resp#!}"; return 1 ;;
	esac
}

# ask QUESTION DEFAULT: $resp
ask() {
	while :; do
		printf '%s ' "$1"
		[ -z "$2" ] || printf '[%s] ' "$2"
		_ask && break
	done
	: "${resp:=$2}"
}

ask_until() {
	resp=
	while [ -z "$resp" ]; do ask "$1" "$2"; done
}

ask_yesno() {
	while :; do
		ask "$1" "$2"
		case $resp in y | yes | n | no) break ;; esac
	done
	yesno "$resp"
}

# ask_which NAME QUERY LIST DEFAULT: $resp is one of the list (expanded each time) or "done"
ask_which() {
	local _choices _preset
	while :; do
		eval "_choices=\"$3\" _preset=\"$4\""
		_choices=$(echo $_choices)
		[ -n "$_choices" ] || { resp=done; return; }
		_preset=${_preset:-${_choices%% *}}
		echo "Available $1s are: $_choices."
		printf "Which one %s? (or 'done') [%s] " "$2" "$_preset"
		_ask || continue
		: "${resp:=$_preset}"
		! isin "$resp" $_choices done || return 0
		echo "'$resp' is not a valid choice."
	done
}

# Where the medium with the modloop is mounted
find_modloop_media() {
	local _number _file _media
	_number=$(mountpoint -d /.modloop 2>/dev/null) && [ -n "$_number" ] || return
	_file=$(cat "${ROOT}sys/dev/block/$_number/loop/backing_file") && [ -n "$_file" ] || return
	_media=$(df "$_file" | awk 'NR == 2 { print $6 }')
	[ -n "$_media" ] && echo "$_media"
}

# get_fqdn DEFAULT: the host's domain
get_fqdn() {
	local _whole _short
	_whole=$(hostname -f 2>/dev/null)
	_short=$(hostname -s 2>/dev/null)
	_whole=${_whole#"$_short"}
	_whole=${_whole#.}
	echo "${_whole:-$1}"
}
