import { applet } from "../../../test/support/applet.ts";
import { md5sum, sha1sum, sha3sum, sha256sum, sha512sum } from "./md5sum.ts";

applet(md5sum, [
  {
    name: "digests",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f g",
    stdout: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919  g\n",
  },
  { name: "of stdin", stdin: "abc", stdout: "900150983cd24fb0d6963f7d28e17f72  -\n" },
  {
    name: "what cannot be read",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f nope .",
    stdout: "900150983cd24fb0d6963f7d28e17f72  f\n",
    stderr:
      "md5sum: can't open 'nope': No such file or directory\nmd5sum: can't read '.': Is a directory\n",
    status: 1,
  },
  {
    name: "checks",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-c sums",
    stdout: "f: OK\ng: OK\n",
  },
  {
    name: "checks lines with one space",
    files: { f: "abc", sums: "900150983cd24fb0d6963f7d28e17f72 f\n" },
    args: "-c sums",
    stdout: "f: OK\n",
  },
  {
    name: "finds what differs",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-c bad",
    stdout: "g: FAILED\n",
    stderr: "md5sum: WARNING: 2 of 2 computed checksums did NOT match\n",
    status: 1,
  },
  {
    name: "complains of lines",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-cw bad",
    stdout: "g: FAILED\n",
    stderr: "md5sum: invalid format\nmd5sum: WARNING: 2 of 2 computed checksums did NOT match\n",
    status: 1,
  },
  {
    name: "quietly",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-cs bad",
    status: 1,
  },
  {
    name: "empty list",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-c e",
    stderr: "md5sum: e: no checksum lines found\n",
    status: 1,
  },
  {
    name: "missing list",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-c nope",
    stderr: "md5sum: nope: No such file or directory\n",
    status: 1,
  },
  {
    name: "-s needs -c",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-s f",
    stderr: "usage",
    status: 1,
  },
]);

applet(sha1sum, [
  {
    name: "digest",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f",
    stdout: "a9993e364706816aba3e25717850c26c9cd0d89d  f\n",
  },
]);

applet(sha256sum, [
  {
    name: "digest",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f",
    stdout: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  f\n",
  },
]);

applet(sha512sum, [
  {
    name: "digest",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f",
    stdout:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f  f\n",
  },
]);

applet(sha3sum, [
  {
    name: "224 bits",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "f",
    stdout: "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf  f\n",
  },
  {
    name: "512 bits",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-a 512 f",
    stdout:
      "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0  f\n",
  },
  {
    name: "other bits",
    files: {
      f: "abc",
      g: "x\n",
      e: "",
      sums: "900150983cd24fb0d6963f7d28e17f72  f\n401b30e3b8b5d629635a5c613cdb7919 *g\n",
      bad: "900150983cd24fb0d6963f7d28e17f72  g\njunk\n",
    },
    args: "-a 1 f",
    stderr: "sha3sum: bad -a1\n",
    status: 1,
  },
]);
