// What abuild's shell notes of a package for abuild-package: "name=value" records that end in NUL.

/** Variables of one package, as its split function left them. */
export class Variables {
  readonly #values: ReadonlyMap<string, string>;

  constructor(text: string) {
    const values = new Map<string, string>();
    for (const record of text.split("\0")) {
      const eq = record.indexOf("=");
      if (eq > 0) values.set(record.slice(0, eq), record.slice(eq + 1));
    }
    this.#values = values;
  }

  /** "" when it is not set. */
  get(name: string): string {
    return this.#values.get(name) ?? "";
  }

  /** As one line: blanks and line ends are one blank each. */
  line(name: string): string {
    return this.words(name).join(" ");
  }

  /** A list. */
  words(name: string): string[] {
    return this.get(name)
      .split(/[ \t\n]+/)
      .filter((word) => word !== "");
  }

  /** Is an option given, for all packages or for this one (`name::option`)? */
  option(name: string): boolean {
    const own = `${this.get("pkgname")}::${name}`;
    return this.words("options").some((word) => word === name || word === own);
  }

  /** Version with release. */
  get version(): string {
    return `${this.get("pkgver")}-r${this.get("pkgrel")}`;
  }
}
