// The dependency tree (rc_deptree(3)): its text form in /run/openrc/deptree, and orders taken from it.
import type { Steps, Sys } from "../../abi/program.ts";
import { readText } from "../../libc/unistd.ts";
import { BOOT, DEPTREE, SHUTDOWN, SYSINIT } from "./paths.ts";
import { inRunlevel } from "./runlevel.ts";
import { HOTPLUGGED, INACTIVE, markedState, STARTED, STARTING, STOPPING } from "./service.ts";

/** What services have to do with others: ineed needsme iuse usesme iwant wantsme iafter ibefore iprovide providedby keyword broken. */
export interface DepInfo {
  readonly service: string;
  /** Names by type of dependency. */
  readonly depends: Map<string, string[]>;
}

/** The services in the order of their scripts, virtual ones at the end. */
export class DepTree {
  readonly list: DepInfo[] = [];
  readonly #byName = new Map<string, DepInfo>();

  get(service: string): DepInfo | undefined {
    return this.#byName.get(service);
  }
  /** Adds one, though there may be one of that name: then the first is the one that is found. */
  add(service: string): DepInfo {
    const info: DepInfo = { service, depends: new Map() };
    this.list.push(info);
    if (!this.#byName.has(service)) this.#byName.set(service, info);
    return info;
  }
  remove(info: DepInfo): void {
    this.list.splice(this.list.indexOf(info), 1);
    if (this.#byName.get(info.service) === info) this.#byName.delete(info.service);
  }
  /** What a service has of one type; none when there is no such service. */
  depend(service: string, type: string): readonly string[] {
    return this.get(service)?.depends.get(type) ?? [];
  }

  /** The tree as assignments that a shell could read. */
  format(): string {
    let text = "";
    for (const [i, info] of this.list.entries()) {
      text += `depinfo_${i}_service='${info.service}'\n`;
      for (const [type, names] of info.depends)
        for (const [k, name] of names.entries()) text += `depinfo_${i}_${type}_${k}='${name}'\n`;
    }
    return text;
  }

  /** Reads what {@link format} made; other lines are passed over. */
  static parse(text: string): DepTree {
    const tree = new DepTree();
    let info: DepInfo | undefined;
    for (const line of text.split("\n")) {
      // depinfo_0_service='a' or depinfo_0_ineed_0='b'
      const begin = line.indexOf("_", 8) + 1;
      const eq = line.indexOf("=", begin);
      if (begin === 0 || eq < 0 || !line.startsWith("depinfo_")) continue;
      const under = line.indexOf("_", begin);
      const type = line.slice(begin, under < 0 || under > eq ? eq : under);
      const value = line.slice(eq + 1).replace(/^'|'$/g, "");
      if (value === "") continue;
      if (type === "service") info = tree.add(value);
      else if (info !== undefined) addTo(info, type, value);
    }
    return tree;
  }

  static *load(sys: Sys, path: string = DEPTREE): Steps<DepTree | undefined> {
    const text = yield* readText(sys, path);
    return text === undefined ? undefined : DepTree.parse(text);
  }
}

/** Adds a name to a service's list of a type. */
export function addTo(info: DepInfo, type: string, name: string): void {
  const names = info.depends.get(type);
  if (names === undefined) info.depends.set(type, [name]);
  else names.push(name);
}

/** How {@link depends} goes. */
export interface DepOptions {
  /** Follow the dependencies of the dependencies. */
  trace?: boolean;
  /** Of virtual services only providers that the runlevel has. */
  strict?: boolean;
  /** Things are about to be started … */
  start?: boolean;
  /** … or to be stopped. */
  stop?: boolean;
  /** The service that asks ($RC_SVCNAME): never part of the answer. */
  self?: string | undefined;
  /** The runlevel of booting ($RC_BOOTLEVEL). */
  bootlevel?: string | undefined;
  /** Keeps states that were looked up for more walks at the same moment. */
  seen?: Map<string, number>;
}

/** One walk through the tree. */
class Walk {
  readonly #sys: Sys;
  readonly #tree: DepTree;
  readonly #types: readonly string[];
  readonly #level: string | undefined;
  readonly #options: DepOptions;
  readonly #boot: string;
  readonly #visited = new Set<string>();
  /** States by service, and by "runlevel/service" whether it is there. */
  readonly #seen: Map<string, number>;
  readonly sorted: string[] = [];

  constructor(
    sys: Sys,
    tree: DepTree,
    types: readonly string[],
    level: string | undefined,
    options: DepOptions,
  ) {
    this.#sys = sys;
    this.#tree = tree;
    this.#types = types;
    this.#level = level;
    this.#options = options;
    this.#boot = options.bootlevel ?? BOOT;
    this.#seen = options.seen ?? new Map();
  }

  #in(service: string, level: string | undefined): boolean {
    if (level === undefined) return false;
    const key = `${level}/${service}`;
    let known = this.#seen.get(key);
    if (known === undefined) {
      known = inRunlevel(this.#sys, service, level) ? 1 : 0;
      this.#seen.set(key, known);
    }
    return known === 1;
  }

  #state(service: string): number {
    let known = this.#seen.get(service);
    if (known === undefined) {
      known = markedState(this.#sys, service);
      this.#seen.set(service, known);
    }
    return known;
  }

  /** Does a dependency of this type count in the runlevel? */
  #valid(service: string, type: string): boolean {
    const level = this.#level;
    if (level === undefined || /^(?:ineed|needsme|iwant|wantsme)$/.test(type)) return true;
    if (this.#in(service, level)) return true;
    if (level === SYSINIT || (level === SHUTDOWN && type === "iafter")) return false;
    if (level !== this.#boot && this.#in(service, this.#boot)) return true;
    return (this.#state(service) & (HOTPLUGGED | STARTED)) !== 0;
  }

  /** Those of a virtual service's providers that stand for it now; none for a service that is itself. */
  #providers(info: DepInfo): readonly string[] {
    const all = info.depends.get("providedby");
    if (all === undefined) return [];
    const { strict, start, stop } = this.#options;
    if (stop) return all;
    const state = (service: string): number => this.#state(service);
    const inLevel = (s: string): boolean => this.#in(s, this.#level);
    const inBoot = (s: string): boolean => this.#in(s, this.#boot);
    const plugged = (s: string): boolean => (state(s) & HOTPLUGGED) !== 0;
    if (strict || start) {
      const near = all.filter((s) => inLevel(s) || inBoot(s) || (start && plugged(s)));
      if (near.length > 0) return near;
    }
    // Where nothing of the runlevel serves: what runs, what is about to, then what does not; each in
    // the runlevel, hotplugged, of the boot runlevel, anywhere. Several that run fulfil the need already.
    const places = [
      inLevel,
      (s: string): boolean => plugged(s) && !inLevel(s) && !inBoot(s),
      ...(this.#level === this.#boot ? [] : [inBoot]),
    ];
    const running = all.filter((s) => (state(s) & STARTED) !== 0);
    for (const place of [...places, () => true]) {
      const found = running.filter(place);
      if (found.length > 0) return found.length > 1 ? [] : found;
    }
    const moving = all.filter((s) => (state(s) & (STARTING | STOPPING | INACTIVE)) !== 0);
    for (const place of [...places, () => true]) {
      const found = moving.filter(place);
      if (found.length > 0) return found;
    }
    for (const place of places) {
      const found = all.filter(place);
      if (found.length > 0) return place === places[1] && found.length > 1 ? [] : found;
    }
    return all.slice(0, 1);
  }

  visit(info: DepInfo, trace: boolean): void {
    if (this.#visited.has(info.service)) return;
    this.#visited.add(info.service);
    for (const type of this.#types) {
      const names = info.depends.get(type);
      if (names === undefined) continue;
      for (const name of names) {
        if (!trace || type === "iprovide") this.sorted.push(name);
        else this.#follow(name, type);
      }
    }
    // What it provides may have dependencies of its own.
    if (trace)
      for (const name of info.depends.get("iprovide") ?? []) {
        const virtual = this.#tree.get(name);
        if (virtual !== undefined && this.#providers(virtual).includes(info.service))
          this.visit(virtual, true);
      }
    if (this.#options.self !== info.service && !info.depends.has("providedby"))
      this.sorted.push(info.service);
  }

  #follow(name: string, type: string): void {
    const info = this.#tree.get(name);
    if (info === undefined) return;
    const providers = this.#providers(info);
    for (const provider of providers) {
      const real = this.#tree.get(provider);
      if (real !== undefined && this.#valid(provider, type)) this.visit(real, true);
    }
    if (providers.length === 0 && this.#valid(name, type)) this.visit(info, true);
  }
}

/**
 * What services depend on by these types, themselves included (but for `self`), each after what it
 * depends on. Without `trace` only the names themselves. `level` is the runlevel that counts.
 */
export function depends(
  sys: Sys,
  tree: DepTree,
  types: readonly string[],
  services: readonly string[],
  level: string | undefined,
  options: DepOptions,
): string[] {
  const walk = new Walk(sys, tree, types, level, options);
  for (const service of services) {
    const info = tree.get(service);
    if (info !== undefined) walk.visit(info, options.trace ?? false);
  }
  return walk.sorted;
}
