import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasProgram } from "../../test/support/disks.ts";
import { volumeId } from "./volume-id.ts";

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/volume-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

const UUID = "12345678-1234-1234-1234-1234567890ab";

/** Programs that make something, and what stands there then. */
const MAKERS: readonly (readonly [string, string, object])[] = [
  ["mkfs.ext2", `-q -F -L label -U ${UUID}`, { type: "ext2", label: "label", uuid: UUID }],
  ["mkfs.ext3", `-q -F -U ${UUID}`, { type: "ext3", uuid: UUID }],
  [
    "mkfs.ext4",
    `-q -F -L sixteen-letters! -U ${UUID}`,
    { type: "ext4", label: "sixteen-letters!", uuid: UUID },
  ],
  ["mkfs.vfat", "-n LABEL -i 1234abcd", { type: "vfat", label: "LABEL", uuid: "1234-ABCD" }],
  ["mkfs.vfat", "-F 16 -s 1 -i 1234abcd", { type: "vfat", uuid: "1234-ABCD" }],
  ["mkswap", `-L swap -U ${UUID}`, { type: "swap", label: "swap", uuid: UUID }],
  ["mkfs.minix", "", { type: "minix" }],
];

for (const [program, options, expected] of MAKERS) {
  test.skipIf(!hasProgram(program))(`${program} ${options}`, () =>
    made(program, options, expected),
  );
}

function made(program: string, options: string, expected: object): void {
  const file = `${top}/x.img`;
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, "");
  fs.truncateSync(file, 16 << 20);
  const args = options === "" ? [] : options.split(" ");
  const { status, stderr } = spawnSync(program, [...args, file], { encoding: "latin1" });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const bytes = fs.readFileSync(file);
  const found = volumeId((offset, length) =>
    offset + length > bytes.length ? undefined : bytes.subarray(offset, offset + length),
  );
  expect(found).toEqual(expected);
}

test("nothing, little and garbage are nothing", () => {
  let seed = 3;
  for (const size of [0, 1, 511, 512, 1024, 65_536, 200_000]) {
    const bytes = new Uint8Array(size).map(() => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return size === 65_536 ? 0 : seed >>> 16;
    });
    const read = (offset: number, length: number): Uint8Array | undefined =>
      offset + length > size ? undefined : bytes.subarray(offset, offset + length);
    expect(volumeId(read), `${size}`).toBeUndefined();
  }
});
