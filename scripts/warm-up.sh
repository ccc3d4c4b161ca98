# What most scripts do: the functions that this calls are in the cache of compiled code (scripts/build.mjs).
f() {
  local x="$1" y
  y=${x#a}
  y=${x%%b*}
  case "$y" in a*) echo "$y" ;; *) printf '%s %d\n' "$x" 1 ;; esac
  return 0
}
i=0 t=0
while [ "$i" -lt 3 ]; do i=$((i + 1)) t=$((t * 2 + i % 3)); f "$i" | cat; done
for w in a "b c" $(echo d); do [ "$w" = d ] && test -n "$w" || :; done
while read -r a b; do set -- $a $b; shift; done <<X
a b
$(ls / | cut -c1)
X
(cd /tmp; x=1 sh -c 'exit 0'; eval 'y=$x') >/dev/null 2>&1 &
wait $!
if ! false; then trap : EXIT; fi
true
{ ls -l /; echo "${i:-x}" ${#i} /bin/ca*; } >/tmp/out
echo ":" >/tmp/script
. /tmp/script </dev/null
rm /tmp/out /tmp/script
