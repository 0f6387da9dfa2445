/* distribution.c - normal, beta and Student's t.
 *
 * Everything but the normal rests on the incomplete beta function: Loader's saddle-point form of
 * the binomial probability keeps the leading factor accurate where a difference of lgamma values
 * would lose digits, and the continued fraction converges fast on the side chosen. Inverses are
 * Newton steps kept inside a shrinking bracket. */
#include <stats/distribution.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define PI 3.14159265358979323846

double stats_normal_cdf(double z)
{
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

/* AS 241's rational approximations, lowest power first. */
static double ratio_of(const double *a, const double *b, double x)
{
    double top = a[7];
    double bottom = b[7];
    for (int i = 6; i >= 0; i--) {
        top = top * x + a[i];
        bottom = bottom * x + b[i];
    }
    return top / bottom;
}

static const double normal_centre[2][8] = {
    { 3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
      1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
      3.3430575583588128105e+4, 2.5090809287301226727e+3 },
    { 1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
      5.2264952788528545610e+3 },
};
static const double normal_middle[2][8] = {
    { 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
      3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4 },
    { 1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9 },
};
static const double normal_tail[2][8] = {
    { 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7 },
    { 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15 },
};

double stats_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    const double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio_of(normal_centre[0], normal_centre[1], 0.180625 - q * q);
    const double r = sqrt(-log(q < 0 ? p : 1 - p));
    const double z = r <= 5 ? ratio_of(normal_middle[0], normal_middle[1], r - 1.6)
                            : ratio_of(normal_tail[0], normal_tail[1], r - 5);
    return q < 0 ? -z : z;
}

/* log(n!) minus Stirling's formula, n >= 0 and not necessarily whole. */
static double stirling_error(double n)
{
    if (n <= 15)
        return log(tgamma(n + 1)) - (n + 0.5) * log(n) + n - 0.91893853320467274178;
    const double s = 1 / (n * n);
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 * s) * s) * s) * s) / n;
}

/* x log(x / m) + m - x, without cancellation near x = m. */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * log(x / m) + m - x;
    const double v = (x - m) / (x + m);
    double sum = (x - m) * v;
    double term = 2 * x * v;
    for (int k = 1; k < 1000; k++) {
        term *= v * v;
        const double next = sum + term / (2 * k + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* x^a (1-x)^b / B(a, b), with y = 1 - x given to full accuracy. */
static double beta_factor(double x, double y, double a, double b)
{
    const double n = a + b;
    const double log_binomial = stirling_error(n) - stirling_error(a) - stirling_error(b) -
                                deviance(a, n * x) - deviance(b, n * y);
    return exp(log_binomial) * sqrt(a / (2 * PI) * (b / n));
}

/* DLMF 8.17.22 by the modified Lentz method; converges in O(sqrt(a + b)) for x < (a+1)/(a+b+2). */
static double beta_fraction(double x, double a, double b)
{
    enum { TERM_MAX = 100000 };
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
    double f = d;
    for (int m = 1; m < TERM_MAX; m++) {
        double step = 1;
        for (int odd = 0; odd < 2; odd++) {
            const double top = odd ? -(a + m) * (a + b + m) * x : m * (b - m) * x;
            const double e =
                odd ? top / ((a + 2 * m) * (a + 2 * m + 1)) : top / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + e * d;
            c = 1 + e / c;
            d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
            c = fabs(c) < DBL_MIN ? DBL_MIN : c;
            step = c * d;
            f *= step;
        }
        if (fabs(step - 1) < 1e-16)
            break;
    }
    return f;
}

/* I_x(a, b) for y = 1 - x. */
static double beta_cdf_of(double x, double y, double a, double b)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - beta_factor(x, y, a, b) * beta_fraction(y, b, a) / b;
    return beta_factor(x, y, a, b) * beta_fraction(x, a, b) / a;
}

double stats_beta_cdf(double x, double a, double b)
{
    if (!(x >= 0 && x <= 1 && a > 0 && b > 0))
        return NAN;
    return beta_cdf_of(x, 1 - x, a, b);
}

/* A rising function and its derivative, to be inverted. */
struct rising {
    double a, b;
    double (*value)(const struct rising *f, double x);
    double (*slope)(const struct rising *f, double x);
};

/* The x in low .. high with f(x) = p: Newton, or halving when a step would leave the bracket. */
static double solve(const struct rising *f, double p, double low, double high, double x)
{
    for (int i = 0; i < 400; i++) {
        const double error = f->value(f, x) - p;
        if (error == 0)
            break;
        if (error > 0)
            high = x;
        else
            low = x;
        double next = x - error / f->slope(f, x);
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        const double moved = fabs(next - x);
        x = next;
        if (moved <= 1e-16 * fabs(x) || next == low || next == high)
            break;
    }
    return x;
}

static double beta_value(const struct rising *f, double x)
{
    return beta_cdf_of(x, 1 - x, f->a, f->b);
}

static double beta_slope(const struct rising *f, double x)
{
    return beta_factor(x, 1 - x, f->a, f->b) / (x * (1 - x));
}

double stats_beta_quantile(double p, double a, double b)
{
    if (!(p >= 0 && p <= 1 && a > 0 && b > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p;
    /* 1 - x is exact enough only for x below a half: the far side is the mirror's near side. */
    if (stats_beta_cdf(0.5, a, b) < p)
        return 1 - stats_beta_quantile(1 - p, b, a);
    const struct rising f = { a, b, beta_value, beta_slope };
    const double mean = a / (a + b);
    return solve(&f, p, 0, 0.5, mean < 0.5 ? mean : 0.25);
}

/* P(T <= -t), t >= 0. */
static double student_tail(double t, double df)
{
    const double square = t * t;
    return 0.5 * beta_cdf_of(df / (df + square), square / (df + square), df / 2, 0.5);
}

double stats_student_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(t))
        return t > 0 ? 1 : 0;
    const double tail = student_tail(fabs(t), df);
    return t < 0 ? tail : 1 - tail;
}

static double student_value(const struct rising *f, double x)
{
    return stats_student_cdf(x, f->a);
}

static double student_slope(const struct rising *f, double x)
{
    const double df = f->a;
    const double square = x * x;
    return beta_factor(df / (df + square), square / (df + square), df / 2, 0.5) / fabs(x);
}

double stats_student_quantile(double p, double df)
{
    if (!(p >= 0 && p <= 1 && df > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    if (p > 0.5)
        return -stats_student_quantile(1 - p, df);
    const struct rising f = { df, 0, student_value, student_slope };
    double low = -1;
    while (stats_student_cdf(low, df) > p && low > -1e300)
        low *= 2;
    const double start = stats_normal_quantile(p);
    return solve(&f, p, low, 0, start > low ? start : low / 2);
}
