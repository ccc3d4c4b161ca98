import { applet } from "../../../test/support/applet.ts";
import { xxd } from "./xxd.ts";

const files = {
  f: "hello world\n\u0000\u0001\u0002abc def\t123456789012345678",
  z: "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
  s: "0123456789abcdef0123456789abcdef0123456789abcdef01",
};

applet(xxd, [
  {
    name: "f",
    args: "f",
    files: files,
    stdout:
      "00000000: 6865 6c6c 6f20 776f 726c 640a 0001 0261  hello world....a\n00000010: 6263 2064 6566 0931 3233 3435 3637 3839  bc def.123456789\n00000020: 3031 3233 3435 3637 38                   012345678\n",
  },
  {
    name: "z",
    args: "z",
    files: files,
    stdout:
      "00000000: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000020: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000040: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000050: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n00000060: 0000 0000                                ....\n",
  },
  {
    name: "-p f",
    args: "-p f",
    files: files,
    stdout:
      "68656c6c6f20776f726c640a000102616263206465660931323334353637\n3839303132333435363738\n",
  },
  {
    name: "-i f",
    args: "-i f",
    files: files,
    stdout:
      "unsigned char f[] = {\n  0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x77, 0x6f, 0x72, 0x6c, 0x64, 0x0a,\n  0x00, 0x01, 0x02, 0x61, 0x62, 0x63, 0x20, 0x64, 0x65, 0x66, 0x09, 0x31,\n  0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x30, 0x31, 0x32, 0x33,\n  0x34, 0x35, 0x36, 0x37, 0x38,\n};\nunsigned int f_len = 41;\n",
  },
  {
    name: "-g 1 f",
    args: "-g 1 f",
    files: files,
    stdout:
      "00000000: 68 65 6c 6c 6f 20 77 6f 72 6c 64 0a 00 01 02 61  hello world....a\n00000010: 62 63 20 64 65 66 09 31 32 33 34 35 36 37 38 39  bc def.123456789\n00000020: 30 31 32 33 34 35 36 37 38                       012345678\n",
  },
  {
    name: "-g 0 f",
    args: "-g 0 f",
    files: files,
    stdout:
      "00000000: 68656c6c6f20776f726c640a00010261  hello world....a\n00000010: 62632064656609313233343536373839  bc def.123456789\n00000020: 303132333435363738                012345678\n",
  },
  {
    name: "-g 3 f",
    args: "-g 3 f",
    files: files,
    stdout:
      "00000000: 68656c 6c6f20 776f72 6c640a 000102 61  hello world....a\n00000010: 626320 646566 093132 333435 363738 39  bc def.123456789\n00000020: 303132 333435 363738                   012345678\n",
  },
  {
    name: "-g 16 f",
    args: "-g 16 f",
    files: files,
    stdout:
      "00000000: 68656c6c6f20776f726c640a00010261  hello world....a\n00000010: 62632064656609313233343536373839  bc def.123456789\n00000020: 303132333435363738                012345678\n",
  },
  {
    name: "-c 5 -g 2 f",
    args: "-c 5 -g 2 f",
    files: files,
    stdout:
      "00000000: 6865 6c6c 6f  hello\n00000005: 2077 6f72 6c   worl\n0000000a: 640a 0001 02  d....\n0000000f: 6162 6320 64  abc d\n00000014: 6566 0931 32  ef.12\n00000019: 3334 3536 37  34567\n0000001e: 3839 3031 32  89012\n00000023: 3334 3536 37  34567\n00000028: 38            8\n",
  },
  {
    name: "-c 1 -l 3 f",
    args: "-c 1 -l 3 f",
    files: files,
    stdout: "00000000: 68  h\n00000001: 65  e\n00000002: 6c  l\n",
  },
  {
    name: "-c 20 f",
    args: "-c 20 f",
    files: files,
    stdout:
      "00000000: 6865 6c6c 6f20 776f 726c 640a 0001 0261 6263 2064  hello world....abc d\n00000014: 6566 0931 3233 3435 3637 3839 3031 3233 3435 3637  ef.12345678901234567\n00000028: 38                                                 8\n",
  },
  {
    name: "-l 5 f",
    args: "-l 5 f",
    files: files,
    stdout: "00000000: 6865 6c6c 6f                             hello\n",
  },
  {
    name: "-s 3 f",
    args: "-s 3 f",
    files: files,
    stdout:
      "00000003: 6c6f 2077 6f72 6c64 0a00 0102 6162 6320  lo world....abc \n00000013: 6465 6609 3132 3334 3536 3738 3930 3132  def.123456789012\n00000023: 3334 3536 3738                           345678\n",
  },
  {
    name: "-s 3 -l 5 f",
    args: "-s 3 -l 5 f",
    files: files,
    stdout: "00000003: 6c6f 2077 6f                             lo wo\n",
  },
  {
    name: "-o 16 f",
    args: "-o 16 f",
    files: files,
    stdout:
      "00000010: 6865 6c6c 6f20 776f 726c 640a 0001 0261  hello world....a\n00000020: 6263 2064 6566 0931 3233 3435 3637 3839  bc def.123456789\n00000030: 3031 3233 3435 3637 38                   012345678\n",
  },
  {
    name: "-o 0x10 -l 4 f",
    args: "-o 0x10 -l 4 f",
    files: files,
    stdout: "00000010: 6865 6c6c                                hell\n",
  },
  {
    name: "-p -c 10 f",
    args: "-p -c 10 f",
    files: files,
    stdout:
      "68656c6c6f20776f726c\n640a0001026162632064\n65660931323334353637\n38393031323334353637\n38\n",
  },
  {
    name: "-i -c 4 -l 6 f",
    args: "-i -c 4 -l 6 f",
    files: files,
    stdout:
      "unsigned char f[] = {\n  0x68, 0x65, 0x6c, 0x6c,\n  0x6f, 0x20,\n};\nunsigned int f_len = 6;\n",
  },
  { name: "-p -l 3 f", args: "-p -l 3 f", files: files, stdout: "68656c\n" },
  { name: "-l 0 f", args: "-l 0 f", files: files },
  {
    name: "nope",
    args: "nope",
    files: files,
    stderr: "xxd: nope: No such file or directory\n",
    status: 1,
  },
  { name: "-l x f", args: "-l x f", files: files, stderr: "xxd: invalid number 'x'\n", status: 1 },
  { name: "f z", args: "f z", files: files, stderr: "usage", status: 1 },
  {
    name: "-u f",
    args: "-u f",
    files: files,
    stderr: "xxd: unrecognized option: u\n…usage",
    status: 1,
  },
  {
    name: "stdin",
    files: files,
    stdin: "abc",
    stdout: "00000000: 6162 63                                  abc\n",
  },
  {
    name: "array without a name",
    args: "-i",
    files: files,
    stdin: "abc",
    stdout: "  0x61, 0x62, 0x63,\n",
  },
  {
    name: "back",
    args: "-r",
    files: files,
    stdin: "00000000: 6865 6c6c 6f0a  hello.\n",
    stdout: "hello\n",
  },
  {
    name: "back: gaps are zeros",
    args: "-r",
    files: files,
    stdin: "2: 41\n6: 42 43\n",
    stdout: "\u0000\u0000A\u0000\u0000\u0000BC",
  },
  {
    name: "back: two blanks end the bytes",
    args: "-r",
    files: files,
    stdin: "0: 41 42  43 44\n",
    stdout: "AB",
  },
  {
    name: "back: junk ends the bytes",
    args: "-r",
    files: files,
    stdin: "0: 41zz42\n",
    stdout: "A",
  },
  {
    name: "back: no address",
    args: "-r",
    files: files,
    stdin: "zz\n",
    stderr: "xxd: invalid number 'zz'\n",
    status: 1,
  },
  { name: "digits back", args: "-r -p", files: files, stdin: "68656c6c6f0a\n", stdout: "hello\n" },
  {
    name: "digits back: blanks and lines",
    args: "-r -p",
    files: files,
    stdin: "68 65\n6c 6\nc 6f0a\n",
    stdout: "hello\n",
  },
  { name: "digits back: junk", args: "-r -p", files: files, stdin: "41zz42\n", stdout: "A" },
]);
