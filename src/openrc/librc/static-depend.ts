// Reading depend() of plain init scripts without a shell: most only list names. Whatever is not plain is left to one.

/** What depend() can call, with the type each line gets. */
const TYPES: Readonly<Record<string, string>> = {
  config: "config",
  need: "ineed",
  use: "iuse",
  want: "iwant",
  before: "ibefore",
  after: "iafter",
  provide: "iprovide",
  keyword: "keyword",
};

/** Containers of Linux, for the word -containers. */
const CONTAINERS = "-docker -lxc -openvz -rkt -systemd-nspawn -uml -vserver".split(" ");

/** Assignments to variables that add to what depend() says. */
const OVERRIDES =
  /\b(?:rc_(?:\w+_)?(?:config|need|use|want|before|after|provide|keyword)|RC_(?:\w+_)?(?:CONFIG|NEED|USE|WANT|BEFORE|AFTER|PROVIDE|KEYWORD)):?=/;

/** Does a configuration file leave dependencies and functions alone? */
export function isPlainConfig(text: string): boolean {
  const code = text.replace(/^[ \t]*#.*/gm, "");
  return !OVERRIDES.test(code) && !/^[ \t]*(?:\.|source)[ \t]|\(\)|\b(?:exit|return)\b/m.test(code);
}

/**
 * The lines "SERVICE TYPE NAMES…" of a script, the first with its name alone; undefined when only a shell
 * can tell. `others` are the names in the script's directory, which "*" stands for.
 */
export function staticDepend(
  service: string,
  text: string,
  others: readonly string[],
): string[] | undefined {
  const body = dependBody(text);
  if (body === undefined || OVERRIDES.test(text)) return undefined;
  const lines = [service];
  for (const raw of body.split(/[\n;]/)) {
    const [command = "", ...words] = raw
      .replace(/(?:^|[ \t])#.*/, "")
      .trim()
      .split(/[ \t]+/);
    if (command === "" || command === ":" || command === "return") {
      if (words.length > 0 && words.join(" ") !== "0") return undefined;
      continue;
    }
    const type = Object.hasOwn(TYPES, command) ? TYPES[command] : undefined;
    if (type === undefined) return undefined;
    const names = expand(command, words, others);
    if (names === undefined) return undefined;
    if (names.length > 0) lines.push(`${service} ${type} ${names.join(" ")}`);
  }
  return lines;
}

/** The inside of depend(); undefined when it is not defined exactly once, or other code may have a say. */
function dependBody(text: string): string | undefined {
  if (!/^depend[ \t]*\(\)/m.test(text)) return dependless(text) ? "" : undefined;
  const found = [...text.matchAll(/^depend[ \t]*\(\)[ \t]*\n?[ \t]*\{([^{}]*)\}/gm)];
  const mentions = text.match(/\bdepend[ \t]*\(\)/g)?.length ?? 0;
  const names = /^[ \t]*(?:config|need|use|want|before|after|provide|keyword)[ \t]*\(\)/m;
  if (found.length !== 1 || mentions !== 1 || names.test(text) || !isTame(text)) return undefined;
  return (found[0] as RegExpMatchArray)[1];
}

/** A script without depend(). */
function dependless(text: string): boolean {
  return !/\bdepend\b/.test(text) && isTame(text);
}

/** Nothing outside of functions ends the script or includes others. */
function isTame(text: string): boolean {
  return !/^(?:[^#\s][^\n]*\b(?:exit|return)\b|(?:[^#\s][^\n]*[;&|][ \t]*)?(?:\.|source|eval|exec)[ \t])/m.test(
    text,
  );
}

function expand(
  command: string,
  words: readonly string[],
  others: readonly string[],
): string[] | undefined {
  const names: string[] = [];
  for (const word of words) {
    if (word === "*") names.push(...others);
    else if (!/^[!a-zA-Z0-9_.@+/-]+$/.test(word)) return undefined;
    else if (command === "keyword" && word === "-containers") names.push(...CONTAINERS);
    else if (command === "keyword" && word === "!-containers")
      names.push(...CONTAINERS.map((c) => `!${c}`));
    else names.push(word);
  }
  return names;
}
