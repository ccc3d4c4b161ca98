// Default options from a file: $APK_CONFIG, /etc/apk/config or /lib/apk/config (apk(8), FILES).
import { ENOENT, Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import type { Process } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { readFile } from "../libc/unistd.ts";
import type { Settings } from "./context.ts";
import { OptionTable, optionGroups, takeLong } from "./options.ts";

/** A file of options is not long. */
const MAX_SIZE = 1 << 20;

/** Applies lines of long options without dashes, with a value behind a blank or "="; answers what is wrong. */
export function applyConfig(text: string, settings: Settings): string[] {
  const table = new OptionTable(optionGroups(undefined));
  const errors: string[] = [];
  for (const line of text.split("\n")) {
    const option = line.trim().replace(/^--/, "");
    if (option === "" || option.startsWith("#")) continue;
    const match = /^([^\s=]+)(?:\s*=\s*|\s+)?(.*)$/.exec(option);
    const name = match?.[1] ?? option;
    const value = match?.[2] ?? "";
    const taken = takeLong(
      table,
      name,
      value === "" ? undefined : value,
      undefined,
      settings,
      new Map(),
    );
    if (taken.error !== "") errors.push(taken.error);
  }
  return errors;
}

/** Reads the first of the files that exists; answers what is wrong with it, a line each. */
export function* readConfig(p: Process, settings: Settings): Steps<string[]> {
  const own = p.env.get("APK_CONFIG");
  for (const path of own === undefined ? ["/etc/apk/config", "/lib/apk/config"] : [own]) {
    try {
      const bytes = yield* readFile(p.sys, path, MAX_SIZE);
      return applyConfig(strOf(bytes), settings).map((error) => `${path}: ${error}`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === ENOENT && own === undefined) continue;
      return [`${path}: ${strerror(e)}`];
    }
  }
  return [];
}
