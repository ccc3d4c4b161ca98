// What `apk --help` and `apk COMMAND --help` print.
import type { Applet, OptionSpec } from "./applet.ts";
import { optionGroups } from "./options.ts";
import { wrapWords } from "./print.ts";

/** The version of apk-tools whose behaviour and words this program has. */
export const VERSION = "2.14.4";

/** The line of `apk --version`. */
export function versionLine(arch: string): string {
  return `apk-tools ${VERSION}, as written for Bivy, compiled for ${arch}.\n`;
}

const WIDTH = 79;
const COLUMN = 24;
const NAME_COLUMN = 13;

const GROUPS: readonly (readonly [Applet["group"], string])[] = [
  ["install", "Packages of this system"],
  ["system", "Keeping the system in order"],
  ["query", "Asking about packages"],
  ["repository", "Repositories and making packages"],
  ["package", "Package files"],
  ["misc", "The rest"],
];

/** All commands, a line each. */
export function generalHelp(applets: readonly Applet[]): string {
  let text = "\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]\n";
  for (const [group, title] of GROUPS) {
    const members = applets.filter((applet) => applet.group === group);
    if (members.length === 0) continue;
    text += `\n${title}:\n`;
    for (const { name, summary } of members) {
      const lines = wrapWords(summary.split(" "), WIDTH - NAME_COLUMN);
      const rest = lines.slice(1).map((line) => " ".repeat(NAME_COLUMN) + line);
      text += `${[`  ${name}`.padEnd(NAME_COLUMN) + (lines[0] ?? ""), ...rest].join("\n")}\n`;
    }
  }
  return `${text}\nWhat a command takes is told by: apk COMMAND --help\nMore is in apk(8). Coffee: bring your own.\n`;
}

/** "-x, --name VALUE" and what it does, wrapped in two columns. */
function optionLines(spec: OptionSpec): string {
  const letter = spec.letter === undefined ? "" : `-${spec.letter}, `;
  const names = [spec.name, ...(spec.aliases ?? [])].map((name) => `--${name}`).join(", ");
  const kind = spec.bool === "auto" ? "[=AUTO]" : spec.bool === true ? "[=BOOL]" : "";
  const left = `  ${letter}${names}${kind}${spec.value === undefined ? "" : ` ${spec.value}`}`;
  const lines = wrapWords(spec.help.split(" "), WIDTH - COLUMN);
  const rest = lines.map((line) => " ".repeat(COLUMN) + line);
  if (left.length + 2 > COLUMN) return [left, ...rest].join("\n");
  return [left.padEnd(COLUMN) + (lines[0] ?? ""), ...rest.slice(1)].join("\n");
}

/** Usage, description and options of one command. */
export function appletHelp(applet: Applet): string {
  const forms = applet.arguments.split("\n");
  let text = "";
  forms.forEach((form, i) => {
    const options = form.startsWith("-") ? form : `[<OPTIONS>...] ${form}`;
    text += `${i === 0 ? "\nusage:" : "   or:"} apk ${applet.name} ${options}`.trimEnd();
    text += "\n";
  });
  text += "\nDescription:\n";
  for (const line of wrapWords(applet.description.split(/\s+/), WIDTH - 2)) text += `  ${line}\n`;
  for (const { title, options } of optionGroups(applet)) {
    text += `\n${title} options:\n`;
    for (const spec of options) if (spec.help !== "") text += `${optionLines(spec)}\n`;
  }
  return `${text}\nFor more information: man 8 apk-${applet.name}\n`;
}
