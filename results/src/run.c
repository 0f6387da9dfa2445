/* run.c - the parts of a run that are not its document. */
#include <result/run.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void result_run_done(struct result_run *run)
{
    base_arena_done(&run->arena);
    *run = (struct result_run){ 0 };
}

const struct result_case *result_run_find(const struct result_run *run, const char *id)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].id, id) == 0)
            return &run->cases[i];
    return NULL;
}

void result_run_make_id(uint64_t unix_ms, char out[RESULT_ID_SIZE])
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    assert(unix_ms < UINT64_C(1) << 48);
    for (int i = 9; i >= 0; i--) {
        out[i] = letters[unix_ms % 32];
        unix_ms /= 32;
    }
    uint8_t random[16];
    const ssize_t got = getrandom(random, sizeof random, 0); /* so few bytes never fall short */
    assert(got == (ssize_t)sizeof random);
    (void)got;
    for (int i = 0; i < 16; i++)
        out[10 + i] = letters[random[i] % 32];
    out[RESULT_ID_SIZE - 1] = '\0';
}

void result_run_print_time(uint64_t unix_ms, char out[RESULT_TIME_SIZE])
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    assert(parts.tm_year + 1900 <= 9999);
    char text[RESULT_TIME_SIZE];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, RESULT_TIME_SIZE, "%.19s.%03uZ", text, (unsigned)(unix_ms % 1000));
}
