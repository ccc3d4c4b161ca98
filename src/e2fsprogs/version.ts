// What these programs stand for.

/** Version of e2fsprogs whose options and output they have. */
export const VERSION = "1.47.0 (5-Feb-2023)";
