/* shares.c - normal equations of three unknowns. A share's bounds are kept by moving weight between
 * pairs of the four kernels until nothing improves (sequential minimal optimisation, Platt 1998):
 * small, exact for a convex quadratic on a simplex, and it never leaves the bounds. */
#include <stats/shares.h>

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLIP_DEVIATIONS = 5, ROUNDS = 3, SWEEPS_MAX = 500, BETWEEN_LEAST = 4 };
#define PRIOR_WIDE      0.25, 0.5 /* the share and its error in a case about which nothing is known */
#define PRIOR_CACHE     0.0, 0.2
#define PRIOR_MEMORY    0.25, 0.5
#define MOVED_LEAST     4.0 /* standard errors of an autocorrelation of nothing */
#define NEAR_DEVIATIONS 3.0
#define CERTAIN         1e12
#define NEXT_TO_NONE    1e-12

struct quadratic { /* of the shares: minimise s'As/2 - b's */
    double a[STATS_SHARES][STATS_SHARES];
    double b[STATS_SHARES];
};

struct fit {
    const struct stats_share_windows *processes;
    size_t count;
    double *middle_time;                /* [count] medians of the processes ... */
    double *middle_speed[STATS_SHARES]; /* ... about their own median */
    double *scratch;
    bool is_timed[STATS_SHARES];
    size_t pairs;
};

/* Take the median away and pull in what is far out. Returns the median. */
static double centre(double *values, size_t count, double *scratch)
{
    memcpy(scratch, values, count * sizeof *values);
    stats_sort(scratch, count);
    const double middle = stats_median_sorted(scratch, count);
    const double most = CLIP_DEVIATIONS * STATS_MAD_SCALE * stats_mad_sorted(scratch, count);
    for (size_t i = 0; i < count; i++) {
        const double off = values[i] - middle;
        values[i] = off > most ? most : off < -most ? -most : off;
    }
    return middle;
}

static base_err fit_open(struct fit *fit, const struct stats_share_windows *processes, size_t count)
{
    size_t longest = count;
    for (size_t p = 0; p < count; p++)
        longest = processes[p].count > longest ? processes[p].count : longest;
    *fit = (struct fit){ .processes = processes, .count = count };
    double *memory = calloc((STATS_SHARES + 1) * count + longest, sizeof *memory);
    if (memory == NULL)
        return BASE_ENOMEM;
    fit->middle_time = memory;
    for (size_t k = 0; k < STATS_SHARES; k++)
        fit->middle_speed[k] = memory + (k + 1) * count;
    fit->scratch = memory + (STATS_SHARES + 1) * count;
    for (size_t p = 0; p < count; p++) {
        const struct stats_share_windows *one = &processes[p];
        fit->middle_time[p] = centre(one->time, one->count, fit->scratch);
        for (size_t k = 0; k < STATS_SHARES; k++) {
            fit->is_timed[k] = one->speed[k] != NULL;
            if (fit->is_timed[k])
                fit->middle_speed[k][p] = centre(one->speed[k], one->count, fit->scratch);
        }
        fit->pairs += one->count > 0 ? one->count - 1 : 0;
    }
    centre(fit->middle_time, count, fit->scratch);
    for (size_t k = 0; k < STATS_SHARES; k++)
        centre(fit->middle_speed[k], count, fit->scratch);
    return BASE_OK;
}

static double speed_at(const struct stats_share_windows *one, size_t kernel, size_t index)
{
    return one->speed[kernel] != NULL ? one->speed[kernel][index] : 0;
}

/* own: x with the neighbour's x; square: x with x; cross: y with the neighbour's x. */
static void add_moments(const struct stats_share_windows *one, double own[][STATS_SHARES],
                        double square[][STATS_SHARES], double *cross)
{
    for (size_t i = 0; i + 1 < one->count; i++)
        for (size_t k = 0; k < STATS_SHARES; k++) {
            const double here = speed_at(one, k, i), next = speed_at(one, k, i + 1);
            cross[k] += (one->time[i] * next + one->time[i + 1] * here) / 2;
            for (size_t j = 0; j < STATS_SHARES; j++) {
                own[k][j] += (here * speed_at(one, j, i + 1) + next * speed_at(one, j, i)) / 2;
                square[k][j] += here * speed_at(one, j, i);
            }
        }
}

static double determinant(const double a[STATS_SHARES][STATS_SHARES])
{
    return a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) -
           a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
           a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
}

/* Cramer's rule; `a` is symmetric and positive definite. */
static void solve(const double a[STATS_SHARES][STATS_SHARES], const double *b, double *out)
{
    const double whole = determinant(a);
    for (size_t k = 0; k < STATS_SHARES; k++) {
        double with[STATS_SHARES][STATS_SHARES];
        memcpy(with, a, sizeof with);
        for (size_t i = 0; i < STATS_SHARES; i++)
            with[i][k] = b[i];
        out[k] = determinant((const double(*)[STATS_SHARES])with) / whole;
    }
}

/* A reference whose windows agree with their neighbours no more than chance would has not moved,
 * and says nothing: its noise must not be taken for a case that stays level. */
static void forget_unmoved(size_t pairs, double own[][STATS_SHARES], double square[][STATS_SHARES],
                           double *cross)
{
    bool has_moved[STATS_SHARES];
    for (size_t k = 0; k < STATS_SHARES; k++)
        has_moved[k] = own[k][k] > MOVED_LEAST / sqrt((double)pairs) * square[k][k];
    for (size_t k = 0; k < STATS_SHARES; k++) {
        cross[k] = has_moved[k] ? cross[k] : 0;
        for (size_t j = 0; j < STATS_SHARES; j++) {
            if (has_moved[k] && has_moved[j])
                continue;
            own[k][j] = 0;
            square[k][j] = k == j ? square[k][j] : 0;
        }
        square[k][k] = square[k][k] * 1.001 + NEXT_TO_NONE;
    }
}

/* Information of what moves inside processes, for a noise of 1: with S the second moments and A
 * those with neighbours, A'S^-1 A and A'S^-1 b of two-stage least squares. */
static struct quadratic inside(struct fit *fit)
{
    double own[STATS_SHARES][STATS_SHARES] = { 0 }, square[STATS_SHARES][STATS_SHARES] = { 0 };
    double cross[STATS_SHARES] = { 0 };
    struct quadratic out = { 0 };
    for (size_t p = 0; p < fit->count; p++)
        add_moments(&fit->processes[p], own, square, cross);
    if (fit->pairs == 0)
        return out;
    forget_unmoved(fit->pairs, own, square, cross);
    for (size_t k = 0; k < STATS_SHARES; k++) {
        double column[STATS_SHARES], solved[STATS_SHARES];
        for (size_t i = 0; i < STATS_SHARES; i++)
            column[i] = own[i][k];
        solve((const double(*)[STATS_SHARES])square, column, solved);
        for (size_t i = 0; i < STATS_SHARES; i++) {
            out.b[k] += solved[i] * cross[i];
            for (size_t j = 0; j < STATS_SHARES; j++)
                out.a[k][j] += solved[i] * own[i][j];
        }
    }
    return out;
}

/* The same of what moves between processes; a process is many windows, its noise is forgotten. */
static struct quadratic between(const struct fit *fit)
{
    struct quadratic out = { 0 };
    for (size_t p = 0; fit->count >= BETWEEN_LEAST && p < fit->count; p++)
        for (size_t k = 0; k < STATS_SHARES; k++) {
            out.b[k] += fit->middle_speed[k][p] * fit->middle_time[p];
            for (size_t j = 0; j < STATS_SHARES; j++)
                out.a[k][j] += fit->middle_speed[k][p] * fit->middle_speed[j][p];
        }
    return out;
}

static double noise_floor(double variance)
{
    const double least = STATS_SHARES_NOISE_LEAST * STATS_SHARES_NOISE_LEAST;
    return variance > least ? variance : least;
}

/* Variance of windows about the line; more when neighbours miss it alike. */
static double variance_inside(const struct fit *fit, const double *share)
{
    double square = 0, own = 0;
    for (size_t p = 0; p < fit->count; p++) {
        const struct stats_share_windows *one = &fit->processes[p];
        double last = 0;
        for (size_t i = 0; i < one->count; i++) {
            double left = one->time[i];
            for (size_t k = 0; k < STATS_SHARES; k++)
                left -= share[k] * speed_at(one, k, i);
            square += i > 0 ? left * left : 0;
            own += i > 0 ? left * last : 0;
            last = left;
        }
    }
    if (fit->pairs == 0 || !(square > 0))
        return noise_floor(0);
    const double alike = fmin(fmax(own / square, 0), 0.95);
    return noise_floor(square / (double)fit->pairs * (1 + alike) / (1 - alike));
}

static double variance_between(const struct fit *fit, const double *share)
{
    double square = 0;
    for (size_t p = 0; p < fit->count; p++) {
        double left = fit->middle_time[p];
        for (size_t k = 0; k < STATS_SHARES; k++)
            left -= share[k] * fit->middle_speed[k][p];
        square += left * left;
    }
    return noise_floor(fit->count > 1 ? square / (double)(fit->count - 1) : 0);
}

/* --- within the bounds --------------------------------------------------------------------- */

/* Move weight from kernel `from` to `to` (STATS_SHARES: the core), as far as it pays. */
static double move_weight(const struct quadratic *form, double *share, size_t from, size_t to)
{
    double slope = 0, bend = 0;
    for (size_t k = 0; k < STATS_SHARES; k++) {
        slope += to < STATS_SHARES ? form->a[to][k] * share[k] : 0;
        slope -= from < STATS_SHARES ? form->a[from][k] * share[k] : 0;
    }
    slope -= to < STATS_SHARES ? form->b[to] : 0;
    slope += from < STATS_SHARES ? form->b[from] : 0;
    bend += to < STATS_SHARES ? form->a[to][to] : 0;
    bend += from < STATS_SHARES ? form->a[from][from] : 0;
    bend -= to < STATS_SHARES && from < STATS_SHARES ? 2 * form->a[to][from] : 0;
    if (!(bend > 0))
        return 0;
    const double step = fmin(fmax(-slope / bend, -share[to]), share[from]);
    share[from] -= step;
    share[to] += step;
    return fabs(step);
}

static void minimise(const struct quadratic *form, double *out)
{
    double share[STATS_SHARES + 1];
    for (size_t k = 0; k <= STATS_SHARES; k++)
        share[k] = 1.0 / (STATS_SHARES + 1);
    for (size_t sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        double moved = 0;
        for (size_t from = 0; from <= STATS_SHARES; from++)
            for (size_t to = 0; to < from; to++)
                moved = fmax(moved, move_weight(form, share, from, to));
        if (moved < 1e-9)
            break;
    }
    memcpy(out, share, STATS_SHARES * sizeof *out);
}

static struct quadratic prior(void)
{
    static const double table[STATS_SHARES][2] = { [STATS_SHARE_WIDE] = { PRIOR_WIDE },
                                                   [STATS_SHARE_CACHE] = { PRIOR_CACHE },
                                                   [STATS_SHARE_MEMORY] = { PRIOR_MEMORY } };
    struct quadratic out = { 0 };
    for (size_t k = 0; k < STATS_SHARES; k++) {
        out.a[k][k] = 1 / (table[k][1] * table[k][1]);
        out.b[k] = table[k][0] * out.a[k][k];
    }
    return out;
}

static void add(struct quadratic *sum, const struct quadratic *part, double weight)
{
    for (size_t k = 0; k < STATS_SHARES; k++) {
        sum->b[k] += weight * part->b[k];
        for (size_t j = 0; j < STATS_SHARES; j++)
            sum->a[k][j] += weight * part->a[k][j];
    }
}

base_err stats_shares_fit(const struct stats_share_windows *processes, size_t count,
                          struct stats_shares *out)
{
    struct fit fit;
    const base_err err = fit_open(&fit, processes, count);
    if (err != BASE_OK)
        return err;
    const struct quadratic in = inside(&fit), among = between(&fit), before = prior();
    *out = (struct stats_shares){ 0 };
    for (size_t k = 0; k < STATS_SHARES; k++)
        out->of[k] = fit.is_timed[k] ? before.b[k] / before.a[k][k] : 0;
    for (int round = 0; round < ROUNDS; round++) { /* the noise depends on the shares */
        struct quadratic all = before;
        const double variance = variance_inside(&fit, out->of);
        add(&all, &in, 1 / variance);
        add(&all, &among, 1 / variance_between(&fit, out->of));
        for (size_t k = 0; k < STATS_SHARES; k++)
            if (!fit.is_timed[k]) {
                all.a[k][k] = CERTAIN;
                all.b[k] = 0;
            }
        minimise(&all, out->of);
        memcpy(out->precision, all.a, sizeof out->precision);
        out->noise = sqrt(variance);
    }
    free(fit.middle_time);
    return BASE_OK;
}

/* --- where a process stood ----------------------------------------------------------------- */

static double off_the_line(const struct stats_shares *shares, const struct stats_share_windows *one,
                           size_t index)
{
    double left = one->time[index];
    for (size_t k = 0; k < STATS_SHARES; k++)
        left -= shares->of[k] * speed_at(one, k, index);
    return left;
}

void stats_shares_place(const struct stats_shares *shares, const struct stats_share_windows *one,
                        double *scratch, double *time, double *speed)
{
    for (size_t i = 0; i < one->count; i++)
        scratch[i] = off_the_line(shares, one, i);
    stats_sort(scratch, one->count);
    const double middle = stats_median_sorted(scratch, one->count);
    const double most = NEAR_DEVIATIONS * STATS_MAD_SCALE * stats_mad_sorted(scratch, one->count);
    size_t kept = 0;
    *time = 0;
    for (size_t k = 0; k < STATS_SHARES; k++)
        speed[k] = one->speed[k] != NULL ? 0 : NAN;
    for (size_t i = 0; i < one->count; i++) {
        if (fabs(off_the_line(shares, one, i) - middle) > most)
            continue;
        kept++;
        *time += (one->time[i] - *time) / (double)kept;
        for (size_t k = 0; k < STATS_SHARES; k++)
            speed[k] += (speed_at(one, k, i) - speed[k]) / (double)kept;
    }
}

/* Sylvester's criterion: the leading minors are positive. */
static bool is_positive_definite(const double a[STATS_SHARES][STATS_SHARES])
{
    const double whole = determinant(a);
    return a[0][0] > 0 && a[0][0] * a[1][1] - a[0][1] * a[1][0] > 0 && whole > 0 && isfinite(whole);
}

bool stats_shares_is_known(const struct stats_shares *shares)
{
    double sum = 0;
    for (size_t k = 0; k < STATS_SHARES; k++) {
        if (!(shares->of[k] >= 0))
            return false;
        sum += shares->of[k];
    }
    return sum <= 1 + 1e-6 && shares->noise > 0 && isfinite(shares->noise) &&
           is_positive_definite(shares->precision);
}

/* What is known beyond the prior. */
static struct quadratic information(const struct stats_shares *shares)
{
    const struct quadratic before = prior();
    struct quadratic out = { 0 };
    memcpy(out.a, shares->precision, sizeof out.a);
    for (size_t k = 0; k < STATS_SHARES; k++)
        for (size_t j = 0; j < STATS_SHARES; j++)
            out.b[k] += out.a[k][j] * shares->of[j];
    add(&out, &before, -1);
    return out;
}

struct stats_shares stats_shares_pool(const struct stats_shares *a, const struct stats_shares *b)
{
    const double noise = fmax(a->noise, b->noise);
    const struct quadratic of_a = information(a), of_b = information(b);
    struct quadratic all = prior();
    struct stats_shares out = { .noise = noise };
    add(&all, &of_a, a->noise / noise * (a->noise / noise));
    add(&all, &of_b, b->noise / noise * (b->noise / noise));
    minimise(&all, out.of);
    memcpy(out.precision, all.a, sizeof out.precision);
    return out;
}

double stats_shares_deviation(const struct stats_shares *shares, size_t kernel)
{
    double one[STATS_SHARES] = { 0 }, solved[STATS_SHARES];
    one[kernel] = 1;
    solve(shares->precision, one, solved);
    return sqrt(fmax(solved[kernel], 0));
}

double stats_shares_explained(const struct stats_shares *shares, const double *speed)
{
    double sum = 0;
    for (size_t k = 0; k < STATS_SHARES; k++)
        sum += isnan(speed[k]) ? 0 : shares->of[k] * speed[k];
    return sum;
}

double stats_shares_error(const struct stats_shares *shares, const double *speed)
{
    double at[STATS_SHARES], solved[STATS_SHARES];
    double variance = 0, bend = 0;
    for (size_t k = 0; k < STATS_SHARES; k++) {
        at[k] = isnan(speed[k]) ? 0 : speed[k];
        bend += (k == STATS_SHARE_WIDE ? STATS_SHARES_BEND_WIDE : STATS_SHARES_BEND_OTHER) *
                shares->of[k] * fabs(at[k]);
    }
    solve(shares->precision, at, solved);
    for (size_t k = 0; k < STATS_SHARES; k++)
        variance += at[k] * solved[k];
    return hypot(bend, sqrt(fmax(variance, 0)));
}
