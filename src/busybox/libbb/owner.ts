// Users and groups in arguments: "user", "user:group", ":group", "user:", names or numbers.
import type { Steps } from "../../abi/program.ts";
import { parseId, UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";

export interface Owner {
  uid: number | undefined;
  gid: number | undefined;
}

/** Id of a group named or numbered; dies with "unknown group x". */
export function* xgroup(p: Process, text: string): Steps<number> {
  const group = yield* new UserDb(p.sys).getgrnam(text);
  return group?.gid ?? parseId(text) ?? die(`unknown group ${text}`);
}

/** Id of a user named or numbered; dies with "unknown user x". */
export function* xuser(p: Process, text: string): Steps<number> {
  const user = yield* new UserDb(p.sys).getpwnam(text);
  return user?.uid ?? parseId(text) ?? die(`unknown user ${text}`);
}

/** An owner as chown takes it; "user:" means his login group. */
export function* parseOwner(p: Process, text: string): Steps<Owner> {
  const db = new UserDb(p.sys);
  let cut = text.indexOf(":");
  // The old form with a dot, unless a user is called so.
  if (cut < 0 && (yield* db.getpwnam(text)) === undefined) cut = text.indexOf(".");
  const name = cut < 0 ? text : text.slice(0, cut);
  const groupName = cut < 0 ? undefined : text.slice(cut + 1);
  const wrong = (what: string): never =>
    die(name !== "" && groupName ? `unknown user/group ${text.replace(".", ":")}` : what);
  const user = name === "" ? undefined : yield* db.getpwnam(name);
  const uid =
    user?.uid ?? (name === "" ? undefined : (parseId(name) ?? wrong(`unknown user ${name}`)));
  if (groupName === undefined)
    return uid === undefined ? die("unknown user ") : { uid, gid: undefined };
  if (groupName === "") {
    if (uid === undefined) return die("unknown group ");
    // A number that no user has is taken for a group, too.
    const login = user ?? (yield* db.getpwuid(uid));
    return { uid, gid: login?.gid ?? uid };
  }
  const group = yield* db.getgrnam(groupName);
  const gid = group?.gid ?? parseId(groupName) ?? wrong(`unknown group ${groupName}`);
  return { uid, gid };
}
