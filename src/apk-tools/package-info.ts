// What is said of a package: in PKGINFO, index records, ADBs (apk-package(5)).

/** What PKGINFO, an index record or an ADB pkginfo say. Strings are byte strings, "" where nothing is said. */
export interface PackageInfo {
  name: string;
  version: string;
  arch: string;
  description: string;
  url: string;
  license: string;
  /** Source package. */
  origin: string;
  maintainer: string;
  commit: string;
  /** Seconds since 1970; 0 unknown. */
  buildTime: number;
  /** Bytes of the package file. */
  size: number;
  /** Bytes on disk. 0 with size 0: a virtual package, nothing to fetch. */
  installedSize: number;
  providerPriority: number;
  replacesPriority: number;
  /** Lists as the file has them, separated by blanks: parsed when asked for, most never are. */
  depends: string;
  provides: string;
  installIf: string;
  replaces: string;
  recommends: string;
  tags: string;
  /** Directories whose change the package's trigger wants to know. */
  triggers: string;
  layer: number;
  /**
   * What tells this very build from others: "Q1" + base64 of the SHA-1 of the control part (v2), "Q2" + base64 of
   * the SHA-256 cut to 160 bits or of the ADB's SHA-256 (v3). "" when unknown.
   */
  identity: string;
  /** Made with features this program does not know (an unknown capital letter in a record): not to be installed. */
  uninstallable: boolean;
}

/** An empty PackageInfo to be filled in. */
export function emptyInfo(): PackageInfo {
  return {
    name: "",
    version: "",
    arch: "",
    description: "",
    url: "",
    license: "",
    origin: "",
    maintainer: "",
    commit: "",
    buildTime: 0,
    size: 0,
    installedSize: 0,
    providerPriority: 0,
    replacesPriority: 0,
    depends: "",
    provides: "",
    installIf: "",
    replaces: "",
    recommends: "",
    tags: "",
    triggers: "",
    layer: 0,
    identity: "",
    uninstallable: false,
  };
}
