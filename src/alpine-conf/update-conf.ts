// update-conf: what to do with new configuration files of packages, *.apk-new (update-conf(8)).
import type { Program, Steps } from "../abi/program.ts";
import { getopt } from "../libc/getopt.ts";
import { rename } from "../libc/unistd.ts";
import { VERSION } from "./lbu-state.ts";
import { linesOf, type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `update-conf ${VERSION}
usage: update-conf [-a|--all] [-i|--initd] [-l|--list] [-h|--help]

options:
  -a, --all    Ask about all new files, not only where the old one was changed
  -i, --initd  Take all new scripts of init.d
  -l, --list   Only show which files there are
  -h, --help   Show this text

`;

/** Asks what becomes of one file; true: no more of them. */
function* decide(s: Setup, path: string, fresh: string): Steps<boolean> {
  const vim = s.installed("vimdiff");
  const question = `Quit, Next, Show diff, Edit new${vim ? ", Vimdiff old new" : ""}, Zap new, Use new (q/n/s/e${vim ? "/v" : ""}/z/u)`;
  for (;;) {
    yield* s.echo(`New ${path} available:`);
    const answer = yield* s.ask(question, "s");
    if (answer === "q") return true;
    if (answer === "n") return false;
    if (answer === "s") {
      const input = `${yield* s.output(["diff", "-u", path, fresh])}\n`;
      yield* s.run(words(s.env("PAGER") || "less"), { input });
    } else if (answer === "e") yield* s.run([...words(s.env("EDITOR") || "vi"), fresh]);
    else if (answer === "v" && vim) yield* s.run(["vimdiff", path, fresh]);
    else if (answer === "z") {
      s.remove(fresh);
      return false;
    } else if (answer === "u") {
      rename(s.sys, fresh, path);
      return false;
    }
  }
}

function* main(s: Setup): Steps<number> {
  s.p.usage = USAGE;
  const long = { all: "a", initd: "i", list: "l", help: "h" };
  const opt = getopt(s.p, "ailh", { long });
  if (opt.has("h")) yield* s.showUsage(0);
  const found = yield* s.output(["find", `${s.root}/etc`, "-name", "*.apk-new"]);
  let changed: Set<string> | undefined;
  for (const fresh of linesOf(found)) {
    const path = fresh.replace(/\.apk-new$/, "");
    const name = path.slice(s.root.length).replace(/^\/+/, "");
    if (changed === undefined && !opt.has("a")) {
      const audit = yield* s.output(["lbu", "status", "-a"]);
      changed = new Set(linesOf(audit).map((line) => words(line)[1] ?? ""));
    }
    const modified = opt.has("a") || changed?.has(name) === true;
    if (opt.has("l")) {
      if (modified) yield* s.echo(path);
    } else if (!modified || (opt.has("i") && name.includes("etc/init.d/"))) {
      yield* s.echo(modified ? `Autoupdating ${path}` : `Autoupdating unchanged ${path}`);
      rename(s.sys, fresh, path);
    } else {
      yield* s.run(["diff", "-u", path, fresh]);
      if (yield* decide(s, path, fresh)) return 0;
    }
  }
  return 0;
}

/** The program. */
export const updateConf: Program = setupProgram(USAGE, main);
