/* compilers.h - a machine that somebody else is building software on: as many endless compilations
 * as there are cores, bound to none. They end with the process that started them. */
#ifndef ACCURACY_COMPILERS_H
#define ACCURACY_COMPILERS_H

#include <stdbool.h>
#include <sys/types.h>

enum { COMPILERS_MAX = 64 };

struct compilers {
    pid_t groups[COMPILERS_MAX]; /* leaders of process groups; 0: not running */
    char folder[64];             /* with the generated source; "": none */
};

/* False with a sentence on standard error: no compiler, no folder for its source. */
bool compilers_start(struct compilers *compilers);
void compilers_stop(struct compilers *compilers);

#endif
