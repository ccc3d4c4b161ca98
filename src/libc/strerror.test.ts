import { expect, test } from "vitest";
import { ENOENT, ENOTTY } from "../abi/errno.ts";
import { strerror } from "./strerror.ts";
import { signalList, signalName, signalNumber, strsignal } from "./strsignal.ts";

test("texts are musl's", () => {
  expect(strerror(ENOENT)).toBe("No such file or directory");
  expect(strerror(ENOTTY)).toBe("Not a tty");
  expect([0, 40, 98, 133].map(strerror)).toEqual([
    "No error information",
    "Symbolic link loop",
    "Address in use",
    "No error information",
  ]);
});

test("signals have musl's texts and BusyBox's names", () => {
  expect([0, 9, 11, 15, 20, 34, 65].map(strsignal)).toEqual([
    "Unknown signal",
    "Killed",
    "Segmentation fault",
    "Terminated",
    "Stopped",
    "RT34",
    "Unknown signal",
  ]);
  expect([0, 9, 29, 32, 35, 64].map(signalName)).toEqual([
    "EXIT",
    "KILL",
    "POLL",
    "32",
    "RTMIN",
    "RTMAX",
  ]);
  const list = signalList().split("\n");
  expect([list.length, list[0], list[31], list[32]]).toEqual([
    34,
    " 1) HUP",
    "35) RTMIN",
    "64) RTMAX",
  ]);
});

test.each([
  ["KILL", 9],
  ["SIGHUP", 1],
  ["chld", 17],
  ["EXIT", 0],
  ["IO", 29],
  ["SIGIOT", 6],
  ["RTMIN+29", 64],
  ["RTMAX-3", 61],
  ["09", 9],
  ["127", 127],
  ["128", -1],
  ["CLD", -1],
  ["RTMIN-1", -1],
  ["RTMIN+30", -1],
  ["0x9", -1],
  ["-1", -1],
  ["", -1],
])("signalNumber(%j) is %i", (name, want) => expect(signalNumber(name)).toBe(want));
