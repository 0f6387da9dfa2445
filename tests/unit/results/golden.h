/* golden.h - outputs compared byte for byte with files; BPI_GOLDEN_WRITE=1 writes them anew. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "unit.h"

#include <base/buf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden_folder; /* argv[1] */

static inline void golden_check(const char *name, struct base_buf *got)
{
    char path[600];
    struct base_buf want = { 0 };
    struct base_why why = { 0 };
    snprintf(path, sizeof path, "%s/%s", golden_folder, name);
    if (getenv("BPI_GOLDEN_WRITE") != NULL)
        assert_int_equal(base_file_write(path, base_buf_span(got), NULL), BASE_OK);
    if (base_buf_read_file(&want, path, 1 << 22, &why) != BASE_OK)
        fail_msg("%s", why.text);
    if (want.size != got->size || memcmp(want.data, got->data, got->size) != 0) {
        print_error("%s differs; BPI_GOLDEN_WRITE=1 writes it anew. Got:\n%s\n", path,
                    base_buf_text(got));
        fail();
    }
    base_buf_done(&want);
}

/* Every line of a text takes at most `width` cells. */
#define GOLDEN_ASSERT_WIDTH(buf, width)                                                            \
    do {                                                                                           \
        char *line_text_ = strdup(base_buf_text(buf));                                             \
        char *rest_ = line_text_;                                                                  \
        for (char *line_ = strsep(&rest_, "\n"); line_ != NULL; line_ = strsep(&rest_, "\n"))      \
            if (result_text_width(line_) > (width))                                                \
                fail_msg("wider than %d: '%s'", (int)(width), line_);                              \
        free(line_text_);                                                                          \
    } while (0)

#endif
