// The two marks by which a program ends from inside a system call.
/**
 * Thrown through a program to end it: by exit(2) and by fatal signals that a task brings on itself.
 * What to do next stands in the task (`group.exiting`). Never caught by programs.
 */
export const UNWIND: object = Object.freeze({ unwind: true });

/** What execve yields once the new program stands in `task.steps`: the old generator is dropped. */
export const EXEC: { readonly deadlineMs: number } = Object.freeze({ deadlineMs: 0 });
