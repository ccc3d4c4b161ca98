import { expect, test } from "vitest";
import { ProtectedPaths } from "./protected-paths.ts";

test("the last rule that fits decides, for all below what it names", () => {
  const rules = new ProtectedPaths();
  rules.add("+etc/\n@etc/init.d\n# +usr\n!etc/apk\n-etc/ssl/certs/ca-*.pem\n\n+opt/*/conf\n?bad\n");
  const paths = {
    etc: "changed",
    "etc/passwd": "changed",
    "etc/init.d/sshd": "symlinks",
    "etc/apk/keys/x": "all",
    "etc/ssl/certs/ca-1.pem": "none",
    "etc/ssl/certs/other": "changed",
    "opt/a/conf/x": "changed",
    "opt/a/other": "none",
    usr: "none",
    etcetera: "none",
  };
  expect(Object.fromEntries(Object.keys(paths).map((path) => [path, rules.of(path)]))).toEqual(
    paths,
  );
  const dirs = ["", "etc", "opt", "opt/a", "opt/a/b", "usr"];
  expect(dirs.filter((dir) => rules.mayHold(dir))).toEqual(["", "etc", "opt", "opt/a"]);
});
