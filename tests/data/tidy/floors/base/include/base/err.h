/* err.h - errors. */
