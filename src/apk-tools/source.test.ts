import { expect, test } from "vitest";
import { isRemote, localPath, shownUrl } from "./source.ts";

test("passwords are not shown", () => {
  expect(shownUrl("http://foo:pass@example.com/x")).toBe("http://foo:*@example.com/x");
  for (const url of [
    "http://example.com",
    "http://foo@example.com",
    "http://example.com/foo:pass@bar",
    "https://example.com:8080/a@b",
    "/local:path@x",
  ])
    expect(shownUrl(url)).toBe(url);
});

test("what is local", () => {
  expect(["/a", "file:/a", "file:///a", "a/b"].map(isRemote)).toEqual([false, false, false, false]);
  expect(["http://a", "HTTPS://a", "test:/a"].map(isRemote)).toEqual([true, true, true]);
  expect(
    ["file:/a/b", "file:///a/b", "file://localhost/a/b", "test:/a", "/a"].map(localPath),
  ).toEqual(["/a/b", "/a/b", "/a/b", "/a", "/a"]);
});
