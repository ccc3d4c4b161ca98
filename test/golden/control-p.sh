# Loops, case, functions, break and continue with levels.
for i in 1 2 3; do for j in a b c; do
  [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j
done; done
n=0; until [ $n -ge 3 ]; do n=$((n + 1)); done; echo $n
for w in abc 'a c' '' x-y '*'; do
  case $w in a?c) echo one;; *-*) echo dash;; '') echo empty;; \*) echo star;; esac
done
f() { local_x=$1; return $(($1 + 1)); }; f 41; echo $? $local_x
g() { echo "$# $*"; shift; [ $# -gt 0 ] && g "$@"; }; g a 'b c' d
if :; then echo then; elif false; then echo elif; else echo else; fi
{ echo group; } && (echo subshell) || echo never
! false; echo $?
while :; do break; done; echo $?
#> 1a
#> 2a
#> 3
#> one
#> one
#> empty
#> dash
#> star
#> 42 41
#> 3 a b c d
#> 2 b c d
#> 1 d
#> then
#> group
#> subshell
#> 0
#> 0
