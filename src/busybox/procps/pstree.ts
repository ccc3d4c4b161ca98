// pstree: processes as a tree (as in psmisc)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { winsize } from "../../libc/termios.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { readProc, readProcDir, scanProcs } from "../libbb/procps.ts";

const NAME_MAX = 15;
/** Deeper trees are cut: a line would be longer than any terminal long before. */
const DEPTH_MAX = 512;

interface Node {
  pid: number;
  ppid: number;
  uid: number;
  name: string;
  children: Node[];
}

class Tree {
  readonly nodes: Map<number, Node> = new Map<number, Node>();
  readonly #pids: boolean;
  readonly #width: number;
  /** A finished line, and those before. */
  #out = "";
  #line = "";

  constructor(pids: boolean, width: number) {
    this.#pids = pids;
    this.#width = width;
  }

  *read(p: Process): Steps<void> {
    const listed = yield* scanProcs(p.sys);
    for (const proc of listed) {
      const name = proc.comm.slice(0, NAME_MAX);
      const node: Node = { pid: proc.pid, ppid: proc.ppid, uid: proc.uid, name, children: [] };
      this.nodes.set(proc.pid, node);
      const inside = yield* readProcDir(p.sys, `${proc.dir}/task`);
      for (const tid of inside) {
        if (!/^[0-9]+$/.test(tid) || Number(tid) === proc.pid) continue;
        const thread = yield* readProc(p.sys, `${proc.dir}/task/${tid}`);
        if (thread === undefined) continue;
        const label = `{${thread.comm.slice(0, NAME_MAX)}}`;
        node.children.push({
          ...node,
          pid: Number(tid),
          ppid: proc.pid,
          name: label,
          children: [],
        });
      }
    }
    for (const node of this.nodes.values()) {
      if (node.pid !== node.ppid) this.nodes.get(node.ppid)?.children.push(node);
    }
    for (const node of this.nodes.values())
      node.children.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  #newline(): void {
    // What is too long ends in a plus.
    const cut = this.#line.length > this.#width;
    this.#out += `${cut ? `${this.#line.slice(0, this.#width - 1)}+` : this.#line}\n`;
    this.#line = "";
  }

  #label(node: Node): string {
    return this.#pids ? `${node.name}(${node.pid})` : node.name;
  }

  /** The shape of a tree without numbers: trees that look the same are shown once. */
  #shape(node: Node, depth = 0): string {
    if (node.children.length === 0 || depth > DEPTH_MAX) return node.name;
    return `${node.name}[${node.children.map((c) => this.#shape(c, depth + 1)).join(",")}]`;
  }

  /** Children with how many of the same shape each stands for. */
  #groups(node: Node): [Node, number][] {
    if (this.#pids) return node.children.map((c) => [c, 1]);
    const groups = new Map<string, [Node, number]>();
    for (const child of node.children) {
      const shape = this.#shape(child);
      const group = groups.get(shape);
      if (group === undefined) groups.set(shape, [child, 1]);
      else group[1]++;
    }
    return [...groups.values()];
  }

  /** `indent` is what stands before on further lines. */
  dump(node: Node, indent = "", count = 1, depth = 0): void {
    const before = count > 1 ? `${count}*[` : "";
    const after = count > 1 ? "]" : "";
    const label = before + this.#label(node);
    this.#line += label;
    const groups = depth > DEPTH_MAX ? [] : this.#groups(node);
    if (groups.length === 0) {
      this.#line += after;
      this.#newline();
      return;
    }
    const pad = indent + " ".repeat(label.length);
    for (const [i, [child, times]] of groups.entries()) {
      const last = i === groups.length - 1;
      if (groups.length === 1) this.#line += "---";
      else if (i === 0) this.#line += "-+-";
      else this.#line += `${pad}${last ? " `-" : " |-"}`;
      this.dump(child, `${pad}${last ? "   " : " | "}`, times, depth + 1);
    }
    if (after !== "") this.#close(after);
  }

  /** The bracket after a group belongs to the line that was just ended. */
  #close(text: string): void {
    const line = this.#out.slice(this.#out.lastIndexOf("\n", this.#out.length - 2) + 1, -1);
    if (line.length >= this.#width) return;
    this.#out = `${this.#out.slice(0, -1)}${text}\n`;
  }

  take(): string {
    const text = this.#out;
    this.#out = "";
    return text;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "p", { max: 1 });
  const tree = new Tree(opt.has("p"), winsize(p.sys, 0)?.cols ?? 80);
  const who = opt.operands[0];
  let pid = 1;
  let uid: number | undefined;
  if (who !== undefined) {
    if (/^[0-9]/.test(who)) pid = xatou(who);
    else uid = ((yield* new UserDb(p.sys).getpwnam(who)) ?? die(`unknown user ${who}`)).uid;
  }
  yield* tree.read(p);
  let text = "";
  if (uid === undefined) {
    const node = tree.nodes.get(pid) ?? die("no processes found");
    tree.dump(node);
    text = tree.take();
  } else {
    for (const node of tree.nodes.values()) {
      if (node.uid !== uid || tree.nodes.get(node.ppid)?.uid === uid) continue;
      if (text !== "") text += "\n";
      tree.dump(node);
      text += tree.take();
    }
    if (text === "") die("no processes found");
  }
  const w = p.stdout.puts(text);
  if (w) yield* w;
  return 0;
}

export const pstree: Applet = {
  name: "pstree",
  path: "/usr/bin/pstree",
  usage:
    "[-p] [PID|USER]\n\nShow processes as a tree, all or those below PID or of USER\n\n\t-p\tWith their numbers\n",
  main,
};
