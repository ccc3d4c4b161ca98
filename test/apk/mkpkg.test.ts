// apk mkpkg: what goes into a package comes out of it again.
import { expect, test } from "vitest";
import type { Program } from "../../src/abi/program.ts";
import { settle } from "../../src/abi/program.ts";
import { apk } from "../../src/apk-tools/main.ts";
import { bytesOf, strOf } from "../../src/lib/bytes.ts";
import { Process, runMain } from "../../src/libc/process.ts";
import { chmod, chown, link, mkdir, readlink, stat, symlink } from "../../src/libc/unistd.ts";
import { runProgram } from "../support/run-program.ts";

/** Runs apk several times in one machine, after `prepare`; its whole output. */
async function apkRuns(
  files: Record<string, string>,
  lines: readonly string[],
  prepare: Program,
  after: Program = function* () {
    return 0;
  },
): Promise<string> {
  const program: Program = (sys, argv, envp) =>
    runMain(new Process(sys, argv, envp), function* (p) {
      yield* prepare(sys, [], []);
      for (const line of lines) {
        const f = p.stdout.flush();
        if (f) yield* f;
        const pid = sys.fork((child) => apk(child, ["apk", ...line.split(" ")], envp));
        const done = yield* settle(sys.wait4(pid, 0));
        if (done?.status !== 0) return 1;
      }
      return yield* after(sys, [], []);
    });
  const { status, stdout, stderr } = await runProgram({
    program,
    argv: ["test"],
    env: { SOURCE_DATE_EPOCH: "1700000000" },
    files,
    stdin: new Uint8Array(),
    wanted: [],
  });
  return Buffer.concat([stderr, stdout, bytesOf(status === 0 ? "" : `[${status}]`)]).toString(
    "latin1",
  );
}

const INFO = "-I name:t -I version:1-r0 -I arch:noarch";
const ROOT = "--root /t/r --allow-untrusted --no-network --legacy-output=no --root-tmpfs=no";

test("owners, modes, links and attributes", async () => {
  const seen: unknown[] = [];
  const output = await apkRuns(
    {
      "f/usr/bin/x": "hi\n",
      "f/etc/c": "conf\n",
      "r/etc/passwd": "root:x:0:0::/:\nbin:x:1:1::/:\n",
      "r/etc/group": "root:x:0:\ndaemon:x:2:\n",
    },
    [
      `mkpkg --compat 3.0.0_rc9 -c zstd:3 -F f ${INFO} -o t.apk`,
      `${ROOT} add --initdb t.apk`,
      `${ROOT} info -L t`,
      `${ROOT} audit --system --check-permissions`,
    ],
    function* (sys) {
      chown(sys, "f/usr/bin/x", 1, 2);
      chmod(sys, "f/usr/bin/x", 0o4750);
      sys.setxattr("f/etc/c", "user.note", bytesOf("value"), 0, false);
      symlink(sys, "x", "f/usr/bin/y");
      link(sys, "f/etc/c", "f/usr/d");
      mkdir(sys, "f/srv", 0o700);
      return 0;
    },
    function* (sys) {
      const x = stat(sys, "r/usr/bin/x");
      seen.push((x.mode & 0o7777).toString(8), x.uid, x.gid);
      seen.push(stat(sys, "r/etc/c").ino === stat(sys, "r/usr/d").ino);
      seen.push(strOf(sys.getxattr("r/etc/c", "user.note", false)));
      seen.push(readlink(sys, "r/usr/bin/y"), (stat(sys, "r/srv").mode & 0o7777).toString(8));
      return 0;
    },
  );
  expect(output).toBe(`(1/1) Installing t (1-r0)
OK: 8 B in 1 packages
t-1-r0 contains:
etc/c
usr/d
usr/bin/x
usr/bin/y

`);
  expect(seen).toEqual(["4750", 1, 2, true, "value", "x", "700"]);
});
