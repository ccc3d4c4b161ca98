// setup-apkrepos: where packages come from, /etc/apk/repositories (setup-apkrepos(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: setup-apkrepos [-ch] [-f|-r|-1|REPO...]
       setup-apkrepos -o

Sets the repositories that packages come from; asks without an argument

options:
 -c  With the community repository
 -f  Find the fastest mirror and take it
 -h  Show this text
 -o  Only add a community repository for each main one that is there
 -r  Take any mirror
 -1  Take the first mirror of the list

-o goes with none of -c, -f, -r and -1.
`;
const MIRRORS_URL = "https://mirrors.alpinelinux.org/mirrors.txt";

/** The branch a version belongs to. */
export function branchOf(version: string): string {
  if (/_git|_alpha/.test(version)) return "edge";
  if (/^v\d.*\.\d/.test(version)) return version;
  if (/^\d.*\.\d.*\.\d/.test(version)) return `v${version.replace(/\.\d[^.]*$/, "")}`;
  return "edge";
}

class Repositories {
  readonly s: Setup;
  readonly path: string;
  mirrors: string[] = [];
  branch = "edge";
  community = false;

  constructor(s: Setup) {
    this.s = s;
    this.path = `${s.root}etc/apk/repositories`;
  }

  /** The branch that is in use, else that of the system. */
  *findBranch(): Steps<void> {
    const text = (yield* this.s.text(this.path)) ?? "";
    const used = /^.*?([^/\n]+)\/main\/?$/m.exec(text)?.[1];
    const release = (yield* this.s.text(`${this.s.root}etc/alpine-release`)) ?? "";
    this.branch = branchOf(used ?? release.trim());
  }

  *fetchMirrors(): Steps<void> {
    if (this.mirrors.length > 0) return;
    const url = this.s.env("MIRRORS_URL") || MIRRORS_URL;
    this.mirrors = words(this.s.env("MIRRORS") || (yield* this.s.output(["wget", "-qO-", url])));
  }

  *addLines(...lines: string[]): Steps<void> {
    this.s.mkdirs(`${this.s.root}etc/apk`);
    yield* this.s.append(this.path, lines.map((line) => `${line}\n`).join(""));
  }

  *addMirror(url: string): Steps<void> {
    const base = `${url.replace(/\/$/, "")}/${this.branch}`;
    yield* this.addLines(`${base}/main`, `${this.community ? "" : "#"}${base}/community`);
    yield* this.s.echo(`Added mirror ${hostOf(url)}`);
  }

  *addFirst(): Steps<boolean> {
    const first = this.mirrors[0];
    if (first === undefined) return yield* this.#none("Warning! No mirror found");
    yield* this.addMirror(first);
    return true;
  }

  *#none(text: string): Steps<boolean> {
    yield* this.s.eecho(text);
    return false;
  }

  *addRandom(): Steps<boolean> {
    const { length } = this.mirrors;
    if (length === 0) return yield* this.#none("Warning! no mirror found");
    yield* this.s.print("Picking random mirror...");
    const bytes = this.s.sys.getrandom(4);
    const number = ((bytes[0] ?? 0) << 16) | ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0);
    yield* this.addMirror(this.mirrors[number % length] as string);
    return true;
  }

  *addFastest(): Steps<boolean> {
    const { s } = this;
    yield* s.echo("Finding fastest mirror... ");
    const arch = yield* s.output(["apk", "--print-arch"]);
    const times: [seconds: number, url: string][] = [];
    for (const url of this.mirrors) {
      const quiet = { stdout: "null", stderr: "null" } as const;
      yield* s.mocked(["nslookup", hostOf(url)], quiet);
      const index = `${url.replace(/\/$/, "")}/edge/main/${arch}/APKINDEX.tar.gz`;
      const start = yield* this.#uptime();
      const status = yield* s.run(["wget", "--spider", "-q", "-T", "5", "-t", "1", index], {
        stdout: "stderr",
      });
      if (status !== 0) continue;
      const seconds = Number(((yield* this.#uptime()) - start).toFixed(2));
      yield* s.eecho(`${seconds} ${url}`);
      times.push([seconds, url]);
    }
    const best = times.sort(([a], [b]) => a - b)[0];
    if (best === undefined) return yield* this.#none("Warning! No mirror found");
    yield* this.addMirror(best[1]);
    return true;
  }

  *#uptime(): Steps<number> {
    return Number(((yield* this.s.text("/proc/uptime")) ?? "0").split(" ")[0]);
  }

  /** A community repository for each main one. */
  *addCommunity(): Steps<void> {
    const lines = yield* this.s.lines(this.path);
    for (const main of lines.filter((line) => /^[^#].*\/main$/.test(line))) {
      const community = main.replace(/\/main$/, "/community");
      if ((yield* this.s.lines(this.path)).includes(community)) continue;
      yield* this.s.echo(`>>> Enabling repository ${community}`);
      yield* this.addLines(community);
    }
  }

  *showMirrors(): Steps<void> {
    if (this.mirrors.length === 0) return;
    const list = this.mirrors.map((url, i) => `${i + 1}) ${hostOf(url)}\n`).join("");
    yield* this.s.run(["more"], { input: `\nAvailable mirrors:\n${list}\n` });
  }

  *edit(): Steps<boolean> {
    const before = yield* this.s.text(this.path);
    this.s.mkdirs(`${this.s.root}etc/apk`);
    yield* this.s.run([...words(this.s.env("EDITOR") || "vi"), this.path]);
    return (yield* this.s.text(this.path)) !== before;
  }

  /** Asks what to do; has anything changed? undefined: leave all as it is. */
  *ask(): Steps<boolean | undefined> {
    const { s } = this;
    yield* s.print(` (f)    Find and use fastest mirror
 (s)    Show mirrorlist
 (r)    Use random mirror
 (e)    Edit ${s.root}etc/apk/repositories with text editor
 (c)    Community repo ${this.community ? "disable" : "enable"}
 (skip) Skip setting up apk repositories

`);
    const answer = yield* s.ask(
      "Enter mirror number or URL:",
      s.env("APKREPO_DEFAULT_ANSWER") || "1",
    );
    yield* s.echo();
    let changed = false;
    if (answer === "skip") return undefined;
    if (/^\d/.test(answer)) {
      const mirror = this.mirrors[Number.parseInt(answer, 10) - 1];
      if (mirror !== undefined) yield* this.addMirror(mirror);
      changed = mirror !== undefined;
    } else if (/^(\/|https?:\/\/|ftp:\/\/)/.test(answer)) {
      yield* this.addLines(answer, "");
      changed = true;
    } else if (answer === "s") yield* this.showMirrors();
    else if (answer === "r" || answer === "r c") changed = yield* this.addRandom();
    else if (answer === "f" || answer === "f c") changed = yield* this.addFastest();
    else if (answer === "e") changed = yield* this.edit();
    else if (answer === "c") {
      this.community = !this.community;
      yield* s.print(`Community repository ${this.community ? "enabled" : "disabled"}\n\n`);
    }
    if (answer.endsWith("c")) {
      this.community = true;
      yield* s.print("Community repository enabled\n");
    }
    return changed;
  }
}

function hostOf(url: string): string {
  return url.replace(/^.*?:\/\//, "").replace(/\/.*$/, "");
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("c1fhor");
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  const clash = ["1", "f", "r"].filter(has).length > 1;
  if (clash || (has("o") && options.some(([l]) => l !== "o"))) yield* s.showUsage(1);
  const repos = new Repositories(s);
  repos.community = has("c");
  yield* repos.fetchMirrors();
  yield* repos.findBranch();
  let changed = false;
  if (operands.length > 0 && !has("o")) {
    s.remove(repos.path);
    yield* repos.addLines(...operands);
    changed = true;
  }
  for (const [letter, add] of [
    ["1", () => repos.addFirst()],
    ["r", () => repos.addRandom()],
    ["f", () => repos.addFastest()],
  ] as const) {
    if (!has(letter)) continue;
    if (!(yield* add())) throw new Exit(1);
    changed = true;
  }
  if (has("o")) {
    yield* repos.addCommunity();
    changed = true;
  }
  while (!changed) {
    yield* repos.fetchMirrors();
    const answer = yield* repos.ask();
    if (answer === undefined) return 0;
    changed = answer;
  }
  yield* s.print("Updating repository indexes... ");
  const root = s.root === "/" ? [] : ["--root", s.root];
  const status = yield* s.run(["apk", "update", "--quiet", ...root]);
  if (status === 0) yield* s.echo("done.");
  return status;
}

/** The program. */
export const setupApkrepos: Program = setupProgram(USAGE, main);
