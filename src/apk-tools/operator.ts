// Operators of dependencies (apk-package(5), apk-world(5)), as bits.

/** Which outcomes of a comparison satisfy: bits to be combined (`<=` is LESS|EQUAL, `~` is FUZZY|EQUAL). */
export const OP_EQUAL = 1;
export const OP_LESS = 2;
export const OP_GREATER = 4;
export const OP_FUZZY = 8;
/** Any version, and the check of an identity (`><Q1…`), which has no bits of its own. */
export const OP_ANY: number = OP_EQUAL | OP_LESS | OP_GREATER;
export const OP_IDENTITY: number = OP_LESS | OP_GREATER;
