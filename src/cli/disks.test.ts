import { expect, test } from "vitest";
import { parseDisk, parseIso, parseSize } from "./disks.ts";

test("disks of a command line", () => {
  expect(parseDisk("a.img,size=8G,ro")).toEqual({
    path: "a.img",
    kind: "disk",
    options: { size: 8 * 2 ** 30, readonly: true },
  });
  expect(parseDisk("a,,b.img,sector=4096")).toMatchObject({
    path: "a,b.img",
    options: { sectorSize: 4096 },
  });
  expect(parseIso("x,y.iso")).toMatchObject({ path: "x,y.iso", kind: "cdrom" });
  expect(parseSize("1.5M")).toBe(1572864);
  for (const wrong of ["", ",ro", "a,size", "a,size=x", "a,size=1", "a,rw", "a,sector=1"])
    expect(() => parseDisk(wrong), wrong).toThrow();
});
