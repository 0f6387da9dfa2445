/* run_path.c - where in a document something is: as text, and as a line.
 *
 * The parser keeps no positions. A line is only wanted when something is wrong, so the text, known
 * to be well-formed, is then walked once along the path.
 */
#include "run_table.h"

#include <stdio.h>
#include <string.h>

static size_t print_step(const struct result_path *path, char *out, size_t used)
{
    if (path->parent != NULL)
        used = print_step(path->parent, out, used);
    else
        return used; /* the document has no name */
    const size_t room = RESULT_PATH_TEXT_SIZE - used;
    const int size = path->name == NULL
                         ? snprintf(out + used, room, "[%zu]", path->index)
                         : snprintf(out + used, room, "%s%.60s", used > 0 ? "." : "", path->name);
    return (size_t)size < room ? used + (size_t)size : RESULT_PATH_TEXT_SIZE - 1;
}

const char *result_path_print(const struct result_path *path, char out[RESULT_PATH_TEXT_SIZE])
{
    snprintf(out, RESULT_PATH_TEXT_SIZE, "document");
    if (path->parent != NULL)
        print_step(path, out, 0);
    return out;
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* Past a string that starts at `at`. */
static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : end;
}

static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (depth == 0)
                return at;
            continue;
        }
        if (depth == 0 && (*at == ',' || *at == ']' || *at == '}'))
            return at;
        depth += *at == '{' || *at == '[';
        if (*at == '}' || *at == ']')
            depth--;
        at++;
        if (depth == 0 && (at[-1] == '}' || at[-1] == ']'))
            return at;
    }
    return end;
}

/* One step down from the value at `at`. *mark: the member's key or the element's value, for the
 * line. Returns the value; NULL when there is none. */
static const uint8_t *step_down(const struct result_path *step, const uint8_t *at,
                                const uint8_t *end, const uint8_t **mark)
{
    if (at >= end || *at != (step->name != NULL ? '{' : '['))
        return NULL;
    const size_t size = step->name != NULL ? strlen(step->name) : 0;
    size_t index = 0;
    for (at = skip_blanks(at + 1, end); at < end && *at != '}' && *at != ']'; index++) {
        const uint8_t *const key = at;
        bool is_it = step->name == NULL && index == step->index;
        if (step->name != NULL) {
            at = skip_string(at, end);
            is_it = (size_t)(at - key) == size + 2 && memcmp(key + 1, step->name, size) == 0;
            at = skip_blanks(at, end);
            at = skip_blanks(at + (at < end), end);
        }
        if (is_it) {
            *mark = key;
            return at;
        }
        at = skip_blanks(skip_value(at, end), end);
        at = skip_blanks(at + (at < end && *at == ','), end);
    }
    return NULL;
}

size_t result_path_line(struct base_span text, const struct result_path *path)
{
    const struct result_path *steps[RESULT_DEPTH_MAX];
    size_t depth = 0;
    for (; path->parent != NULL && depth < RESULT_DEPTH_MAX; path = path->parent)
        steps[depth++] = path;
    const uint8_t *const end = text.data + text.size;
    const uint8_t *at = skip_blanks(text.data, end);
    const uint8_t *mark = at;
    while (depth > 0 && at != NULL)
        at = step_down(steps[--depth], at, end, &mark);
    size_t line = 1;
    for (const uint8_t *c = text.data; c < mark; c++)
        line += *c == '\n';
    return line;
}
