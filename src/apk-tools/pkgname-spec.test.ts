import { expect, test } from "vitest";
import { expandSpec, isSpec } from "./pkgname-spec.ts";

const info = { name: "test", version: "1.0-r0", arch: "noarch" };
const expand = (spec: string): string | undefined => expandSpec(spec, info, "1234abcdef");

test("variables, and as much of them as is asked for", () => {
  expect(expand("${name}-${version}")).toBe("test-1.0-r0");
  expect(expand("${arch}/${name}.${hash:8}.apk")).toBe("noarch/test.1234abcd.apk");
  expect(expand("${name:3}/${name:8}")).toBe("tes/test");
  expect(expand("${invalid}")).toBeUndefined();
  expect(expand("${hash:8s}")).toBeUndefined();
  expect(expand("$name")).toBeUndefined();
});

test("which templates are good", () => {
  expect(isSpec("${name}-${version}.apk")).toBe(true);
  expect(isSpec("${arch}/${name}_${version}_${arch}.apk")).toBe(true);
  expect(isSpec("https://host:80/${name:3}/${name}-${version}.${hash:8}.apk")).toBe(true);
  expect(isSpec("${arch}/${name}=${version}.apk")).toBe(false);
  expect(isSpec("${arch}_${name}_${version}.apk")).toBe(false);
  expect(isSpec("${name:2s}.apk")).toBe(false);
});
