import { expect, test } from "vitest";
import { applet } from "../../../test/support/applet.ts";
import { addgroup } from "./addgroup.ts";
import { adduser } from "./adduser.ts";
import { cryptpw } from "./cryptpw.ts";
import { delgroup, deluser } from "./deluser.ts";
import { weakness } from "./passwd.ts";

const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\n";
const GROUP =
  "root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\nwheel:x:10:root\n";

applet(adduser, [
  {
    name: "a user and a group of his own",
    args: "-D -H bob",
    after: {
      "/etc/passwd": `${PASSWD}bob:x:1000:1000:Linux User,,,:/home/bob:/bin/sh\n`,
      "/etc/group": `${GROUP}bob:x:1000:\n`,
      "/etc/passwd-": PASSWD,
      "/etc/passwd+": undefined,
    },
  },
  {
    name: "a user of the system",
    args: "-D -S -H -G wheel -h /var/x -g Name sys1",
    after: {
      "/etc/passwd": `${PASSWD}sys1:x:100:10:Name:/var/x:/sbin/nologin\n`,
      "/etc/group": `${GROUP}`.replace("wheel:x:10:root", "wheel:x:10:root,sys1"),
    },
  },
  { name: "there already", args: "-D bin", stderr: "adduser: user 'bin' in use\n", status: 1 },
  { name: "id there already", args: "-D -u 1 x", stderr: "adduser: uid '1' in use\n", status: 1 },
  {
    name: "id too large",
    args: "-D -u 999999 x",
    stderr: "adduser: number 999999 is not in 0..256000 range\n",
    status: 1,
  },
  {
    name: "name with a blank",
    argv: ["-D", "bad name"],
    stderr: "adduser: illegal character with code 32 at position 3\n",
    status: 1,
  },
]);

applet(addgroup, [
  { name: "a group", args: "grp", after: { "/etc/group": `${GROUP}grp:x:1000:\n` } },
  { name: "of the system", args: "-S grp", after: { "/etc/group": `${GROUP}grp:x:100:\n` } },
  { name: "gid taken", args: "-g 10 grp", stderr: "addgroup: gid '10' in use\n", status: 1 },
  { name: "unknown user", args: "no wheel", stderr: "addgroup: unknown user no\n", status: 1 },
]);

applet(delgroup, [
  {
    name: "still somebody's",
    args: "bin",
    stderr: "delgroup: 'bin' still has 'bin' as their primary group!\n",
    status: 1,
  },
  {
    name: "a group",
    args: "wheel",
    after: { "/etc/group": GROUP.replace("wheel:x:10:root\n", "") },
  },
  {
    name: "not a member",
    args: "bin wheel",
    stderr: "delgroup: can't find bin in /etc/group\n",
  },
]);

applet(deluser, [
  { name: "unknown", args: "no", stderr: "deluser: unknown user no\n", status: 1 },
  {
    name: "a user, his memberships, his group",
    args: "daemon",
    after: {
      "/etc/passwd": PASSWD.replace(/daemon:.*\n/, ""),
      "/etc/group": GROUP.replace(/daemon:x.*\n/, "").replaceAll(",daemon", ""),
    },
  },
]);

applet(cryptpw, [
  {
    name: "md5",
    args: "-m md5 -S abcdefgh secret",
    stdout: "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1\n",
  },
  {
    name: "from stdin",
    args: "-m md5 -S abcdefgh",
    stdin: "foo\n",
    stdout: "$1$abcdefgh$XxzGe9Muun7wTYbZO4sdr0\n",
  },
  { name: "salt that will not do", args: "-m des x a", stdout: "*\n" },
]);

test.each([
  ["abc", "too short"],
  ["abcdefghijk", "too weak"],
  ["abcdefghijkl", undefined],
  ["Abcdefghi", "too weak"],
  ["Abcdefghij", undefined],
  ["Abcd123", "too weak"],
  ["Abcd1234", undefined],
  ["Abc12!", undefined],
  ["aaaa11!!", "too many similar characters"],
  ["xbobyz12Q!zz", "similar to username"],
])("password %s", (password, wanted) => expect(weakness(password, "bob", "host")).toBe(wanted));
