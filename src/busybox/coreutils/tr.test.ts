import { applet } from "../../../test/support/applet.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { tr } from "./tr.ts";

applet(tr, [
  { name: "ranges", args: "a-c A-C", stdin: "abcd\n", stdout: "ABCd\n" },
  {
    name: "the last of a short set stands for the rest",
    args: "abc xy",
    stdin: "abc",
    stdout: "xyy",
  },
  { name: "deletes", args: "-d b", stdin: "abc", stdout: "ac" },
  { name: "deletes all but", argv: ["-cd", "a\\n"], stdin: "abca\n", stdout: "aa\n" },
  { name: "squeezes", args: "-s a-z A-Z", stdin: "aabbc", stdout: "ABC" },
  {
    name: "squeezes over the ends of chunks",
    args: "-s b",
    stdin: `${"b".repeat(300000)}a`,
    stdout: "ba",
  },
  { name: "classes", argv: ["[:lower:]", "[:upper:]"], stdin: "abC1", stdout: "ABC1" },
  {
    name: "a class it does not know is its letters",
    argv: ["[:foo:]", "Z"],
    stdin: "x:f",
    stdout: "xZZ",
  },
  { name: "complement", argv: ["-c", "a-z", "?"], stdin: "a1b\n", stdout: "a?b?" },
  { name: "escapes", argv: ["\\n\\101\\x42", "xyz"], stdin: "\nAB", stdout: "xyz" },
  { name: "bytes above 127", argv: ["\\200-\\377", "?"], stdin: bytesOf("a\xe9"), stdout: "a?" },
  {
    name: "an empty second set",
    argv: ["a", ""],
    stderr: "tr: STRING2 cannot be empty\n",
    status: 1,
  },
  { name: "wants a set", stderr: "usage", status: 1 },
]);
