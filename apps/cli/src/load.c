/* load.c - looks first whether there is such a file, then at what it holds. Sizes are checked
 * before a file is read whole. */
#define _GNU_SOURCE
#include "load.h"

#include "interop_hdr.h"

#include <base/log.h>
#include <result/history.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_SIZE = 1 << 16 };

const struct result_interop *cli_interop_at(size_t index)
{
    if (index < result_interop_count)
        return result_interop_table[index];
    return index == result_interop_count ? &cli_interop_hdr : NULL;
}

const struct result_interop *cli_interop_find(const char *name)
{
    const struct result_interop *format = cli_interop_at(0);
    for (size_t i = 0; format != NULL && strcmp(format->name, name) != 0; i++)
        format = cli_interop_at(i + 1);
    return format;
}

static const struct result_interop *detect(struct base_span text)
{
    if (cli_interop_hdr.is_like(text))
        return &cli_interop_hdr;
    return result_interop_detect(text);
}

/* Of "target/criterion@base" the folder. */
static bool cut_folder(const char *path, char *folder, size_t size)
{
    const char *at = strrchr(path, '@');
    if (at == NULL || (size_t)(at - path) >= size)
        return false;
    memcpy(folder, path, (size_t)(at - path));
    folder[at - path] = '\0';
    return true;
}

static uint64_t changed_ms(const char *path)
{
    char folder[4096];
    struct stat what;
    struct timespec when = { 0 };
    if (strcmp(path, "-") == 0 ||
        (stat(path, &what) != 0 &&
         (!cut_folder(path, folder, sizeof folder) || stat(folder, &what) != 0)))
        clock_gettime(CLOCK_REALTIME, &when);
    else
        when = what.st_mtim;
    const int64_t ms = (int64_t)when.tv_sec * 1000 + when.tv_nsec / 1000000;
    return ms > 0 && ms < INT64_C(253402300800000) ? (uint64_t)ms : 0;
}

/* A null byte early on, or nothing that a format of text begins with: a program, an archive. */
static base_err fail_unknown(const char *path, struct base_span text, struct base_why *why)
{
    struct base_buf names = { 0 };
    base_err err = BASE_OK;
    const struct result_interop *format;
    if (result_interop_is_part(text))
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: it is one file of a criterion folder; name the folder", path);
    for (size_t i = 0; err == BASE_OK && (format = cli_interop_at(i)) != NULL; i++)
        err = base_buf_printf(&names, "%s%s", i > 0 ? ", " : "", format->title);
    base_fail(why, BASE_EINVALID, 0, "%s: %s: neither a run of bpi-perf nor %s", path,
              text.size == 0 ? "it is empty"
              : memchr(text.data, '\0', text.size < LOOK_SIZE ? text.size : LOOK_SIZE) != NULL
                  ? "it is no text"
                  : "its format is not known",
              err == BASE_OK ? base_buf_text(&names) : "a file of another tool");
    base_buf_done(&names);
    return BASE_EINVALID;
}

static base_err import_text(const char *path, struct base_span text,
                            const struct result_interop *format, struct result_run *run,
                            struct cli_load_notes *notes, struct base_why *why)
{
    const struct result_import_source source = { path, text, changed_ms(path) };
    if (text.size > RESULT_IMPORT_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "%s: %zu bytes; a file of %s may have %d, which are tens of thousands of "
                         "benchmarks",
                         path, text.size, format->title, RESULT_IMPORT_SIZE_MAX);
    notes->format = format;
    return format->import(&source, run, &notes->notes, why);
}

static base_err load_text(const char *path, struct base_span text, struct result_run *run,
                          struct cli_load_notes *notes, struct base_why *why)
{
    const struct result_interop *format = NULL;
    if (result_interop_is_run(text))
        return result_run_read(text, path, run, why);
    format = detect(text);
    return format != NULL ? import_text(path, text, format, run, notes, why)
                          : fail_unknown(path, text, why);
}

static base_err load_file(const char *path, const struct result_interop *format,
                          struct result_run *run, struct cli_load_notes *notes,
                          struct base_why *why)
{
    struct base_buf text = { 0 };
    const size_t most = format != NULL ? RESULT_IMPORT_SIZE_MAX : RESULT_RUN_SIZE_MAX;
    base_err err = base_buf_read_file(&text, path, most, why);
    if (err == BASE_OK && format == NULL)
        err = load_text(path, base_buf_span(&text), run, notes, why);
    else if (err == BASE_OK)
        err = import_text(path, base_buf_span(&text), format, run, notes, why);
    base_buf_done(&text);
    return err;
}

static bool is_folder(const char *path)
{
    struct stat what;
    return stat(path, &what) == 0 && S_ISDIR(what.st_mode);
}

static bool is_folder_at(const char *path)
{
    char folder[4096];
    return cut_folder(path, folder, sizeof folder) && is_folder(folder);
}

static base_err load_folder(const char *path, struct result_run *run, struct cli_load_notes *notes,
                            struct base_why *why)
{
    const struct result_import_source source = { path, { 0 }, changed_ms(path) };
    notes->format = result_interop_find("criterion");
    return notes->format->import(&source, run, &notes->notes, why);
}

static base_err load_kept(const char *which, struct result_run *run, struct base_why *why)
{
    struct result_history *history = NULL;
    struct base_why first = { 0 };
    if (strchr(which, '/') != NULL || strchr(which, '.') != NULL) /* ids have neither */
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: there is no such file", which);
    CLI_TRY(result_history_open(NULL, &history, why));
    const base_err err = result_history_load(history, which, run, &first);
    result_history_close(history);
    if (err == BASE_ENOTFOUND)
        return base_fail(why, err, 0,
                         "'%s' is neither a file nor a run of the history, nor a baseline", which);
    if (err != BASE_OK && why != NULL)
        *why = first;
    return err;
}

base_err cli_load_as(const char *path, const struct result_interop *format, struct result_run *run,
                     struct cli_load_notes *notes, struct base_why *why)
{
    *notes = (struct cli_load_notes){ 0 };
    if (format->is_folder && (is_folder(path) || is_folder_at(path)))
        return load_folder(path, run, notes, why);
    if (is_folder(path))
        return base_fail(why, BASE_EINVALID, 0, "%s: it is a folder, %s is a file", path,
                         format->title);
    return load_file(path, format, run, notes, why);
}

base_err cli_load_run(const char *which, struct result_run *run, struct cli_load_notes *notes,
                      struct base_why *why)
{
    *notes = (struct cli_load_notes){ 0 };
    if (is_folder(which))
        return load_folder(which, run, notes, why);
    if (strcmp(which, "-") == 0 || access(which, F_OK) == 0)
        return load_file(which, NULL, run, notes, why);
    if (is_folder_at(which))
        return load_folder(which, run, notes, why);
    return load_kept(which, run, why);
}

bool cli_load_is_document(const char *path)
{
    uint8_t look[LOOK_SIZE];
    if (is_folder(path) || (access(path, F_OK) != 0 && is_folder_at(path)))
        return true;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    const size_t size = fread(look, 1, sizeof look, file);
    fclose(file);
    const struct base_span text = base_span_of(look, size);
    return result_interop_is_run(text) || detect(text) != NULL;
}

void cli_load_say(const char *which, const struct cli_load_notes *notes)
{
    for (size_t i = 0; i < notes->notes.count; i++)
        base_log(BASE_LOG_INFO, "%s (%s): %s", which, notes->format->title,
                 notes->notes.items[i].text);
}
