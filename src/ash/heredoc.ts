// The bodies of here-documents (POSIX XCU 2.7.4).
import { BSLASH } from "./chars.ts";
import type { Redir, Word } from "./nodes.ts";
import { NEED_MORE } from "./tokens.ts";

/** A here-document whose body has not been read yet. */
export interface Pending {
  redir: Redir;
  delimiter: string;
  stripTabs: boolean;
}

/** What reading a body needs of the lexer. */
interface BodySource {
  readonly src: string;
  pos: number;
  line: number;
  readonly eof: boolean;
  pending: Pending[];
  heredocBody(text: string, line: number): Word;
}

/** Reads the bodies of the documents announced on the line just ended. */
export function readHeredocs(lexer: BodySource): void {
  while (lexer.pending.length > 0) {
    const doc = lexer.pending.shift() as Pending;
    const line = lexer.line;
    let body = "";
    let joined = false;
    for (;;) {
      let end = lexer.src.indexOf("\n", lexer.pos);
      if (end < 0) {
        if (!lexer.eof) throw NEED_MORE;
        end = lexer.src.length;
        if (lexer.pos === end) break;
      }
      let text = lexer.src.slice(lexer.pos, end);
      if (doc.stripTabs && !joined) text = text.replace(/^\t+/, "");
      const last = end === lexer.src.length;
      lexer.pos = last ? end : end + 1;
      if (!last) lexer.line++;
      if (!joined && text === doc.delimiter) break;
      // A line that ends with a backslash goes on in the next one.
      joined = false;
      if (!doc.redir.literal && !last) {
        let slashes = 0;
        while (text.charCodeAt(text.length - 1 - slashes) === BSLASH) slashes++;
        joined = slashes % 2 === 1;
      }
      body += last ? text : `${text}\n`;
    }
    doc.redir.word = doc.redir.literal
      ? { parts: [{ t: "lit", s: body, q: true }], raw: "" }
      : lexer.heredocBody(body, line);
  }
}
