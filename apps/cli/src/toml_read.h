/* toml_read.h - a TOML document as a list of values that know their lines.
 *
 * The face of the only file that knows toml++ (and C++).
 * Threads   no shared state
 */
#ifndef CLI_TOML_READ_H
#define CLI_TOML_READ_H

#include <base/err.h>

#include <stdbool.h>

enum {
    CLI_TOML_SIZE_MAX = 1 << 20, /* bytes of a document */
    CLI_TOML_NAME_MAX = 200,     /* bytes of a section's whole name */
};

enum cli_toml_kind {
    CLI_TOML_SECTION, /* a table: its values follow, each with this name as their section */
    CLI_TOML_TEXT,
    CLI_TOML_WHOLE,
    CLI_TOML_NUMBER, /* with a point or exponent; may be infinite or NaN */
    CLI_TOML_BOOL,
    CLI_TOML_LIST,
    CLI_TOML_MOMENT, /* a date or a time of day */
};

struct cli_toml_value {
    const char *section; /* "targets.layer1_ifr"; "" at the top */
    const char *key;     /* without points */
    unsigned line;       /* from 1, of the value */
    enum cli_toml_kind kind;
    const char *text; /* of a text; of a list of single values: these with commas between, else
                         NULL; never NULL for a text */
    double number;    /* of whole and other numbers */
    bool is_true;
};

/* Not BASE_OK: stop, and return it. */
typedef base_err cli_toml_fn(void *context, const struct cli_toml_value *value,
                             struct base_why *why);

#ifdef __cplusplus
extern "C" {
#endif

/* Parse a document (TOML 1.0) and show each of its values, in the order of their lines.
 *
 *   text    [size] UTF-8, need not end with a zero
 *   visit   what it is shown lives during the call only
 *   why     at: line
 *
 * Errors   EPARSE (not TOML; a key with a point or a zero byte in quotes), ERANGE (a limit),
 *          ENOMEM, the visitor's
 */
BASE_MUST_USE base_err cli_toml_read(const char *text, size_t size, cli_toml_fn *visit,
                                     void *context, struct base_why *why);

#ifdef __cplusplus
}
#endif

#endif
