# Traps: EXIT, signals, resets in subshells, order.
trap 'echo exit' EXIT
(trap 'echo sub-exit' EXIT; echo in-sub)
(echo inherited-not-run)
trap 'echo usr1' USR1
kill -USR1 $$
echo after-usr1
trap - USR1
trap '' TERM
kill -TERM $$
echo ignored
(trap; :) | grep -c EXIT
f() { trap 'echo changed' EXIT; }
f
exit 5
#> in-sub
#> sub-exit
#> inherited-not-run
#> usr1
#> after-usr1
#> ignored
#> 0
#> changed
#= 5
