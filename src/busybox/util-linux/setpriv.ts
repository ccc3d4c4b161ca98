// setpriv: runs a program with other privileges (setpriv(1), capabilities(7))
import { CAPABILITY_NAMES } from "../../abi/capability.ts";
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Those that the original does not know are shown by number. */
const NAMED = 38;

interface Status {
  inheritable: number[];
  ambient: number[];
  bounding: number[];
  noNewPrivs: string;
}

/** What the kernel tells of the process's capabilities. */
function* status(p: Process): Steps<Status> {
  const text = (yield* readText(p.sys, "/proc/self/status")) ?? "";
  const set = (key: string): number[] => {
    const digits = new RegExp(`^Cap${key}:\\t([0-9a-f]+)$`, "m").exec(text)?.[1] ?? "0";
    const bits = BigInt(`0x${digits}`);
    return CAPABILITY_NAMES.flatMap((_, i) => (((bits >> BigInt(i)) & 1n) === 1n ? [i] : []));
  };
  return {
    inheritable: set("Inh"),
    ambient: set("Amb"),
    bounding: set("Bnd"),
    noNewPrivs: /^NoNewPrivs:\t(\d)/m.exec(text)?.[1] ?? "0",
  };
}

function names(caps: readonly number[]): string {
  const name = (n: number): string =>
    n < NAMED ? (CAPABILITY_NAMES[n] as string).slice("cap_".length) : `cap_${n}`;
  return caps.length === 0 ? "[none]" : caps.map(name).join(",");
}

function* dump(p: Process): Steps<number> {
  const { sys } = p;
  const known = yield* status(p);
  const [uid, euid] = sys.getresuid();
  const [gid, egid] = sys.getresgid();
  const groups = sys.getgroups();
  const lines = [
    `uid: ${uid}`,
    `euid: ${euid}`,
    `gid: ${gid}`,
    `egid: ${egid}`,
    `Supplementary groups: ${groups.length === 0 ? "[none]" : groups.join(",")}`,
    `no_new_privs: ${known.noNewPrivs}`,
    `Inheritable capabilities: ${names(known.inheritable)}`,
    `Ambient capabilities: ${names(known.ambient)}`,
    `Capability bounding set: ${names(known.bounding)}`,
  ];
  const w = p.stdout.puts(`${lines.join("\n")}\n`);
  if (w) yield* w;
  return 0;
}

/** Reads "+chown,-kill": what a set becomes. */
function changed(text: string, before: readonly number[]): number[] {
  const set = new Set(before);
  for (const word of text.split(",")) {
    if (word === "") continue;
    if (!/^[+-]/.test(word)) die(`invalid capability '${word}'`);
    const name = word.slice(1);
    const number = /^cap_[0-9]+$/.test(name)
      ? Number(name.slice(4))
      : CAPABILITY_NAMES.slice(0, NAMED).indexOf(`cap_${name}`);
    if (number < 0 || number >= CAPABILITY_NAMES.length) die(`unknown capability '${name}'`);
    if (word.startsWith("+")) set.add(number);
    else set.delete(number);
  }
  return [...set].sort((a, b) => a - b);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+d", {
    long: {
      dump: "d",
      nnp: "nnp",
      "no-new-privs": "nnp",
      "inh-caps": "inh-caps:",
      "ambient-caps": "ambient-caps:",
    },
  });
  if (opt.has("d")) {
    if (opt.operands.length > 0) p.usageError();
    return yield* dump(p);
  }
  if (opt.operands.length === 0) p.usageError();
  const { sys } = p;
  if (opt.has("nnp")) sys.prctl_no_new_privs();
  if (opt.has("inh-caps") || opt.has("ambient-caps")) {
    const known = yield* status(p);
    const inheritable = changed(opt.get("inh-caps") ?? "", known.inheritable);
    try {
      sys.capset(inheritable, known.ambient, []);
    } catch (e) {
      dieErrno("capset", e);
    }
    const ambient = changed(opt.get("ambient-caps") ?? "", known.ambient);
    // Only what is inherited can be raised; what cannot is told, and the program runs all the same.
    const granted = ambient.filter((cap) => inheritable.includes(cap));
    if (granted.length < ambient.length)
      yield* p.warnx("cap_ambient_raise: Operation not permitted");
    try {
      sys.capset(inheritable, granted, []);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn("cap_ambient_raise", e);
    }
  }
  return yield* execOrDie(p, opt.operands);
}

export const setpriv: Applet = {
  name: "setpriv",
  path: "/bin/setpriv",
  usage: `[OPTIONS] PROG ARGS

Run PROG with other privileges

	-d,--dump	Show those there are
	--nnp,--no-new-privs	Programs with set-id bits give nothing
	--inh-caps +CAP,-CAP	Change the inheritable capabilities
	--ambient-caps +CAP,-CAP	Change the ambient capabilities
`,
  main,
};
