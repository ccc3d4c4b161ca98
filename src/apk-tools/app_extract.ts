// apk extract: unpacks package files into a directory, without database, dependencies or scripts (apk-extract(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import { Context } from "./context.ts";
import { Database } from "./database.ts";
import { errorText } from "./errors.ts";
import { Installation } from "./install.ts";
import { Journal } from "./journal.ts";
import { Owners } from "./owners.ts";
import { Package } from "./package.ts";
import { openPackage } from "./package-stream.ts";
import { ProtectedPaths } from "./protected-paths.ts";
import { fileSource } from "./source.ts";
import { loadTrust, type Trust } from "./trust.ts";
import { UserNames } from "./user-names.ts";

/** Unpacks one into the root of `into`; true when nothing was wrong. */
function* extractFile(into: Context, trust: Trust, users: UserNames, path: string): Steps<boolean> {
  const source = yield* fileSource(into.sys, path);
  try {
    const reader = yield* openPackage(source, trust);
    const { info } = yield* reader.control();
    const state = {
      owners: new Owners(new Database()),
      rules: new ProtectedPaths(),
      // Not begun, it keeps nothing.
      journal: new Journal(into),
      changed: new Set<string>(),
      overlay: new Set<string>(),
      users,
    };
    const installation = new Installation(into, state, new Package(info), undefined);
    try {
      yield* installation.extract(reader);
    } catch (e) {
      installation.abandon();
      throw e;
    }
    yield* installation.migrate();
    return !installation.one.brokenFiles;
  } finally {
    source.close();
  }
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  const trust = yield* loadTrust(ctx);
  const chown = ctx.settings.chown && ctx.sys.geteuid() === 0;
  const root = ctx.value("destination") ?? ".";
  const into = new Context(ctx.p, { ...ctx.settings, root, chown }, ctx.print, ctx.options);
  const users = new UserNames();
  // Names are those of the system, not of what is unpacked.
  yield* users.load(ctx);
  let failed = 0;
  for (const path of args) {
    yield* ctx.print.message(`Extracting ${path}...`);
    try {
      if (!(yield* extractFile(into, trust, users, path))) failed++;
    } catch (e) {
      failed++;
      yield* ctx.print.error(`${path}: ${errorText(e)}`);
    }
  }
  return Math.min(failed, 127);
}

export const extract: Applet = {
  name: "extract",
  summary: "Unpack package files into a directory",
  group: "package",
  arguments: "FILES...",
  description:
    "Unpacks the contents of package files. Dependencies are not looked at, no script is run, and no " +
    "database is changed. Owners are kept for root only.",
  optionGroups: [],
  options: [
    { name: "destination", value: "PATH", help: "Unpack there instead of the current directory" },
    { name: "no-chown", help: "Leave the files to who unpacks them" },
  ],
  open: (ctx) => {
    if (ctx.flag("no-chown")) ctx.settings.chown = false;
    return { access: "none" };
  },
  run,
};
