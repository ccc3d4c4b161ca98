// locale.h: what musl's setlocale(LC_CTYPE, "") makes of the environment.

/** Are characters UTF-8? They are in every locale but C and POSIX. */
export function isUtf8(env: ReadonlyMap<string, string>): boolean {
  const name = env.get("LC_ALL") || env.get("LC_CTYPE") || env.get("LANG");
  return name !== "C" && name !== "POSIX";
}
