// The same commands given to Alpine's own apk 2.14 and to ours: same words, same database, byte for byte. ALPINE_ROOT
// names a root of Alpine 3.20 for this computer; without it, and without root rights, nothing is compared.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ApkMachine, makeRepository, newKey } from "../support/apk-machine.ts";
import type { PackageSpec } from "../support/apk-package.ts";

const alpine = process.env["ALPINE_ROOT"] ?? "";
const loader = `${alpine}/lib/ld-musl-x86_64.so.1`;
const usable = alpine !== "" && existsSync(loader) && process.getuid?.() === 0;

const file = (path: string, content: string, more: object = {}) => ({ path, content, ...more });

const SPECS: PackageSpec[] = [
  {
    name: "a",
    version: "1.0-r0",
    info: ["triggers = /usr/share/* /opt", "provides = cmd:a=1.0-r0 so:liba.so.1=1"],
    files: [
      file("etc/a/conf", "one\n"),
      file("usr/bin/a", "#!/bin/sh\n", { mode: 0o4755, uid: 65534, gid: 65534, uname: "nobody" }),
      { path: "usr/bin/link", type: "2", target: "a" },
      { path: "usr/bin/again", type: "1", target: "usr/bin/a", mode: 0o4755 },
      { path: "usr/share/a", type: "5", mode: 0o750 },
      { path: "usr/share/a/null", type: "3", major: 1, minor: 3, mode: 0o666 },
      file("usr/share/a/x", "x", { xattrs: { "user.b": "2", "user.a": "1" } }),
      file(`usr/share/a/${"long".repeat(40)}`, "l"),
    ],
    scripts: { "post-install": "#!/bin/sh\n", trigger: "#!/bin/sh\n" },
  },
  {
    name: "a",
    version: "1.1-r0",
    info: ["depend = b", "maintainer = M <m@example.org>", "commit = 0123456789"],
    files: [file("etc/a/conf", "two\n"), file("usr/bin/a", "#!/bin/sh\n\n", { mode: 0o755 })],
    scripts: { "pre-upgrade": "#!/bin/sh\n", "pre-install": "#!/bin/sh\n\n" },
  },
  { name: "b", version: "1-r0", info: ["replaces = c<2"], files: [file("opt/f", "b")] },
  {
    name: "c",
    version: "1-r0",
    info: ["origin = d"],
    files: [file("opt/f", "c"), file("opt/c", "c")],
  },
  { name: "d", version: "1-r0", files: [file("opt/c", "d"), file("usr/bin/a", "not mine")] },
  { name: "m", version: "1-r0", info: ["depend = a b c", "provider_priority = 5"] },
];

const COMMANDS = [
  "add --initdb",
  "add a=1.0-r0 c",
  "add b m",
  "add -s a=1.1-r0",
  "add a=1.1-r0",
  "add d",
  "fix d",
  "del m",
  "del c",
  "add nothing-of-that-name",
  "del b",
  "audit --system --check-permissions",
  "info -L a",
  "fix -r a",
  "del a d",
];
const STATE = [
  "etc/apk/world",
  "lib/apk/db/installed",
  "lib/apk/db/scripts.tar",
  "lib/apk/db/triggers",
];

test.skipIf(!usable)(
  "apk 2.14 and ours do the same to a root",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "bivy-real-"));
    try {
      const { key, pem } = newKey();
      const machine = new ApkMachine();
      const repository = makeRepository(key, SPECS);
      for (const [path, bytes] of repository) {
        machine.put(path, bytes);
        mkdirSync(dirname(folder + path), { recursive: true });
        writeFileSync(folder + path, bytes);
      }
      machine.put("/r/etc/apk/keys/test.rsa.pub", pem);
      mkdirSync(`${folder}/r/etc/apk/keys`, { recursive: true });
      writeFileSync(`${folder}/r/etc/apk/keys/test.rsa.pub`, pem);
      for (const command of COMMANDS) {
        const commits = /^(add|del|fix)/.test(command);
        const [name = "", ...rest] = command.split(" ");
        const args = [name, ...(commits ? ["--no-scripts"] : []), ...rest];
        const options = ["--arch", "x86_64", "-X"];
        const ours = machine.apk(["--root", "/r", ...options, "/repo", ...args]);
        const libraries = `${alpine}/lib:${alpine}/usr/lib`;
        const real = spawnSync(
          loader,
          [
            "--library-path",
            libraries,
            `${alpine}/sbin/apk`,
            "--root",
            `${folder}/r`,
            ...options,
          ].concat(`${folder}/repo`, args),
          { encoding: "latin1", timeout: 30_000 },
        );
        const { status, stdout, stderr } = real;
        expect({ command, ...ours }).toEqual({ command, stdout, stderr, status });
        for (const path of STATE)
          expect({ command, path, text: machine.read(`/r/${path}`) }).toEqual({
            command,
            path,
            text: readFileSync(`${folder}/r/${path}`, "latin1"),
          });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);
