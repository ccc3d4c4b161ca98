// apk dot: dependencies as a graph in the language of graphviz (apk-dot(8)).
import type { Steps } from "../abi/program.ts";
import { fnmatch } from "../libc/fnmatch.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { type Dependency, satisfies } from "./dependency.ts";
import type { Package } from "./package.ts";
import { allPackages } from "./select.ts";

/** From a package to one that would do for a dependency; to nothing when none would bear the name. */
interface Edge {
  readonly dep: Dependency;
  readonly to: Package | undefined;
}

/** A package on the way of a walk: its edges, and how far they have been followed. */
interface Frame {
  readonly pkg: Package;
  readonly edges: readonly Edge[];
  next: number;
}

/** The graph below some packages; finds the circles in it. */
class Graph {
  readonly #db: Database;
  readonly #accept: (pkg: Package) => boolean;
  readonly #edges = new Map<Package, readonly Edge[]>();
  /** Number of the circle (strongly connected component) that a package belongs to. */
  readonly #circle = new Map<Package, number>();
  readonly #index = new Map<Package, number>();
  readonly #low = new Map<Package, number>();
  readonly #open: Package[] = [];

  constructor(db: Database, accept: (pkg: Package) => boolean) {
    this.#db = db;
    this.#accept = accept;
  }

  edges(pkg: Package): readonly Edge[] {
    let edges = this.#edges.get(pkg);
    if (edges === undefined) {
      edges = pkg.depends.flatMap((dep) => this.#follow(dep));
      this.#edges.set(pkg, edges);
    }
    return edges;
  }

  #follow(dep: Dependency): Edge[] {
    if (dep.conflict) return [];
    const providers = this.#db.names.get(dep.name)?.providers ?? [];
    if (providers.length === 0) return [{ dep, to: undefined }];
    return providers
      .filter(({ pkg, version }) => this.#accept(pkg) && satisfies(version, dep))
      .map(({ pkg }) => ({ dep, to: pkg }));
  }

  inCircle(a: Package, b: Package): boolean {
    return this.#circle.get(a) === this.#circle.get(b);
  }

  /** Walks below a package that has not been walked yet (Tarjan's algorithm); packages as they are left. */
  walk(from: Package): Package[] {
    const left: Package[] = [];
    if (this.#index.has(from)) return left;
    const way: Frame[] = [this.#enter(from)];
    for (let frame = way[0]; frame !== undefined; frame = way[way.length - 1]) {
      const { pkg, edges } = frame;
      const to = edges[frame.next++]?.to;
      if (to !== undefined) {
        if (!this.#index.has(to)) way.push(this.#enter(to));
        else if (!this.#circle.has(to)) this.#lower(pkg, this.#index.get(to) as number);
        continue;
      }
      if (frame.next <= edges.length) continue;
      way.pop();
      this.#leave(pkg);
      left.push(pkg);
      const parent = way[way.length - 1];
      if (parent !== undefined) this.#lower(parent.pkg, this.#low.get(pkg) as number);
    }
    return left;
  }

  #enter(pkg: Package): Frame {
    const index = this.#index.size;
    this.#index.set(pkg, index);
    this.#low.set(pkg, index);
    this.#open.push(pkg);
    return { pkg, edges: this.edges(pkg), next: 0 };
  }

  #lower(pkg: Package, to: number): void {
    if (to < (this.#low.get(pkg) as number)) this.#low.set(pkg, to);
  }

  #leave(pkg: Package): void {
    const index = this.#index.get(pkg) as number;
    if (this.#low.get(pkg) !== index) return;
    for (let one = this.#open.pop(); one !== undefined; one = this.#open.pop()) {
      this.#circle.set(one, index);
      if (one === pkg) return;
    }
  }
}

const HEAD = 'digraph "apkindex" {\n  rankdir=LR;\n  node [shape=box];\n';

function formatEdge(graph: Graph, pkg: Package, { dep, to }: Edge, errors: boolean): string {
  if (to === undefined) return `  "${pkg.id}" -> "${dep.name}" [color=red];\n`;
  const red = graph.inCircle(pkg, to) ? "color=red," : "";
  if (errors && red === "") return "";
  const provided = to.name === dep.name ? "" : `arrowhead=inv,label="${dep.name}",`;
  return `  "${pkg.id}" -> "${to.id}"[${red}${provided}];\n`;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const errors = ctx.flag("errors");
  const installed = ctx.flag("installed");
  const accept = (pkg: Package): boolean => !installed || pkg.installed !== undefined;
  const graph = new Graph(db, accept);
  const starts = allPackages(db).filter(
    (pkg) =>
      accept(pkg) && (args.length === 0 || args.some((arg) => fnmatch(arg, pkg.name, 0, false))),
  );
  const missing = new Set<string>();
  let started = false;
  for (const start of starts)
    for (const pkg of graph.walk(start))
      for (const edge of graph.edges(pkg)) {
        let text = formatEdge(graph, pkg, edge, errors);
        if (text === "") continue;
        if (edge.to === undefined && !missing.has(edge.dep.name)) {
          missing.add(edge.dep.name);
          const look = "style=dashed, color=red, fontcolor=red, shape=octagon";
          text = `  "${edge.dep.name}" [${look}];\n${text}`;
        }
        yield* ctx.print.out(started ? text : HEAD + text);
        started = true;
      }
  if (started) yield* ctx.print.out("}\n");
  return 0;
}

export const dot: Applet = {
  name: "dot",
  summary: "Draw dependencies as a graph for graphviz",
  group: "query",
  arguments: "[PATTERNS...]",
  description:
    "Prints the packages that match, or all, with what they depend on as a graph for graphviz. " +
    "Circles and what is missing are red.",
  optionGroups: ["source"],
  options: [
    { name: "errors", help: "Only circles and dependencies that nothing can meet" },
    { name: "installed", help: "Only what is installed" },
  ],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
