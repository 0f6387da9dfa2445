/* finding.h - one thing about this machine that a measurer should know. */
#ifndef PROBE_FINDING_H
#define PROBE_FINDING_H

enum probe_severity {
    PROBE_OK,      /* looked at, and fine */
    PROBE_NOTE,    /* changes what a number means, not how far it can be trusted */
    PROBE_WARNING, /* widens intervals or biases numbers */
    PROBE_BAD,     /* numbers of now should not be compared with others */
};

struct probe_finding {
    enum probe_severity severity;
    const char *id;       /* "governor"; stable, for scripts */
    const char *what;     /* one sentence without a full stop */
    const char *evidence; /* the numbers, and where they were read */
    const char *advice;   /* what to change; NULL: nothing */
};

enum { PROBE_FINDING_MAX = 64 };

/* "ok", "note", "warning", "bad". */
const char *probe_severity_name(enum probe_severity severity);

#endif
