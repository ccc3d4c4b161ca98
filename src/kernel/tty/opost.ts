// Output processing of terminals (termios(3): OPOST and the c_oflag bits) and the cursor's column.
import { OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from "../../abi/termios.ts";
import { bytesOf, indexOfBytes, strOf } from "../../lib/bytes.ts";

const BS = 8;
const TAB = 9;
const NL = 10;
const CR = 13;

/** Flags that need a look at every byte. */
const SLOW = OLCUC | OCRNL | ONOCR | ONLRET;
/** A chunk this long without a line end is not searched for control characters: only its length counts. */
const LONG = 4096;

/** What a terminal does to what is written to it. */
export class OutputProcessing {
  #column = 0;
  /** The last chunk, when nobody has asked for the column since. */
  #unseen: Uint8Array | undefined;
  #utf8 = false;
  readonly #newline = Uint8Array.of(NL);

  /** Column of the cursor as far as the kernel can know it. */
  get column(): number {
    if (this.#unseen !== undefined) this.#walk(this.#unseen);
    this.#unseen = undefined;
    return this.#column;
  }
  set column(column: number) {
    this.#unseen = undefined;
    this.#column = Math.max(0, column);
  }

  /** What goes to the far side for `bytes`; the same chunk when nothing changes. */
  process(oflag: number, utf8: boolean, bytes: Uint8Array): Uint8Array {
    if ((oflag & OPOST) === 0) return bytes;
    this.#utf8 = utf8;
    if ((oflag & SLOW) !== 0 || ((oflag & TABDLY) === XTABS && bytes.includes(TAB))) {
      let out = "";
      for (const c of bytes) out += this.char(oflag, utf8, c);
      return bytesOf(out);
    }
    if ((oflag & ONLCR) === 0 || indexOfBytes(bytes, this.#newline) < 0) {
      this.#note(bytes, -1);
      return bytes;
    }
    this.#note(bytes, bytes.lastIndexOf(NL));
    return expandNewlines(bytes);
  }

  /** As `process`, for one byte: what comes out as a byte string. */
  char(oflag: number, utf8: boolean, c: number): string {
    if ((oflag & OPOST) === 0) return String.fromCharCode(c);
    this.#utf8 = utf8;
    switch (c) {
      case NL:
        if ((oflag & ONLRET) !== 0) this.column = 0;
        if ((oflag & ONLCR) === 0) return "\n";
        this.column = 0;
        return "\r\n";
      case CR:
        if ((oflag & ONOCR) !== 0 && this.column === 0) return "";
        if ((oflag & OCRNL) !== 0) {
          if ((oflag & ONLRET) !== 0) this.column = 0;
          return "\n";
        }
        this.column = 0;
        return "\r";
      case TAB: {
        const spaces = 8 - (this.column & 7);
        this.column += spaces;
        return (oflag & TABDLY) === XTABS ? " ".repeat(spaces) : "\t";
      }
      case BS:
        this.column -= 1;
        return "\b";
      default: {
        const byte = (oflag & OLCUC) !== 0 && c >= 0x61 && c <= 0x7a ? c - 0x20 : c;
        if (byte >= 0x20 && byte !== 0x7f && !(utf8 && (byte & 0xc0) === 0x80)) this.column += 1;
        return String.fromCharCode(byte);
      }
    }
  }

  /** Keeps the column true without looking at bytes that a later line end makes meaningless. */
  #note(bytes: Uint8Array, lastNewline: number): void {
    if (lastNewline >= 0) {
      this.column = 0;
      this.#unseen = bytes.subarray(lastNewline + 1);
      return;
    }
    if (this.#unseen !== undefined) this.#walk(this.#unseen);
    this.#unseen = bytes;
  }

  #walk(bytes: Uint8Array): void {
    if (bytes.length > LONG) {
      this.#column += bytes.length;
      return;
    }
    let column = this.#column;
    for (const c of bytes) {
      if (c === CR) column = 0;
      else if (c === TAB) column = (column | 7) + 1;
      else if (c === BS) column = Math.max(0, column - 1);
      else if (c >= 0x20 && c !== 0x7f && !(this.#utf8 && (c & 0xc0) === 0x80)) column++;
    }
    this.#column = column;
  }
}

/** Through a string: three to five times as fast as a loop over bytes (measured on Node 20). */
function expandNewlines(bytes: Uint8Array): Uint8Array {
  return bytesOf(strOf(bytes).replaceAll("\n", "\r\n"));
}
