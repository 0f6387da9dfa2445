/* buf.c - growing by doubling; whole-file reads and atomic whole-file writes. */
#define _GNU_SOURCE
#include <base/buf.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void base_buf_init_fixed(struct base_buf *buf, void *memory, size_t capacity)
{
    *buf = (struct base_buf){ .data = memory, .capacity = capacity, .is_fixed = true };
}

void base_buf_done(struct base_buf *buf)
{
    if (!buf->is_fixed)
        free(buf->data);
    *buf = (struct base_buf){ 0 };
}

base_err base_buf_reserve(struct base_buf *buf, size_t more)
{
    if (more <= buf->capacity - buf->size)
        return BASE_OK;
    if (buf->is_fixed)
        return BASE_EFULL;
    if (more > SIZE_MAX / 2 - buf->size)
        return BASE_ENOMEM;
    size_t capacity = buf->capacity == 0 ? 256 : buf->capacity;
    while (capacity < buf->size + more)
        capacity *= 2;
    uint8_t *data = realloc(buf->data, capacity);
    if (data == NULL)
        return BASE_ENOMEM;
    buf->data = data;
    buf->capacity = capacity;
    return BASE_OK;
}

base_err base_buf_put(struct base_buf *buf, const void *data, size_t size)
{
    const base_err err = base_buf_reserve(buf, size);
    if (err != BASE_OK)
        return err;
    if (size > 0)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    return BASE_OK;
}

base_err base_buf_put_text(struct base_buf *buf, const char *text)
{
    return base_buf_put(buf, text, strlen(text));
}

base_err base_buf_printf(struct base_buf *buf, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    va_list again;
    va_copy(again, list);
    const int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    base_err err = size < 0 ? BASE_EINVALID : base_buf_reserve(buf, (size_t)size + 1);
    if (err == BASE_OK) {
        vsnprintf((char *)buf->data + buf->size, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
    return err;
}

const char *base_buf_text(struct base_buf *buf)
{
    if (base_buf_reserve(buf, 1) != BASE_OK)
        return NULL;
    buf->data[buf->size] = '\0';
    return (const char *)buf->data;
}

static base_err read_all(struct base_buf *buf, int fd, const char *path, size_t size_max,
                         struct base_why *why)
{
    const size_t start = buf->size;
    for (;;) {
        const base_err err = base_buf_reserve(buf, 65536);
        if (err != BASE_OK)
            return base_fail(why, err, 0, "%s: no memory for its contents", path);
        const ssize_t got = read(fd, buf->data + buf->size, buf->capacity - buf->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
        if (got == 0)
            return BASE_OK;
        buf->size += (size_t)got;
        if (buf->size - start > size_max)
            return base_fail(why, BASE_ERANGE, 0, "%s: larger than the limit of %zu bytes", path,
                             size_max);
    }
}

base_err base_buf_read_file(struct base_buf *buf, const char *path, size_t size_max,
                            struct base_why *why)
{
    if (strcmp(path, "-") == 0)
        return read_all(buf, STDIN_FILENO, "standard input", size_max, why);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return base_fail(why, errno == ENOENT ? BASE_ENOTFOUND : BASE_EIO, 0, "%s: %s", path,
                         strerror(errno));
    base_err err = BASE_OK;
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size > size_max)
        err = base_fail(why, BASE_ERANGE, 0, "%s: %lld bytes, larger than the limit of %zu", path,
                        (long long)status.st_size, size_max);
    if (err == BASE_OK)
        err = read_all(buf, fd, path, size_max, why);
    close(fd);
    return err;
}

static base_err write_all(int fd, struct base_span bytes)
{
    while (bytes.size > 0) {
        const ssize_t put = write(fd, bytes.data, bytes.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return BASE_EIO;
        bytes.data += put;
        bytes.size -= (size_t)put;
    }
    return BASE_OK;
}

/* Devices and pipes cannot be renamed over: they are written in place. So are names of descriptors
 * (/dev/stderr): what they stand for may be a regular file, the name itself is the system's. */
static bool is_in_place(const char *path)
{
    struct stat status;
    return strncmp(path, "/dev/std", 8) == 0 || strncmp(path, "/dev/fd/", 8) == 0 ||
           strncmp(path, "/proc/", 6) == 0 ||
           (stat(path, &status) == 0 && !S_ISREG(status.st_mode));
}

static base_err write_in_place(const char *path, struct base_span bytes, struct base_why *why)
{
    const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    const base_err err = write_all(fd, bytes);
    if (err != BASE_OK)
        base_fail(why, err, 0, "%s: %s", path, strerror(errno));
    close(fd);
    return err;
}

static base_err replace(const char *path, struct base_span bytes, struct base_why *why)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    base_err err = BASE_OK;
    const int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        err = base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
        goto done;
    }
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0 || write_all(fd, bytes) != BASE_OK || fsync(fd) != 0)
        err = base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    if (close(fd) != 0 && err == BASE_OK)
        err = base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    if (err == BASE_OK && rename(temporary, path) != 0)
        err = base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    if (err != BASE_OK)
        unlink(temporary);
done:
    free(temporary);
    return err;
}

base_err base_file_write(const char *path, struct base_span bytes, struct base_why *why)
{
    if (is_in_place(path))
        return write_in_place(path, bytes, why);
    char *target = realpath(path, NULL); /* of a symbolic link: the link stays */
    const base_err err = replace(target != NULL ? target : path, bytes, why);
    free(target);
    return err;
}

base_err base_folder_make(const char *path, struct base_why *why)
{
    assert(path != NULL && path[0] != '\0');
    char *copy = strdup(path);
    if (copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    base_err err = BASE_OK;
    for (char *at = copy + 1; err == BASE_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        const char end = *at;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            err = base_fail(why, BASE_EIO, 0, "%s: %s", copy, strerror(errno));
        *at = end;
        if (end == '\0')
            break;
    }
    free(copy);
    return err;
}
