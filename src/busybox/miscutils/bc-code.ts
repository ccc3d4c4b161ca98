// What a bc program is compiled to: instructions for a stack machine.

/** Instructions with their operand. */
export type Instruction =
  | readonly [op: "number", text: string]
  | readonly [op: "var" | "array" | "inc" | "dec", name: string]
  /** Assignments leave the new value; `by` is the operator of "+=" and so on. */
  | readonly [op: "setVar" | "setElement" | "setSpecial", name: string, by: string]
  /** ++ and --: 1 or -1 is added; does the old value stay? */
  | readonly [op: "stepVar" | "stepElement" | "stepSpecial", name: string, by: number, old: boolean]
  | readonly [op: "special", name: string]
  | readonly [op: "element", name: string]
  | readonly [op: "binary", operator: string]
  | readonly [op: "negate" | "not" | "length" | "scaleOf" | "sqrt" | "read" | "drop"]
  | readonly [op: "lengthArray", name: string]
  | readonly [op: "show" | "print"]
  | readonly [op: "string", text: string]
  | readonly [op: "printString", text: string]
  | readonly [op: "jump" | "jumpIfZero" | "jumpIfNot", to: number]
  | readonly [op: "bool"]
  | readonly [op: "call", name: string, args: readonly Argument[]]
  | readonly [op: "return" | "halt" | "limits"];

/** Arguments of a call: "" for a value on the stack, or the name of an array. */
export type Argument = string;

export interface Parameter {
  readonly name: string;
  readonly array: boolean;
  /** *name[] */
  readonly reference: boolean;
}

export interface BcFunction {
  readonly parameters: readonly Parameter[];
  readonly autos: readonly Parameter[];
  readonly code: readonly Instruction[];
  /** void: its value is not shown. */
  readonly silent: boolean;
}
