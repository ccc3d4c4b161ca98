import { expect, test } from "vitest";
import { S_IFMT } from "../../../abi/stat.ts";
import { bytesOf, concat, strOf } from "../../../lib/bytes.ts";
import { FormatError } from "../../../lib/format-error.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../lib/tar.ts";
import { imageFromTar } from "./image.ts";
import type { ImageNode } from "./imagefs.ts";

/** An archive: "dir/" directories, "a=text" files, "a->b" symbolic and "a=>b" hard links, "c:a" devices. */
function tar(...entries: string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const match = /^(c:)?(.*?)(->|=>|=|$)(.*)$/s.exec(entry) as RegExpExecArray;
    const [, device, name, kind, rest] = match as unknown as string[];
    const data = kind === "=" ? bytesOf(rest as string) : new Uint8Array(0);
    let type = "0";
    if (device === "c:") type = "3";
    else if (kind === "->") type = "2";
    else if (kind === "=>") type = "1";
    else if (name?.endsWith("/") === true) type = "5";
    parts.push(
      tarHeader({
        name: name as string,
        mode: type === "5" ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        size: data.length,
        mtime: 7,
        type,
        linkname: kind === "->" || kind === "=>" ? (rest as string) : "",
        uname: "",
        gname: "",
        devmajor: 1,
        devminor: 3,
      }),
      data,
      tarPadding(data.length),
    );
  }
  return concat([...parts, tarEnd()]);
}

/** The tree as "path=content" and so on, sorted. */
function list(node: ImageNode, path = ""): string[] {
  const all: string[] = [];
  for (const [name, child] of node.children ?? []) {
    const at = `${path}/${name}`;
    if (child.children !== undefined) all.push(`${at}/`, ...list(child, at));
    else if (child.target !== undefined) all.push(`${at}->${child.target}`);
    else if (child.content !== undefined) all.push(`${at}=${strOf(child.content)}`);
    else all.push(`${at}:${child.rdev}`);
  }
  return all.sort();
}

function failure(...layers: Uint8Array[]): string {
  try {
    imageFromTar(...layers);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  return "";
}

test("indexes an archive; numbers and link counts", () => {
  const image = imageFromTar(
    tar("./", "./etc/", "etc/passwd=root", "bin/sh->busybox", "etc/copy=>etc/passwd", "c:dev/null"),
  );
  expect(list(image)).toEqual([
    "/bin/",
    "/bin/sh->busybox",
    "/dev/",
    "/dev/null:259",
    "/etc/",
    "/etc/copy=root",
    "/etc/passwd=root",
  ]);
  const etc = image.children?.get("etc") as ImageNode;
  const passwd = etc.children?.get("passwd") as ImageNode;
  expect([image.ino, image.nlink, etc.nlink, passwd.nlink]).toEqual([1, 5, 2, 2]);
  expect(etc.children?.get("copy")).toBe(passwd);
  expect((passwd.mode & S_IFMT).toString(8)).toBe("100000");
});

test("later layers replace and remove", () => {
  const one = tar("a/", "a/x=1", "a/y=1", "b/", "b/z=1", "f=1", "d/", "d/in=1");
  const two = tar("a/.wh.x", "b/.wh..wh..opq", "b/new=2", "f/", "f/g=2", "d=2", ".wh.nothing");
  expect(list(imageFromTar(one, two))).toEqual([
    "/a/",
    "/a/y=1",
    "/b/",
    "/b/new=2",
    "/d=2",
    "/f/",
    "/f/g=2",
  ]);
  // An opaque mark hides only what comes from below, wherever it stands in its layer.
  expect(list(imageFromTar(one, tar("b/new=2", "b/.wh..wh..opq")))).toContain("/b/new=2");
});

test("follows links of directories inside the image only", () => {
  const image = imageFromTar(
    tar("usr/", "usr/lib/", "lib->usr/lib", "abs->/usr", "out->../../../usr"),
    tar("lib/a=1", "abs/b=1", "out/c=1", "../../../d=1", "usr/../e=1"),
  );
  expect(list(image).filter((each) => each.includes("="))).toEqual([
    "/d=1",
    "/e=1",
    "/usr/b=1",
    "/usr/c=1",
    "/usr/lib/a=1",
  ]);
});

test("refuses what cannot be", () => {
  expect(
    [
      failure(tar("a->a", "a/b=1")),
      failure(tar(`${"x".repeat(256)}=1`)),
      failure(tar(`${"d/".repeat(600)}f=1`)),
      failure(tar("a=>b")),
      failure(tar("d/", "a=>d")),
      failure(tar("..=1")),
      failure(tar(".=1")),
      failure(bytesOf("x".repeat(600))),
    ].map((message) => message.replace(/: .*/, "")),
  ).toEqual([
    "link loop",
    "bad name",
    "path too deep",
    "link to nothing",
    "link to nothing",
    "bad path",
    "the root of an image is a directory",
    "invalid tar magic",
  ]);
});
