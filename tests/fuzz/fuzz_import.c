/* fuzz_import.c - hostile files of other tools; FUZZ_FORMAT says of which. What is accepted is a
 * document that reads back, and can be written in every format or is refused with a sentence. */
#define _GNU_SOURCE
#include <result/interop.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef FUZZ_HDR
#include "interop_hdr.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static const struct result_interop *format_of(void)
{
#ifdef FUZZ_HDR
    return &cli_interop_hdr;
#else
    return result_interop_find(FUZZ_FORMAT);
#endif
}

/* A folder with one benchmark whose files are the input: its first byte says which of them. */
static const char *make_folder(const uint8_t *data, size_t size)
{
    static char folder[64];
    static const char *const names[] = { "sample.json", "estimates.json", "benchmark.json" };
    char path[128];
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/fuzz_import.XXXXXX");
        need(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/a", folder);
        need(mkdir(path, 0700) == 0);
        snprintf(path, sizeof path, "%s/a/new", folder);
        need(mkdir(path, 0700) == 0);
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/a/new/%s", folder, names[i]);
        (void)unlink(path);
        FILE *file = size > 1 && (data[0] >> i & 1) != 0 ? fopen(path, "we") : NULL;
        if (file == NULL)
            continue;
        need(fwrite(data + 1, 1, size - 1, file) == size - 1);
        need(fclose(file) == 0);
    }
    return folder;
}

static void check_document(const struct result_run *run)
{
    struct base_buf document = { 0 };
    struct result_run back = { 0 };
    struct base_why why = { 0 };
    need(result_run_write_why(run, &document, &why) == BASE_OK);
    need(result_run_read(base_buf_span(&document), "written", &back, &why) == BASE_OK);
    need(back.case_count == run->case_count);
    result_run_done(&back);
    base_buf_done(&document);
}

static void check_exports(const struct result_run *run)
{
    for (size_t i = 0; i < result_interop_count; i++) {
        struct base_buf out = { 0 };
        struct base_why why = { 0 };
        size_t left_out = 0;
        if (!result_interop_table[i]->is_folder &&
            result_interop_table[i]->export(run, &out, &left_out, &why) != BASE_OK)
            need(why.text[0] != '\0');
        base_buf_done(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result_run run = { 0 };
    struct result_import_notes notes = { 0 };
    struct base_why why = { 0 };
    struct result_import_source source = { "input", base_span_of(data, size), 1767225600000 };
    const struct result_interop *format = format_of();
    if (format->is_folder)
        source = (struct result_import_source){ make_folder(data, size), { NULL, 0 }, 1 };
    else
        (void)format->is_like(source.text);
    const base_err err = format->import(&source, &run, &notes, &why);
    if (err == BASE_OK) {
        need(run.case_count > 0 && run.id != NULL);
        check_document(&run);
        check_exports(&run);
    } else {
        need(why.err == err && strlen(why.text) > 10);
    }
    result_run_done(&run);
    return 0;
}
