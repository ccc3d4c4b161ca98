// What installing and removing does to a root: whole outcomes of small packages.
import { beforeAll, expect, test } from "vitest";
import { LOCK_EX, O_RDWR } from "../../src/abi/fcntl.ts";
import { type Program, settle } from "../../src/abi/program.ts";
import { apk } from "../../src/apk-tools/main.ts";
import { bytesOf } from "../../src/lib/bytes.ts";
import { Process, runMain } from "../../src/libc/process.ts";
import { exitStatus } from "../../src/libc/spawn.ts";
import { open, writeFile } from "../../src/libc/unistd.ts";
import {
  ApkMachine,
  type ApkResult,
  makeRepository,
  newKey,
  type Repository,
} from "../support/apk-machine.ts";
import { makePackage, type PackageSpec, sha1 } from "../support/apk-package.ts";

const file = (path: string, content: string, more: object = {}): { path: string } =>
  ({
    path,
    content,
    ...more,
  }) as { path: string };

const SPECS: PackageSpec[] = [
  { name: "conf", version: "1-r0", files: [file("etc/c", "one"), file("etc/same", "s")] },
  { name: "conf", version: "2-r0", files: [file("etc/c", "two"), file("etc/same", "s")] },
  { name: "first", version: "1-r0", files: [file("usr/x", "first")] },
  { name: "big", version: "1-r0", files: [file("usr/big", "x".repeat(60_000))] },
  { name: "second", version: "1-r0", files: [file("usr/x", "second"), file("usr/y", "y")] },
  { name: "third", version: "1-r0", info: ["replaces = first"], files: [file("usr/x", "third")] },
  { name: "sister", version: "1-r0", info: ["origin = first"], files: [file("usr/x", "sister")] },
  {
    name: "kinds",
    version: "1-r0",
    files: [
      file("usr/f", "f", { mode: 0o4755, uid: 7, gid: 8, uname: "nobody-here", gname: "none" }),
      { path: "usr/h", type: "1", target: "usr/f" },
      { path: "usr/l", type: "2", target: "../etc" },
      { path: "usr/null", type: "3", major: 1, minor: 3, mode: 0o666 },
      { path: "usr/pipe", type: "6", mode: 0o600 },
      { path: "usr/d", type: "5", mode: 0o700 },
    ],
  },
  {
    name: "hostile",
    version: "1-r0",
    files: [
      file("usr/../../evil", "x"),
      file("/abs", "x"),
      file("usr/ok", "ok"),
      file("../up", "x"),
    ],
  },
  {
    name: "escape",
    version: "1-r0",
    files: [{ path: "usr/out", type: "2", target: "/../../tmp" }, file("usr/out/f", "x")],
  },
  { name: "wrong", version: "1-r0", files: [file("usr/w", "w", { checksum: "0".repeat(40) })] },
  {
    name: "talks",
    version: "1-r0",
    info: ["triggers = /usr/talk*"],
    scripts: {
      "pre-install": "#!/bin/say\n",
      "post-install": "#!/bin/say\n",
      trigger: "#!/bin/say\n",
    },
    files: [file("usr/talk/f", "1")],
  },
  {
    name: "talks",
    version: "2-r0",
    scripts: {
      "pre-upgrade": "#!/bin/say\n",
      "post-upgrade": "#!/bin/say\n",
      "post-deinstall": "#!/bin/say\n",
    },
    files: [file("usr/talk/f", "2")],
  },
];

/** Stands for a shell: tells how it was called. */
const say: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), function* (p) {
    const env = [...p.env.keys()].filter((name) => name !== "PATH").sort();
    const w = p.stdout.puts(`${p.argv.slice(1).join(" ")} in ${p.sys.getcwd()} with ${env}\n`);
    if (w) yield* w;
    return p.argv[1]?.endsWith("post-upgrade") ? 3 : 0;
  });

let repository: Repository;
let key: ReturnType<typeof newKey>;
beforeAll(() => {
  key = newKey();
  repository = makeRepository(key.key, SPECS);
});

const GLOBAL = ["--root", "/r", "--arch", "x86_64", "-X", "/repo"];

function root(): ApkMachine {
  const machine = new ApkMachine(new Map([["say", say]]));
  machine.put("/r/etc/apk/keys/test.rsa.pub", key.pem);
  for (const [path, bytes] of repository) machine.put(path, bytes);
  machine.apk([...GLOBAL, "add", "--initdb"]);
  return machine;
}

function run(machine: ApkMachine, ...args: string[]): ApkResult {
  return machine.apk([...GLOBAL, ...args]);
}

/** Files below etc and usr of the root. */
function files(machine: ApkMachine, below = /^\S+ \S+ (etc|usr)\/(?!apk)/): string[] {
  return machine.tree("/r").filter((line) => below.test(line) && !line.startsWith("d"));
}

const ok = (lines: string, packages: number): ApkResult => ({
  stdout: `${lines}OK: 0 MiB in ${packages} packages\n`,
  stderr: "",
  status: 0,
});

test("configuration that was changed stays", () => {
  const machine = root();
  run(machine, "add", "conf=1-r0");
  machine.put("/r/etc/c", "mine");
  expect(run(machine, "add", "conf=2-r0")).toEqual(ok("(1/1) Upgrading conf (1-r0 -> 2-r0)\n", 1));
  const kept = [
    '-rw-r--r-- 0:0 etc/c "mine"',
    '-rw-r--r-- 0:0 etc/c.apk-new "two"',
    '-rw-r--r-- 0:0 etc/same "s"',
  ];
  expect(files(machine)).toEqual(kept);
  run(machine, "del", "conf");
  expect(files(machine)).toEqual(kept.slice(0, 2));
  run(machine, "add", "--clean-protected", "conf");
  run(machine, "del", "--purge", "conf");
  expect(files(machine)).toEqual([]);
});

test("files of others", () => {
  const machine = root();
  run(machine, "add", "first");
  expect(run(machine, "add", "second")).toEqual({
    stdout: "(1/1) Installing second (1-r0)\n1 error; 0 MiB in 2 packages\n",
    stderr: "ERROR: second-1-r0: trying to overwrite usr/x owned by first-1-r0.\n",
    status: 1,
  });
  expect(files(machine)).toEqual(['-rw-r--r-- 0:0 usr/x "first"', '-rw-r--r-- 0:0 usr/y "y"']);
  expect(run(machine, "add", "third", "!second").status).toBe(0);
  expect(files(machine)).toEqual(['-rw-r--r-- 0:0 usr/x "third"']);
  run(machine, "add", "sister", "!third");
  expect(files(machine)).toEqual(['-rw-r--r-- 0:0 usr/x "sister"']);
  expect(run(machine, "info", "-L", "first").stdout).toBe("first-1-r0 contains:\n\n");
  const forced = run(machine, "add", "--force-overwrite", "second");
  expect(forced.stderr).toBe("WARNING: second-1-r0: overwriting usr/x owned by sister-1-r0.\n");
  expect(files(machine)[0]).toBe('-rw-r--r-- 0:0 usr/x "second"');
});

test("kinds of files, and what the database says of them", () => {
  const machine = root();
  expect(run(machine, "add", "kinds").status).toBe(0);
  const wanted = [
    '-rwsr-xr-x 7:8 usr/f "f"',
    '-rwsr-xr-x 7:8 usr/h "f"',
    "lrwxrwxrwx 0:0 usr/l ../etc",
    "crw-rw-rw- 0:0 usr/null ",
    "prw------- 0:0 usr/pipe ",
  ];
  expect(files(machine)).toEqual(wanted);
  const record = machine.read("/r/lib/apk/db/installed");
  const sum = (text: string): string => `Z:Q1${sha1(bytesOf(text)).toString("base64")}`;
  expect(record.slice(record.indexOf("F:")).trim().split("\n")).toEqual([
    ...["F:usr", "R:f", "a:7:8:4755", sum("f"), "R:h", sum("f")],
    ...["R:l", "a:0:0:777", sum("../etc"), "R:null", "a:0:0:666", "R:pipe", "a:0:0:600"],
    ...["F:usr/d", "M:0:0:700"],
  ]);
  run(machine, "del", "kinds");
  expect(files(machine)).toEqual([]);
});

test("nothing gets out of the root", () => {
  const machine = root();
  const outside = machine.tree("/tmp");
  expect(run(machine, "add", "hostile")).toEqual({
    stdout: "(1/1) Installing hostile (1-r0)\n1 error; 0 MiB in 1 packages\n",
    stderr:
      "WARNING: hostile-1-r0: ignoring malicious file usr/../\n" +
      "WARNING: hostile-1-r0: ignoring malicious file usr/../../\n" +
      "WARNING: hostile-1-r0: ignoring malicious file usr/../../evil\n" +
      "WARNING: hostile-1-r0: ignoring malicious file /abs\n",
    status: 1,
  });
  expect(files(machine)).toEqual(['-rw-r--r-- 0:0 usr/ok "ok"']);
  run(machine, "del", "hostile");
  run(machine, "add", "escape");
  expect(machine.tree("/tmp")).toEqual(outside);
  // A root with links that lead out is no way out either.
  const other = root();
  other.do(function* (sys) {
    sys.symlinkat("/../tmp", -100, "/r/usr");
  });
  run(other, "add", "first");
  expect(other.tree("/tmp")).toEqual(outside);
  expect(other.tree("/r/tmp")).toEqual(['-rw-r--r-- 0:0 x "first"']);
});

test("packages that are not what they should be change nothing", () => {
  const machine = root();
  run(machine, "add", "first");
  const before = machine.tree("/r").filter((line) => !line.includes("etc/apk/world"));
  const path = "/repo/x86_64/conf-1-r0.apk";
  const good = repository.get(path) as Uint8Array;
  const other = makePackage({
    name: "conf",
    version: "1-r0",
    arch: "x86_64",
    key: key.key,
    files: [],
  });
  const cases: [Uint8Array | undefined, string][] = [
    [good.subarray(0, good.length - 20), "BAD archive"],
    [other, "BAD signature"],
    [new Uint8Array(0), "BAD archive"],
  ];
  for (const [bytes, text] of cases) {
    machine.put(path, bytes as Uint8Array);
    expect(run(machine, "add", "conf=1-r0")).toEqual({
      stdout: "(1/1) Installing conf (1-r0)\n1 error; 0 MiB in 1 packages\n",
      stderr: `ERROR: conf-1-r0: ${text}\n`,
      status: 1,
    });
    expect(machine.tree("/r").filter((line) => !line.includes("etc/apk/world"))).toEqual(before);
  }
  run(machine, "del", "conf");
  expect(run(machine, "add", "wrong").stderr).toBe("ERROR: wrong-1-r0: BAD signature\n");
  expect(machine.tree("/r").filter((line) => !line.includes("etc/apk/world"))).toEqual(before);
});

test("scripts and triggers", () => {
  const machine = root();
  const call = (name: string, args: string, type: string): string =>
    `Executing ${name}\nlib/apk/exec/${name} ${args} in / with APK_PACKAGE,APK_SCRIPT\n`.replace(
      "TYPE",
      type,
    );
  expect(run(machine, "add", "talks=1-r0")).toEqual(
    ok(
      `(1/1) Installing talks (1-r0)\n${call("talks-1-r0.pre-install", "1-r0", "")}` +
        call("talks-1-r0.post-install", "1-r0", "") +
        call("talks-1-r0.trigger", "/usr/talk", ""),
      1,
    ),
  );
  const upgraded = run(machine, "add", "talks=2-r0");
  expect(upgraded).toEqual({
    stdout:
      `(1/1) Upgrading talks (1-r0 -> 2-r0)\n${call("talks-2-r0.pre-upgrade", "2-r0 1-r0", "")}` +
      `${call("talks-2-r0.post-upgrade", "2-r0 1-r0", "")}1 error; 0 MiB in 1 packages\n`,
    stderr: "ERROR: talks-2-r0.post-upgrade: script exited with error 3\n",
    status: 1,
  });
  expect(run(machine, "del", "talks")).toEqual(
    ok(`(1/1) Purging talks (2-r0)\n${call("talks-2-r0.post-deinstall", "2-r0", "")}`, 0),
  );
});

test("one at a time", () => {
  const machine = root();
  const held = machine.do(function* (sys) {
    const fd = yield* settle(open(sys, "/r/lib/apk/db/lock", O_RDWR));
    yield* settle(sys.flock(fd, LOCK_EX));
    const pid = sys.fork(function* (child) {
      return yield* apk(child, ["apk", ...GLOBAL, "add", "first"], []);
    });
    const done = yield* settle(sys.wait4(pid, 0));
    return exitStatus(done?.status ?? -1);
  });
  expect(held).toBe(99);
  expect(run(machine, "add", "first").status).toBe(0);
});

test("a disk that is full", () => {
  const machine = root();
  run(machine, "add", "first");
  machine.do(function* (sys) {
    sys.mkdirat(-100, "/small", 0o755);
    sys.mount("t", "/small", "tmpfs", 0, "size=80k");
    yield* writeFile(sys, "/small/fill", new Uint8Array(20_000));
  });
  machine.put("/small/etc/apk/keys/test.rsa.pub", key.pem);
  const small = ["--root", "/small", "--arch", "x86_64", "-X", "/repo", "--no-cache"];
  const made = machine.apk([...small, "--force-non-repository", "add", "--initdb", "big"]);
  expect({ ...made, stdout: "" }).toEqual({
    stdout: "",
    stderr: "ERROR: big-1-r0: No space left on device\n",
    status: 1,
  });
  expect(machine.tree("/small").filter((line) => / usr|\.apk\./.test(line))).toEqual([]);
  expect(machine.apk([...small, "add", "first", "!big"]).status).toBe(0);
});
