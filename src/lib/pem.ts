// The textual encoding of keys (RFC 7468), and the headers of encrypted ones (RFC 1421), which are refused.
import { Base64Decoder, Base64Encoder } from "./base64.ts";
import { bytesOf, concat, strOf } from "./bytes.ts";
import { FormatError, invalidMagic } from "./format-error.ts";

const COLUMNS = 64;
/** Keys are some KiB. */
const TEXT_MAX = 1 << 20;

/** One block between its BEGIN and END lines. */
export interface PemBlock {
  /** As in "-----BEGIN label-----". */
  readonly label: string;
  readonly der: Uint8Array;
}

/** Does a text hold a block at all, so that it is no DER? */
export function isPem(text: Uint8Array): boolean {
  return strOf(text, 0, TEXT_MAX).includes("-----BEGIN ");
}

/** The first block with one of these labels; what stands around blocks is passed over. */
export function parsePem(text: Uint8Array, labels: readonly string[]): PemBlock {
  if (text.length > TEXT_MAX) throw new FormatError("unsupported", "too big");
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*\r?\n/g;
  const all = strOf(text);
  for (let match = begin.exec(all); match !== null; match = begin.exec(all)) {
    const label = match[1] as string;
    const end = all.indexOf(`-----END ${label}-----`, begin.lastIndex);
    if (end < 0) throw new FormatError("eof", "unexpected end of file");
    if (label === "ENCRYPTED PRIVATE KEY") throw encrypted();
    if (labels.includes(label)) return { label, der: decode(all.slice(begin.lastIndex, end)) };
    begin.lastIndex = end;
  }
  throw invalidMagic();
}

function decode(body: string): Uint8Array {
  if (/^Proc-Type:[ \t]*4,[ \t]*ENCRYPTED/m.test(body)) throw encrypted();
  const digits = body.replace(/[ \t\r\n]+/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(digits))
    throw new FormatError("data", "malformed base64");
  return new Base64Decoder().decode(bytesOf(digits));
}

function encrypted(): FormatError {
  return new FormatError("unsupported", "encrypted private key");
}

/** The text of a block, in lines of 64 columns. */
export function formatPem({ label, der }: PemBlock): Uint8Array {
  const encoder = new Base64Encoder(COLUMNS);
  const body = [encoder.encode(der), encoder.end()];
  return concat([
    bytesOf(`-----BEGIN ${label}-----\n`),
    ...body,
    bytesOf(`-----END ${label}-----\n`),
  ]);
}
