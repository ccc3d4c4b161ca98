# What the usual sub-packages take from the main package. $subpkgdir, $subpkgname are set; the working directory is
# $pkgdir.

# amove PATTERN...: moves files from the working directory to the sub-package, with the directories above them.
amove() {
	local _pattern _path _ifs="$IFS" _found
	for _pattern in "$@"; do
		while [ "${_pattern#/}" != "$_pattern" ]; do _pattern=${_pattern#/}; done
		while [ "${_pattern%/}" != "$_pattern" ]; do _pattern=${_pattern%/}; done
		_found=
		IFS=
		for _path in $_pattern; do
			IFS=$_ifs
			[ -e "$_path" ] || [ -L "$_path" ] || continue
			_found=yes
			_amove_one "$_path" || return 1
		done
		IFS=$_ifs
		if [ -z "$_found" ]; then
			error "amove: no match for '$_pattern'"
			return 1
		fi
	done
}

_amove_one() {
	local _dir=.
	case "$1" in */*) _dir=${1%/*} ;; esac
	mkdir -p "$subpkgdir/$_dir"
	if [ -d "$1" ] && [ ! -L "$1" ] && [ -d "$subpkgdir/$1" ]; then
		cp -a "$1/." "$subpkgdir/$1/" && rm -r "$1" || return 1
	elif [ -n "$quiet" ]; then
		mv "$1" "$subpkgdir/$_dir/" || return 1
	else
		mv -v "$1" "$subpkgdir/$_dir/" || return 1
	fi
	# Directories that are empty now would be in both packages.
	[ "$_dir" = . ] || rmdir -p "$_dir" 2>/dev/null || true
}

# As amove, for what may be missing.
_amove_if_there() {
	local _pattern _path _ifs="$IFS"
	for _pattern in "$@"; do
		IFS=
		for _path in $_pattern; do
			IFS=$_ifs
			if [ -e "$_path" ] || [ -L "$_path" ]; then _amove_one "$_path" || return 1; fi
		done
		IFS=$_ifs
	done
}

_here() { cd "$pkgdir" 2>/dev/null || mkdir -p "$pkgdir" && cd "$pkgdir"; }

default_doc() {
	depends="$depends_doc"
	pkgdesc="$pkgdesc (documentation)"
	install_if="${install_if:-docs $pkgname=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there usr/share/doc usr/share/man usr/share/info usr/share/html usr/share/sgml usr/share/licenses \
		usr/share/gtk-doc usr/share/ri usr/share/help
	[ ! -d "$subpkgdir"/usr/share/man ] || _compress_man "$subpkgdir"/usr/share/man
	rm -f "$subpkgdir"/usr/share/info/dir
}

# Manual pages are kept compressed; further names of a page become symbolic links to it.
_compress_man() {
	local _page _target _inode _seen=
	find "$1" -type l ! -name '*.gz' | while read -r _page; do
		_target=$(readlink "$_page")
		rm -f "$_page"
		ln -s "${_target%.gz}.gz" "$_page.gz"
	done
	find "$1" -type f -links +1 ! -name '*.gz' | sort | while read -r _page; do
		_inode=$(stat -c %i "$_page")
		_target=$(printf '%s' "$_seen" | sed -n "s/^$_inode //p")
		if [ -z "$_target" ]; then
			_seen="$_seen$_inode $_page
"
		else
			rm -f "$_page"
			ln -s "${_target##*/}.gz" "$_page.gz"
		fi
	done
	find "$1" -type f ! -name '*.gz' -exec gzip -n -9 -f {} +
}

default_dev() {
	local _path
	depends="$depends_dev"
	pkgdesc="$pkgdesc (development files)"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there usr/include usr/lib/pkgconfig usr/share/pkgconfig usr/share/aclocal usr/share/gettext \
		usr/share/vala/vapi usr/share/gir-1.0 usr/share/cmake usr/lib/cmake usr/lib/qt*/mkspecs \
		usr/share/qt*/mkspecs usr/lib/glade usr/share/glade usr/share/devhelp/man-pages \
		'usr/lib/*.[acho]' 'lib/*.[acho]' 'usr/lib/*.prl' 'usr/bin/*-config'
	for _path in lib/*.so usr/lib/*.so; do
		if [ -L "$_path" ]; then _amove_one "$_path" || return 1; fi
	done
}

default_static() {
	depends="$depends_static"
	pkgdesc="$pkgdesc (static library)"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there 'usr/lib/*.a' 'lib/*.a'
}

default_libs() {
	depends="$depends_libs"
	pkgdesc="$pkgdesc (libraries)"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there 'lib/*.so.[0-9]*' 'usr/lib/*.so.[0-9]*'
}

default_openrc() {
	depends="$depends_openrc"
	pkgdesc="$pkgdesc (OpenRC init scripts)"
	install_if="${install_if:-openrc ${subpkgname%-openrc}=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there etc/conf.d etc/init.d usr/share/user/init.d
}

default_systemd() {
	depends="$depends_systemd"
	pkgdesc="$pkgdesc (systemd service units)"
	install_if="${install_if:-systemd ${subpkgname%-systemd}=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there usr/lib/systemd
}

default_udev() {
	depends="$depends_udev"
	pkgdesc="$pkgdesc (udev rules)"
	install_if="${install_if:-udev ${subpkgname%-udev}=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there usr/lib/udev lib/udev
}

default_lang() {
	depends="$depends_lang"
	pkgdesc="Languages for package $pkgname"
	install_if="${install_if:-$pkgname=$pkgver-r$pkgrel lang}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there "${langdir:-/usr/share/locale}"
}

default_devhelp() {
	depends=
	pkgdesc="$pkgdesc (devhelp documentation)"
	install_if="${install_if:-devhelp docs $pkgname=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there usr/share/devhelp
}

_completion() { # SHELL PACKAGE PATH...
	local _shell="$1" _package="$2"
	shift 2
	depends=
	pkgdesc="$_shell completions for $pkgname"
	install_if="${install_if:-${subpkgname%-*-completion}=$pkgver-r$pkgrel $_package}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there "$@"
}
default_bashcomp() { _completion Bash bash-completion usr/share/bash-completion etc/bash_completion.d; }
default_zshcomp() { _completion Zsh zsh usr/share/zsh/site-functions; }
default_fishcomp() {
	_completion Fish fish usr/share/fish/completions usr/share/fish/vendor_completions.d
}

default_pyc() {
	local _dir
	depends=
	pkgdesc="Precompiled Python bytecode for ${subpkgname%-pyc}"
	install_if="${install_if:-${subpkgname%-pyc}=$pkgver-r$pkgrel pyc}"
	_here
	mkdir -p "$subpkgdir"
	find usr/lib/python3* -name __pycache__ -type d 2>/dev/null | while read -r _dir; do
		_amove_one "$_dir" || exit 1
	done
}

default_nftrules() {
	depends=
	pkgdesc="$pkgdesc (nftables rules)"
	install_if="${install_if:-nftables ${subpkgname%-nftrules}=$pkgver-r$pkgrel}"
	_here
	mkdir -p "$subpkgdir"
	_amove_if_there etc/nftables.d usr/share/nftables.avail
}

default_dbg() {
	error "debug symbols need objcopy of binutils, which is not there"
	return 1
}

for _name in doc dev static libs openrc systemd udev lang devhelp bashcomp zshcomp fishcomp pyc nftrules dbg; do
	eval "$_name() { default_$_name; }"
done
unset _name
