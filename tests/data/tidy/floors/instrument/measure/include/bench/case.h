/* case.h - a case. */
