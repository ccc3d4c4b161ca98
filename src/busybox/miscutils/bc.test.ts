import { applet } from "../../../test/support/applet.ts";
import { bc } from "./bc.ts";

applet(bc, [
  { name: "numbers", stdin: ".5;0.50;-.5;0;00.10;1.;-0\n", stdout: ".5\n.50\n-.5\n0\n.10\n1\n0\n" },
  {
    name: "arithmetic and scale",
    stdin: "scale=3;1/3;-2/3;1.23456*1.1;7%3;-7%3;7.5%2;2^-2;2^100\n",
    stdout: ".333\n-.666\n1.35801\n.001\n-.001\n0\n.250\n1267650600228229401496703205376\n",
  },
  {
    name: "what is nothing has no scale",
    stdin: "scale=5;1/3-1/3+1;scale(0.00);length(0.00);0^-1\n",
    stdout: "1\n0\n1\n0\n",
  },
  {
    name: "long numbers are broken",
    stdin: "2^300;-(2^300)\n",
    stdout:
      "20370359763344860862684456884093781610514683936659362506361404493543\\\n81299763336706183397376\n-2037035976334486086268445688409378161051468393665936250636140449354\\\n381299763336706183397376\n",
  },
  {
    name: "unless told otherwise",
    env: { BC_LINE_LENGTH: "0" },
    stdin: "2^300\n",
    stdout:
      "2037035976334486086268445688409378161051468393665936250636140449354381299763336706183397376\n",
  },
  {
    name: "narrow lines",
    env: { BC_LINE_LENGTH: "8" },
    stdin: "2^40\n",
    stdout: "109951\\\n162777\\\n6\n",
  },
  {
    name: "other bases",
    stdin:
      "obase=16;255;-255;1.5;.1;obase=2;10;0.1;obase=20;12345;.5;obase=16;ibase=16;FF;A.8;ibase=A;1F;F\n",
    stdout: "FF\n-FF\n1.8\n.1\n1010\n.0001\n 01 10 17 05\n.10\nFF\nA.8\n13\nF\n",
  },
  {
    name: "length, scale, sqrt, last",
    stdin: "length(123.45);length(.001);scale(1.230);sqrt(2);scale=20;sqrt(2);last;.+1;last=7;.\n",
    stdout:
      "5\n1\n3\n1\n1.41421356237309504880\n1.41421356237309504880\n2.41421356237309504880\n7\n",
  },
  {
    name: "variables and arrays",
    stdin: "a=b=3;a;(a=4);a+=b*=2;a;a^=2;a;a%=7;a;x[1]=5;x[1]++;x[1];x[2];++x[a];foo=2;foo\n",
    stdout: "3\n4\n10\n100\n2\n5\n6\n0\n1\n2\n",
  },
  {
    name: "operators",
    stdin: "!1<2;-2^2;2^3^2;1<2<3;1==1&&0;1||0;!5;a=5;a++ + ++a;a-- - --a\n",
    stdout: "1\n4\n512\n1\n0\n1\n0\n12\n2\n",
  },
  {
    name: "statements",
    stdin:
      "if(1)2;if(0)3 else 4;for(i=0;i<3;i++)i;while(i<9){i+=1;if(i==5)continue;if(i==7)break;i}\nfor(;;)break\n{1;2\n3}\n",
    stdout: "2\n4\n0\n1\n2\n4\n6\n1\n2\n3\n",
  },
  {
    name: "functions",
    stdin:
      "define f(n){if(n<2)return 1;return n*f(n-1)}\nf(30)\ndefine g(x)\n{\nauto y\ny=x;x=9\nreturn(y)\n}\ng(3);x;y\n",
    stdout: "265252859812191058636308480000000\n3\n0\n0\n",
  },
  {
    name: "arrays in functions",
    stdin:
      "define f(a[],b){auto c,d[];a[0]=9;c=b;d[1]=3;return c+d[1]}\nx[0]=1;f(x[],2);x[0]\ndefine g(*a[]){a[0]=9}\ng(x[]);x[0]\n",
    stdout: "5\n1\n0\n9\n",
  },
  {
    name: "numbers of functions are read when they run",
    stdin: "define f(){return 10}\nibase=16\nf()\n",
    stdout: "16\n",
  },
  {
    name: "void functions",
    stdin: "define void f(x){x}\nf(2)\ndefine g(x){x}\ng(2)\n",
    stdout: "2\n2\n0\n",
  },
  {
    name: "strings and print",
    stdin: '"a\\nb"\nprint "a\\tb\\q", 1+1, "\\n"\n',
    stdout: "a\\nba\tb\\q2\n",
  },
  { name: "comments and long lines", stdin: "1 # one\n/* two\n2 */ 3 \\\n+ 4\n", stdout: "1\n7\n" },
  { name: "read", stdin: "a=read()\n3+4\na*2\n", stdout: "14\n" },
  {
    name: "limits",
    stdin: "limits\n",
    stdout:
      "BC_BASE_MAX     = 999\nBC_DIM_MAX      = 2147483647\nBC_SCALE_MAX    = 4294967295\nBC_STRING_MAX   = 4294967294\nMAX Exponent    = 999999999\nNumber of vars  = 999999999\n",
  },
  { name: "quit", stdin: "1\nquit\n2\n", stdout: "1\n" },
  { name: "quit counts when it is read", stdin: "1\nif(0)quit\n2\n", stdout: "1\n" },
  { name: "halt counts when it runs", stdin: "if(0)halt\n2\nhalt\n3\n", stdout: "2\n" },
  {
    name: "divide by zero",
    stdin: "1;1/0\n2\n",
    stdout: "1\n",
    stderr: "bc: divide by zero\n",
    status: 1,
  },
  { name: "not an integer", stdin: "2^.5\n", stderr: "bc: not an integer\n", status: 1 },
  { name: "negative root", stdin: "sqrt(-1)\n", stderr: "bc: negative number\n", status: 1 },
  { name: "unknown function", stdin: "f(1)\n", stderr: "bc: undefined function\n", status: 1 },
  {
    name: "wrong number of arguments",
    stdin: "define f(x){return x}\nf(1,2)\n",
    stderr: "bc: function has 1 parameters, but called with 2\n",
    status: 1,
  },
  { name: "bad expression", stdin: "1+\n2\n", stderr: "bc: bad expression at ''\n", status: 1 },
  { name: "bad character", stdin: "@\n", stderr: "bc: bad character '@'\n", status: 1 },
  { name: "unfinished string", stdin: '"abc\n', stderr: "bc: unterminated string\n", status: 1 },
  { name: "unfinished block", stdin: "define f(x){\n", stderr: "bc: bad token at ''\n", status: 1 },
  {
    name: "left of =",
    stdin: "5=3\n",
    stderr: "bc: bad assignment: left side must be variable or array element at '=3'\n",
    status: 1,
  },
  { name: "bad obase", stdin: "obase=1\n", stderr: "bc: bad obase; must be [2,999]\n", status: 1 },
  {
    name: "return outside",
    stdin: "return 1\n",
    stderr: "bc: 'return' not in a function\n",
    status: 1,
  },
  { name: "break outside", stdin: "break\n", stderr: "bc: bad token at 'break'\n", status: 1 },
  { name: "negative index", stdin: "a[-1]\n", stderr: "bc: negative number\n", status: 1 },
  {
    name: "e",
    args: "-l",
    stdin: "e(1);e(0);e(-5);e(.5);e(20)\n",
    stdout:
      "2.71828182845904523536\n1.00000000000000000000\n.00673794699908546709\n1.64872127070012814684\n485165195.40979027796910683054\n",
  },
  {
    name: "l",
    args: "-l",
    stdin: "l(2);l(10);l(1);l(0);l(.0001)\n",
    stdout:
      ".69314718055994530941\n2.30258509299404568401\n0\n-99999999999999999999.00000000000000000000\n-9.21034037197618273607\n",
  },
  {
    name: "s and c",
    args: "-l",
    stdin: "s(1);c(1);s(-10);c(100);s(3.14159265358979323846);s(0);c(0)\n",
    stdout:
      ".84147098480789650665\n.54030230586813971740\n.54402111088936981340\n.86231887228768393410\n0\n0\n1.00000000000000000000\n",
  },
  {
    name: "a",
    args: "-l",
    stdin: "4*a(1);a(.2);a(-3);a(100);a(0)\n",
    stdout:
      "3.14159265358979323844\n.19739555984988075837\n-1.24904577239825442582\n1.56079666010823138102\n0\n",
  },
  {
    name: "j",
    args: "-l",
    stdin: "j(0,1);j(1,2.5);j(-1,2);j(3,10)\n",
    stdout:
      ".76519768655796655144\n.49709410246427403801\n-.57672480775687338720\n.05837937930518681234\n",
  },
  {
    name: "more digits",
    args: "-l",
    stdin: "scale=70;e(1);4*a(1);l(3);s(2)\n",
    stdout:
      "2.718281828459045235360287471352662497757247093699959574966967627724\\\n0766\n3.141592653589793238462643383279502884197169399375105820974944592307\\\n8164\n1.098612288668109691395245236922525704647490557822749451734694333637\\\n4942\n.9092974268256816953960198659117448427022549714478902683789730115309\\\n673\n",
  },
  { name: "own e", args: "-l", stdin: "define e(x){return 7}\ne(1)\n", stdout: "7\n" },
  {
    name: "POSIX only: print",
    args: "-s",
    stdin: "1\nprint 2\n",
    stdout: "1\n",
    stderr: "bc: POSIX does not allow the 'print' keyword\n",
    status: 1,
  },
  { name: "POSIX only: boolean operators", args: "-s", stdin: "if(a==b)1\n", stdout: "1\n" },
  {
    name: "files, then stdin",
    args: "a b",
    files: { a: "x=3\n", b: "x*2\n" },
    stdin: "x+1\n",
    stdout: "6\n4\n",
  },
  {
    name: "no such file",
    args: "nope",
    stderr: "bc: can't open 'nope': No such file or directory\n",
    status: 1,
  },
  { name: "wrong option", args: "-e 1", stderr: "bc: unrecognized option: e\n…usage", status: 1 },
]);
