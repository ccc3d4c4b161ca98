// Numbers of the users and groups that packages name, as the root's own etc/passwd and etc/group have them.
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";

const FILE_MAX = 1 << 24;

export class UserNames {
  #users: ReadonlyMap<string, number> = new Map();
  #groups: ReadonlyMap<string, number> = new Map();

  /** Reads the files again: packages bring and change them. */
  *load(ctx: Context): Steps<void> {
    this.#users = parse((yield* ctx.root.readText("etc/passwd", FILE_MAX)) ?? "");
    this.#groups = parse((yield* ctx.root.readText("etc/group", FILE_MAX)) ?? "");
  }

  /** The number of a user; `fallback` when nobody has that name. */
  uid(name: string, fallback: number): number {
    return this.#users.get(name) ?? fallback;
  }

  gid(name: string, fallback: number): number {
    return this.#groups.get(name) ?? fallback;
  }

  /** The name of a user: "root" for 0 that nobody has, else "nobody". */
  userName(uid: number): string {
    return nameOf(this.#users, uid);
  }

  groupName(gid: number): string {
    return nameOf(this.#groups, gid);
  }
}

function parse(text: string): Map<string, number> {
  const all = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":", 3);
    if (name !== "" && /^\d{1,10}$/.test(number) && !all.has(name)) all.set(name, +number);
  }
  return all;
}

function nameOf(all: ReadonlyMap<string, number>, id: number): string {
  for (const [name, each] of all) if (each === id) return name;
  return id === 0 ? "root" : "nobody";
}
