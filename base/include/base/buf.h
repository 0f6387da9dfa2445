/* buf.h - bytes: a span that is looked at, a buffer that grows.
 *
 * Ownership a span owns nothing; a buffer owns its memory unless it was given a fixed array.
 * Threads   objects are not shared
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <base/err.h>

#include <stdbool.h>

struct base_span {
    const uint8_t *data;
    size_t size;
};

/* A zeroed buffer is empty, growable and valid. */
struct base_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool is_fixed; /* the memory is the caller's: EFULL instead of growing */
};

static inline struct base_span base_span_of(const void *data, size_t size)
{
    return (struct base_span){ data, size };
}

static inline struct base_span base_buf_span(const struct base_buf *buf)
{
    return (struct base_span){ buf->data, buf->size };
}

/* Use the caller's array; puts past its end answer EFULL. */
void base_buf_init_fixed(struct base_buf *buf, void *memory, size_t capacity);
void base_buf_done(struct base_buf *buf);

static inline void base_buf_clear(struct base_buf *buf)
{
    buf->size = 0;
}

/* Room for `more` bytes after size. Errors: EFULL (fixed), ENOMEM. */
BASE_MUST_USE base_err base_buf_reserve(struct base_buf *buf, size_t more);
BASE_MUST_USE base_err base_buf_put(struct base_buf *buf, const void *data, size_t size);
BASE_MUST_USE base_err base_buf_put_text(struct base_buf *buf, const char *text);

/* Formatted text; a terminating zero is written after size but not counted. */
BASE_MUST_USE base_err base_buf_printf(struct base_buf *buf, const char *format, ...)
    BASE_PRINTF(2, 3);

/* The contents as a C string ("" when empty); valid until the next put. NULL when out of memory. */
const char *base_buf_text(struct base_buf *buf);

/* Read a whole file, or standard input for "-", after what the buffer holds.
 *
 *   size_max   larger files are refused before they are read whole
 *
 * Errors   EIO (cannot open or read), ERANGE (larger than size_max), ENOMEM; why names the path
 */
BASE_MUST_USE base_err base_buf_read_file(struct base_buf *buf, const char *path, size_t size_max,
                                          struct base_why *why);

/* Write a file so that it is either the old one or the whole new one: temporary file beside it,
 * fsync, rename. A symbolic link stays and its target is written; what is no regular file, and
 * names of descriptors such as /dev/stderr, are written in place. Errors: EIO; why names the path.
 */
BASE_MUST_USE base_err base_file_write(const char *path, struct base_span bytes,
                                       struct base_why *why);

/* Make a folder and its parents (mode 0700 for those made). Errors: EIO. */
BASE_MUST_USE base_err base_folder_make(const char *path, struct base_why *why);

#endif
