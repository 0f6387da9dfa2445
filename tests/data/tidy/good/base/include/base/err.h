/* err.h - errors. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdint.h>
enum base_err { BASE_OK };
static inline int base_err_is(enum base_err err)
{
    return err != BASE_OK;
}
#endif
