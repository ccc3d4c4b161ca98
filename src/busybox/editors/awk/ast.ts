// The tree of an awk program.

/** What can be assigned to. */
export type Lvalue =
  | { type: "var"; name: string; line: number }
  | { type: "index"; name: string; subscripts: Expr[]; line: number }
  | { type: "field"; index: Expr; line: number };

export type Expr =
  | Lvalue
  | { type: "number"; value: number }
  | { type: "string"; value: string }
  /** A regex on its own is matched against the record. */
  | { type: "regex"; source: string }
  | { type: "group"; items: Expr[] }
  | { type: "unary"; op: string; operand: Expr }
  | { type: "binary"; op: string; left: Expr; right: Expr; line: number }
  | { type: "and" | "or"; left: Expr; right: Expr }
  | { type: "match"; negated: boolean; left: Expr; right: Expr }
  | { type: "in"; subscripts: Expr[]; name: string }
  | { type: "conditional"; test: Expr; yes: Expr; no: Expr }
  | { type: "assign"; op: string; target: Lvalue; value: Expr; line: number }
  | { type: "increment"; by: 1 | -1; prefix: boolean; target: Lvalue }
  | { type: "call"; name: string; args: Expr[]; line: number }
  | { type: "builtin"; name: string; args: Expr[]; line: number }
  | {
      type: "getline";
      from: "main" | "file" | "command";
      source: Expr | undefined;
      target: Lvalue | undefined;
    };

export type Stmt =
  | { type: "block"; body: Stmt[] }
  | { type: "expr"; expr: Expr }
  | {
      type: "print";
      format: boolean;
      args: Expr[];
      mode: "" | ">" | ">>" | "|";
      to: Expr | undefined;
      line: number;
    }
  | { type: "if"; test: Expr; yes: Stmt; no: Stmt | undefined }
  | { type: "while"; test: Expr; body: Stmt }
  | { type: "do"; body: Stmt; test: Expr }
  | {
      type: "for";
      init: Stmt | undefined;
      test: Expr | undefined;
      step: Stmt | undefined;
      body: Stmt;
    }
  | { type: "forin"; target: Lvalue; name: string; body: Stmt }
  | { type: "break" | "continue" | "next" | "nextfile" }
  | { type: "exit" | "return"; value: Expr | undefined }
  | { type: "delete"; name: string; subscripts: Expr[] | undefined };

export interface FunctionDef {
  name: string;
  params: string[];
  body: Stmt;
}

export interface Rule {
  /** undefined: every record. Two: a range. */
  pattern: Expr[] | undefined;
  /** undefined: print the record. */
  body: Stmt | undefined;
}

export interface Program {
  begin: Stmt[];
  end: Stmt[];
  rules: Rule[];
  functions: Map<string, FunctionDef>;
}
