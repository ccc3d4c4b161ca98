// A kernel with apk in it, whose commands run one after another on the same files.
import { generateKeyPairSync } from "node:crypto";

import { O_CREAT, O_TRUNC, O_WRONLY } from "../../src/abi/fcntl.ts";
import type { Program, Steps, Sys } from "../../src/abi/program.ts";
import { settle } from "../../src/abi/program.ts";
import { apk } from "../../src/apk-tools/main.ts";
import { bytesOf, concat, strOf } from "../../src/lib/bytes.ts";
import { exitStatus } from "../../src/libc/spawn.ts";
import { modeString } from "../../src/libc/stat.ts";
import {
  lstat,
  mkdir,
  open,
  readDir,
  readFile,
  readlink,
  writeFile,
} from "../../src/libc/unistd.ts";
import { makePackage, type PackageSpec, type SigningKey, signaturePart } from "./apk-package.ts";
import { type TestKernel, testKernel } from "./kernel.ts";

/** What a command left. */
export interface ApkResult {
  stdout: string;
  stderr: string;
  status: number;
}

/** Thrown through a program that is to be dead. */
class Killed extends Error {}

/** A Sys that answers so many calls, and then none: as if the program had been killed before the next. */
function mortal(sys: Sys, life: { calls: number }): Sys {
  return new Proxy(sys, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (--life.calls < 0) throw new Killed();
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

export class ApkMachine {
  readonly #kernel: TestKernel;

  /** `programs`: more that execve finds, as /bin/NAME. */
  constructor(programs: ReadonlyMap<string, Program> = new Map()) {
    this.#kernel = testKernel({}, new Map([["apk", apk], ...programs]));
    this.do(function* (sys) {
      sys.umask(0o022);
      for (const dir of ["/bin", "/dev", "/etc", "/io", "/r", "/r/bin", "/tmp"]) mkdir(sys, dir);
      yield* writeFile(sys, "/dev/null", "");
      for (const name of programs.keys()) {
        yield* writeFile(sys, `/bin/${name}`, bytesOf(`#!bivy ${name}\n`), 0o755);
        yield* writeFile(sys, `/r/bin/${name}`, bytesOf(`#!bivy ${name}\n`), 0o755);
      }
    });
  }

  /** Runs something as a program of the machine. */
  do<T>(body: (sys: Sys) => Steps<T>): T {
    let result: { value: T } | undefined;
    const status = this.#kernel.run(function* (sys) {
      sys.umask(0o022);
      result = { value: yield* body(sys) };
      return 0;
    });
    if (status !== 0 || result === undefined)
      throw new Error(`the machine failed: ${status} ${this.#kernel.host.reports.join("\n")}`);
    return result.value;
  }

  /** Writes a file, with the directories above it. */
  put(path: string, contents: string | Uint8Array): void {
    this.do(function* (sys) {
      for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
        try {
          mkdir(sys, path.slice(0, at));
        } catch {
          // There already.
        }
      }
      yield* writeFile(sys, path, contents, 0o644);
    });
  }

  read(path: string): string {
    return this.do(function* (sys) {
      return strOf(yield* readFile(sys, path));
    });
  }

  /** Runs `apk ARGS`; with `calls` it is dead after so many system calls, the status is 137 then. */
  apk(args: readonly string[], calls = Number.POSITIVE_INFINITY): ApkResult {
    const life = { calls };
    const result = this.do(function* (sys) {
      const pid = sys.fork(function* (child) {
        for (const fd of [0, 1, 2]) {
          const flags = fd === 0 ? 0 : O_WRONLY | O_CREAT | O_TRUNC;
          const path = fd === 0 ? "/dev/null" : `/io/${fd}`;
          const opened = yield* settle(open(child, path, flags));
          if (opened !== fd) child.dup2(opened, fd);
        }
        const door = calls === Number.POSITIVE_INFINITY ? child : mortal(child, life);
        try {
          return yield* apk(door, ["apk", ...args], ["PATH=/bin"]);
        } catch (e) {
          if (e instanceof Killed) return 137;
          throw e;
        }
      });
      const done = yield* settle(sys.wait4(pid, 0));
      const stdout = strOf(yield* readFile(sys, "/io/1"));
      const stderr = strOf(yield* readFile(sys, "/io/2"));
      return { stdout, stderr, status: exitStatus(done?.status ?? -1) };
    });
    const { reports } = this.#kernel.host;
    if (reports.length > 0) throw new Error(reports.join("\n"));
    return result;
  }

  /** All below a directory, sorted: mode, owner, path, and contents or target. */
  tree(path: string): string[] {
    return this.do(function* (sys) {
      const lines: string[] = [];
      function* walk(dir: string, shown: string): Steps<void> {
        const entries = yield* readDir(sys, dir);
        const names = entries.map((each) => each.name).sort();
        for (const name of names) {
          const at = `${dir}/${name}`;
          const st = lstat(sys, at);
          const mode = modeString(st.mode);
          const body =
            mode[0] === "-"
              ? JSON.stringify(strOf(yield* readFile(sys, at)))
              : mode[0] === "l"
                ? readlink(sys, at)
                : "";
          lines.push(`${mode} ${st.uid}:${st.gid} ${shown}${name} ${body}`);
          if (mode[0] === "d") yield* walk(at, `${shown}${name}/`);
        }
      }
      yield* walk(path, "");
      return lines;
    });
  }
}

/** A key that packages can be signed with, and its public half as text. */
export function newKey(): { key: SigningKey; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
  return { key: { name: "test.rsa.pub", key: privateKey }, pem };
}

/** Files of a repository, by their paths below /repo. */
export type Repository = ReadonlyMap<string, Uint8Array>;

/** A repository of these packages; the index is made by apk. */
export function makeRepository(key: SigningKey, specs: readonly PackageSpec[]): Repository {
  const files = new Map<string, Uint8Array>();
  const machine = new ApkMachine();
  for (const spec of specs)
    files.set(
      `/repo/x86_64/${spec.name}-${spec.version}.apk`,
      makePackage({ ...spec, key, arch: "x86_64" }),
    );
  for (const [path, bytes] of files) machine.put(path, bytes);
  const made = machine.apk([
    "--allow-untrusted",
    "index",
    "--no-warnings",
    "-o",
    "/tmp/index",
    ...files.keys(),
  ]);
  if (made.status !== 0) throw new Error(made.stderr);
  const unsigned = bytesOf(machine.read("/tmp/index"));
  files.set("/repo/x86_64/APKINDEX.tar.gz", concat([signaturePart(unsigned, key), unsigned]));
  return files;
}
