/* err.c - the error list as text. */
#include <base/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *base_err_name(base_err err)
{
    static const char *const names[] = {
#define BASE_ERR_NAME(name, text) #name,
        BASE_ERR_MAP(BASE_ERR_NAME)
#undef BASE_ERR_NAME
    };
    return (unsigned)err < BASE_ERR_COUNT ? names[err] : "E?";
}

const char *base_err_text(base_err err)
{
    static const char *const texts[] = {
#define BASE_ERR_TEXT(name, text) text,
        BASE_ERR_MAP(BASE_ERR_TEXT)
#undef BASE_ERR_TEXT
    };
    return (unsigned)err < BASE_ERR_COUNT ? texts[err] : "unknown error";
}

base_err base_fail(struct base_why *why, base_err err, uint64_t at, const char *format, ...)
{
    if (why != NULL) {
        va_list list;
        va_start(list, format);
        why->err = err;
        why->at = at;
        vsnprintf(why->text, sizeof why->text, format, list);
        va_end(list);
    }
    return err;
}

base_err base_fail_prefix(struct base_why *why, base_err err, const char *format, ...)
{
    if (why == NULL)
        return err;
    char old[BASE_WHY_TEXT_SIZE];
    memcpy(old, why->text, sizeof old);
    va_list list;
    va_start(list, format);
    vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    const char *const rest[] = { ": ", old };
    size_t used = strlen(why->text);
    for (size_t i = 0; i < 2; i++)
        for (const char *at = rest[i]; *at != '\0' && used + 1 < sizeof why->text; at++)
            why->text[used++] = *at;
    why->text[used] = '\0';
    why->err = err;
    return err;
}
