// Runs one program in a machine of its own with a temporary root.
import type { Program } from "../../src/abi/program.ts";

export interface ProgramRun {
  program: Program;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  /** In the working directory /t: contents by name; "name/" is a directory, "-> x" a link to x. */
  files: Readonly<Record<string, string | Uint8Array>>;
  stdin: Uint8Array;
  /** Files to look at afterwards. */
  wanted: readonly string[];
}

export interface ProgramResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Exit status, 128 + signal when killed. */
  status: number;
  /** Contents of the wanted files as byte strings; undefined for those that are not there. */
  files: Record<string, string | undefined>;
}

export async function runProgram(_run: ProgramRun): Promise<ProgramResult> {
  throw new Error("no kernel yet");
}
