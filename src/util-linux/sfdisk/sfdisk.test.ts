import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasProgram } from "../../../test/support/disks.ts";
import { testKernel } from "../../../test/support/kernel.ts";
import { AT_FDCWD, O_CREAT, O_RDWR } from "../../abi/fcntl.ts";
import { settle } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { readFile, writeFile } from "../../libc/unistd.ts";
import { sfdisk } from "./main.ts";

const SIZE = 100 << 20;

let top: string;
beforeAll(() => {
  top = fs.mkdtempSync(`${tmpdir()}/sfdisk-`);
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

interface Step {
  args: string;
  input?: string;
}

/** What the steps print, one after the other on one image "d.img", and the image. */
function ours(steps: readonly Step[], whole = false): { outputs: string[]; image: Uint8Array } {
  const outputs: string[] = [];
  let image = new Uint8Array(0);
  const { run, host } = testKernel();
  const status = run(function* (sys) {
    sys.mkdirat(AT_FDCWD, "/io", 0o755);
    const fd = yield* settle(sys.openat(AT_FDCWD, "/d.img", O_RDWR | O_CREAT, 0o600));
    sys.ftruncate(fd, SIZE);
    for (const { args, input = "" } of steps) {
      yield* writeFile(sys, "/io/0", bytesOf(input));
      for (const name of ["1", "2"]) yield* writeFile(sys, `/io/${name}`, new Uint8Array(0));
      const pid = sys.fork(function* (child) {
        for (const [i, flags] of [O_RDWR, O_RDWR, O_RDWR].entries()) {
          const opened = yield* settle(child.openat(AT_FDCWD, `/io/${i}`, flags));
          if (opened !== i) child.dup2(opened, i);
        }
        return yield* sfdisk(child, ["sfdisk", ...words(args)], []);
      });
      const waited = yield* settle(sys.wait4(pid, 0));
      const [out, err] = [yield* readFile(sys, "/io/1"), yield* readFile(sys, "/io/2")];
      outputs.push(`${strOf(out)}[${(waited?.status ?? 0) >> 8}]\n${strOf(err)}`);
    }
    if (whole) {
      const parts: Uint8Array[] = [];
      for (const [at, length] of PARTS) parts.push(yield* settle(sys.pread(fd, length, at)));
      image = Buffer.concat(parts);
    }
    return 0;
  });
  expect(host.reports).toEqual([]);
  expect(status).toBe(0);
  return { outputs, image };
}

/** Where tables can be: in front of each MiB, and at the end. */
const PARTS: readonly (readonly [number, number])[] = [
  [0, 65536],
  ...Array.from({ length: 99 }, (_, i) => [(i + 1) << 20, 4096] as const),
  [SIZE - 65536, 65536],
];

function partsOf(file: string): Uint8Array {
  const fd = fs.openSync(file, "r");
  const parts = PARTS.map(([at, length]) => {
    const part = Buffer.alloc(length);
    fs.readSync(fd, part, 0, length, at);
    return part;
  });
  fs.closeSync(fd);
  return Buffer.concat(parts);
}

function words(args: string): string[] {
  return args.split(" ").map((word) => word.replaceAll("_", " "));
}

function theirs(steps: readonly Step[], whole = false): { outputs: string[]; image: Uint8Array } {
  const file = `${top}/d.img`;
  fs.writeFileSync(file, "");
  fs.truncateSync(file, SIZE);
  const outputs = steps.map(({ args, input = "" }) => {
    const env = { PATH: "/usr/sbin:/usr/bin:/sbin", LC_ALL: "C" };
    const options = { cwd: top, input, encoding: "latin1", env } as const;
    const { stdout, stderr, status } = spawnSync("sfdisk", words(args), options);
    return `${stdout}[${status}]\n${stderr}`;
  });
  return { outputs, image: whole ? partsOf(file) : new Uint8Array(0) };
}

/** Random identifiers are not compared. */
function plain(text: string): string {
  return text
    .replace(/uuid=[0-9A-F-]{36}/g, "uuid=X")
    .replace(/"uuid": "[0-9A-F-]{36}"/g, '"uuid": "X"')
    .replace(/0x[0-9a-f]{8}/g, "0xID")
    .replace(/(GUID: |identifier: |label-id: |"id": ")[0-9A-F-]{36}/g, "$1GUID");
}

const UUIDS = [1, 2, 3].map((n) => `12345678-1234-4234-8234-12345678900${n}`);
const DOS = "label: dos\nlabel-id: 0x12345678\n";
const GPT = `label: gpt\nlabel-id: ${UUIDS[0]}\n`;

const SESSIONS: readonly [string, readonly Step[]][] = [
  [
    "an MBR",
    [
      {
        args: "d.img",
        input: `${DOS}start=2048, size=20480, type=83, bootable\nsize=+30M, type=82\n,,8e\n`,
      },
      { args: "-d d.img" },
      { args: "-l d.img" },
      { args: "-F d.img" },
      { args: "-J d.img" },
      { args: "-V d.img" },
      { args: "-s d.img" },
      { args: "-A d.img" },
      { args: "-A d.img 2" },
      { args: "--part-type d.img 1" },
      { args: "--part-type d.img 1 82" },
      { args: "--disk-id d.img" },
      { args: "--delete d.img 2" },
      { args: "-d d.img" },
      { args: "-F d.img" },
      { args: "--delete d.img" },
      { args: "-d d.img" },
    ],
  ],
  [
    "a GPT",
    [
      {
        args: "d.img",
        input: `${GPT}start=2048, size=20480, type=U, uuid=${UUIDS[1]}, name="efi sys"\nsize=30M,type=swap\ntype=linux\n`,
      },
      { args: "-d d.img" },
      { args: "-l d.img" },
      { args: "-J d.img" },
      { args: "-V d.img" },
      { args: "--part-attrs d.img 2" },
      { args: "--part-attrs d.img 2 LegacyBIOSBootable" },
      { args: "--part-attrs d.img 2" },
      { args: "--part-label d.img 1" },
      { args: "--part-uuid d.img 1" },
      { args: "--part-type d.img 1" },
      { args: "-q --part-label d.img 3 home" },
      { args: "--delete d.img 2" },
      { args: "-d d.img" },
      { args: "-F d.img" },
      { args: "-V d.img" },
    ],
  ],
  [
    "as setup-disk does it",
    [
      { args: "--quiet d.img", input: "label: dos\n" },
      {
        args: "--quiet --wipe-partitions always --label dos d.img",
        input: ",20M,83,*\n,10M,82\n,,83\n",
      },
      { args: "-d d.img" },
      { args: "--quiet d.img -N2", input: ",,,*\n" },
      { args: "--quiet d.img -N1", input: ",,,-\n" },
      { args: "-d d.img" },
      { args: "--quiet d.img", input: "label: gpt\n" },
      {
        args: "--quiet --wipe-partitions always --label gpt d.img",
        input: ",16M,U,*\n,10M,S\n,,L\n",
      },
      { args: "-d d.img" },
    ],
  ],
  [
    "logical partitions",
    [
      { args: "d.img", input: "label: dos\n,10M,L\n,50M,E\n,10M\n,10M,82\n,20M\n,\n" },
      { args: "-d d.img" },
      { args: "-l d.img" },
    ],
  ],
  [
    "adding, trying, nothing but a label",
    [
      { args: "d.img", input: "label: dos\n" },
      { args: "--append d.img", input: ",10M\n" },
      { args: "d.img -N1", input: ",,,*\n" },
      { args: "-n d.img", input: ",20M,82\n" },
      { args: "-d d.img" },
    ],
  ],
  [
    "what goes wrong",
    [
      { args: "-d d.img" },
      { args: "-l d.img" },
      { args: "-d nonex" },
      { args: "-A d.img" },
      { args: "--delete d.img" },
      { args: "-q d.img", input: "0M,10M,83\n" },
      { args: "-q d.img", input: "foo=1\n" },
      { args: "-q d.img", input: ",10M,zz\n" },
      { args: "-q d.img", input: "label: dos\n,20M\n100M,1M\n" },
    ],
  ],
];

test.skipIf(!hasProgram("sfdisk")).each(SESSIONS)("%s: as util-linux", (_name, steps) => {
  const [mine, other] = [ours(steps), theirs(steps)];
  expect(mine.outputs.map(plain)).toEqual(other.outputs.map(plain));
});

test.skipIf(!hasProgram("sfdisk"))("the very bytes, and what Debian's sfdisk says of them", () => {
  for (const script of [
    `${DOS}start=2048, size=20480, type=83, bootable\nstart=22528, size=1000, type=82\n`,
    `${DOS},10M,L\n,50M,E\n,10M\n,10M,82\n,20M\n,\n`,
    `${GPT}start=2048,size=2048,type=U,uuid=${UUIDS[1]},name="x"\nsize=20M,type=L,uuid=${UUIDS[2]},attrs="LegacyBIOSBootable GUID:60"\n`,
  ]) {
    const steps = [{ args: "-q d.img", input: script }];
    const [mine, other] = [ours(steps, true), theirs(steps, true)];
    expect(Buffer.compare(mine.image, other.image)).toBe(0);
  }
  const { image } = ours([{ args: "-q d.img", input: "label: gpt\n,10M,U\n,\n" }], true);
  fs.writeFileSync(`${top}/v.img`, "");
  const fd = fs.openSync(`${top}/v.img`, "r+");
  let from = 0;
  for (const [at, length] of PARTS) {
    fs.writeSync(fd, image, from, length, at);
    from += length;
  }
  fs.closeSync(fd);
  const checked = spawnSync("sfdisk", ["-V", `${top}/v.img`], { encoding: "latin1" });
  expect(checked.stdout).toContain("No errors detected.");
});
