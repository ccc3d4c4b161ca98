# Functions and settings that abuild and its companions share.
# The environment wins over ~/.abuild/abuild.conf, that over /etc/abuild.conf, that over default.conf.

program=${program:-${0##*/}}
: "${ABUILD_SHAREDIR:=/usr/share/abuild}"
: "${ABUILD_DEFCONF:=$ABUILD_SHAREDIR/default.conf}"
: "${ABUILD_CONF:=/etc/abuild.conf}"
: "${ABUILD_USERDIR:=$HOME/.abuild}"
: "${ABUILD_USERCONF:=$ABUILD_USERDIR/abuild.conf}"
: "${APK:=apk}"
: "${GIT:=git}"
export GIT

_settings="CFLAGS CXXFLAGS CPPFLAGS LDFLAGS GOFLAGS JOBS MAKEFLAGS CHOST CTARGET CBUILD CARCH
	SRCDEST REPODEST PACKAGER PACKAGER_PRIVKEY MAINTAINER CLEANUP ERROR_CLEANUP USE_COLORS USE_CCACHE
	SUDO_APK DISTFILES_MIRROR"

_load_settings() {
	local _file
	for _file in "$ABUILD_DEFCONF" "$ABUILD_CONF" "$ABUILD_USERCONF"; do
		if [ -f "$_file" ]; then
			. "$_file"
		fi
	done
}

for _name in $_settings; do
	eval "_given_$_name=\${$_name+set} _value_$_name=\${$_name-}"
done
_load_settings
for _name in $_settings; do
	eval "if [ -n \"\$_given_$_name\" ]; then $_name=\$_value_$_name; fi; unset _given_$_name _value_$_name"
done
unset _name

# Architecture names as apk has them, and the triplets of compilers.
arch_to_hostspec() {
	case "$1" in
	armhf) echo armv6-alpine-linux-musleabihf ;;
	armv7) echo armv7-alpine-linux-musleabihf ;;
	ppc) echo powerpc-alpine-linux-musl ;;
	ppc64) echo powerpc64-alpine-linux-musl ;;
	ppc64le) echo powerpc64le-alpine-linux-musl ;;
	x86) echo i586-alpine-linux-musl ;;
	aarch64 | loongarch64 | mips | mips64 | mips64el | mipsel | riscv32 | riscv64 | s390x | x86_64)
		echo "$1-alpine-linux-musl" ;;
	*) echo unknown ;;
	esac
}

hostspec_to_arch() {
	case "$1" in
	armv6-*-*-musleabihf) echo armhf ;;
	armv7-*-*-musleabihf) echo armv7 ;;
	i[3-6]86-*) echo x86 ;;
	powerpc-*) echo ppc ;;
	powerpc64-*) echo ppc64 ;;
	powerpc64le-*) echo ppc64le ;;
	aarch64-* | loongarch64-* | mips-* | mips64-* | mips64el-* | mipsel-* | riscv32-* | riscv64-* | s390x-* | x86_64-*)
		echo "${1%%-*}" ;;
	*) echo unknown ;;
	esac
}

_spec() {
	case "$1" in
	*-*) echo "$1" ;;
	*) arch_to_hostspec "$1" ;;
	esac
}

if [ -z "$CBUILD" ]; then
	CBUILD=$($APK --print-arch 2>/dev/null) && [ -n "$CBUILD" ] || {
		echo "$program: ERROR: Unable to deduce build architecture. Set CBUILD." >&2
		exit 1
	}
fi
CBUILD=$(_spec "$CBUILD")
if [ -z "$CHOST" ] && [ -n "$CARCH" ]; then CHOST=$CARCH; fi
CHOST=$(_spec "${CHOST:-$CBUILD}")
CTARGET=$(_spec "${CTARGET:-$CHOST}")
CBUILD_ARCH=$(hostspec_to_arch "$CBUILD")
CARCH=$(hostspec_to_arch "$CHOST")
CTARGET_ARCH=$(hostspec_to_arch "$CTARGET")
: "${CBUILDROOT:=}"
if [ "$CHOST" != "$CBUILD" ] && [ -z "$CBUILDROOT" ]; then
	CBUILDROOT=$HOME/sysroot-$CTARGET_ARCH
fi
export CBUILD CHOST CTARGET CBUILD_ARCH CARCH CTARGET_ARCH CBUILDROOT

NORMAL= STRONG= RED= GREEN= YELLOW= BLUE=
enable_colors() {
	NORMAL='\033[1;0m' STRONG='\033[1;1m' RED='\033[1;31m'
	GREEN='\033[1;32m' YELLOW='\033[1;33m' BLUE='\033[1;34m'
}
disable_colors() { NORMAL= STRONG= RED= GREEN= YELLOW= BLUE=; }
if [ -n "$USE_COLORS" ] && [ -t 1 ]; then enable_colors; fi

# What is going on goes to stderr: stdout belongs to the programs that are run.
_say() {
	printf "$1>>>${NORMAL} %s${STRONG}%s:${NORMAL} %s\n" "$2" "${subpkgname:-${pkgname:-$program}}" "$3" >&2
}
msg() { [ -n "$quiet" ] || _say "$GREEN" "" "$*"; }
msg2() { [ -n "$quiet" ] || printf '    %s\n' "$*" >&2; }
warning() { _say "$YELLOW" "WARNING: " "$*"; }
warning2() { printf '             %s\n' "$*" >&2; }
error() { _say "$RED" "ERROR: " "$*"; }
error2() { printf '           %s\n' "$*" >&2; }
