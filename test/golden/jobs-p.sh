# Background jobs: wait, statuses, $!, signals.
(exit 3) & wait $!; echo $?
sleep 0 & p=$!; wait; echo $?
(sleep 5; echo late) & kill $!; wait $! 2>/dev/null; echo $?
{ sleep 0.1 2>/dev/null || sleep 1; echo second; } & echo first; wait
f() { return 7; }; f & wait $!; echo $?
wait 99999 2>/dev/null; echo $?
#> 3
#> 0
#> 143
#> first
#> second
#> 7
#> 127
