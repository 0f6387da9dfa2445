/* hermes_rate.c - one decision a round. Delays are differences of two clocks, so only their
 * changes mean something; the least of a round is used, which leaves out jitter and the bursts of
 * single messages. */
#include "hermes_rate_internal.h"

#include <math.h>

#define SECOND      1000000000ull
#define MILLISECOND 1000000ull

static const uint64_t low_window_ns = 60 * SECOND, drain_ns = 10 * SECOND;
static const double start_queue_max_ns = 16e6;         /* as HyStart++, RFC 9406 */
static const double gain = 0.015, target_share = 0.03; /* of the round trip */

static void low_put(struct hermes_low *low, uint64_t now_ns, int64_t value)
{
    if (!low->is_known) {
        *low = (struct hermes_low){ value, value, now_ns, true };
    } else if (now_ns - low->since_ns > low_window_ns) {
        low->before = low->now;
        low->now = value;
        low->since_ns = now_ns;
    } else if (value < low->now) {
        low->now = value;
    }
}

static int64_t low_get(const struct hermes_low *low)
{
    return low->now < low->before ? low->now : low->before;
}

void hermes_rate_init(struct hermes_rate *rate, size_t packet_bytes, uint64_t rate_bits,
                      uint64_t rate_max_bits)
{
    const double bytes_per_ns = 1.0 / 8 / SECOND;
    *rate = (struct hermes_rate){ .packet_bytes = (double)packet_bytes,
                                  .start_rate =
                                      bytes_per_ns * (double)(rate_bits > 0 ? rate_bits : 10000000),
                                  .rate_max = bytes_per_ns * (double)rate_max_bits,
                                  .window = HERMES_RATE_BURST,
                                  .step = (double)packet_bytes / 4,
                                  .is_starting = true,
                                  .is_told = rate_bits > 0,
                                  .round = { .queue_us = INT64_MAX },
                                  .span_queue_us = { INT64_MAX, INT64_MAX } };
}

static double least_window(const struct hermes_rate *rate)
{
    return 4 * rate->packet_bytes;
}

static void set_window(struct hermes_rate *rate, double bytes)
{
    const double least = least_window(rate);
    const double most = 1e9;
    rate->window = bytes < least ? least : bytes > most ? most : bytes;
}

static double capped(const struct hermes_rate *rate, double bytes_per_ns)
{
    return rate->rate_max > 0 && rate->rate_max < bytes_per_ns ? rate->rate_max : bytes_per_ns;
}

/* Bytes per ns of the pacing: a little faster than the window's mean, so that the window rules. */
static double pace(const struct hermes_rate *rate)
{
    if (rate->srtt_ns == 0)
        return capped(rate, rate->start_rate);
    const double speed = rate->is_starting ? 2 : 1.1;
    return capped(rate, speed * rate->window / (double)rate->srtt_ns);
}

/* Of the time that a burst takes: what a flow may catch up, and send ahead, whose driver comes
 * late. */
static uint64_t half_burst_ns(const struct hermes_rate *rate)
{
    return rate->rate_max > 0 ? 0 : (uint64_t)(HERMES_RATE_BURST / 2 / pace(rate));
}

/* What bulk may catch up at once: a burst after a pause, else little, for timers are not exact; but
 * a processor that is not to be had for milliseconds must not lower the rate. */
static uint64_t slack_ns(const struct hermes_rate *rate)
{
    const bool is_pause = rate->in_flight == 0 && rate->rate_max <= 0;
    if (rate->srtt_ns == 0 || is_pause)
        return (uint64_t)(HERMES_RATE_BURST / pace(rate));
    const uint64_t share = rate->srtt_ns / 32, least = MILLISECOND / 5;
    const uint64_t slack = share < least ? least : share < MILLISECOND ? share : MILLISECOND;
    const uint64_t late = rate->is_paced ? half_burst_ns(rate) : 0;
    return slack > late ? slack : late;
}

bool hermes_rate_is_full(const struct hermes_rate *rate, size_t bytes, size_t ahead)
{
    return rate->in_flight > 0 && (double)(rate->in_flight + bytes) > rate->window + (double)ahead;
}

uint64_t hermes_rate_ready_ns(const struct hermes_rate *rate, size_t bytes, size_t ahead)
{
    if (hermes_rate_is_full(rate, bytes, ahead))
        return UINT64_MAX;
    /* Who comes so late will do so again: what is due until then goes with what is due now. */
    const uint64_t late = ahead == 0 && rate->is_in_burst ? rate->late_ns : 0;
    const uint64_t early = (uint64_t)((double)ahead / pace(rate)) + late;
    return rate->pace_ns > early ? rate->pace_ns - early : 0;
}

static void late_put(struct hermes_rate *rate, uint64_t now_ns)
{
    const uint64_t late_ns = now_ns > rate->pace_ns ? now_ns - rate->pace_ns : 0;
    const uint64_t most = half_burst_ns(rate);
    rate->late_ns = rate->late_ns - rate->late_ns / 4 + (late_ns < most ? late_ns : most) / 4;
}

void hermes_rate_sent(struct hermes_rate *rate, uint64_t now_ns, size_t bytes)
{
    const double speed = pace(rate);
    const uint64_t slack = slack_ns(rate);
    if (!rate->is_in_burst && rate->is_paced)
        late_put(rate, now_ns);
    if (now_ns > rate->sent_ns && rate->pace_ns + slack < now_ns)
        rate->pace_ns = now_ns - slack;
    rate->sent_ns = now_ns;
    rate->pace_ns += (uint64_t)((double)bytes / speed);
    rate->in_flight += bytes;
    rate->is_in_burst = true;
}

void hermes_rate_rest(struct hermes_rate *rate, bool is_paced)
{
    rate->is_in_burst = false;
    rate->is_paced = is_paced;
}

static void loss_add(double *lost, double *seen, bool is_lost)
{
    if (*seen >= HERMES_RATE_LOSS_PACKETS) {
        const double keep = 1 - 1.0 / HERMES_RATE_LOSS_PACKETS;
        *lost *= keep;
        *seen *= keep;
    }
    *seen += 1;
    *lost += is_lost ? 1 : 0;
}

/* Of all flows: the mean over flows, so that none that sends much, or whose other side tells of
 * losses that are none, is more than one of them. */
static void share(struct hermes_rate *rate, double lost, double seen)
{
    struct hermes_losses *const all = rate->losses;
    if (all == NULL)
        return;
    const double most = HERMES_RATE_SHARED_WEIGHT, part = seen > most ? most / seen : 1;
    all->lost = fmax(all->lost + lost * part - rate->shared.lost, 0);
    all->seen = fmax(all->seen + seen * part - rate->shared.seen, 0);
    rate->shared = (struct hermes_losses){ lost * part, seen * part };
}

void hermes_rate_done(struct hermes_rate *rate)
{
    share(rate, 0, 0);
}

void hermes_rate_resolved(struct hermes_rate *rate, size_t bytes, enum hermes_fate fate)
{
    const bool is_lost = fate != HERMES_FATE_CAME;
    rate->in_flight -= bytes < rate->in_flight ? bytes : rate->in_flight;
    if (fate != HERMES_FATE_OVERDUE)
        *(is_lost ? &rate->round.lost : &rate->round.acked) += (double)bytes;
    rate->span_acked += is_lost ? 0 : (double)bytes;
    if (!is_lost && rate->is_starting && (rate->is_limited || rate->round.is_limited))
        set_window(rate, rate->window + (double)bytes);
    if (rate->is_congested)
        return;
    loss_add(&rate->lost, &rate->seen, is_lost);
    share(rate, rate->lost, rate->seen);
}

void hermes_rate_unlost(struct hermes_rate *rate)
{
    rate->lost = rate->lost > 1 ? rate->lost - 1 : 0;
    share(rate, rate->lost, rate->seen);
}

/* What is assumed of a link that nothing is known of, and how many packets of its own it takes to
 * count for as much. */
static double prior(const struct hermes_rate *rate, double *weight)
{
    const struct hermes_losses none = { 0 };
    const struct hermes_losses *const all = rate->losses != NULL ? rate->losses : &none;
    const double own = HERMES_RATE_PRIOR_WEIGHT, most = HERMES_RATE_SHARED_WEIGHT;
    *weight = own + (all->seen < most ? all->seen : most);
    return (all->lost + own * HERMES_RATE_PRIOR_PERCENT / 100.0) / (all->seen + own);
}

double hermes_rate_loss(const struct hermes_rate *rate)
{
    double weight;
    const double before = prior(rate, &weight);
    return (rate->lost + before * weight) / (rate->seen + weight);
}

double hermes_rate_loss_own(const struct hermes_rate *rate)
{
    const double own = HERMES_RATE_PRIOR_WEIGHT;
    return (rate->lost + own * HERMES_RATE_PRIOR_PERCENT / 100.0) / (rate->seen + own);
}

double hermes_rate_loss_feared(const struct hermes_rate *rate, double deviations)
{
    double weight;
    (void)prior(rate, &weight);
    const double mean = hermes_rate_loss(rate), known = rate->seen / HERMES_RATE_LOSS_KNOWN;
    if (known >= 1)
        return mean;
    return mean + (1 - known) * deviations * sqrt(mean * (1 - mean) / (rate->seen + weight));
}

static void round_trip(struct hermes_rate *rate, uint64_t now_ns, uint64_t rtt_ns)
{
    low_put(&rate->rtt_us, now_ns, (int64_t)(rtt_ns / 1000));
    if (rate->srtt_ns == 0) {
        /* An eighth and not half of it: a probe too early costs one packet, one too late a
         * deadline. */
        rate->srtt_ns = rtt_ns > 0 ? rtt_ns : 1;
        rate->rttvar_ns = rtt_ns / 8;
        const double told = rate->is_told ? rate->start_rate * (double)rtt_ns : 0;
        if (told > rate->window)
            set_window(rate, told);
        return;
    }
    const uint64_t off = rtt_ns > rate->srtt_ns ? rtt_ns - rate->srtt_ns : rate->srtt_ns - rtt_ns;
    rate->rttvar_ns = rate->rttvar_ns - rate->rttvar_ns / 4 + off / 4;
    rate->srtt_ns = rate->srtt_ns - rate->srtt_ns / 8 + rtt_ns / 8;
}

static double base_ns(const struct hermes_rate *rate)
{
    const double base = 1000.0 * (double)low_get(&rate->rtt_us);
    return base > 1000 ? base : 1000;
}

/* Queueing delay to hold: two packets must wait so that the wire is never idle. */
static double target_ns(const struct hermes_rate *rate)
{
    const double wire = 2 * rate->packet_bytes * base_ns(rate) / rate->window;
    const double share = target_share * base_ns(rate);
    const double floor = 200e3;
    const double least = wire > floor ? wire : floor;
    return share > least ? share : least;
}

/* The greatest rate of arrivals over a quarter of a round trip, of this and the last round: a
 * sender that pauses does not make the path slower. */
static void measure(struct hermes_rate *rate, uint32_t arrived_us)
{
    const double gap_ns = 1000.0 * (double)(uint32_t)(arrived_us - rate->arrived_us);
    if (rate->has_span && gap_ns < base_ns(rate))
        rate->ack_gap_ns += (gap_ns - rate->ack_gap_ns) / 8;
    rate->arrived_us = arrived_us;
    const double ns = 1000.0 * (double)(uint32_t)(arrived_us - rate->span_us);
    if (rate->has_span && ns < base_ns(rate) / 4)
        return;
    const double speed = rate->span_acked / ns;
    if (rate->has_span && speed > rate->round.arrival_rate)
        rate->round.arrival_rate = speed;
    rate->round.queue_us = rate->span_queue_us[0] < rate->span_queue_us[1] ? rate->span_queue_us[0]
                                                                           : rate->span_queue_us[1];
    rate->span_queue_us[1] = rate->span_queue_us[0];
    rate->span_queue_us[0] = INT64_MAX;
    rate->has_span = true;
    rate->span_us = arrived_us;
    rate->span_acked = 0;
}

/* The window that fills the path and no queue, by the rate of arrivals. */
static void fit(struct hermes_rate *rate, double growth_max)
{
    const double loss = hermes_rate_loss(rate);
    const double arrivals = rate->round.arrival_rate > rate->arrival_rate ? rate->round.arrival_rate
                                                                          : rate->arrival_rate;
    const double speed = arrivals / (1 - (loss < 0.2 ? loss : 0.2));
    const double bytes = speed * (base_ns(rate) + rate->ack_gap_ns);
    const double most = growth_max * rate->window;
    if (bytes > 0)
        set_window(rate, bytes < most ? bytes : most);
    rate->step = rate->packet_bytes / 4;
    rate->is_held = true;
    /* A queue that the least window does not empty is none of ours: the path has become longer. */
    rate->stuck = rate->window <= least_window(rate) ? rate->stuck + 1 : 0;
    if (rate->stuck >= 4) {
        rate->delay_us.is_known = rate->rtt_us.is_known = false;
        rate->stuck = 0;
    }
}

static void drain(struct hermes_rate *rate, uint64_t now_ns)
{
    if (rate->is_draining) {
        rate->is_draining = false;
        rate->empty_ns = now_ns;
        set_window(rate, rate->saved_window);
        rate->is_held = true;
    } else if (rate->round.is_limited && now_ns - rate->empty_ns > drain_ns) {
        rate->is_draining = true;
        rate->saved_window = rate->window;
        set_window(rate, 0.75 * rate->window);
    }
}

/* Losses that are no accidents: the queue is too short to be seen. */
static bool is_flooding(const struct hermes_rate *rate)
{
    const struct hermes_round *const round = &rate->round;
    return round->lost > 0.3 * (round->acked + round->lost) && round->lost > 8 * rate->packet_bytes;
}

static void adjust(struct hermes_rate *rate, double queue_ns)
{
    const double target = target_ns(rate), step = rate->step;
    const double above = queue_ns / target - 1;
    rate->step = rate->packet_bytes / 4;
    if (above > 0) {
        const double less = gain * (above < 10 ? above : 10);
        set_window(rate, rate->window * (1 - less) + rate->step);
        if (above > 1)
            fit(rate, 1);
    } else {
        const bool is_empty = above < -0.8;
        rate->empties = is_empty ? rate->empties + 1 : 0;
        const double most = rate->window / (rate->empties > 10 ? 8 : 32);
        const double told = rate->is_told ? rate->start_rate * base_ns(rate) : 0;
        if (is_empty && rate->window < told)
            set_window(rate, 2 * rate->window < told ? 2 * rate->window : told);
        else
            set_window(rate, rate->window + step);
        if (is_empty)
            rate->step = 2 * step < most ? 2 * step : most;
    }
}

static void round_over(struct hermes_rate *rate, uint64_t now_ns,
                       const struct hermes_rate_sample *sample)
{
    struct hermes_round *const round = &rate->round;
    rate->arrival_rate = round->arrival_rate;
    const bool was_held = rate->is_held;
    rate->rounds++;
    rate->is_held = false;
    rate->was_limited = rate->is_limited;
    rate->is_limited = round->is_limited;
    if (is_flooding(rate)) {
        rate->is_starting = rate->is_unfit = false;
        rate->is_told = false; /* it was too high */
        fit(rate, 1);
    } else if (rate->is_unfit) {
        rate->is_unfit = !rate->was_limited;
        if (rate->was_limited)
            fit(rate, 2);
    } else if (round->is_limited && !rate->is_starting && !was_held && !rate->is_draining &&
               round->queue_us != INT64_MAX)
        adjust(rate, 1000.0 * (double)round->queue_us);
    if (!rate->is_starting)
        drain(rate, now_ns);
    *round = (struct hermes_round){ .end = sample->next, .queue_us = INT64_MAX };
}

/* Double until three acks in a row report a queue. What arrived meanwhile is the path's rate only
 * if it was sent in a round that the window limited; else that has to be waited for. */
static void start(struct hermes_rate *rate, double queue_ns)
{
    const double eighth = base_ns(rate) / 8, target = target_ns(rate);
    const double most = eighth < start_queue_max_ns ? eighth : start_queue_max_ns;
    rate->queue_seen = queue_ns > (most > target ? most : target) ? rate->queue_seen + 1 : 0;
    /* The first burst is not paced and makes a queue of its own. */
    if (rate->queue_seen >= 3 && rate->rounds >= 2) {
        rate->is_starting = false;
        rate->is_unfit = !rate->was_limited;
        if (rate->was_limited)
            fit(rate, 2); /* pauses in bursts show a queue before the window fills the path */
    }
}

void hermes_rate_acked(struct hermes_rate *rate, uint64_t now_ns,
                       const struct hermes_rate_sample *sample)
{
    rate->backoff = 0;
    round_trip(rate, now_ns, sample->rtt_ns);
    low_put(&rate->delay_us, now_ns, sample->delay_us);
    const int64_t queue_us = sample->delay_us - low_get(&rate->delay_us);
    if (1000.0 * (double)queue_us < target_ns(rate) / 2 || rate->empty_ns == 0)
        rate->empty_ns = now_ns;
    if (queue_us < rate->span_queue_us[0])
        rate->span_queue_us[0] = queue_us;
    rate->is_congested = 1000.0 * (double)queue_us > 4 * target_ns(rate);
    measure(rate, sample->arrived_us);
    if (rate->is_starting)
        start(rate, 1000.0 * (double)queue_us);
    if (sample->largest >= rate->round.end)
        round_over(rate, now_ns, sample);
}

uint64_t hermes_rate_probe_ns(const struct hermes_rate *rate, uint64_t wait_ns)
{
    const uint64_t unknown = SECOND / 2, late_max = SECOND / 4;
    if (rate->srtt_ns == 0)
        return unknown + wait_ns;
    const uint64_t spread = 4 * rate->rttvar_ns > MILLISECOND ? 4 * rate->rttvar_ns : MILLISECOND;
    const uint64_t once = rate->srtt_ns + spread + wait_ns;
    const uint64_t late = once << rate->backoff;
    const uint64_t most = once > late_max ? once : late_max;
    return late < most ? late : most;
}

void hermes_rate_probed(struct hermes_rate *rate)
{
    if (rate->backoff < HERMES_RATE_BACKOFF_MAX)
        rate->backoff++;
    if (rate->backoff != 3)
        return;
    /* Nobody answers: what was known of the path is old. */
    rate->is_starting = true;
    rate->queue_seen = rate->rounds = 0;
    rate->is_unfit = rate->is_limited = rate->was_limited = false;
    rate->window = HERMES_RATE_BURST;
    rate->step = rate->packet_bytes / 4;
    rate->is_draining = false;
}

uint64_t hermes_rate_bits(const struct hermes_rate *rate)
{
    const double speed =
        rate->srtt_ns == 0 ? rate->start_rate : rate->window / (double)rate->srtt_ns;
    return (uint64_t)(8e9 * capped(rate, speed));
}
