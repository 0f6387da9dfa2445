/* words.c - the small part of a shell's reading that needs no shell. */
#include "words.h"

#include <string.h>

static base_err keep(struct base_buf *buf, struct base_arena *arena, base_err err,
                     const char **text, struct base_why *why)
{
    const char *whole = err == BASE_OK ? base_buf_text(buf) : NULL;
    const char *copy = whole != NULL ? base_arena_text(arena, whole) : NULL;
    base_buf_done(buf);
    if (copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    *text = copy;
    return BASE_OK;
}

/* One word into the buffer; *at moves behind it. */
static base_err take_word(const char **at, struct base_buf *out, struct base_why *why)
{
    char quote = 0;
    for (; **at != '\0' && (quote != 0 || strchr(" \t\n", **at) == NULL); (*at)++) {
        if (quote == 0 && (**at == '\'' || **at == '"')) {
            quote = **at;
            continue;
        }
        if (quote != 0 && **at == quote) {
            quote = 0;
            continue;
        }
        if (**at == '\\' && quote != '\'' && (*at)[1] != '\0')
            (*at)++;
        CLI_TRY(base_buf_put(out, *at, 1));
    }
    return quote == 0 ? BASE_OK : base_fail(why, BASE_EPARSE, 0, "a quote %c has no end", quote);
}

base_err cli_words_split(const char *text, struct base_arena *arena, const char **joined,
                         struct base_why *why)
{
    static const char separator = CLI_WORD_SEPARATOR;
    struct base_buf buf = { 0 };
    base_err err = BASE_OK;
    size_t count = 0;
    if (strchr(text, separator) != NULL)
        return base_fail(why, BASE_EINVALID, 0, "a command cannot hold the byte 0x1f");
    for (const char *at = text; err == BASE_OK;) {
        at += strspn(at, " \t\n");
        if (*at == '\0')
            break;
        if (count++ > 0)
            err = base_buf_put(&buf, &separator, 1);
        if (err == BASE_OK)
            err = take_word(&at, &buf, why);
    }
    if (err == BASE_EPARSE || count == 0) {
        base_buf_done(&buf);
        return err == BASE_EPARSE ? base_fail_prefix(why, err, "'%s'", text)
                                  : base_fail(why, BASE_EPARSE, 0, "the command is empty");
    }
    return keep(&buf, arena, err, joined, why);
}

base_err cli_words_join(char *const *words, size_t count, char separator, struct base_arena *arena,
                        const char **joined, struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        if (strchr(words[i], CLI_WORD_SEPARATOR) != NULL) {
            base_buf_done(&buf);
            return base_fail(why, BASE_EINVALID, 0, "a command cannot hold the byte 0x1f");
        }
        if (i > 0)
            err = base_buf_put(&buf, &separator, 1);
        if (err == BASE_OK)
            err = base_buf_put_text(&buf, words[i]);
    }
    return keep(&buf, arena, err, joined, why);
}

/* The argument whose {NAME} stands at `at`, or NULL. */
static const struct bench_arg *arg_at(const char *at, const struct bench_arg *args, size_t count)
{
    for (size_t i = 0; *at == '{' && i < count; i++) {
        const size_t size = strlen(args[i].name);
        if (strncmp(at + 1, args[i].name, size) == 0 && at[1 + size] == '}')
            return &args[i];
    }
    return NULL;
}

base_err cli_words_fill(const char *text, const struct bench_arg *args, size_t count, bool *used,
                        struct base_arena *arena, const char **filled)
{
    struct base_buf buf = { 0 };
    base_err err = BASE_OK;
    for (const char *at = text; err == BASE_OK && *at != '\0';) {
        const struct bench_arg *arg = arg_at(at, args, count);
        err = arg != NULL ? base_buf_put_text(&buf, arg->value) : base_buf_put(&buf, at, 1);
        if (arg != NULL)
            used[arg - args] = true;
        at += arg != NULL ? strlen(arg->name) + 2 : 1;
    }
    return keep(&buf, arena, err, filled, NULL);
}

base_err cli_words_quote(struct base_buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./,:=+@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0')
        return base_buf_put_text(out, word);
    CLI_TRY(base_buf_put(out, "'", 1));
    for (; *word != '\0'; word++)
        CLI_TRY(*word == '\'' ? base_buf_put_text(out, "'\\''") : base_buf_put(out, word, 1));
    return base_buf_put(out, "'", 1);
}
