/* student_internal.h - Student's t distribution with real degrees of freedom. */
#ifndef RESULT_STUDENT_INTERNAL_H
#define RESULT_STUDENT_INTERNAL_H

/* P(|T| > |t|) with degrees > 0. */
double result_student_two_sided(double t, double degrees);

/* The t with P(|T| <= t) = confidence, in 0 .. 1 without its ends. */
double result_student_quantile(double confidence, double degrees);

#endif
