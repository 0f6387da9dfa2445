/* interop_benchfmt.c - Go's benchmark format, line by line: configuration, one result a line. Lines
 * of one name are repetitions in one process (go test -count), so they are batches of one process.
 * Lines that are no results, such as the tests' own output, are passed over as benchstat does. */
#define _GNU_SOURCE
#include "interop_internal.h"
#include "run_table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE  "Go benchmark output"
#define PREFIX "Benchmark"

enum { FIELDS_MAX = 2 + 2 * 32, LINES_MAX = 2000000, LINE_SIZE_MAX = 1 << 16, CONFIG_MAX = 200 };

static bool begins(struct base_span line, const char *with)
{
    return line.size >= strlen(with) && memcmp(line.data, with, strlen(with)) == 0;
}

static bool is_like(struct base_span text)
{
    struct base_span line;
    size_t at = 0;
    for (size_t i = 0; i < 2000 && result_import_line(text, &at, &line); i++) {
        if (begins(line, PREFIX) && line.size > strlen(PREFIX) &&
            memchr(line.data, '/', line.size) != NULL &&
            (memmem(line.data, line.size, "/op", 3) != NULL ||
             memmem(line.data, line.size, "/s", 2) != NULL))
            return true;
        if (i == 0 && (begins(line, "goos:") || begins(line, "Unit ")))
            return true;
    }
    return false;
}

/* --- import ----------------------------------------------------------------------------------- */

struct reader {
    struct result_import *import;
    size_t line;
    const char *package; /* of the lines that follow; NULL: not said */
};

/* Units that are times. Source: Go, proposal 14313 (benchmark data format), and benchunit */
static const struct {
    const char *unit;
    double ns;
} times[] = { { "ns/op", 1 }, { "sec/op", 1e9 } };

static double ns_of(const char *unit)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (strcmp(times[i].unit, unit) == 0)
            return times[i].ns;
    return 0;
}

static base_err find_case(struct reader *reader, const char *name, size_t *index)
{
    struct result_case *one;
    struct base_arena *arena = result_import_arena(reader->import);
    const char *package = reader->package != NULL ? reader->package : TITLE;
    const char *clean = result_import_clean(arena, name);
    *index = clean != NULL ? result_import_index(reader->import, clean) : SIZE_MAX;
    if (*index != SIZE_MAX && strcmp(result_import_at(reader->import, *index)->suite, package) == 0)
        return BASE_OK;
    if (*index != SIZE_MAX) { /* the same name in another package */
        name = base_arena_printf(arena, "%s.%s", package, clean);
        *index = name != NULL ? result_import_index(reader->import, name) : SIZE_MAX;
        if (*index != SIZE_MAX)
            return BASE_OK;
    }
    if (clean == NULL || name == NULL)
        return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
    RESULT_TRY(result_import_case(reader->import, name, &one));
    one->suite = package;
    one->item = "op";
    *index = result_import_count(reader->import) - 1;
    if (reader->package != NULL)
        RESULT_TRY(result_import_arg(reader->import, one, "pkg", reader->package));
    return BASE_OK;
}

/* A value beside the time: kept from the first line of a benchmark. */
static base_err put_counter(struct reader *reader, size_t index, const char *unit, double value)
{
    struct result_case *one = result_import_at(reader->import, index);
    for (size_t i = 0; i < one->counters.count; i++) {
        if (strcmp(one->counters.items[i].name, unit) != 0)
            continue;
        if (one->counters.items[i].value == value)
            return BASE_OK;
        return result_import_note(reader->import, "of %.100s the first repetition's value is kept",
                                  unit);
    }
    const bool is_bytes = strcmp(unit, "B/op") == 0;
    return result_import_counter(reader->import, one, unit, value, is_bytes ? "B" : "1");
}

static base_err skip_line(struct reader *reader, const char *wrong, const char *found)
{
    return result_import_note(reader->import, "line %zu is left out: %s '%.40s'", reader->line,
                              wrong, found);
}

/* Value and unit, value and unit, ...; the time may stand anywhere. */
static base_err put_values(struct reader *reader, const char *name, uint64_t items,
                           const char **fields, size_t count)
{
    double values[FIELDS_MAX / 2], time = NAN;
    const char *time_unit = NULL;
    size_t index;
    for (size_t i = 0; 2 * i + 1 < count; i++) {
        if (!result_import_double(fields[2 * i], &values[i]))
            return skip_line(reader, "not a number:", fields[2 * i]);
        if (ns_of(fields[2 * i + 1]) == 0)
            continue;
        if (time_unit != NULL)
            return skip_line(reader, "two times, the second in", fields[2 * i + 1]);
        time_unit = fields[2 * i + 1];
        time = values[i] * ns_of(time_unit);
    }
    if (time_unit == NULL)
        return skip_line(reader, "no time in ns/op or sec/op:", name);
    RESULT_TRY(find_case(reader, name, &index));
    RESULT_TRY(result_import_batch(reader->import, index, items, time * (double)items));
    for (size_t i = 0; 2 * i + 1 < count; i++) {
        const char *unit = fields[2 * i + 1];
        struct result_case *one = result_import_at(reader->import, index);
        if (strcmp(unit, "MB/s") == 0 && values[i] > 0 && time > 0 && one->bytes_per_item == 0)
            one->bytes_per_item = round(values[i] * 1e6 * time / 1e9);
        else if (strcmp(unit, "MB/s") != 0 && ns_of(unit) == 0)
            RESULT_TRY(put_counter(reader, index, unit, values[i]));
    }
    return BASE_OK;
}

static base_err read_result(struct reader *reader, struct base_span line)
{
    const char *fields[FIELDS_MAX];
    char *end = NULL;
    const size_t count =
        result_import_fields(result_import_arena(reader->import), line, fields, FIELDS_MAX);
    if (count == SIZE_MAX)
        return skip_line(reader, "it holds a zero byte", "");
    if (count == 1) /* go test -v announces a benchmark so */
        return BASE_OK;
    const unsigned long long items = strtoull(fields[1], &end, 10);
    if (!isdigit((unsigned char)fields[1][0]) || *end != '\0' || items == 0 ||
        items > UINT64_C(1) << 53)
        return skip_line(reader, "not a count of 1 or more iterations:", fields[1]);
    if (count < 4 || count % 2 != 0)
        return skip_line(reader, "a value without a unit after", fields[0]);
    return put_values(reader, fields[0], items, fields + 2, count - 2);
}

static base_err put_config(struct reader *reader, const char *key, const char *value)
{
    if (strcmp(key, "pkg") == 0) {
        reader->package = *value != '\0' ? value : NULL;
        return BASE_OK;
    }
    if (strcmp(key, "cpu") == 0)
        return result_import_host(reader->import, "cpu_model", value);
    if (strcmp(key, "goos") == 0 || strcmp(key, "goarch") == 0)
        return result_import_host(reader->import, key, value);
    return result_import_config(reader->import, key, value);
}

/* "key: value": the key begins with a lower-case letter and has no blank and no upper case. */
static base_err read_config(struct reader *reader, struct base_span line)
{
    const uint8_t *colon = memchr(line.data, ':', line.size);
    const size_t key_size = colon != NULL ? (size_t)(colon - line.data) : 0;
    if (key_size == 0 || key_size > CONFIG_MAX || !islower(line.data[0]))
        return BASE_OK;
    for (size_t i = 0; i < key_size; i++)
        if (isspace(line.data[i]) || isupper(line.data[i]))
            return BASE_OK;
    size_t at = key_size + 1;
    if (at < line.size && line.data[at] != ' ' && line.data[at] != '\t')
        return BASE_OK;
    while (at < line.size && (line.data[at] == ' ' || line.data[at] == '\t'))
        at++;
    struct base_arena *arena = result_import_arena(reader->import);
    const char *key = base_arena_text_of(arena, (const char *)line.data, key_size);
    const char *raw = base_arena_text_of(arena, (const char *)line.data + at, line.size - at);
    const char *value = raw != NULL ? result_import_clean(arena, raw) : NULL;
    if (key == NULL || value == NULL)
        return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
    return put_config(reader, key, value);
}

static base_err read_line(struct reader *reader, struct base_span line)
{
    if (line.size > LINE_SIZE_MAX)
        return result_import_note(reader->import, "lines longer than %d bytes are left out",
                                  LINE_SIZE_MAX);
    if (begins(line, PREFIX))
        return read_result(reader, line);
    if (begins(line, "Unit "))
        return result_import_note(reader->import, "Unit lines are left out");
    if (begins(line, "--- FAIL") || begins(line, "FAIL"))
        return result_import_note(reader->import, "go test says FAIL at line %zu", reader->line);
    return line.size > 0 ? read_config(reader, line) : BASE_OK;
}

static base_err read_all(struct reader *reader, struct base_span text)
{
    struct base_span line;
    size_t at = 0;
    while (result_import_line(text, &at, &line)) {
        if (++reader->line > LINES_MAX)
            return result_import_fail(reader->import, BASE_ERANGE, reader->line,
                                      "more than %d lines", LINES_MAX);
        RESULT_TRY(read_line(reader, line));
    }
    return result_import_settle(reader->import);
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    struct reader reader = { 0 };
    RESULT_TRY(result_import_open(source, TITLE, why, &reader.import));
    const base_err err = read_all(&reader, source->text);
    if (err == BASE_OK)
        return result_import_finish(reader.import, run, notes);
    result_import_close(reader.import);
    return err;
}

/* --- export ----------------------------------------------------------------------------------- */

/* One word: what a reader would cut at becomes "_". */
static void put_word(struct result_sink *sink, const char *text)
{
    struct base_buf clean = { 0 };
    if (sink->err == BASE_OK)
        sink->err = result_text_put(&clean, text);
    const char *word = base_buf_text(&clean);
    if (sink->err == BASE_OK && word == NULL)
        sink->err = BASE_ENOMEM;
    for (const char *at = word; sink->err == BASE_OK && *at != '\0'; at++)
        sink->err = base_buf_put(sink->out, isspace((unsigned char)*at) ? "_" : at, 1);
    base_buf_done(&clean);
}

/* "BenchmarkName": names of others get the prefix, and the capital that Go's tools ask for. */
static void put_name(struct result_sink *sink, const char *id)
{
    const size_t size = strlen(PREFIX);
    if (strncmp(id, PREFIX, size) == 0 && !islower((unsigned char)id[size])) {
        put_word(sink, id);
        return;
    }
    result_sink_printf(sink, "%s%c", PREFIX, toupper((unsigned char)id[0]));
    put_word(sink, id + 1);
}

static void put_number(struct result_sink *sink, double value)
{
    char text[RESULT_NUMBER_SIZE];
    result_sink_printf(sink, "%.*s", (int)result_number_print(value, text), text);
}

static void put_counters(struct result_sink *sink, const struct result_case *one)
{
    static const char *const known[][2] = { { "allocs", "allocs/op" }, { "alloc_bytes", "B/op" } };
    for (size_t i = 0; i < one->counters.count; i++) {
        const struct result_quantity *counter = &one->counters.items[i];
        const char *unit = counter->name;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            unit = strcmp(counter->name, known[k][0]) == 0 ? known[k][1] : unit;
        if (isnan(counter->value) || ns_of(unit) != 0)
            continue;
        result_sink_printf(sink, "\t");
        put_number(sink, counter->value);
        result_sink_printf(sink, " ");
        put_word(sink, unit);
    }
}

static void put_repetitions(struct result_sink *sink, const struct result_case *one,
                            const struct result_repetitions *repetitions)
{
    for (size_t i = 0; i < repetitions->count; i++) {
        put_name(sink, one->id);
        result_sink_printf(sink, "\t%llu\t", (unsigned long long)repetitions->items[i]);
        put_number(sink, repetitions->ns[i]);
        result_sink_printf(sink, " ns/op");
        if (one->bytes_per_item > 0) {
            result_sink_printf(sink, "\t");
            put_number(sink, one->bytes_per_item * 1e3 / repetitions->ns[i]);
            result_sink_printf(sink, " MB/s");
        }
        put_counters(sink, one);
        result_sink_printf(sink, "\n");
    }
}

static const char *arg_of(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

static void put_key(struct result_sink *sink, const char *key, const char *value)
{
    if (value == NULL)
        return;
    result_sink_printf(sink, "%s: ", key);
    result_sink_text(sink, value);
    result_sink_printf(sink, "\n");
}

/* In go test's order, and no key of our own: benchstat compares only what agrees in every key. */
static void put_head(struct result_sink *sink, const struct result_run *run, const char *package)
{
    put_key(sink, "goos", arg_of(&run->host, "goos"));
    put_key(sink, "goarch", arg_of(&run->host, "goarch"));
    put_key(sink, "pkg", package);
    put_key(sink, "cpu", arg_of(&run->host, "cpu_model"));
}

static base_err export_text(const struct result_run *run, struct base_buf *out, size_t *left_out,
                            struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct result_sink sink = { .out = out };
    const char *package = run->case_count > 0 ? arg_of(&run->cases[0].args, "pkg") : NULL;
    *left_out = 0;
    put_head(&sink, run, package);
    for (size_t i = 0; sink.err == BASE_OK && i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        struct result_repetitions repetitions = { 0 };
        const char *own = arg_of(&one->args, "pkg");
        if (result_is_exportable(one))
            sink.err = result_repetitions_of(one, &arena, &repetitions);
        *left_out += repetitions.count == 0;
        if (own != NULL && (package == NULL || strcmp(own, package) != 0))
            put_key(&sink, "pkg", package = own);
        put_repetitions(&sink, one, &repetitions);
    }
    base_arena_done(&arena);
    if (sink.err == BASE_OK && *left_out == run->case_count)
        return base_fail(why, BASE_EINVALID, 0,
                         "no case of the run has samples, which Go's format needs");
    return sink.err == BASE_OK ? BASE_OK : base_fail(why, sink.err, 0, "no memory for the export");
}

const struct result_interop result_interop_benchfmt = {
    .name = "benchfmt",
    .title = TITLE,
    .extension = ".txt",
    .doc = "Go's benchmark format, as benchstat reads it",
    .is_like = is_like,
    .import = import_text,
    .export = export_text,
};
