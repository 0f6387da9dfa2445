/* fuzz_hermes_request.c - hostile lines at the control socket of a node, and bootstrap entries:
 * whatever is refused has a sentence, and what is taken is within its limits. */
#include "hermes_tool.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_request(struct base_span line)
{
    struct hermes_tool_request request = { 0 };
    struct base_buf answer = { 0 };
    struct base_why why = { 0 };
    const base_err err = hermes_tool_request_parse(line, &request, &why);
    if (err != BASE_OK) {
        need(why.text[0] != '\0');
        need(hermes_tool_put_error(err, &why, &answer) == BASE_OK);
        need(answer.data[answer.size - 1] == '\n');
        need(memchr(answer.data, '\n', answer.size) == answer.data + answer.size - 1);
    } else if (request.verb == HERMES_TOOL_SEND) {
        need(request.type < BPI_HERMES_TYPES);
        need(request.payload.size <= line.size);
    } else if (request.verb == HERMES_TOOL_SUBSCRIBE) {
        need(request.types != 0 && request.types >> BPI_HERMES_TYPES == 0);
    }
    base_buf_done(&answer);
    base_buf_done(&request.payload);
}

static void check_bootstrap(struct base_span line)
{
    struct base_why why = { 0 };
    char *const text = malloc(line.size + 1);
    if (text == NULL)
        return;
    if (line.size > 0)
        memcpy(text, line.data, line.size);
    text[line.size] = '\0';
    const base_err err = suite_hermes_bootstrap_check(text, &why);
    need(err == BASE_OK || (err == BASE_EPARSE && why.text[0] != '\0'));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request(base_span_of(data, size));
    check_bootstrap(base_span_of(data, size));
    return 0;
}
