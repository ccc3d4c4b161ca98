# set -e: where a failure ends the shell and where it does not.
(set -e; false; echo no); echo $?
(set -e; if false; then :; fi; echo if); echo $?
(set -e; false || echo or; echo after); echo $?
(set -e; false && echo and; echo after-and); echo $?
(set -e; ! true; echo not); echo $?
(set -e; f() { false; echo in-f; }; f || echo f-failed; echo end); echo $?
(set -e; x=$(false); echo no); echo $?
(set -e; while false; do :; done; echo while); echo $?
(set -e; (exit 4); echo no); echo $?
(set -e; { false; echo no; } | cat; echo pipe); echo $?
#> 1
#> if
#> 0
#> or
#> after
#> 0
#> after-and
#> 0
#> not
#> 0
#> in-f
#> end
#> 0
#> 1
#> while
#> 0
#> 4
#> pipe
#> 0
