// Directory records of ISO 9660 with the System Use fields of Rock Ridge, as they are written.
import { bytesOf } from "./bytes.ts";

/** What records are made of. */
export interface Placed {
  readonly node: {
    readonly name: string;
    readonly mode: number;
    readonly uid?: number;
    readonly gid?: number;
    readonly mtime: number;
    readonly target?: string;
    readonly rdev?: number;
  };
  readonly children: readonly Placed[];
}

/** Room in a continuation area. */
export interface Area {
  readonly block: number;
  readonly offset: number;
  put(bytes: Uint8Array): void;
}

const CE_BYTES = 28;
/** Longest system use field, component and continuation area. */
const MAX_FIELD = 250;
const MAX_AREA = 2048;

/** One array of all chunks. */
export function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function both32(value: number): number[] {
  const v = value >>> 0;
  const bytes = [v & 255, (v >>> 8) & 255, (v >>> 16) & 255, v >>> 24];
  return [...bytes, ...bytes.slice().reverse()];
}

/** Seven bytes of a date, UTC. */
function shortDate(seconds: number): number[] {
  const t = new Date(seconds * 1000);
  const year = t.getUTCFullYear() - 1900;
  if (!(year >= 0 && year <= 255)) return [0, 0, 0, 0, 0, 0, 0];
  return [
    year,
    t.getUTCMonth() + 1,
    t.getUTCDate(),
    t.getUTCHours(),
    t.getUTCMinutes(),
    t.getUTCSeconds(),
    0,
  ];
}

function field(kind: string, body: readonly number[] | Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + body.length);
  out.set(bytesOf(kind));
  out[2] = out.length;
  out[3] = 1;
  out.set(body, 4);
  return out;
}

/** Fields of a name, split where it is long. */
function nameFields(name: string): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < name.length; at += MAX_FIELD - 5) {
    const part = name.slice(at, at + MAX_FIELD - 5);
    const more = at + part.length < name.length ? 1 : 0;
    out.push(field("NM", [more, ...bytesOf(part)]));
  }
  return out;
}

/** Fields of a link's target: components, split where they are long. */
function linkFields(target: string): Uint8Array[] {
  const components: number[][] = [];
  const names = target.split("/");
  names.forEach((name, i) => {
    if (name === "") {
      if (i === 0) components.push([8, 0]);
      // Doubled and trailing slashes mean nothing.
      return;
    }
    if (name === "." || name === "..") {
      components.push([name === "." ? 2 : 4, 0]);
      return;
    }
    for (let at = 0; at < name.length; at += 200) {
      const part = name.slice(at, at + 200);
      const more = at + part.length < name.length ? 1 : 0;
      components.push([more, part.length, ...bytesOf(part)]);
    }
  });
  const out: Uint8Array[] = [];
  let body: number[] = [];
  for (const component of components) {
    if (body.length + component.length > MAX_FIELD - 5) {
      out.push(field("SL", [1, ...body]));
      body = [];
    }
    body.push(...component);
  }
  out.push(field("SL", [0, ...body]));
  return out;
}

/** Rock Ridge of one record; `root`: this is the "." of the root directory. */
export function rockRidgeFields(of: Placed, dot: "." | ".." | "", root: boolean): Uint8Array[] {
  const { node } = of;
  const fields: Uint8Array[] = [];
  if (root) fields.push(field("SP", [0xbe, 0xef, 0]));
  const isDir = (mode: number): boolean => (mode & 0o170000) === 0o040000;
  const links = isDir(node.mode)
    ? 2 + of.children.filter((each) => isDir(each.node.mode)).length
    : 1;
  fields.push(
    field("PX", [
      ...both32(node.mode),
      ...both32(links),
      ...both32(node.uid ?? 0),
      ...both32(node.gid ?? 0),
    ]),
  );
  const date = shortDate(node.mtime);
  fields.push(field("TF", [0x0e, ...date, ...date, ...date]));
  if (dot === "") fields.push(...nameFields(node.name));
  if (node.target !== undefined) fields.push(...linkFields(node.target));
  const type = node.mode & 0o170000;
  if (type === 0o020000 || type === 0o060000) {
    const rdev = node.rdev ?? 0;
    const minor = (rdev & 0xff) | ((rdev >>> 12) & ~0xff);
    fields.push(field("PN", [...both32((rdev >>> 8) & 0xfff), ...both32(minor)]));
  }
  if (root) fields.push(extensionRecord());
  return fields;
}

function extensionRecord(): Uint8Array {
  const id = "RRIP_1991A";
  const text =
    "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS";
  return field("ER", [id.length, text.length, 0, 1, ...bytesOf(id), ...bytesOf(text)]);
}

/**
 * The fields as they fit behind the first `used` bytes of a record, the others in continuation areas
 * that `area` gives room in.
 */
export function systemUse(
  fields: readonly Uint8Array[],
  used: number,
  area: (length: number) => Area,
): Uint8Array {
  const total = fields.reduce((sum, each) => sum + each.length, 0);
  // An odd rest would make the record longer than it may be.
  if (used + total <= 254) return joinChunks(fields, total);
  const here: Uint8Array[] = [];
  let size = 0;
  let i = 0;
  for (; i < fields.length; i++) {
    const next = fields[i] as Uint8Array;
    if (used + size + next.length + CE_BYTES > 254) break;
    here.push(next);
    size += next.length;
  }
  here.push(continuation(fields.slice(i), area));
  return joinChunks(here, size + CE_BYTES);
}

/** A CE field, and what it points to put in its place. */
function continuation(fields: readonly Uint8Array[], area: (length: number) => Area): Uint8Array {
  const total = fields.reduce((sum, each) => sum + each.length, 0);
  let part = fields;
  let rest: readonly Uint8Array[] = [];
  let size = total;
  if (total > MAX_AREA) {
    let i = 0;
    size = 0;
    for (; size + (fields[i] as Uint8Array).length + CE_BYTES <= MAX_AREA; i++)
      size += (fields[i] as Uint8Array).length;
    part = fields.slice(0, i);
    rest = fields.slice(i);
    size += CE_BYTES;
  }
  const place = area(size);
  const next = rest.length > 0 ? [continuation(rest, area)] : [];
  place.put(joinChunks([...part, ...next], size));
  return field("CE", [...both32(place.block), ...both32(place.offset), ...both32(size)]);
}

/** A directory record; `id` is a byte string. */
export function directoryRecord(
  id: string,
  sector: number,
  size: number,
  mtime: number,
  flags: number,
  use: Uint8Array,
): Uint8Array {
  const start = 33 + id.length + (1 - (id.length & 1));
  const length = start + use.length;
  const out = new Uint8Array(length + (length & 1));
  out[0] = out.length;
  out.set(both32(sector), 2);
  out.set(both32(size), 10);
  out.set(shortDate(mtime), 18);
  out[25] = flags;
  out.set([1, 0, 0, 1], 28);
  out[32] = id.length;
  out.set(bytesOf(id), 33);
  out.set(use, start);
  return out;
}
