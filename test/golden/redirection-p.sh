# Redirections: order, duplication, closing, here-documents, groups.
cd "${TMPDIR:-/tmp}" && mkdir g.$$ && cd g.$$ || exit 1
{ echo out; echo err >&2; } >both 2>&1; cat both
{ echo out; echo err >&2; } 2>&1 >/dev/null
echo a >f; echo b >>f; cat <f
exec 3>g; echo three >&3; exec 3>&-; cat g
(echo x >&3) 2>/dev/null; echo $?
while read -r line; do echo "<$line>"; done <<E
one $((1 + 1))
two \$x `echo sub`
E
cat <<'E'
raw $x `no`
E
cat <<-E
	tabs
		gone
	E
set -C; (echo no >f) 2>/dev/null; echo $?; echo yes >|f; cat f
for i in 1 2; do echo $i; done >loop; cat loop
f() { cat; } <f; f
cd ..; rm -r g.$$
#> out
#> err
#> err
#> a
#> b
#> three
#> 1
#> <one 2>
#> <two $x sub>
#> raw $x `no`
#> tabs
#> gone
#> 1
#> yes
#> 1
#> 2
#> yes
