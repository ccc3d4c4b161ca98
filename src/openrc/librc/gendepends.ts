// Asking all init scripts what they depend on: by reading them, and where that does not do by one shell.

import { O_CLOEXEC, X_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { execOrDie, waitpid } from "../../libc/spawn.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { access, readAll, readText, tryStat } from "../../libc/unistd.ts";
import { listDir } from "./dirs.ts";
import { LIBEXECDIR, RC_CONF, RC_CONF_D } from "./paths.ts";
import type { Rc } from "./rc.ts";
import { isPlainConfig, staticDepend } from "./static-depend.ts";

/** More than any number of scripts can say. */
const LIMIT = 0x100_0000;

const DIRS = ["/etc/init.d", "/usr/etc/init.d", "/usr/local/etc/init.d"];

/** Lines "service type names…" of all scripts; undefined when they cannot be asked. */
export function* genDepends(rc: Rc): Steps<string | undefined> {
  const { p, sys } = rc;
  if (rc.env("RC_LIBEXECDIR") === undefined) rc.setenv("RC_LIBEXECDIR", LIBEXECDIR);
  rc.setenv("RC_UNAME", sys.uname().sysname);
  const plain = yield* plainSettings(rc);
  // In the order of the scripts: what was read, or undefined where a shell has to be asked.
  const found = new Map<string, string[] | undefined>();
  for (const dir of DIRS) {
    const names = (yield* listDir(sys, dir)).sort();
    for (const name of names) {
      const script = `${dir}/${name}`;
      const st = tryStat(sys, script);
      if (st === undefined || !S_ISREG(st.mode) || !access(sys, script, X_OK)) continue;
      const text = (yield* readText(sys, script)) ?? "";
      if (!/^#![ \t]*\S*\/(?:openrc-run|runscript)(?:[ \t\n]|$)/.test(text)) continue;
      const simple = plain && (yield* plainConfig(rc, dir, name));
      found.set(script, simple ? staticDepend(name, text, names) : undefined);
    }
  }
  const rest = [...found].filter(([, lines]) => lines === undefined).map(([script]) => script);
  if (rest.length > 0) {
    yield* rc.flush();
    const said = yield* readFrom(rc, [`${LIBEXECDIR}/sh/gendepends.sh`, ...rest], p.environ());
    if (said === undefined) return undefined;
    sortIn(found, rest, said);
  }
  return [...found.values()].map((lines) => (lines ?? []).join("\n")).join("\n");
}

/** Gives each script the lines that the shell printed for it. */
function sortIn(
  found: Map<string, string[] | undefined>,
  scripts: readonly string[],
  said: string,
): void {
  let at = -1;
  let lines: string[] = [];
  for (const line of said.split("\n")) {
    if (!line.includes(" ") && line !== "") {
      // A script that would not be read has said nothing.
      do at++;
      while (at < scripts.length && !(scripts[at] as string).endsWith(`/${line}`));
      lines = [];
      found.set(scripts[at] ?? line, lines);
    }
    if (line !== "") lines.push(line);
  }
}

/** Do the settings for all services leave their dependencies alone? */
function* plainSettings(rc: Rc): Steps<boolean> {
  const parts = yield* listDir(rc.sys, RC_CONF_D);
  const files = [
    RC_CONF,
    ...parts.filter((n) => n.endsWith(".conf")).map((n) => `${RC_CONF_D}/${n}`),
  ];
  for (const file of files) if (!isPlainConfig((yield* readText(rc.sys, file)) ?? "")) return false;
  return true;
}

/** Does a service's own configuration? */
function* plainConfig(rc: Rc, dir: string, name: string): Steps<boolean> {
  for (const part of new Set([name.split(".", 1)[0] ?? "", name])) {
    if (part === "") continue;
    const text = yield* readText(rc.sys, `${dir}/../conf.d/${part}`);
    if (text !== undefined && !isPlainConfig(text)) return false;
  }
  return true;
}

/** What a program prints on its standard output. */
export function* readFrom(
  rc: Rc,
  argv: readonly string[],
  envp: readonly string[],
): Steps<string | undefined> {
  const { p, sys } = rc;
  const [from, to] = sys.pipe2(O_CLOEXEC);
  const pid = sys.fork(function* (child) {
    child.dup2(to, 1);
    return yield* execOrDie(p, argv, child, envp);
  });
  sys.close(to);
  try {
    const text = strOf(yield* readAll(sys, from, LIMIT));
    yield* waitpid(sys, pid);
    return text;
  } finally {
    sys.close(from);
  }
}
