/* ifr_refill.c - the next filter, and the next wheel, from the table.
 *
 * A filter is replaced when 15/16 of its keys are in. In the inserts that are left it must be
 * prepared and filled: with capacity E (at least twice the flows there are, and as many as there
 * ever were, so that no table has more than E / 6 groups) that is at most E / 52 inserts for the
 * groups and about as many for the memory, of E / 16.
 *
 * The wheel keeps a flow that was removed until its time comes; who registers and removes the same
 * flow again and again would fill it. So it is made anew when most of it is of no use.
 */
#include "ifr_shelf.h"

#include "ifr_key.h"

enum {
    CAPACITY_MIN = 1024,
    PREPARE_BYTES = 4096, /* with each insert */
    SHED_BYTES = 32768,
    PATIENCE = 4096,    /* inserts */
    WHEEL_SLACK = 4096, /* flows */
};

static uint64_t capacity_for(const struct ifr_shelf *shelf)
{
    uint64_t capacity = 2 * (uint64_t)mfn_ifr_table_count(shelf->table);
    capacity = capacity > shelf->count_max ? capacity : shelf->count_max;
    capacity = capacity > shelf->options->flow_count ? capacity : shelf->options->flow_count;
    capacity = capacity > CAPACITY_MIN ? capacity : CAPACITY_MIN;
    return capacity < MFN_IFR_FILTER_COUNT_MAX ? capacity : MFN_IFR_FILTER_COUNT_MAX;
}

static base_err filter_new(const struct ifr_shelf *shelf, uint64_t capacity,
                           struct mfn_ifr_filter **out)
{
    const struct mfn_ifr_filter_options options = {
        .expected_count = capacity,
        .false_positive_rate = shelf->options->false_positive_rate,
        .bank = shelf->options->filter_bank,
        .is_gradual = true,
        .want_large_pages = shelf->options->want_large_pages,
    };
    return mfn_ifr_filter_new(&options, out);
}

static base_err wheel_new(const struct ifr_shelf *shelf, uint64_t now_ns,
                          struct mfn_ifr_wheel **out)
{
    const struct mfn_ifr_wheel_options options = {
        .key_size = shelf->key_size,
        .age_ns = shelf->options->flow_age_ns,
        .tick_ns = shelf->options->flow_age_ns / MFN_IFR_REGISTRY_AGE_TICKS,
        .now_ns = now_ns,
    };
    return mfn_ifr_wheel_new(&options, out);
}

base_err ifr_refill_first(struct ifr_shelf *shelf)
{
    shelf->capacity = capacity_for(shelf);
    if (shelf->options->filter_bank == 0)
        return BASE_OK;
    const base_err err = filter_new(shelf, shelf->capacity, &shelf->filter);
    if (err == BASE_OK)
        (void)mfn_ifr_filter_prepare(shelf->filter, SIZE_MAX);
    return err;
}

base_err ifr_refill_first_wheel(struct ifr_shelf *shelf, uint64_t now_ns)
{
    if (shelf->options->flow_age_ns == 0 || shelf->wheel != NULL)
        return BASE_OK;
    return wheel_new(shelf, now_ns, &shelf->wheel);
}

/* No filter rather than one that may have forgotten (a bank) or says yes too often. There is no
 * older one: the next is begun only when that is gone. */
static void filter_drop(struct ifr_shelf *shelf)
{
    if (shelf->old_filter != NULL)
        mfn_ifr_filter_free(shelf->old_filter);
    shelf->old_filter = shelf->filter;
    shelf->filter = NULL;
}

void ifr_refill_added(struct ifr_shelf *shelf, const void *key, uint64_t hash,
                      uint64_t timestamp_ns)
{
    const size_t count = mfn_ifr_table_count(shelf->table);
    shelf->count_max = count > shelf->count_max ? count : shelf->count_max;
    shelf->patience -= shelf->patience > 0;
    if (shelf->filter != NULL) {
        if (shelf->added >= shelf->capacity)
            filter_drop(shelf);
        else
            mfn_ifr_filter_add(shelf->filter, hash);
    }
    shelf->added++;
    if (shelf->phase != IFR_SHELF_FILL)
        return; /* the walk over the table is yet to come and finds it */
    if (shelf->next_filter != NULL)
        mfn_ifr_filter_add(shelf->next_filter, hash);
    shelf->next_added++;
    if (shelf->next_wheel != NULL &&
        mfn_ifr_wheel_add(shelf->next_wheel, key, timestamp_ns) != BASE_OK) {
        mfn_ifr_wheel_free(shelf->next_wheel);
        shelf->next_wheel = NULL;
    }
}

static bool wants_filter(const struct ifr_shelf *shelf)
{
    return shelf->options->filter_bank > 0 &&
           (shelf->filter == NULL || shelf->added >= shelf->capacity - shelf->capacity / 16);
}

static bool wants_wheel(const struct ifr_shelf *shelf)
{
    return shelf->wheel != NULL &&
           mfn_ifr_wheel_count(shelf->wheel) / 2 > mfn_ifr_table_count(shelf->table) + WHEEL_SLACK;
}

static bool has_old(const struct ifr_shelf *shelf)
{
    return shelf->old_filter != NULL || shelf->old_wheel != NULL;
}

static void shed_old(struct ifr_shelf *shelf)
{
    if (shelf->old_filter != NULL && mfn_ifr_filter_shed(shelf->old_filter, SHED_BYTES)) {
        mfn_ifr_filter_free(shelf->old_filter);
        shelf->old_filter = NULL;
    }
    if (shelf->old_wheel != NULL && mfn_ifr_wheel_shed(shelf->old_wheel)) {
        mfn_ifr_wheel_free(shelf->old_wheel);
        shelf->old_wheel = NULL;
    }
}

static void begin(struct ifr_shelf *shelf, uint64_t now_ns)
{
    const bool has_filter = wants_filter(shelf), has_wheel = wants_wheel(shelf);
    if ((!has_filter && !has_wheel) || shelf->patience > 0 || has_old(shelf))
        return;
    base_err err = BASE_OK;
    shelf->next_capacity = capacity_for(shelf);
    shelf->next_added = 0;
    shelf->scan = (struct mfn_ifr_scan){ 0 };
    if (has_filter)
        err = filter_new(shelf, shelf->next_capacity, &shelf->next_filter);
    if (err == BASE_OK && has_wheel)
        err = wheel_new(shelf, now_ns, &shelf->next_wheel);
    if (err == BASE_OK) {
        shelf->phase = has_filter ? IFR_SHELF_PREPARE : IFR_SHELF_FILL;
        return;
    }
    mfn_ifr_filter_free(shelf->next_filter);
    shelf->next_filter = NULL;
    shelf->patience = PATIENCE < shelf->capacity / 64 ? PATIENCE : shelf->capacity / 64;
}

static void take_over(struct ifr_shelf *shelf)
{
    if (shelf->next_filter != NULL) {
        if (shelf->filter != NULL) /* else it was dropped, and is the old one already */
            shelf->old_filter = shelf->filter;
        shelf->filter = shelf->next_filter;
        shelf->added = shelf->next_added;
        shelf->capacity = shelf->next_capacity;
        shelf->rebuilds++;
    }
    if (shelf->next_wheel != NULL) {
        shelf->old_wheel = shelf->wheel;
        shelf->wheel = shelf->next_wheel;
        shelf->expire_ns = 0;
    }
    shelf->next_filter = NULL;
    shelf->next_wheel = NULL;
    shelf->phase = IFR_SHELF_REST;
}

static void fill_one(struct ifr_shelf *shelf, const struct mfn_ifr_flow *flow)
{
    if (shelf->next_filter != NULL)
        mfn_ifr_filter_add(shelf->next_filter,
                           mfn_ifr_hash(&shelf->seed, flow->key, shelf->key_size));
    shelf->next_added++;
    if (shelf->next_wheel != NULL &&
        mfn_ifr_wheel_add(shelf->next_wheel, flow->key, flow->value.timestamp_ns) != BASE_OK) {
        mfn_ifr_wheel_free(shelf->next_wheel);
        shelf->next_wheel = NULL;
    }
}

static void fill(struct ifr_shelf *shelf, size_t group_count)
{
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    for (size_t i = 0; i < group_count && !shelf->scan.is_done; i++) {
        const size_t count = mfn_ifr_table_scan_step(shelf->table, &shelf->scan, flows);
        for (size_t k = 0; k < count; k++)
            fill_one(shelf, &flows[k]);
    }
    if (shelf->scan.is_done)
        take_over(shelf);
}

void ifr_refill_step(struct ifr_shelf *shelf, uint64_t now_ns, size_t group_count)
{
    shed_old(shelf);
    switch (shelf->phase) {
    case IFR_SHELF_REST:
        begin(shelf, now_ns);
        break;
    case IFR_SHELF_PREPARE:
        if (mfn_ifr_filter_prepare(shelf->next_filter, PREPARE_BYTES))
            shelf->phase = IFR_SHELF_FILL;
        break;
    case IFR_SHELF_FILL:
        fill(shelf, group_count);
        break;
    }
}

void ifr_refill_done(struct ifr_shelf *shelf)
{
    mfn_ifr_filter_free(shelf->filter);
    mfn_ifr_filter_free(shelf->next_filter);
    mfn_ifr_filter_free(shelf->old_filter);
    mfn_ifr_wheel_free(shelf->wheel);
    mfn_ifr_wheel_free(shelf->next_wheel);
    mfn_ifr_wheel_free(shelf->old_wheel);
}

bool ifr_refill_is_busy(const struct ifr_shelf *shelf)
{
    return shelf->phase != IFR_SHELF_REST || has_old(shelf);
}
