// Making the dependency tree: what the scripts say, turned round, made free of contradictions and saved.
import { EACCES, EEXIST, ENOENT, Errno } from "../../abi/errno.ts";
import { O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strerror } from "../../libc/strerror.ts";
import { mkdir, open, readText, tryStat, unlink, writeFile } from "../../libc/unistd.ts";
import { addTo, type DepInfo, DepTree, depends } from "./deptree.ts";
import { done, exists, failure } from "./dirs.ts";
import { genDepends } from "./gendepends.ts";
import { type Newest, raise } from "./newer.ts";
import { DEPCONFIG, DEPEND_DIRS, DEPTREE, DEPTREE_SKEWED, RC_CONF, SVCDIR } from "./paths.ts";
import type { Rc } from "./rc.ts";
import { rcSys } from "./sys.ts";

/** The directories of the state. */
const STATE_DIRS = [
  "",
  "/starting",
  "/started",
  "/stopping",
  "/inactive",
  "/wasinactive",
  "/failed",
  "/hotplugged",
  "/daemons",
  "/options",
  "/exclusive",
  "/scheduled",
  "/tmp",
];

/** What is newer than the saved tree; undefined when it holds. Makes the directories of the state. */
export function* updateNeeded(rc: Rc): Steps<Newest | undefined> {
  const { sys } = rc;
  for (const dir of STATE_DIRS) {
    const path = SVCDIR + dir;
    const error = failure(() => mkdir(sys, path, 0o755));
    if (error !== undefined && error !== EEXIST)
      yield* rc.complain(`mkdir \`${path}': ${strerror(error)}`);
  }
  const cache = tryStat(sys, DEPTREE);
  const newest: Newest = { time: cache?.mtime.sec ?? sys.clock_gettime(0).sec, file: "" };
  let newer = cache === undefined;
  const configs = yield* configLines(rc);
  for (const path of [...DEPEND_DIRS, RC_CONF, ...configs])
    if (yield* raise(sys, path, newest)) newer = true;
  return newer ? newest : undefined;
}

/** Files that scripts have named with `config`. */
function* configLines(rc: Rc): Steps<string[]> {
  const text = (yield* readText(rc.sys, DEPCONFIG)) ?? "";
  return text.split("\n").filter((line) => line !== "");
}

/** One line of what the scripts say: "service type name name …", or only "service". */
function addLine(tree: DepTree, config: Set<string>, line: string): void {
  const [service = "", type, ...names] = line.split(" ");
  if (service === "") return;
  const info = tree.get(service) ?? tree.add(service);
  if (type === undefined || names.length === 0) return;
  if (type !== "config" && !info.depends.has(type)) info.depends.set(type, []);
  for (const name of names) {
    if (name === "") continue;
    if (type === "config") config.add(name);
    else if (name.startsWith("!")) remove(info, type, name.slice(1));
    else if ((type !== "iprovide" || name !== service) && !/..*\.sh$/.test(name)) {
      addTo(info, type, name);
      // "after *; before local" and "before *; after modules" are both possible.
      if (type === "ibefore") remove(info, "iafter", name);
      else if (/^(?:iafter|ineed|iwant|iuse)$/.test(type)) remove(info, "ibefore", name);
    }
  }
}

function remove(info: DepInfo, type: string, name: string): void {
  const names = info.depends.get(type);
  const at = names?.indexOf(name) ?? -1;
  if (at >= 0) names?.splice(at, 1);
}

function addOnce(info: DepInfo, type: string, name: string): void {
  if (!info.depends.get(type)?.includes(name)) addTo(info, type, name);
}

/** Services that cannot work in this kind of system go, with all that was said of them. */
function dropForeign(tree: DepTree, system: string): void {
  const words = [`-${system.toLowerCase()}`, `no${system.toLowerCase()}`];
  for (const info of [...tree.list]) {
    if (!info.depends.get("keyword")?.some((word) => words.includes(word))) continue;
    tree.remove(info);
    const gone = [info.service, ...(info.depends.get("iprovide") ?? [])];
    for (const other of tree.list)
      for (const [type, names] of other.depends) {
        for (const name of gone) remove(other, type, name);
        if (names.length === 0) other.depends.delete(type);
      }
  }
}

function addVirtual(tree: DepTree): void {
  const provided = new Set<string>();
  for (const info of tree.list)
    for (const name of info.depends.get("iprovide") ?? []) provided.add(name);
  for (const name of provided) tree.add(name);
}

/** Types with those that the other side gets. */
const PAIRS = [
  ["ineed", "needsme"],
  ["iuse", "usesme"],
  ["iwant", "wantsme"],
  ["iafter", "ibefore"],
  ["ibefore", "iafter"],
  ["iprovide", "providedby"],
] as const;

/** Tells the others what was said of them; complaints about needs that nothing fulfils. */
function turnRound(tree: DepTree): string[] {
  const complaints: string[] = [];
  for (const info of tree.list)
    for (const [type, other] of PAIRS) {
      const names = info.depends.get(type);
      if (names === undefined) continue;
      for (const name of names) {
        const target = tree.get(name);
        if (target !== undefined) addOnce(target, other, info.service);
        else if (type === "ineed") {
          complaints.push(`Service \`${info.service}' needs non existent service \`${name}'`);
          addOnce(info, "broken", name);
        }
      }
    }
  return complaints;
}

/** Takes away each "before" of a service that comes after the other anyhow. */
function breakCircles(rc: Rc, tree: DepTree): void {
  for (const info of tree.list) {
    const before = info.depends.get("ibefore");
    if (before === undefined) continue;
    const types = ["ineed", "iwant", "iuse", "iafter"];
    const direct = depends(rc.sys, tree, types, [info.service], undefined, { self: rc.self });
    for (const name of [...before]) {
      const found = direct.find((s) => s === name || tree.depend(s, "iprovide").includes(name));
      if (found === undefined || tree.get(found) === undefined) continue;
      const target = tree.get(name);
      if (target !== undefined) remove(target, "iafter", info.service);
      remove(info, "ibefore", name);
    }
  }
}

function duplicates(tree: DepTree): string[] {
  const twice = tree.list.filter((info) => tree.get(info.service) !== info);
  return twice.map((i) => `Error: ${i.service} is the name of a real and virtual service.`);
}

/** Makes the tree from the scripts and saves it; false when it cannot be saved. */
export function* update(rc: Rc): Steps<boolean> {
  const tree = new DepTree();
  const config = new Set<string>();
  const said = yield* genDepends(rc);
  if (said === undefined) return false;
  for (const line of said.split("\n")) addLine(tree, config, line);
  const system = yield* rcSys(rc.sys, yield* rc.conf());
  if (system !== undefined) dropForeign(tree, system);
  addVirtual(tree);
  const complaints = turnRound(tree);
  breakCircles(rc, tree);
  for (const line of [...complaints, ...duplicates(tree)]) yield* rc.complain(line);
  const saved = yield* save(rc, DEPTREE, tree.format());
  if (config.size > 0) {
    const listed = yield* save(rc, DEPCONFIG, [...config].map((c) => `${c}\n`).join(""));
    return saved && listed;
  }
  done(() => unlink(rc.sys, DEPCONFIG));
  return saved;
}

function* save(rc: Rc, path: string, text: string): Steps<boolean> {
  try {
    yield* writeFile(rc.sys, path, text);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* rc.complain(`fopen \`${path}': ${strerror(e)}`);
    return false;
  }
}

/** May the saved tree be written? Only a plain refusal says no. */
function* refused(rc: Rc): Steps<boolean> {
  try {
    let fd = open(rc.sys, DEPTREE, O_WRONLY);
    if (isSteps(fd)) fd = yield* fd;
    rc.sys.close(fd);
    return false;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e === EACCES || (e === ENOENT && !exists(rc.sys, SVCDIR));
  }
}

/** A tree with whether it was made anew, and how that went. */
export interface Loaded {
  tree: DepTree | undefined;
  /** 0 made, -1 failed, undefined: the saved one holds. */
  made: 0 | -1 | undefined;
}

/** The dependency tree, made anew when something in it has changed, or when `force`d. */
export function* loadDeptree(rc: Rc, force = false): Steps<Loaded> {
  // The openrc that runs this service has just looked.
  const fresh = !force && rc.env("RC_PID") !== undefined && rc.self !== undefined;
  const tree = fresh ? yield* DepTree.load(rc.sys) : undefined;
  if (tree !== undefined) return { tree, made: undefined };
  const newest = yield* updateNeeded(rc);
  if (newest === undefined && !force) return { tree: yield* DepTree.load(rc.sys), made: undefined };
  if (yield* refused(rc)) return { tree: yield* DepTree.load(rc.sys), made: undefined };
  const { einfo } = rc;
  yield* einfo.ebegin("Caching service dependencies");
  const ok = yield* update(rc);
  yield* einfo.eend(ok ? 0 : -1, "Failed to update the dependency tree");
  if (ok) yield* mindClock(rc, newest?.time ?? 0, newest?.file ?? "");
  return { tree: yield* DepTree.load(rc.sys), made: ok ? 0 : -1 };
}

/** Files from the future would make the tree anew each time: it takes their time. */
function* mindClock(rc: Rc, newest: number, file: string): Steps<void> {
  const { sys, einfo } = rc;
  const st = tryStat(sys, DEPTREE);
  if (st === undefined || st.mtime.sec >= newest) {
    done(() => unlink(sys, DEPTREE_SKEWED));
    return;
  }
  yield* einfo.eerror(`Clock skew detected with \`${file}'`);
  yield* einfo.eerrorn(`Adjusting mtime of \`${DEPTREE}' to ${yield* rc.ctime(newest)}\n`);
  yield* save(rc, DEPTREE_SKEWED, `${file}\n`);
  const time = { sec: newest, nsec: 0 };
  done(() => sys.utimensat(-100, DEPTREE, time, time, 0));
}
