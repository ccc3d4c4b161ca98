// Lines of etc/apk/repositories and repositories.d/*.list (apk-repositories(5)).
import type { RepositoryType } from "./repository.ts";

/** What a line stands for. */
export interface RepositoryLine {
  readonly url: string;
  /** Without "@". */
  readonly tag: string;
  readonly type: RepositoryType;
}

const BLANKS = /[ \t]+/;
const KEY = /^[A-Za-z][A-Za-z0-9_]*$/;
/** What one line may become, by its components. */
const COMPONENTS_MAX = 100;
const VALUE_MAX = 4096;

function isUrl(word: string): boolean {
  return /^(https?|ftp|file|test):/i.test(word) || word.startsWith("/");
}

/** Reads the lines of several files; variables hold for all that come after. */
export class RepositoryParser {
  readonly #variables = new Map<string, string>();
  readonly #warn: (text: string) => void;
  #file = "";
  #line = 0;

  /** `warn` is told "file:line: …". */
  constructor(arch: string, warn: (text: string) => void) {
    this.#variables.set("APK_ARCH", arch);
    this.#warn = warn;
  }

  /** All lines of a file, which messages call `name`. */
  parseFile(name: string, text: string): RepositoryLine[] {
    this.#file = name;
    this.#line = 0;
    return text.split("\n").flatMap((line) => this.parseLine(line, true));
  }

  /** One line; without `keywords` (options of the command line) it begins with a tag or a URL. */
  parseLine(line: string, keywords: boolean): RepositoryLine[] {
    this.#line++;
    const words = line.split(BLANKS).filter((word) => word !== "");
    const [first] = words;
    if (first === undefined || first.startsWith("#")) return [];
    if (!keywords) return this.#repositories("", words, false);
    switch (first) {
      case "set":
        this.#set(line.trim().slice(3).trim());
        return [];
      case "ndx":
      case "v2":
      case "v3":
        return this.#repositories(first, words.slice(1), true);
    }
    if (!first.startsWith("@") && !first.startsWith("${") && !isUrl(first)) {
      this.#complain(`unrecognized keyword: ${first}`);
      return [];
    }
    return this.#repositories("", words, true);
  }

  #complain(text: string): void {
    this.#warn(`${this.#file}:${this.#line}: ${text}`);
  }

  #set(rest: string): void {
    let text = rest;
    let keep = false;
    for (let m = /^-(\S*)\s*/.exec(text); m !== null; m = /^-(\S*)\s*/.exec(text)) {
      if (m[1] !== "default") {
        this.#complain(`invalid option: -${m[1]}`);
        return;
      }
      keep = true;
      text = text.slice(m[0].length);
    }
    const equals = text.indexOf("=");
    const key = text.slice(0, Math.max(0, equals));
    if (!KEY.test(key) || key.startsWith("APK_")) {
      this.#complain(`invalid variable definition: ${text}`);
      return;
    }
    if (keep && this.#variables.has(key)) return;
    const value = this.#expand(text.slice(equals + 1));
    if (value !== undefined && value.length <= VALUE_MAX) this.#variables.set(key, value);
  }

  /** undefined: a variable is not known, which has been told. */
  #expand(text: string): string | undefined {
    let missing: string | undefined;
    const value = text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      const known = this.#variables.get(name);
      if (known === undefined) missing ??= name;
      return known ?? "";
    });
    if (missing === undefined) return value;
    this.#complain(`undefined variable: ${missing}`);
    return undefined;
  }

  #repositories(type: "" | RepositoryType, words: string[], checked: boolean): RepositoryLine[] {
    const rest = [...words];
    const tag = rest[0]?.startsWith("@") ? (rest.shift() as string).slice(1) : "";
    const expanded: string[] = [];
    for (const word of rest) {
      const value = checked ? this.#expand(word) : word;
      if (value === undefined) return [];
      expanded.push(...value.split(BLANKS).filter((part) => part !== ""));
    }
    const [url, ...components] = expanded;
    if (url === undefined || (checked && !isUrl(url))) {
      if (url !== undefined || type !== "") this.#complain(`invalid url: ${url ?? ""}`);
      return [];
    }
    const kind = type === "" ? (/\.(adb|tar\.gz)$/.test(url) ? "ndx" : "v2") : type;
    if (components.length === 0) return [{ url, tag, type: kind }];
    if (kind === "ndx" || components.length > COMPONENTS_MAX) {
      this.#complain(`invalid components for ${url}`);
      return [];
    }
    const base = url.replace(/\/+$/, "");
    return components.map((component) => ({ url: `${base}/${component}`, tag, type: kind }));
  }
}
