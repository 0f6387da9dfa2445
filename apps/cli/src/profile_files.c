/* profile_files.c - the files of a profile, and the index that says what they are of. */
#include "profile.h"

#include <base/log.h>
#include <base/units.h>
#include <jansson.h>
#include <prof/facts.h>
#include <prof/write.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_MAX = 16 << 20, PATH_SIZE = 4096 };
#define INDEX_NAME "index.jsonl"

/* What stands for a character; NULL: nothing that could be told from another's. */
static const char *stand_in(char given, char plain[2])
{
    plain[0] = given;
    plain[1] = '\0';
    if ((given >= '0' && given <= '9') || (given >= 'a' && given <= 'z') ||
        (given >= 'A' && given <= 'Z') || strchr("-._=,+", given) != NULL)
        return plain;
    return given == '/' ? "__" : given == ':' ? "--" : NULL;
}

void cli_profile_name(const char *id, char out[CLI_PROFILE_NAME_SIZE])
{
    enum { KEPT = CLI_PROFILE_NAME_SIZE - 24 };
    uint32_t hash = 0x811c9dc5;
    bool is_changed = id[0] == '.' || id[0] == '\0';
    size_t size = 0;
    for (const char *at = id; *at != '\0'; at++) {
        char plain[2];
        const char *text = stand_in(*at, plain);
        is_changed = is_changed || text == NULL || size + strlen(text) > KEPT;
        hash = (hash ^ (uint8_t)*at) * 0x01000193; /* FNV-1a */
        if (size + 2 <= KEPT)
            size += (size_t)sprintf(out + size, "%s", text != NULL ? text : "-");
    }
    if (out[0] == '.')
        out[0] = '-';
    if (is_changed)
        snprintf(out + size, CLI_PROFILE_NAME_SIZE - size, "-%08x", hash);
}

static base_err write_one(const char *folder, const char *name, const char *ending,
                          struct base_buf *bytes, base_err err, struct base_why *why)
{
    char path[PATH_SIZE];
    if (err != BASE_OK)
        err = base_fail(why, err, 0, "%s%s cannot be made: %s", name, ending, base_err_text(err));
    else if (snprintf(path, sizeof path, "%s/%s%s", folder, name, ending) >= (int)sizeof path)
        err = base_fail(why, BASE_ERANGE, 0, "%s/%s%s: the name is too long", folder, name, ending);
    else
        err = base_file_write(path, base_buf_span(bytes), why);
    base_buf_done(bytes);
    return err;
}

static const char *kind_of(const struct prof_stacks *stacks)
{
    return stacks->about.what == PROF_TIME ? "time" : "allocations";
}

static json_t *index_line(const char *name, const char *id, const struct prof_stacks *stacks)
{
    double weight = 0, count = 0;
    const double unknown = prof_stacks_unknown_share(stacks);
    prof_facts_sum(stacks, &weight, &count);
    return json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f}", "file", name, "id", id,
                     "kind", kind_of(stacks), "unit", stacks->about.what == PROF_TIME ? "ns" : "B",
                     "items", stacks->about.items, "weight", weight, "count", count, "lost",
                     stacks->about.lost, "period", stacks->about.period, "unknown_share",
                     isfinite(unknown) ? unknown : 0);
}

/* The lines of the index but the one of that file. */
static base_err keep_other_lines(const char *path, const char *name, struct base_buf *out)
{
    struct base_buf old = { 0 };
    struct base_why unused;
    base_err err = BASE_OK;
    if (base_buf_read_file(&old, path, INDEX_MAX, &unused) != BASE_OK ||
        base_buf_text(&old) == NULL)
        old.size = 0; /* there is none yet */
    for (char *rest = (char *)old.data, *line; old.size > 0 && err == BASE_OK && rest != NULL;) {
        line = strsep(&rest, "\n");
        json_t *object = json_loads(line, 0, NULL);
        const char *file = json_string_value(json_object_get(object, "file"));
        if (file != NULL && strcmp(file, name) != 0)
            err = base_buf_printf(out, "%s\n", line);
        json_decref(object);
    }
    base_buf_done(&old);
    return err;
}

static base_err write_index(const char *folder, const char *name, const char *id,
                            const struct prof_stacks *stacks, struct base_why *why)
{
    char path[PATH_SIZE];
    struct base_buf out = { 0 };
    snprintf(path, sizeof path, "%s/" INDEX_NAME, folder);
    json_t *line = index_line(name, id, stacks);
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
    base_err err = keep_other_lines(path, name, &out);
    if (err == BASE_OK)
        err = text != NULL ? base_buf_printf(&out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(line);
    return write_one(folder, INDEX_NAME, "", &out, err, why);
}

void cli_profile_about(const char *path, struct prof_about *about)
{
    char index[PATH_SIZE];
    struct base_buf text = { 0 };
    struct base_why unused;
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const size_t size = strlen(base) > 7 ? strlen(base) - 7 : 0; /* without ".folded" */
    snprintf(index, sizeof index, "%.*s" INDEX_NAME, (int)(base - path), path);
    if (base_buf_read_file(&text, index, INDEX_MAX, &unused) != BASE_OK ||
        base_buf_text(&text) == NULL)
        text.size = 0;
    for (char *rest = (char *)text.data, *line; text.size > 0 && rest != NULL;) {
        line = strsep(&rest, "\n");
        json_t *object = json_loads(line, 0, NULL);
        const char *file = json_string_value(json_object_get(object, "file"));
        const char *kind = json_string_value(json_object_get(object, "kind"));
        if (file != NULL && size > 0 && strlen(file) == size && strncmp(file, base, size) == 0) {
            about->items = json_number_value(json_object_get(object, "items"));
            about->period = json_number_value(json_object_get(object, "period"));
            about->what =
                kind != NULL && strcmp(kind, "allocations") == 0 ? PROF_ALLOCATIONS : PROF_TIME;
        }
        json_decref(object);
    }
    base_buf_done(&text);
}

static base_err write_page(const char *folder, const char *name, const char *id,
                           const struct prof_stacks *stacks, struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct base_buf out = { 0 };
    const char *facts[PROF_FACT_MAX];
    const struct prof_page page = { .title = id,
                                    .subtitle = stacks->about.what == PROF_TIME
                                                    ? "where the processor's time goes"
                                                    : "where memory is allocated",
                                    .facts = facts,
                                    .fact_count = prof_facts(stacks, &arena, facts) };
    const base_err err = prof_flame_write(stacks, &page, &out);
    base_arena_done(&arena);
    return write_one(folder, name, ".html", &out, err, why);
}

base_err cli_profile_write(const char *folder, const char *id, struct prof_stacks *stacks,
                           struct base_why *why)
{
    char name[CLI_PROFILE_NAME_SIZE + 8];
    struct base_buf out = { 0 };
    cli_profile_name(id, name);
    if (stacks->about.what == PROF_ALLOCATIONS)
        strcat(name, ".alloc");
    prof_stacks_sort(stacks);
    CLI_TRY(base_folder_make(folder, why));
    base_err err = prof_folded_write(stacks, &out);
    CLI_TRY(write_one(folder, name, ".folded", &out, err, why));
    err = prof_speedscope_write(stacks, id, &out);
    CLI_TRY(write_one(folder, name, ".speedscope.json", &out, err, why));
    err = prof_pprof_write(stacks, &out);
    CLI_TRY(write_one(folder, name, ".pb.gz", &out, err, why));
    CLI_TRY(write_page(folder, name, id, stacks, why));
    return write_index(folder, name, id, stacks, why);
}

base_err cli_profile_diff_page(const char *title, const char *subtitle,
                               const struct prof_stacks *baseline,
                               const struct prof_stacks *current, struct base_buf *out,
                               struct base_why *why)
{
    struct prof_stacks diff;
    struct base_arena arena = { 0 };
    const char *facts[2 * PROF_FACT_MAX], *sides[] = { "baseline", "current" };
    const struct prof_stacks *both[] = { baseline, current };
    struct prof_page page = { .title = title, .subtitle = subtitle, .is_difference = true };
    CLI_TRY(prof_stacks_diff(baseline, current, &diff, &page.is_per_item, why));
    prof_stacks_sort(&diff);
    for (size_t side = 0; side < 2; side++) {
        const size_t from = page.fact_count;
        page.fact_count += prof_facts(both[side], &arena, facts + from);
        for (size_t i = from; i < page.fact_count; i++) {
            const char *said = base_arena_printf(&arena, "%s: %s", sides[side], facts[i]);
            facts[i] = said != NULL ? said : facts[i];
        }
    }
    page.facts = facts;
    base_err err = prof_flame_write(&diff, &page, out);
    if (err != BASE_OK)
        err = base_fail(why, err, 0, "the page cannot be made: %s", base_err_text(err));
    base_arena_done(&arena);
    prof_stacks_done(&diff);
    return err;
}

base_err cli_profile_diff_write(const char *folder, const char *id,
                                const struct prof_stacks *baseline,
                                const struct prof_stacks *current, struct base_why *why)
{
    char name[CLI_PROFILE_NAME_SIZE];
    struct base_buf out = { 0 };
    cli_profile_name(id, name);
    CLI_TRY(base_folder_make(folder, why));
    const base_err err = cli_profile_diff_page(id, "what changed", baseline, current, &out, why);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return err;
    }
    return write_one(folder, name,
                     current->about.what == PROF_TIME ? ".diff.html" : ".alloc.diff.html", &out,
                     BASE_OK, why);
}

/* A line for each profile, and whatever limits it. */
static void say(const char *folder, const char *id, const struct prof_stacks *stacks)
{
    struct base_arena arena = { 0 };
    char name[CLI_PROFILE_NAME_SIZE];
    const char *facts[PROF_FACT_MAX];
    const size_t count = prof_facts(stacks, &arena, facts);
    cli_profile_name(id, name);
    base_log(BASE_LOG_INFO, "%s/%s%s.html: %s", folder, name,
             stacks->about.what == PROF_TIME ? "" : ".alloc", count > 0 ? facts[0] : "");
    for (size_t i = stacks->about.items > 0 ? 2 : 1; i < count; i++)
        base_log(BASE_LOG_INFO, "%s: %s", id, facts[i]);
    base_arena_done(&arena);
}

typedef base_err profile_fn(const struct bench_launch *launch, const struct bench_target *target,
                            const struct bench_plan *plan, uint64_t duration_ns,
                            struct prof_stacks *out, struct base_why *why);

static base_err allocations(const struct bench_launch *launch, const struct bench_target *target,
                            const struct bench_plan *plan, uint64_t duration_ns,
                            struct prof_stacks *out, struct base_why *why)
{
    (void)duration_ns;
    return cli_profile_allocations(launch, target, plan, out, why);
}

base_err cli_profile_job(const struct cli_args *args, const struct bench_launch *launch,
                         const struct bench_target *target, const struct bench_plan *plan,
                         struct base_why *why)
{
    static const struct {
        const char *option;
        profile_fn *make;
    } kinds[] = { { "profile", cli_profile_time }, { "alloc-profile", allocations } };
    if (cli_option_find(args->command, "profile") == NULL)
        return BASE_OK; /* a command without profiles */
    const struct cli_value *time = cli_value(args, "profile-time");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct prof_stacks stacks;
        const char *folder = cli_text(args, kinds[i].option, NULL);
        if (folder == NULL)
            continue;
        base_err err = kinds[i].make(launch, target, plan,
                                     time != NULL ? time->ns : CLI_PROFILE_TIME_NS, &stacks, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%s: --%s", target->id, kinds[i].option);
        err = cli_profile_write(folder, target->id, &stacks, why);
        if (err == BASE_OK)
            say(folder, target->id, &stacks);
        prof_stacks_done(&stacks);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

base_err cli_profile_prepare(const struct cli_args *args, struct base_why *why)
{
    static const char *const options[] = { "profile", "alloc-profile" };
    if (cli_option_find(args->command, "profile") == NULL)
        return BASE_OK;
    for (size_t i = 0; i < 2; i++)
        if (cli_has(args, options[i])) {
            const base_err err = base_folder_make(cli_text(args, options[i], "."), why);
            if (err != BASE_OK)
                return base_fail_prefix(why, err, "--%s", options[i]);
        }
    if (!cli_has(args, "profile"))
        return BASE_OK;
    const base_err err = cli_profile_check(why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--profile");
}
