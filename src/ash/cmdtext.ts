// Commands as text again, for `jobs`: one line, as ash shows them.
import type { Node, Part, Redir, Word } from "./nodes.ts";

/** Longer texts are cut: nobody reads them. */
const MAX_TEXT = 4096;

export function commandText(node: Node): string {
  return text(node).slice(0, MAX_TEXT);
}

function text(node: Node | null): string {
  if (node === null) return "";
  switch (node.type) {
    case "cmd":
      return [
        ...node.assigns.map((a) => `${a.name}=${word(a.value)}`),
        ...node.args.map(word),
        ...node.redirs.map(redir),
      ].join(" ");
    case "pipe":
      return node.cmds.map(text).join(" | ");
    case "redir":
      return [text(node.body), ...node.redirs.map(redir)].join(" ");
    case "subshell":
      return [`(${text(node.body)})`, ...node.redirs.map(redir)].join(" ");
    case "background":
      return `${text(node.body)} &`;
    case "and":
      return `${text(node.left)} && ${text(node.right)}`;
    case "or":
      return `${text(node.left)} || ${text(node.right)}`;
    case "not":
      return `! ${text(node.body)}`;
    case "list":
      return node.items.map(text).join("; ");
    case "if":
      return `if ${text(node.cond)}; then ${text(node.then)}; ${
        node.else === null ? "" : `else ${text(node.else)}; `
      }fi`;
    case "while":
      return `${node.until ? "until" : "while"} ${text(node.cond)}; do ${text(node.body)}; done`;
    case "for":
      return `for ${node.name} in ${node.words.map(word).join(" ")}; do ${text(node.body)}; done`;
    case "case":
      return `case ${word(node.word)} in ${node.items
        .map((item) => `${item.patterns.map(word).join(" | ")}) ${text(item.body)};; `)
        .join("")}esac`;
    case "defun":
      return `${node.name}() { ... }`;
  }
}

function redir(r: Redir): string {
  if (r.op === "<<") return `${r.fd}<<...`;
  return `${r.fd}${r.op}${word(r.word)}`;
}

function word(w: Word): string {
  let out = "";
  let quoted = false;
  for (const part of w.parts) {
    const q = part.t !== "proc" && part.t !== "bad" && part.q;
    if (q !== quoted) {
      out += '"';
      quoted = q;
    }
    out += partText(part);
  }
  return quoted ? `${out}"` : out;
}

function partText(part: Part): string {
  switch (part.t) {
    case "lit":
      return part.s;
    case "param": {
      if (part.op === "len") return `\${#${part.name}}`;
      if (part.op === "") return `\${${part.name === "$" ? "\\$" : part.name}}`;
      const tail = part.word2 === null ? "" : `${part.op[0]}${word(part.word2)}`;
      const of = part.word === null ? "" : word(part.word);
      return `\${${part.name}${part.colon ? ":" : ""}${part.op}${of}${tail}}`;
    }
    case "cmd":
      return "$(...)";
    case "arith":
      return `$((${word(part.expr)}))`;
    case "proc":
      return part.out ? ">(...)" : "<(...)";
    case "bad":
      return "${...}";
  }
}
