# What alpine-conf's tests ask of atf-sh(3), one case a run: sh atf.sh FILE CASE, with $ATF_SRCDIR where FILE is.
# Exit status 77: skipped.
_file=$1; _case=$2
atf_get_srcdir() { echo "$ATF_SRCDIR"; }
atf_test_case() { :; }
atf_add_test_case() { :; }
atf_init_test_cases() { :; }
atf_set() { :; }
atf_fail() { echo "FAIL: $*"; exit 1; }
atf_skip() { echo "skip: $*"; exit 77; }
atf_require_prog() { for _p; do command -v "$_p" >/dev/null || atf_skip "no $_p"; done; }
atf_check_equal() { [ "$1" = "$2" ] || atf_fail "$1 is not $2"; }
_one() { # stream spec file
  case $2 in
  ignore) ;;
  empty) [ ! -s "$3" ] || { echo "$1 is not empty:"; cat "$3"; exit 1; } ;;
  not-empty) [ -s "$3" ] || atf_fail "$1 is empty" ;;
  match:*) grep -E -q -e "${2#match:}" "$3" || { echo "$1 lacks ${2#match:}:"; cat /tmp/_out /tmp/_err; exit 1; } ;;
  not-match:*) ! grep -E -q -e "${2#not-match:}" "$3" || { echo "$1 has ${2#not-match:}:"; cat "$3"; exit 1; } ;;
  inline:*) printf "${2#inline:}" | cmp -s - "$3" || { echo "$1 differs:"; cat "$3"; exit 1; } ;;
  file:*) cmp -s "${2#file:}" "$3" || { echo "$1 differs:"; diff "${2#file:}" "$3"; exit 1; } ;;
  *) atf_fail "what is $2" ;;
  esac
}
_all() { # stream file specs, one a line
  local spec ifs=$IFS
  IFS='
'
  for spec in $3; do IFS=$ifs; _one "$1" "$spec" "$2"; done
  IFS=$ifs
}
atf_check() {
  local status=exit:0 out= err= got
  while :; do
    case $1 in
    -s) status=$2; shift 2 ;;
    -o) out="$out
$2"; shift 2 ;;
    -e) err="$err
$2"; shift 2 ;;
    -x) shift; set -- sh -c "$1"; break ;;
    *) break ;;
    esac
  done
  "$@" >/tmp/_out 2>/tmp/_err
  got=$?
  case $status in
  ignore) ;;
  exit:*) [ $got = ${status#exit:} ] || { echo "status $got, not $status: $*"; cat /tmp/_out /tmp/_err; exit 1; } ;;
  not-exit:*) [ $got != ${status#not-exit:} ] || { echo "status $got: $*"; cat /tmp/_out /tmp/_err; exit 1; } ;;
  esac
  _all stdout /tmp/_out "${out:-empty}"
  _all stderr /tmp/_err "${err:-empty}"
}
# Not named after the case: some look whether its name is printed.
mkdir -p /tmp/work/$$
cd /tmp/work/$$ || exit
export HOME=$PWD
. "$_file"
"${_case}_body"
