/* hermes_message_seen.c - see hermes_message_seen_internal.h. A window is a ring of bits: bit
 * counter % size for the `size` counters below `top`. */
#include "hermes_message_seen_internal.h"

#include "hermes_members_ids_internal.h"

#include <stdlib.h>
#include <string.h>

enum { LIVES = 2, GRACE = 64, WINDOWS_LEAST = 64 << 10 };

struct window {
    uint64_t *bits;
    uint64_t top; /* one more than the largest counter seen */
    uint32_t size;
};

struct life {
    uint64_t incarnation;
    struct window windows[BPI_HERMES_CLASSES];
};

struct origin {
    struct bpi_hermes_id id;  /* first: the map's key */
    struct life lives[LIVES]; /* newest first; incarnation 0 of the second: none */
    uint64_t last_ns;
    uint32_t introducer;
};

struct hermes_seen {
    struct hermes_ids ids;
    struct origin *origins; /* [capacity] */
    uint32_t count, capacity, capacity_max;
    uint32_t introducers;
    uint32_t *introduced; /* [introducers] origins of each */
    uint64_t idle_ns;
    uint64_t room_ns; /* no origin may be forgotten before */
    size_t window_bytes, window_bytes_max;
};

static bool bit_is(const struct window *w, uint64_t counter)
{
    const uint64_t at = counter & (w->size - 1);
    return (w->bits[at / 64] >> at % 64 & 1) != 0;
}

static void bit_set(struct window *w, uint64_t counter, bool is_set)
{
    const uint64_t at = counter & (w->size - 1);
    const uint64_t bit = UINT64_C(1) << at % 64;
    w->bits[at / 64] = is_set ? w->bits[at / 64] | bit : w->bits[at / 64] & ~bit;
}

static bool window_has(const struct window *w, uint64_t counter)
{
    if (w->bits == NULL || counter >= w->top)
        return false;
    return w->top - counter > w->size || bit_is(w, counter);
}

/* Beyond the memory for all, windows stay as they are; new ones begin small. */
static bool may_grow(const struct hermes_seen *seen, const struct window *w)
{
    return w->size < HERMES_WINDOW_MAX &&
           seen->window_bytes + w->size / 8 <= seen->window_bytes_max;
}

static bool window_make(struct hermes_seen *seen, struct window *w, uint32_t size)
{
    struct window larger = { .bits = calloc(size / 64, sizeof *w->bits),
                             .top = w->top,
                             .size = size };
    if (larger.bits == NULL)
        return false;
    /* Counters below what the smaller window knows were seen or given up: seen. */
    for (uint64_t back = 1; back <= size && back <= w->top; back++)
        bit_set(&larger, w->top - back, window_has(w, w->top - back));
    seen->window_bytes += size / 8 - w->size / 8;
    free(w->bits);
    *w = larger;
    return true;
}

/* The first message of a window may be overtaken by few; all before were sent to others. */
static bool window_start(struct hermes_seen *seen, struct window *w, uint64_t counter)
{
    w->bits = NULL;
    w->size = 0;
    w->top = 0;
    if (!window_make(seen, w, HERMES_WINDOW_MIN))
        return false;
    w->top = counter > GRACE ? counter - GRACE : 0;
    memset(w->bits, 0xff, w->size / 8);
    return true;
}

/* Would a new top push out counters that have not come? */
static bool pushes_out(const struct window *w, uint64_t top)
{
    if (top <= w->size)
        return false;
    const uint64_t low = w->top > w->size ? w->top - w->size : 0;
    const uint64_t new_low = top - w->size;
    if (new_low > w->top)
        return true;
    for (uint64_t counter = low; counter < new_low; counter++)
        if (!bit_is(w, counter))
            return true;
    return false;
}

static void window_raise(struct hermes_seen *seen, struct window *w, uint64_t top)
{
    while (may_grow(seen, w) && pushes_out(w, top))
        if (!window_make(seen, w, w->size * 2))
            break;
    if (top - w->top >= w->size)
        memset(w->bits, 0, w->size / 8);
    else
        for (uint64_t counter = w->top; counter < top; counter++)
            bit_set(w, counter, false);
    w->top = top;
}

static enum hermes_seen_answer window_add(struct hermes_seen *seen, struct window *w,
                                          uint64_t counter)
{
    if (w->bits == NULL && !window_start(seen, w, counter))
        return HERMES_SEEN_REFUSED;
    if (window_has(w, counter))
        return HERMES_SEEN_AGAIN;
    if (counter >= w->top)
        window_raise(seen, w, counter + 1);
    bit_set(w, counter, true);
    return HERMES_SEEN_NEW;
}

static void life_done(struct hermes_seen *seen, struct life *life)
{
    for (int i = 0; i < BPI_HERMES_CLASSES; i++) {
        seen->window_bytes -= life->windows[i].size / 8;
        free(life->windows[i].bits);
    }
    memset(life, 0, sizeof *life);
}

base_err hermes_seen_new(uint32_t origins_max, uint32_t introducers, uint64_t idle_ns,
                         uint64_t salt, struct hermes_seen **seen)
{
    struct hermes_seen *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return BASE_ENOMEM;
    const size_t share = (size_t)origins_max * (HERMES_WINDOW_MAX / 8);
    *s = (struct hermes_seen){ .ids = { .stride = sizeof(struct origin), .salt = salt },
                               .capacity_max = origins_max,
                               .introducers = introducers,
                               .introduced = calloc(introducers, sizeof *s->introduced),
                               .idle_ns = idle_ns,
                               .window_bytes_max =
                                   share > WINDOWS_LEAST ? share : (size_t)WINDOWS_LEAST };
    if (s->introduced == NULL) {
        free(s);
        return BASE_ENOMEM;
    }
    *seen = s;
    return BASE_OK;
}

void hermes_seen_free(struct hermes_seen *seen)
{
    if (seen == NULL)
        return;
    for (uint32_t i = 0; i < seen->count; i++)
        for (int life = 0; life < LIVES; life++)
            life_done(seen, &seen->origins[i].lives[life]);
    hermes_ids_done(&seen->ids);
    free(seen->origins);
    free(seen->introduced);
    free(seen);
}

static struct life *life_of(struct origin *origin, uint64_t incarnation)
{
    for (int i = 0; i < LIVES; i++)
        if (origin->lives[i].incarnation == incarnation)
            return &origin->lives[i];
    return NULL;
}

bool hermes_seen_has(const struct hermes_seen *seen, const struct hermes_name *name)
{
    const uint32_t place = hermes_ids_find(&seen->ids, seen->origins, &name->origin);
    if (place == HERMES_NO_PLACE)
        return false;
    struct origin *const origin = &seen->origins[place];
    const struct life *const life = life_of(origin, name->incarnation);
    if (life == NULL)
        return name->incarnation < origin->lives[0].incarnation;
    return window_has(&life->windows[name->class], name->counter);
}

static void origin_drop(struct hermes_seen *seen, uint32_t place)
{
    struct origin *const origin = &seen->origins[place];
    for (int i = 0; i < LIVES; i++)
        life_done(seen, &origin->lives[i]);
    seen->introduced[origin->introducer]--;
    hermes_ids_remove(&seen->ids, seen->origins, place);
    const uint32_t last = --seen->count;
    if (place == last)
        return;
    hermes_ids_move(&seen->ids, seen->origins, last, place);
    *origin = seen->origins[last];
}

static bool make_room(struct hermes_seen *seen, uint64_t now_ns)
{
    uint32_t oldest = 0;
    if (now_ns < seen->room_ns)
        return false;
    for (uint32_t i = 1; i < seen->count; i++)
        if (seen->origins[i].last_ns < seen->origins[oldest].last_ns)
            oldest = i;
    if (seen->count == 0)
        return false;
    seen->room_ns = seen->origins[oldest].last_ns + seen->idle_ns;
    if (now_ns < seen->room_ns)
        return false;
    origin_drop(seen, oldest);
    return true;
}

static bool grow(struct hermes_seen *seen)
{
    uint32_t capacity = seen->capacity == 0 ? 8 : seen->capacity * 2;
    if (capacity > seen->capacity_max)
        capacity = seen->capacity_max;
    struct origin *const origins = realloc(seen->origins, capacity * sizeof *origins);
    if (origins == NULL)
        return false;
    seen->origins = origins;
    seen->capacity = capacity;
    return true;
}

static struct origin *origin_add(struct hermes_seen *seen, const struct hermes_name *name,
                                 uint32_t introducer, uint64_t now_ns)
{
    const bool is_half_full = seen->count * 2 >= seen->capacity_max;
    /* Whose the silent origin was is all the same: it makes room either way. */
    if (is_half_full && seen->introduced[introducer] >= seen->capacity_max / 4 &&
        !make_room(seen, now_ns))
        return NULL;
    if (seen->count == seen->capacity_max && !make_room(seen, now_ns))
        return NULL;
    if (seen->count == seen->capacity && !grow(seen))
        return NULL;
    struct origin *const origin = &seen->origins[seen->count];
    *origin = (struct origin){ .id = name->origin, .introducer = introducer };
    origin->lives[0].incarnation = name->incarnation;
    if (hermes_ids_add(&seen->ids, seen->origins, seen->count) != BASE_OK)
        return NULL;
    seen->count++;
    seen->introduced[introducer]++;
    return origin;
}

enum hermes_seen_answer hermes_seen_add(struct hermes_seen *seen, const struct hermes_name *name,
                                        uint32_t introducer, uint64_t now_ns)
{
    const uint32_t place = hermes_ids_find(&seen->ids, seen->origins, &name->origin);
    struct origin *const origin = place != HERMES_NO_PLACE
                                      ? &seen->origins[place]
                                      : origin_add(seen, name, introducer, now_ns);
    if (origin == NULL)
        return HERMES_SEEN_REFUSED;
    struct life *life = life_of(origin, name->incarnation);
    if (life == NULL) {
        if (name->incarnation < origin->lives[0].incarnation)
            return HERMES_SEEN_AGAIN;
        life_done(seen, &origin->lives[1]);
        origin->lives[1] = origin->lives[0];
        origin->lives[0] = (struct life){ .incarnation = name->incarnation };
        life = &origin->lives[0];
    }
    origin->last_ns = now_ns;
    return window_add(seen, &life->windows[name->class], name->counter);
}

size_t hermes_seen_memory(const struct hermes_seen *seen)
{
    return sizeof *seen + seen->capacity * sizeof *seen->origins +
           seen->introducers * sizeof *seen->introduced + seen->window_bytes +
           seen->ids.capacity * sizeof *seen->ids.slots;
}
