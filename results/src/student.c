/* student.c - the tail through the regularised incomplete beta function, that through its continued
 * fraction by the modified Lentz method; the quantile by bisection, which is exact enough and has
 * no bad corners.
 * Source   DLMF 8.17.22 and 8.17.4; Thompson & Barnett, J. Comput. Phys. 64 (1986) 490-509 */
#include "student_internal.h"

#include <math.h>

enum { FRACTION_STEPS = 500, BISECTION_STEPS = 200 };

static double away_from_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m <= FRACTION_STEPS; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        value *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return value;
}

/* I_x(a, b), 0 <= x <= 1 */
static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double result_student_two_sided(double t, double degrees)
{
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double result_student_quantile(double confidence, double degrees)
{
    double low = 0, high = 1;
    while (result_student_two_sided(high, degrees) > 1 - confidence && high < 1e12)
        high *= 2;
    for (int i = 0; i < BISECTION_STEPS && high - low > 1e-13 * high; i++) {
        const double middle = (low + high) / 2;
        if (result_student_two_sided(middle, degrees) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
