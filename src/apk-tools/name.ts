// Names that packages have or provide.
import type { Package } from "./package.ts";

/** A package that offers a name. */
export interface Provider {
  readonly pkg: Package;
  /** The version it provides the name with; "" when it states none. */
  readonly version: string;
}

/** A name and everything known of it. */
export class Name {
  readonly name: string;
  readonly providers: Provider[] = [];

  constructor(name: string) {
    this.name = name;
  }
}
