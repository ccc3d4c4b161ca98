# Parameter expansion: defaults, lengths, patterns, nesting, quoting.
unset u; e=; v=value; p=/usr/local/lib/libc.so.6
echo "${u-default}" "${e-default}" "${e:-default}" "${v+set}" "${e:+set}|"
echo "${u:=assigned}" "$u" "${#v}" "${#p}"
echo "${p##*/}" "${p%/*}" "${p#*/}" "${p%%/*}|" "${p%.*}"
x='a b  c'; set -- $x; echo $# "$1" "$3"
set -- "$x"; echo $#
echo "${v#"val"}" "${v%'e'}" "${x#* }"
star='*'; echo "$star" "${v#$star}" "${v#"$star"}"
IFS=:; y=a:b::c; set -- $y; echo $# "$3|"; unset IFS
echo "${u:-"quoted default"}" "${nope:-${also_nope:-deep}}"
(: "${missing?is missing}") 2>/dev/null; echo $?
set -- one 'two three' ''; echo "$#:$*:"; for a in "$@"; do echo "[$a]"; done
echo "$((${#v} * 2 + 1))" "$(printf %s "${p##*.}")"
#> default  default set |
#> assigned assigned 5 24
#> libc.so.6 /usr/local/lib usr/local/lib/libc.so.6 | /usr/local/lib/libc.so
#> 3 a c
#> 1
#> ue valu b  c
#> * value value
#> 4 |
#> assigned deep
#> 2
#> 3:one two three :
#> [one]
#> [two three]
#> []
#> 11 6
