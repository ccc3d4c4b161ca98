import { expect, test } from "vitest";
import { S_IFDIR, S_IFREG } from "../../abi/stat.ts";
import { parseMode } from "./mode.ts";

// Recorded from BusyBox 1.36.1, umask 022: mode string, then what it makes of 0644, of 7755, of a 7755 directory.
const rows: [string, number, number, number][] = [
  ["u+t", 0o644, 0o7755, 0o7755],
  ["a+t", 0o1644, 0o7755, 0o7755],
  ["+t", 0o1644, 0o7755, 0o7755],
  ["o+s", 0o644, 0o7755, 0o7755],
  ["g+s", 0o2644, 0o7755, 0o7755],
  ["uo=t", 0o40, 0o3050, 0o3050],
  ["=t", 0o1000, 0o1000, 0o1000],
  ["o=s", 0o640, 0o7750, 0o7750],
  ["u+rs", 0o4644, 0o7755, 0o7755],
  ["-t", 0o644, 0o6755, 0o6755],
  ["1000", 0o1000, 0o1000, 0o1000],
  ["u=u", 0o44, 0o3055, 0o3055],
  ["g=o+t", 0o644, 0o5755, 0o5755],
  ["u++x", 0o744, 0o7755, 0o7755],
  [",u+x", 0o744, 0o7755, 0o7755],
  ["u=rX", 0o444, 0o3555, 0o3555],
  ["=rX,u+w", 0o644, 0o644, 0o755],
  ["ug=rwX", 0o664, 0o1775, 0o1775],
  ["a=u+s", 0o6000, 0o6000, 0o6000],
  ["go=u", 0o666, 0o5777, 0o5777],
  ["=w", 0o200, 0o200, 0o200],
  ["+rwxst", 0o7755, 0o7755, 0o7755],
];

for (const [text, file, special, directory] of rows) {
  test(`mode ${text}`, () => {
    expect(parseMode(text, S_IFREG | 0o644, 0o022)).toBe(file);
    expect(parseMode(text, S_IFREG | 0o7755, 0o022)).toBe(special);
    expect(parseMode(text, S_IFDIR | 0o7755, 0o022)).toBe(directory);
  });
}

test("what is no mode", () => {
  for (const text of ["", "8", "77777", "u+z", "x", "a", "u+x,-w,zz", "78"])
    expect(parseMode(text, 0o644, 0o022), text).toBeUndefined();
});
