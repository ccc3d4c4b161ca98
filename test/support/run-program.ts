// Runs one program in a kernel of its own with a temporary root.
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../../src/abi/fcntl.ts";
import { type Program, type Steps, type Sys, settle } from "../../src/abi/program.ts";
import { bytesOf, strOf } from "../../src/lib/bytes.ts";
import { encodeUtf8 } from "../../src/lib/utf8.ts";
import { exitStatus } from "../../src/libc/spawn.ts";
import { mkdir, open, readFile, readText, symlink, writeFile } from "../../src/libc/unistd.ts";
import { testKernel } from "./kernel.ts";

export interface ProgramRun {
  program: Program;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  /** In the working directory /t: contents by name; "name/" is a directory, "-> x" a link to x. */
  files: Readonly<Record<string, string | Uint8Array>>;
  stdin: Uint8Array;
  /** Files to look at afterwards. */
  wanted: readonly string[];
  /** Programs that execve(2) finds in /bin, by name. */
  programs?: ReadonlyMap<string, Program>;
}

export interface ProgramResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Exit status, 128 + signal when killed. */
  status: number;
  /** Contents of the wanted files as byte strings; undefined for those that are not there. */
  files: Record<string, string | undefined>;
}

const ETC: Readonly<Record<string, string>> = {
  passwd:
    "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\n",
  group:
    "root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\nwheel:x:10:root\n",
};

function* place(sys: Sys, name: string, content: string | Uint8Array): Steps<void> {
  const path = encodeUtf8(name);
  for (
    let at = path.indexOf("/");
    at >= 0 && at < path.length - 1;
    at = path.indexOf("/", at + 1)
  ) {
    try {
      mkdir(sys, path.slice(0, at));
    } catch {
      // There already.
    }
  }
  if (path.endsWith("/")) mkdir(sys, path);
  else if (typeof content === "string" && content.startsWith("-> "))
    symlink(sys, encodeUtf8(content.slice(3)), path);
  else yield* writeFile(sys, path, typeof content === "string" ? encodeUtf8(content) : content);
}

/** Runs it to its end. */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const result: ProgramResult = {
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    status: -1,
    files: {},
  };
  const { run: boot, host } = testKernel({}, run.programs);
  const status = boot(function* (sys) {
    sys.umask(0o022);
    for (const dir of ["/bin", "/dev", "/etc", "/io", "/t", "/tmp"]) mkdir(sys, dir);
    for (const [name, text] of Object.entries(ETC)) yield* writeFile(sys, `/etc/${name}`, text);
    for (const name of run.programs?.keys() ?? [])
      yield* writeFile(sys, `/bin/${name}`, bytesOf(`#!bivy ${name}\n`), 0o755);
    yield* writeFile(sys, "/io/0", run.stdin);
    sys.chdir("/t");
    for (const [name, content] of Object.entries(run.files)) yield* place(sys, name, content);
    const pid = sys.fork(function* (child) {
      const flags = [O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_TRUNC];
      for (const [fd, flag] of flags.entries()) {
        const opened = yield* settle(open(child, `/io/${fd}`, flag | (fd === 0 ? O_RDWR : 0)));
        if (opened !== fd) {
          child.dup2(opened, fd);
          child.close(opened);
        }
      }
      const envp = Object.entries(run.env).map(([k, v]) => encodeUtf8(`${k}=${v}`));
      return yield* run.program(child, run.argv, envp);
    });
    const done = yield* settle(sys.wait4(pid, 0));
    result.status = exitStatus(done?.status ?? -1);
    result.stdout = yield* readFile(sys, "/io/1");
    result.stderr = yield* readFile(sys, "/io/2");
    for (const name of run.wanted) result.files[name] = yield* readText(sys, encodeUtf8(name));
    return 0;
  });
  if (status !== 0 || host.reports.length > 0)
    throw new Error(
      `the machine failed: ${status} ${host.reports.join("\n")} ${strOf(result.stderr)}`,
    );
  return result;
}
