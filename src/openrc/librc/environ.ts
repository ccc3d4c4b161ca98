// The environment that services get: filtered, then filled with what OpenRC knows.
import type { Steps } from "../../abi/program.ts";
import { readText } from "../../libc/unistd.ts";
import { configLoad } from "./conf.ts";
import * as paths from "./paths.ts";
import type { Rc } from "./rc.ts";
import { runlevelGet } from "./runlevel.ts";
import { rcSys } from "./sys.ts";

/** Variables that always pass. */
const ALLOWED = [
  "EERROR_QUIET",
  "EINFO_QUIET",
  "IN_BACKGROUND",
  "IN_DRYRUN",
  "IN_HOTPLUG",
  "RC_DEBUG",
  "RC_NODEPS",
  "LANG",
  "LC_MESSAGES",
  "TERM",
  "EINFO_COLOR",
  "EINFO_VERBOSE",
];

/** Takes away all that rc_env_allow does not let pass, and adds what /etc/profile.env has besides. */
export function* envFilter(rc: Rc): Steps<void> {
  const conf = yield* rc.conf();
  const allowed = [...ALLOWED, ...conf.words("rc_env_allow")];
  if (allowed.includes("*")) return;
  const { env } = rc.p;
  for (const name of [...env.keys()]) if (!allowed.includes(name)) env.delete(name);
  const profile = yield* configLoad(rc.sys, paths.PROFILE_ENV);
  for (const [name, value] of profile) if (!env.has(name)) env.set(name, value);
}

/** $PATH with the system's places in front. */
function fullPath(path: string | undefined): string {
  const prefix = paths.PATH_PREFIX;
  if (path === undefined || path.startsWith(prefix)) return path ?? prefix;
  const own = prefix.split(":");
  return [prefix, ...path.split(":").filter((dir) => !own.includes(dir))].join(":");
}

/** Sets the RC_ variables and those of the messages. */
export function* envConfig(rc: Rc): Steps<void> {
  const conf = yield* rc.conf();
  rc.setenv("PATH", fullPath(rc.env("PATH")));
  rc.setenv("RC_VERSION", paths.VERSION);
  rc.setenv("RC_LIBEXECDIR", paths.LIBEXECDIR);
  rc.setenv("RC_SVCDIR", paths.SVCDIR);
  rc.setenv("RC_TMPDIR", `${paths.SVCDIR}/tmp`);
  rc.setenv("RC_BOOTLEVEL", paths.BOOT);
  rc.setenv("RC_RUNLEVEL", yield* runlevelGet(rc.sys));
  const kept = yield* readText(rc.sys, paths.KRUNLEVEL);
  if (kept === undefined) rc.setenv("RC_DEFAULTLEVEL", paths.DEFAULT);
  else if (kept !== "") rc.setenv("RC_DEFAULTLEVEL", kept.split("\n", 1)[0] ?? "");
  const system = yield* rcSys(rc.sys, conf);
  if (system !== undefined) rc.setenv("RC_SYS", system);
  rc.setenv("RC_UNAME", rc.sys.uname().sysname);
  if (conf.yes("rc_quiet")) rc.setenv("EINFO_QUIET", "YES");
  if (conf.yes("rc_verbose")) rc.setenv("EINFO_VERBOSE", "YES");
  const color = conf.get("rc_color");
  const noColor = color !== undefined && /^(?:no|n|false|0)$/i.test(color);
  if (noColor || conf.yes("rc_nocolor")) rc.setenv("EINFO_COLOR", "NO");
}
