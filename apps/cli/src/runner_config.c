/* runner_config.c - values against their rows; the sentence of a failure has file, line and key. */
#include "runner_config.h"

#include "toml_read.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = CLI_TOML_NAME_MAX + 128 };

struct reader {
    const char *path;
    struct base_arena *arena;
    struct cli_runner_config *config;
    bool is_placed; /* the sentence has its file and line already */
};

static const char *name_of(const struct cli_runner_key *key, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s.%s", key->section, key->key);
    return out;
}

static bool is_text(enum cli_runner_kind kind)
{
    return kind != CLI_RUNNER_COUNT && kind != CLI_RUNNER_NUMBER && kind != CLI_RUNNER_BOOL;
}

void cli_runner_config_init(struct cli_runner_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const struct cli_runner_key *key = &cli_runner_keys[i];
        struct cli_runner_setting *setting = &config->settings[i];
        if (is_text(key->kind))
            setting->text = key->fallback;
        else if (key->kind == CLI_RUNNER_BOOL)
            setting->is_true = strcmp(key->fallback, "true") == 0;
        else
            setting->number = strtod(key->fallback, NULL);
    }
}

const struct cli_runner_setting *cli_runner_setting(const struct cli_runner_config *config,
                                                    const char *name)
{
    char text[NAME_SIZE];
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++)
        if (strcmp(name_of(&cli_runner_keys[i], text), name) == 0)
            return &config->settings[i];
    assert(!"a key of the table");
    return NULL;
}

static base_err fail_range(const struct cli_runner_key *key, double number, struct base_why *why)
{
    if (key->low == key->high)
        return base_fail(why, BASE_ERANGE, 0, "%.10g is not %.10g, which is all there is", number,
                         key->low);
    return base_fail(why, BASE_ERANGE, 0, "%.10g is not between %.10g and %.10g", number, key->low,
                     key->high);
}

static base_err take_number(const struct cli_runner_key *key, const struct cli_toml_value *value,
                            struct cli_runner_setting *out, struct base_why *why)
{
    const bool is_whole = value->kind == CLI_TOML_WHOLE;
    if (key->kind == CLI_RUNNER_COUNT && !is_whole)
        return base_fail(why, BASE_EPARSE, 0, "a whole number is expected");
    if (!is_whole && value->kind != CLI_TOML_NUMBER)
        return base_fail(why, BASE_EPARSE, 0, "a number is expected");
    if (!(value->number >= key->low && value->number <= key->high)) /* NaN too */
        return fail_range(key, value->number, why);
    out->number = value->number;
    return BASE_OK;
}

static bool is_choice(const char *choices, const char *word, size_t size)
{
    for (const char *at = choices; *at != '\0'; at += *at == ',') {
        const size_t length = strcspn(at, ",");
        if (length == size && strncmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

static base_err check_number(const struct cli_runner_key *key, const char *text, size_t size,
                             struct base_why *why)
{
    char word[64], *end = word;
    snprintf(word, sizeof word, "%.*s", (int)size, text);
    const double number = strtod(word, &end);
    if (size == 0 || size >= sizeof word || *end != '\0')
        return base_fail(why, BASE_EPARSE, 0, "a list of numbers is expected");
    return number >= key->low && number <= key->high ? BASE_OK : fail_range(key, number, why);
}

static base_err check_item(const struct cli_runner_key *key, const char *text, size_t size,
                           struct base_why *why)
{
    if (key->kind == CLI_RUNNER_NUMBERS)
        return check_number(key, text, size, why);
    if (is_choice(key->choices, text, size))
        return BASE_OK;
    return base_fail(why, BASE_EINVALID, 0, "'%.*s' is not one of %s", (int)size, text,
                     key->choices);
}

static base_err check_list(const struct cli_runner_key *key, const struct cli_toml_value *value,
                           struct base_why *why)
{
    if (value->kind != CLI_TOML_LIST || value->text == NULL)
        return base_fail(why, BASE_EPARSE, 0, "a list of single values is expected");
    const char *at = value->text;
    do {
        const size_t size = strcspn(at, ",");
        CLI_TRY(check_item(key, at, size, why));
        at += size;
    } while (*at++ == ',');
    return BASE_OK;
}

static base_err take_text(struct reader *reader, const struct cli_runner_key *key,
                          const struct cli_toml_value *value, struct cli_runner_setting *out,
                          struct base_why *why)
{
    const bool is_list = key->kind == CLI_RUNNER_WORDS || key->kind == CLI_RUNNER_NUMBERS;
    if (is_list)
        CLI_TRY(check_list(key, value, why));
    else if (value->kind != CLI_TOML_TEXT)
        return base_fail(why, BASE_EPARSE, 0, "a text in quotes is expected");
    if (key->kind == CLI_RUNNER_WORD)
        CLI_TRY(check_item(key, value->text, strlen(value->text), why));
    if (*value->text == '\0')
        return base_fail(why, BASE_EINVALID, 0, "the text is empty");
    const char *copy = base_arena_text(reader->arena, value->text);
    if (copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    out->text = copy;
    return BASE_OK;
}

static base_err take(struct reader *reader, size_t index, const struct cli_toml_value *value,
                     struct base_why *why)
{
    const struct cli_runner_key *key = &cli_runner_keys[index];
    struct cli_runner_setting *out = &reader->config->settings[index];
    if (key->kind == CLI_RUNNER_COUNT || key->kind == CLI_RUNNER_NUMBER)
        CLI_TRY(take_number(key, value, out, why));
    else if (is_text(key->kind))
        CLI_TRY(take_text(reader, key, value, out, why));
    else if (value->kind != CLI_TOML_BOOL)
        return base_fail(why, BASE_EPARSE, 0, "true or false is expected");
    else
        out->is_true = value->is_true;
    out->line = value->line > 0 ? value->line : 1;
    return BASE_OK;
}

/* Is it a section of the table, or the beginning of one ("targets")? */
static bool is_section(const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const char *section = cli_runner_keys[i].section;
        if (strncmp(section, name, size) == 0 && (section[size] == '\0' || section[size] == '.'))
            return true;
    }
    return false;
}

static base_err fail_unknown(struct reader *reader, const struct cli_toml_value *value,
                             const char *name, struct base_why *why)
{
    static char names[CLI_RUNNER_KEYS_MAX][NAME_SIZE]; /* large; filled alike each time */
    const char *words[CLI_RUNNER_KEYS_MAX + 1] = { 0 };
    const bool is_table = value->kind == CLI_TOML_SECTION;
    const char *nearest = NULL;
    size_t count = 0;
    for (size_t i = 0; !is_table && cli_runner_keys[i].section != NULL; i++)
        if (strcmp(cli_runner_keys[i].section, value->section) == 0)
            words[count++] = cli_runner_keys[i].key;
    if (count > 0)
        nearest = cli_nearest(value->key, words);
    const bool is_here = nearest != NULL;
    for (size_t i = count = 0; cli_runner_keys[i].section != NULL; i++)
        words[count++] =
            is_table ? cli_runner_keys[i].section : name_of(&cli_runner_keys[i], names[i]);
    words[count] = NULL;
    if (nearest == NULL)
        nearest = cli_nearest(name, words);
    reader->is_placed = true;
    return base_fail(why, BASE_ENOTFOUND, value->line, "%s:%u: unknown %s '%s'%s%s%s%s",
                     reader->path, value->line, is_table ? "section" : "key", name,
                     nearest != NULL ? "; the nearest is " : "", is_here ? value->section : "",
                     is_here ? "." : "", nearest != NULL ? nearest : "");
}

static base_err visit(void *context, const struct cli_toml_value *value, struct base_why *why)
{
    struct reader *reader = context;
    char name[NAME_SIZE], row[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s%s", value->section, *value->section != '\0' ? "." : "",
             value->key);
    if (value->kind == CLI_TOML_SECTION && is_section(name))
        return BASE_OK;
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        if (strcmp(name_of(&cli_runner_keys[i], row), name) != 0)
            continue;
        const base_err err = take(reader, i, value, why);
        if (err != BASE_OK) {
            (void)base_fail_prefix(why, err, "%s:%u: %s", reader->path, value->line, name);
            if (why != NULL)
                why->at = value->line;
            reader->is_placed = true;
        }
        return err;
    }
    return fail_unknown(reader, value, name, why);
}

base_err cli_runner_config_parse(struct base_span text, const char *path, struct base_arena *arena,
                                 struct cli_runner_config *config, struct base_why *why)
{
    struct reader reader = { .path = path, .arena = arena, .config = config };
    struct base_why found = { 0 };
    const base_err err = cli_toml_read((const char *)text.data, text.size, visit, &reader, &found);
    if (err == BASE_OK)
        return err;
    if (!reader.is_placed && found.at > 0)
        (void)base_fail_prefix(&found, err, "%s:%llu", path, (unsigned long long)found.at);
    else if (!reader.is_placed)
        (void)base_fail_prefix(&found, err, "%s", path);
    if (why != NULL)
        *why = found;
    return err;
}

base_err cli_runner_config_read(const char *path, struct base_arena *arena,
                                struct cli_runner_config *config, struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_read_file(&text, path, CLI_TOML_SIZE_MAX, why);
    if (err == BASE_OK)
        err = cli_runner_config_parse(base_buf_span(&text), path, arena, config, why);
    base_buf_done(&text);
    return err;
}
