/* err.c - it waits a moment. */
#include <base/err.h>

#include <time.h>

static void helper(void)
{
    const struct timespec moment = { 0, 1 };
    nanosleep(&moment, 0); /* sleep: the other side needs a nanosecond */
}

int base_err_count(void)
{
    helper();
    return 1; /* "{" and '}' in strings and comments do not count: { */
}
