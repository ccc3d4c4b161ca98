// Boot parameters: the words of the kernel's command line (mkinitfs-bootparam(7)).

/** Words that stand for themselves with "yes", and with "no" in front for "no". */
const NAMES = [
  "BOOTIF",
  "alpine_repo",
  "aoe",
  "aoe_iflist",
  "aoe_mtu",
  "apkovl",
  "autodetect_serial",
  "blacklist",
  "bootstrap_usr_merged",
  "chart",
  "cryptdiscards",
  "cryptdm",
  "cryptheader",
  "cryptkey",
  "cryptoffset",
  "cryptroot",
  "dasd",
  "debug_init",
  "ds",
  "init",
  "init_args",
  "ip",
  "keep_apk_new",
  "memdisk",
  "modules",
  "nbd",
  "overlaytmpfs",
  "overlaytmpfsflags",
  "panic",
  "pkgs",
  "quiet",
  "resume",
  "resume_offset",
  "root",
  "root_size",
  "rootflags",
  "rootfstype",
  "s390x_net",
  "splash",
  "ssh_key",
  "tinycloud",
  "uevent_buf_size",
  "usbdelay",
  "usrflags",
  "wireguard",
  "zfcp",
] as const;

/** What somebody wants of this boot. */
export class BootParameters {
  readonly #values = new Map<string, string>();
  /** A shell instead of services: "s", "single" or "1". */
  readonly single: boolean;
  /** All of `console=`, in order; the last is the one to talk to. */
  readonly consoles: readonly string[];

  constructor(cmdline: string) {
    let single = false;
    const consoles: string[] = [];
    for (const word of cmdline.split(/[ \t\n]+/)) {
      const eq = word.indexOf("=");
      const name = eq < 0 ? word : word.slice(0, eq);
      if (/^(s|single|1)$/.test(word)) single = true;
      else if (name === "console" && eq > 0) consoles.push(word.slice(eq + 1));
      for (const known of NAMES) {
        if (name === known) this.#values.set(known, eq < 0 ? "yes" : word.slice(eq + 1));
        else if (word === `no${known}`) this.#values.set(known, "no");
      }
    }
    this.single = single;
    this.consoles = consoles;
  }

  /** "" for what nobody gave. */
  get(name: (typeof NAMES)[number]): string {
    return this.#values.get(name) ?? "";
  }

  /** Is it given, and not as "no"? */
  has(name: (typeof NAMES)[number]): boolean {
    const value = this.get(name);
    return value !== "" && value !== "no";
  }
}
