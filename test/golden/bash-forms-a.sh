# What Alpine's ash has of bash: [[ ]], $'…', substrings, replacement, &>, pipefail, local, let, <( ).
x=hello; echo ${x:1:3} ${x/l/L} ${x//l/L} ${x: -2}
[[ $x == hel* ]] && echo match
[[ $x =~ ^h.l ]] && echo regex
echo $'tab\there\x41'
f() { local x=inner; echo $x; }; f; echo $x
let y=3*4; echo $y
(set -o pipefail; false | true; echo $?)
{ echo o; echo e >&2; } &>/dev/null; echo $?
echo $((2**10)) $((16#ff)) $((010))
cat <(echo sub) | tr a-z A-Z
source /dev/null; echo $?
#> ell heLlo heLLo lo
#> match
#> regex
#> tab	hereA
#> inner
#> hello
#> 12
#> 1
#> 0
#> 1024 255 8
#> SUB
#> 0
