// Commits that are killed at any moment leave a root that the next command brings to where it was to go.
import { expect, test } from "vitest";
import { ApkMachine, makeRepository, newKey, type Repository } from "../support/apk-machine.ts";
import type { PackageSpec } from "../support/apk-package.ts";

/** How many moments are tried. */
const MOMENTS = Number(process.env["APK_KILLS"] ?? 40);

const file = (path: string, content: string) => ({ path, content });

const OLD: PackageSpec[] = [
  {
    name: "a",
    version: "1-r0",
    files: [file("usr/share/a/one", "a1"), file("usr/share/a/gone", "old"), file("etc/a", "conf1")],
  },
  {
    name: "b",
    version: "1-r0",
    files: [file("usr/share/b/f", "b1"), { path: "usr/share/b/l", type: "2", target: "f" }],
  },
  { name: "c", version: "1-r0", files: [file("opt/c/f", "c")] },
];
const NEW: PackageSpec[] = [
  {
    name: "a",
    version: "2-r0",
    files: [
      file("usr/share/a/one", "a2"),
      file("usr/share/a/two/x", "new"),
      file("etc/a", "conf2"),
    ],
  },
  {
    name: "b",
    version: "2-r0",
    files: [
      file("usr/share/b/f", "b2"),
      { path: "usr/share/b/h", type: "1", target: "usr/share/b/f" },
    ],
  },
  {
    name: "d",
    version: "1-r0",
    info: ["depend = a"],
    files: [file("srv/d/f", "d"), file("usr/share/a/d", "x")],
  },
];

const GLOBAL = ["--root", "/r", "--arch", "x86_64", "-X", "/repo"];
const COMMAND = [...GLOBAL, "add", "a>1", "b>1", "d", "!c"];

/** A root with the old packages, and a repository with the new ones. */
function prepare({ pem, old, now }: { pem: string; old: Repository; now: Repository }): ApkMachine {
  const machine = new ApkMachine();
  machine.put("/r/etc/apk/keys/test.rsa.pub", pem);
  for (const [path, bytes] of old) machine.put(path, bytes);
  const made = machine.apk([...GLOBAL, "add", "--initdb", "a", "b", "c"]);
  expect(made).toMatchObject({ stderr: "", status: 0 });
  for (const [path, bytes] of now) machine.put(path, bytes);
  return machine;
}

/** What must be the same in the end: not the lock, nor what killed commands may leave in the cache. */
function outcome(machine: ApkMachine): string[] {
  return machine.tree("/r").filter((line) => !line.includes(" dev/"));
}

test("a commit killed at any moment is finished by the next", () => {
  const { key, pem } = newKey();
  const setup = { pem, old: makeRepository(key, OLD), now: makeRepository(key, [...OLD, ...NEW]) };
  const whole = prepare(setup);
  const plain = whole.apk(COMMAND);
  expect(plain).toMatchObject({ stderr: "", status: 0 });
  const wanted = outcome(whole);
  expect(wanted.filter((line) => line.includes(".apk."))).toEqual([]);
  // How many calls there are: the first number with which it lives.
  let calls = 64;
  while (prepare(setup).apk(COMMAND, calls).status === 137) calls += 64;
  let seed = 12345;
  let killed = 0;
  for (let i = 0; i < MOMENTS; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const at = 1 + (seed % calls);
    const machine = prepare(setup);
    if (machine.apk(COMMAND, at).status !== 137) continue;
    killed++;
    const fixed = machine.apk([...GLOBAL, "fix"]);
    expect({ at, ...fixed }).toMatchObject({ stderr: "", status: 0 });
    const audit = machine.apk([...GLOBAL, "audit", "--system", "--check-permissions"]);
    expect({ at, ...audit }).toEqual({ at, stdout: "", stderr: "", status: 0 });
    const again = machine.apk(COMMAND);
    expect({ at, ...again }).toMatchObject({ stderr: "", status: 0 });
    expect({ at, tree: outcome(machine) }).toEqual({ at, tree: wanted });
  }
  expect(killed).toBeGreaterThan(MOMENTS / 2);
}, 120_000);
