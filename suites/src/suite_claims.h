/* suite_claims.h - the text of suites/claims/<name>.yaml inside the program.
 *
 * SUITE_CLAIMS(null); once in suite_null.c gives `suite_claims_null`, a text that ends with a zero
 * byte. The assembler reads the file; CMake knows that the object depends on it.
 */
#ifndef SUITE_CLAIMS_H
#define SUITE_CLAIMS_H

#define SUITE_CLAIMS(name)                                                                         \
    __asm__(".pushsection .rodata\n"                                                               \
            "suite_claims_" #name ":\n"                                                            \
            ".incbin \"" SUITE_CLAIMS_FOLDER #name ".yaml\"\n"                                     \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern __attribute__((visibility("hidden"))) const char suite_claims_##name[]

/* How many cases a table has. */
#define SUITE_COUNT(table) (sizeof(table) / sizeof(table)[0])

#endif
