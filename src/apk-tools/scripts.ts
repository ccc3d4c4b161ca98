// Runs packages' scripts and commit hooks inside the root.
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { WEXITSTATUS, WIFSIGNALED, WTERMSIG } from "../abi/signal.ts";
import { waitpid } from "../libc/spawn.ts";
import { runShown } from "./child-output.ts";
import type { Context } from "./context.ts";
import { errorText } from "./errors.ts";
import type { InstalledPackage, ScriptType } from "./installed.ts";

const EXEC_DIR = "lib/apk/exec";
const PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
const HOOK_DIRS = ["etc/apk/commit_hooks.d", "lib/apk/commit_hooks.d"];

/** What a child's end means, in apk's words; "" for success. */
export function describeEnd(status: number): string {
  if (WIFSIGNALED(status)) return `script killed by signal ${WTERMSIG(status)}`;
  const code = WEXITSTATUS(status);
  return code === 0 ? "" : `script exited with error ${code}`;
}

/**
 * Runs a script of a package, if it has it and scripts are wanted, with these arguments. What goes wrong is told and
 * makes the package's script broken.
 */
export function* runScript(
  ctx: Context,
  one: InstalledPackage,
  type: ScriptType,
  args: readonly string[],
): Steps<void> {
  const script = one.scripts.get(type);
  if (script === undefined || !ctx.settings.scripts || ctx.settings.simulate) return;
  const name = `${one.pkg.id}.${type}`;
  const file = `${EXEC_DIR}/${name}`;
  const { root } = ctx;
  yield* say(ctx, `Executing ${name}`);
  try {
    root.mkdirs(EXEC_DIR);
    root.tryUnlink(file);
    yield* root.writeFile(file, script, 0o755);
    root.chmod(file, 0o755);
    const env = [`APK_PACKAGE=${one.pkg.name}`, `APK_SCRIPT=${type}`];
    const status = yield* runInRoot(ctx, [file, ...args], env);
    const end = describeEnd(status);
    if (end !== "") {
      one.brokenScript = true;
      yield* ctx.print.error(`${name}: ${end}`);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    one.brokenScript = true;
    yield* ctx.print.error(`${name}: failed to execute: ${errorText(e)}`);
  } finally {
    root.forget();
    root.tryUnlink(file);
  }
}

/** Lines under a package's own: version 3 indents them. */
export function* say(ctx: Context, line: string): Steps<void> {
  yield* ctx.print.message(ctx.settings.legacyOutput ? line : `  ${line}`);
}

/** Runs a file of the root in the root, without input; its wait status. */
export function* runInRoot(
  ctx: Context,
  argv: readonly string[],
  extra: readonly string[],
): Steps<number> {
  const { settings, p } = ctx;
  for (const stream of [p.stdout, p.stderr]) {
    const f = stream.flush();
    if (f) yield* f;
  }
  const kept = settings.preserveEnv
    ? p.environ().filter((entry) => !/^(PATH=|APK_)/.test(entry))
    : [];
  const chroot = !settings.forceNoChroot;
  const child = function* (sys: Sys): Steps<number> {
    try {
      sys.fchdir(ctx.root.fd);
      if (chroot && settings.root !== "/") sys.chroot(".");
    } catch (e) {
      // Scripts of a root do not run outside of it.
      if (!(e instanceof Errno)) throw e;
      return 127;
    }
    try {
      const nothing = yield* settle(sys.openat(AT_FDCWD, "/dev/null", O_RDONLY));
      if (nothing !== 0) {
        sys.dup2(nothing, 0);
        sys.close(nothing);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      sys.close(0);
    }
    try {
      return yield* settle(sys.execve(argv[0] as string, argv, [...kept, PATH, ...extra]));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return 127;
    }
  };
  if (!settings.legacyOutput) return yield* runShown(ctx, "  * ", child);
  return yield* waitpid(ctx.sys, ctx.sys.fork(child));
}

/** Runs the commit hooks; false when one failed before the commit, which must not go on then. */
export function* runHooks(ctx: Context, stage: "pre-commit" | "post-commit"): Steps<boolean> {
  const { root, settings } = ctx;
  if (!settings.scripts || !settings.commitHooks || settings.simulate) return true;
  for (const dir of HOOK_DIRS) {
    if (root.stat(dir) === undefined) continue;
    const entries = yield* root.list(dir);
    const names = entries.map((entry) => entry.name).filter((name) => !name.startsWith("."));
    for (const name of names.sort()) {
      const file = `${dir}/${name}`;
      const st = root.stat(file);
      if (st === undefined || (st.mode & 0o111) === 0 || (st.mode & 0o170000) !== 0o100000)
        continue;
      if (!settings.legacyOutput || ctx.print.verbosity >= 2)
        yield* say(ctx, `Executing: ${file} ${stage}`);
      const status = yield* runInRoot(ctx, [file, stage], [`APK_SCRIPT=${stage}`]);
      root.forget();
      const end = describeEnd(status);
      if (end === "") continue;
      yield* ctx.print.error(`${name}: ${end}`);
      if (stage === "pre-commit") return false;
    }
  }
  return true;
}
