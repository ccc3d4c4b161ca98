// setup-keymap: a keyboard layout of kbd-bkeymaps, copied to /etc/keymap and loaded at boot (setup-keymap(8)).
import type { Program, Steps } from "../abi/program.ts";
import { winsize } from "../libc/termios.ts";
import { readFile, writeFile } from "../libc/unistd.ts";
import { basename, cleanly, type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: setup-keymap [-h] [LAYOUT [VARIANT]]

Sets the layout of the keyboard; asks for it without LAYOUT

options:
 -h  Show this text
`;

/** Words in columns as wide as the longest. */
export function columnsOf(list: readonly string[], width: number): string {
  const widest = Math.max(0, ...list.map((word) => word.length));
  const perLine = Math.max(1, Math.floor(width / (widest + 1)));
  let text = "";
  for (const [i, word] of list.entries()) {
    text += `${word.padEnd(widest)} `;
    if ((i + 1) % perLine === 0) text += "\n";
  }
  return list.length % perLine === 0 ? text : `${text}\n`;
}

/** Names in a folder of maps. */
function* show(s: Setup, dir: string): Steps<void> {
  const names = (yield* s.names(dir)).map((name) => name.replace(/\.bmap\.gz$/, ""));
  if (names.length === 0) yield* s.eecho("Error: No data to display.");
  else yield* s.print(columnsOf(names, winsize(s.sys, 0)?.cols || 80));
}

function* findVariant(s: Setup, dir: string, variant: string): Steps<string | undefined> {
  const found = yield* s.glob(`${dir}/${variant}.bmap*`);
  return found.find((path) => s.isFile(path));
}

/** Copies a map and has it loaded. */
function* install(s: Setup, map: string): Steps<void> {
  const name = basename(map);
  const conf = `${s.root}/etc/conf.d/loadkmap`;
  s.mkdirs(`${s.root}/etc/keymap`);
  s.mkdirs(`${s.root}/etc/conf.d`);
  yield* writeFile(s.sys, `${s.root}/etc/keymap/${name}`, yield* readFile(s.sys, map));
  const kept = (yield* s.lines(conf)).filter((line) => !line.startsWith("KEYMAP="));
  const lines = [...kept, `KEYMAP=/etc/keymap/${name}`];
  yield* s.write(conf, lines.map((line) => `${line}\n`).join(""));
  yield* s.run(["rc-service", "loadkmap", "restart"]);
  yield* s.run(["rc-update", "--quiet", "add", "loadkmap", "boot"]);
}

/** Layout and variant; undefined: none is wanted. */
function* askLayout(s: Setup, maps: string): Steps<[string, string] | undefined> {
  let preset = "none";
  for (;;) {
    yield* show(s, maps);
    yield* s.echo();
    const answer = yield* s.ask("Select keyboard layout:", preset);
    yield* s.echo();
    if (answer === "abort" || answer === "none") return undefined;
    const [layout = "", variant = ""] = words(answer);
    if (s.isDir(`${maps}/${layout}`)) return [layout, variant];
    preset = "none";
  }
}

/** The map's file; undefined: another layout. */
function* askVariant(s: Setup, dir: string): Steps<string | undefined> {
  for (;;) {
    yield* show(s, dir);
    yield* s.echo();
    const variant = yield* s.ask("Select variant (or 'abort'):");
    yield* s.echo();
    if (variant === "abort" || variant === "none") return undefined;
    const map = variant === "" ? undefined : yield* findVariant(s, dir, variant);
    if (map !== undefined) return map;
  }
}

/** The variant that is set up already. */
function* currentVariant(s: Setup): Steps<string> {
  const conf = `${s.root}/etc/conf.d/loadkmap`;
  if (!s.isFile(conf)) return "";
  const found = yield* s.sourced(conf, ["KEYMAP"]);
  return basename(found.get("KEYMAP") ?? "").split(".")[0] ?? "";
}

function* choose(s: Setup, maps: string, given: readonly string[]): Steps<void> {
  let [layout = "", variant = ""] = given;
  if (variant === "") variant = yield* currentVariant(s);
  for (;;) {
    if (layout === "none") return;
    if (layout === "") {
      const answer = yield* askLayout(s, maps);
      if (answer === undefined) return;
      layout = answer[0];
      variant = given[1] || answer[1];
    }
    const dir = `${maps}/${layout}`;
    let map = variant === "" ? undefined : yield* findVariant(s, dir, variant);
    if (map === undefined) {
      const only = (yield* s.names(dir)).filter((name) => s.isFile(`${dir}/${name}`));
      if (only.length === 0) layout = "";
      else if (only.length === 1) map = `${dir}/${only[0]}`;
      else map = yield* askVariant(s, dir);
    }
    if (map !== undefined) return yield* install(s, map);
    layout = "";
  }
}

function* main(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  s.stopOnSignals();
  yield* s.run(["apk", "add", "--quiet", "--virtual", ".setup-keymap-deps", "kbd-bkeymaps"]);
  yield* cleanly(
    () => choose(s, `${s.root}/usr/share/bkeymaps`, operands),
    function* () {
      s.forgetSignals();
      yield* s.run(["apk", "del", "--quiet", "--no-progress", ".setup-keymap-deps"]);
    },
  );
  return 0;
}

/** The program. */
export const setupKeymap: Program = setupProgram(USAGE, main);
