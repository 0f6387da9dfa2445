/* option_rows.h - short forms of the rows of an option table. A command's own table stands in its
 * cmd_x.c and is declared in commands.h; what several commands share stands in commands.c. */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include "cli.h"

#define FLAG(name_, letter_, doc_)                                                                 \
    {                                                                                              \
        .name = name_, .letter = letter_, .doc = doc_                                              \
    }
#define TEXT(name_, kind_, place_, doc_)                                                           \
    {                                                                                              \
        .name = name_, .kind = kind_, .value_name = place_, .doc = doc_                            \
    }
#define COUNT(name_, low_, high_, doc_, fallback_)                                                 \
    {                                                                                              \
        .name = name_, .kind = CLI_COUNT, .value_name = "N", .doc = doc_, .fallback = fallback_,   \
        .low = low_, .high = high_                                                                 \
    }
#define TIME(name_, doc_, fallback_)                                                               \
    {                                                                                              \
        .name = name_, .kind = CLI_TIME, .value_name = "TIME", .doc = doc_, .fallback = fallback_  \
    }

#endif
