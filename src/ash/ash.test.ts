import { applet } from "../../test/support/applet.ts";
import { sh } from "../busybox/shell/ash.ts";

// There are no programs in these machines, and no /dev: only the shell.
const CAT = 'cat() { while read -r l; do echo "$l"; done; }; ';

function c(script: string, ...args: string[]): readonly string[] {
  return ["-c", script.includes("cat ") ? CAT + script : script, ...args];
}

// Expected texts were taken from the original.
applet(sh, [
  {
    name: "splits and globs",
    argv: c("x='a  b *'; echo $x \"$x\""),
    files: { f: "" },
    stdout: "a b f a  b *\n",
  },
  {
    name: "IFS",
    argv: c("IFS=,; x='a,,b,'; set -- $x; echo $# $1-$3; echo \"$*\""),
    stdout: "3 a-b\na,,b\n",
  },
  {
    name: 'no fields of "$@"',
    argv: c('n() { echo $#; }; set --; n "$@"; n "$@"""; n ""$@; n "$*"'),
    stdout: "0\n1\n1\n1\n",
  },
  {
    name: "operations",
    argv: c("x=abcabc; echo ${x#*b} ${x##*b} ${x%b*} ${x/b/X} ${x//[bc]} ${x:1:2} ${x: -2} ${#x}"),
    stdout: "cabc c abca aXcabc aa bc bc 6\n",
  },
  {
    name: "message of ?",
    argv: c("echo ${x:?}"),
    stderr: "sh: x: parameter not set or null\n",
    status: 2,
  },
  {
    name: "bad substitution only when it is run",
    argv: c("if false; then echo ${x@Q}; fi; echo ok; echo ${x@Q}"),
    stdout: "ok\n",
    stderr: "sh: syntax error: bad substitution\n",
    status: 2,
  },
  {
    name: "assignments see those before, then are gone",
    argv: c("x=0; f() { echo $x$y; }; x=1 y=$x f; echo $x"),
    stdout: "11\n0\n",
  },
  {
    name: "special builtins keep assignments",
    argv: c("x=1; x=2 :; echo $x; x=3 true; echo $x"),
    stdout: "2\n2\n",
  },
  {
    name: "errexit and its exceptions",
    argv: c(
      "set -e; f() { false; echo in; }; f || :; ! true; if f; then :; fi; { false; } || :; (false; echo no); echo no",
    ),
    stdout: "in\nin\n",
    status: 1,
  },
  {
    name: "status through it all",
    argv: c(
      "x=$(exit 4); echo $?; (exit 3); echo $?; false; x=; echo $?; if false; then :; fi; echo $?; ! :; echo $?",
    ),
    stdout: "4\n3\n0\n0\n1\n",
  },
  {
    name: "traps and the end",
    argv: c("trap 'echo e $?; false' EXIT; (trap 'echo i' EXIT; exit 2); echo $?; exit 4"),
    stdout: "i\n2\ne 4\n",
    status: 4,
  },
  {
    name: "a signal's trap finds and leaves $?",
    argv: c("trap 'echo $?; false' USR1; (exit 3); kill -USR1 $$; echo $?"),
    stdout: "0\n0\n",
  },
  {
    name: "return and break in their places",
    argv: c(
      "f() { while :; do return 4; done; }; f; echo $?; g() { break; echo no; }; for i in 1 2; do g; echo no; done; echo $i",
    ),
    stdout: "4\n1\n",
  },
  {
    name: "redirections come and go",
    argv: c("{ echo a; echo b >&2; } >f 2>&1; echo c >>f; cat <f; echo d >&9; echo $?"),
    stdout: "a\nb\nc\n1\n",
    stderr: "sh: 9: Bad file descriptor\n",
  },
  {
    name: "here-documents",
    argv: c("x=1; cat <<A; cat <<-'B'; cat <<C\n$x\nA\n\t$x\n\tB\n$x \"$(echo ')')\"\nC"),
    stdout: '1\n$x\n1 ")"\n',
  },
  {
    name: "assignments before eval",
    argv: c("export B=2; A=1 eval 'echo $A$B'"),
    stdout: "12\n",
  },
  {
    name: "quoting of listings",
    argv: c(
      "x=\"it's\"; export x; export -p | while read l; do case $l in *x=*) echo \"$l\"; esac; done; alias a='b c'; alias; trap 'echo' INT; trap",
    ),
    stdout: "export x='it'\"'\"'s'\na='b c'\ntrap -- 'echo' INT\n",
  },
  {
    name: "trace",
    argv: c("set -x; x='a b' : \"c d\" '' [ = %"),
    stderr: "+ x='a b' : 'c d'  '[' '=' '%'\n",
  },
  {
    name: "not found, not executable",
    argv: c("nosuch; echo $?; ./f; echo $?; /; echo $?"),
    files: { f: "" },
    stdout: "127\n126\n126\n",
    stderr: "sh: nosuch: not found\nsh: ./f: Permission denied\nsh: /: Permission denied\n",
  },
  {
    name: "lines of a script",
    argv: ["s"],
    files: { s: "f() {\n cd /no\n}\nf\nfoo\n. ./no\n" },
    stderr:
      "s: cd: line 2: can't cd to /no: No such file or directory\ns: line 5: foo: not found\ns: .: line 6: can't open './no': No such file or directory\n",
    status: 2,
  },
  {
    name: "read",
    argv: c('read -r a b; read c; IFS=: read d e; echo "$a|$b|$c|$d|$e"'),
    stdin: "x\\y  z w \n\\a\\\nb\n1:2:\n",
    stdout: "x\\y|z w|ab|1|2\n",
  },
  {
    name: "read takes no more of a pipe than its line",
    argv: c(
      "printf 'a b\\nc\\\\\nd\\ne\\0f\\n\\nrest' | { read -r a; read b; read c; read d; read e; echo \"$? $a|$b|$c|$d|$e\"; }; " +
        "printf '1\\n2\\n3\\n' | { read a; (read b; echo $a$b); read c; echo $c; }",
    ),
    stdout: "1 a b|cd|ef||rest\n12\n3\n",
  },
  {
    name: "subshells have variables of their own",
    argv: c(
      "a=1 b=2; f() { echo $a$b; }; (a=5; (a=8; f; unset b; echo ${b-no}); f); f; x=$(a=7; f); echo $a$x; " +
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do eval v$i=$i; (eval v$i=x; a=$i); done; echo $v1$v15$a",
    ),
    stdout: "82\nno\n52\n12\n172\n1151\n",
  },
  {
    name: "exit where nothing follows",
    argv: c(
      "(exit 4); echo $?; (trap 'echo t $?' EXIT; exit 5); echo $?; (if true; then exit 6; fi); echo $?; set -e; (trap 'exit 8' EXIT; exit 7) || echo $?; (exit 9); echo no",
    ),
    stdout: "4\nt 5\n5\n6\n8\n",
    status: 9,
  },
  {
    name: "getopts",
    argv: c("while getopts :ab: o -ab x -c -b; do echo $o $OPTARG $OPTIND; done"),
    stdout: "a 2\nb x 3\n: b 5\n".replace(": b 5", "? c 4\n: b 5"),
  },
  {
    name: "jobs",
    argv: c("while :; do :; done & kill $!; wait $!; echo $?; (exit 3) & wait -n; echo $?"),
    stdout: "143\n3\n",
    stderr: "Terminated\n",
  },
  {
    name: "process substitution",
    argv: c("echo <(:) >(:); read x <&64; echo $?"),
    stdout: "/dev/fd/64 /dev/fd/65\n1\n",
    stderr: "sh: 64: Bad file descriptor\n",
  },
  {
    name: "local",
    argv: c(
      "x=1; f() { local x; echo ${x-unset}; x=2; g; }; g() { echo $x; }; f; echo $x; local y",
    ),
    stdout: "unset\n2\n1\n",
    stderr: "sh: local: line 0: not in a function\n",
    status: 2,
  },
  {
    name: "deep recursion",
    argv: c("f() { [ $1 -eq 0 ] || f $(($1 - 1)); }; f 3000; echo $?"),
    stdout: "0\n",
  },
  {
    name: "endless recursion dies of a signal",
    argv: c("(f() { f; }; f); echo $?"),
    stdout: "139\n",
    stderr: "Segmentation fault\n",
  },
  {
    name: "substitutions go on after errors",
    argv: c("set -e; x=$(false; echo $-); echo $x; (false; echo no); echo no"),
    stdout: "c\n",
    status: 1,
  },
  {
    name: "type with an option is short",
    argv: c("type -p cd; type -t if nope; type cd"),
    stdout: "cd\nif\ncd is a shell builtin\n",
  },
  {
    name: "symbolic masks",
    argv: c(
      "m() { umask 0124; umask $1; umask; }; m a=u; m =rw; m +x; m u=rwx,g=u; m a-s; umask u+s",
    ),
    stdout: "0777\n0135\n0124\n0004\n0124\n",
    stderr: "sh: umask: line 0: illegal mode: u+s\n",
    status: 2,
  },
  {
    name: "an error of -c in an interactive shell",
    argv: ["-i", "-c", "set -u; echo $x; echo no"],
    env: { PS1: "> " },
    stdin: "echo more\n",
    stdout: "> more\n> ",
    stderr: "sh: can't access tty; job control turned off\nsh: x: parameter not set\n\n",
  },
  {
    name: "right operand first",
    argv: c("a='b=c' c='d=123'; echo $((a,d)):$((d)); kill -n 9 $$"),
    stdout: "0:123\n",
    stderr: "sh: bad signal name 'n'\n",
    status: 1,
  },
]);
