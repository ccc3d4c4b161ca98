// mountinfo: what is mounted, found by patterns, the last mounted first.
import type { Program, Steps } from "../abi/program.ts";
import { mountEntries } from "../libc/mntent.ts";
import { REG_EXTENDED, REG_NOSUB, type Regex, RegexError, regcomp } from "../libc/regex/regex.ts";
import { readText } from "../libc/unistd.ts";
import { yesno } from "./librc/conf.ts";
import { exists } from "./librc/dirs.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { realpath } from "./librc/realpath.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "f:F:n:N:o:O:p:P:iste:E:",
  extra: "[mount1] [mount2] ...",
  options: [
    ["f", "fstype-regex", "<arg>", "Of file systems that match"],
    ["F", "skip-fstype-regex", "<arg>", "Of file systems that do not"],
    ["n", "node-regex", "<arg>", "From devices that match"],
    ["N", "skip-node-regex", "<arg>", "From devices that do not"],
    ["o", "options-regex", "<arg>", "With options that match"],
    ["O", "skip-options-regex", "<arg>", "With options that do not"],
    ["p", "point-regex", "<arg>", "At places that match"],
    ["P", "skip-point-regex", "<arg>", "At places that do not"],
    ["i", "options", "", "Show options"],
    ["s", "fstype", "", "Show the type of file system"],
    ["t", "node", "", "Show the device"],
    ["e", "netdev", "", "Is it on the network?"],
    ["E", "nonetdev", "", "Is it not on the network?"],
  ],
};

/** The fields of a line of /proc/mounts, as they are written there. */
interface Mount {
  node: string;
  point: string;
  fstype: string;
  options: string;
}

type Patterns = ReadonlyMap<string, Regex>;

function* mounts(rc: Rc): Steps<Mount[]> {
  const text = yield* readText(rc.sys, "/proc/mounts");
  if (text === undefined) return yield* rc.einfo.eerrorx("getmntinfo: No such file or directory");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [node = "", point = "", fstype = "", options = ""] = line.split(" ");
      return { node, point, fstype, options };
    });
}

function fits(patterns: Patterns, letter: string, text: string): boolean {
  const wanted = patterns.get(letter);
  const skipped = patterns.get(letter.toUpperCase());
  if (wanted !== undefined && !matches(wanted, text)) return false;
  return skipped === undefined || !matches(skipped, text);
}

function matches(regex: Regex, text: string): boolean {
  return regex.exec(text) !== undefined;
}

function* compile(rc: Rc, pattern: string): Steps<Regex> {
  try {
    return regcomp(pattern, REG_EXTENDED | REG_NOSUB, { utf8: false });
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return yield* rc.einfo.eerrorx(`${rc.applet}: invalid regex \`${e.message}'`);
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  const patterns = new Map<string, Regex>();
  let show: keyof Mount = "point";
  let net: boolean | undefined;
  const operands = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "e" || key === "E") net = key === "e";
    else if (key === "i") show = "options";
    else if (key === "s") show = "fstype";
    else if (key === "t") show = "node";
    else patterns.set(key, yield* compile(rc, value));
  });
  const wanted: string[] = [];
  for (const operand of operands) {
    if (!operand.startsWith("/"))
      yield* einfo.eerrorx(`${applet}: \`${operand}' is not a mount point`);
    wanted.push(exists(sys, operand) ? realpath(sys, operand) : operand);
  }
  const fstab = net === undefined ? [] : yield* mountEntries(sys, "/etc/fstab");
  const keep = (m: Mount): boolean => {
    if (m.fstype === "rootfs") return false;
    const entry = fstab.find((e) => e.dir === m.point);
    if (net !== undefined && (entry !== undefined || wanted.length > 0)) {
      if (entry === undefined || entry.options.includes("_netdev") !== net) return false;
    } else if (
      !fits(patterns, "n", m.node) ||
      !fits(patterns, "f", m.fstype) ||
      !fits(patterns, "o", m.options)
    )
      return false;
    return wanted.length === 0 || wanted.includes(m.point);
  };
  const found = (yield* mounts(rc)).filter(keep).map((m) => m[show]);
  let status = 1;
  for (const text of found.reverse()) {
    if (!fits(patterns, "p", text)) continue;
    if (yesno(rc.env("EINFO_QUIET")) !== true) yield* rc.print(`${text}\n`);
    status = 0;
  }
  return status;
}

/** The program. */
export const mountinfo: Program = rcProgram(main);
