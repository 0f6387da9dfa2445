/* hermes_tree.c - broadcast over the neighbours: a tree of eager links that carry messages, lazy
 * links that carry only their names, and repair where a name came but its message did not.
 *
 * A shaping message that comes first over a link makes it eager; one that comes again makes it lazy
 * and asks the other side to do the same (PRUNE). The links that bring one message first are a
 * tree; those of two under way at once are two trees, and links pruned by both would leave neither.
 * So only about one message a second shapes: its origin marks it, when it has seen no such mark for
 * that long.
 *
 * A name whose message does not follow in time is asked for, from one announcer after the other,
 * and the link it comes over becomes eager (GRAFT; one link at a time, since one is often enough
 * for many missing messages: the others are just asked for, WANT). So a relay that drops messages,
 * or is gone, is routed around. A relay that changes messages is found by the origin's signature,
 * which is checked before anything is delivered or passed on.
 *
 * Source   Leitao, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS 2007 (one tree for all
 *          origins, without its optimisation by hops) */
#include "hermes_node_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    STORED_SIZE = 256,   /* the store has a place for so many bytes of its memory */
    MISSING_MAX = 1024,  /* names without a message */
    MISSING_SHARE = 256, /* of them, of one announcer */
    ANNOUNCERS = 4,
    TRIES_MAX = 3, /* of each announcer */
    BLAME_FORGED = 4
};

static const uint64_t shape_every_ns = HERMES_SECOND;
static const uint64_t graft_wait_ns = 50 * HERMES_MS, graft_wait_most_ns = 400 * HERMES_MS;

struct stored {
    struct hermes_name name;
    size_t at, size;
    uint64_t since_ns;
    uint32_t next; /* with the same hash: sequence + 1 of an older one; 0: none */
};

struct missing {
    struct hermes_name name;
    uint32_t announcers[ANNOUNCERS], tries[ANNOUNCERS];
    uint32_t announcer_count;
    uint64_t due_ns;
};

struct hermes_tree {
    uint8_t *bytes; /* [capacity] ring of whole messages, made at the first one */
    size_t capacity, head;
    struct stored *stored; /* ring [stored_max], a power of two */
    uint32_t *buckets;     /* [stored_max] sequence + 1 of the newest message of a hash */
    uint8_t salt[crypto_shorthash_KEYBYTES]; /* drawn with the buckets */
    uint32_t first, count; /* sequence of the oldest; sequences wrap, places are their low bits */
    uint32_t stored_max;
    struct missing *missing; /* [missing_capacity] */
    uint32_t missing_count, missing_capacity;
    uint64_t wake_ns;
    uint64_t shape_ns; /* our next message from then on shapes, if no other does before */
    uint64_t graft_ns; /* no other link becomes eager before */
};

base_err hermes_tree_new(const struct bpi_hermes_config *config, struct hermes_tree **tree)
{
    struct hermes_tree *const t = calloc(1, sizeof *t);
    if (t == NULL)
        return BASE_ENOMEM;
    t->capacity = config->peer_memory_bytes;
    for (t->stored_max = 64; (size_t)t->stored_max * STORED_SIZE < t->capacity;)
        t->stored_max *= 2;
    t->wake_ns = HERMES_NEVER;
    *tree = t;
    return BASE_OK;
}

void hermes_tree_free(struct hermes_tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->bytes);
    free(tree->stored);
    free(tree->buckets);
    free(tree->missing);
    free(tree);
}

size_t hermes_tree_memory(const struct hermes_tree *tree)
{
    const size_t place = sizeof *tree->stored + sizeof *tree->buckets;
    const size_t ring = tree->bytes == NULL ? 0 : tree->capacity + tree->stored_max * place;
    return sizeof *tree + ring + tree->missing_capacity * sizeof *tree->missing;
}

/* The store */

static struct stored *place_of(const struct hermes_tree *tree, uint32_t sequence)
{
    return &tree->stored[sequence & (tree->stored_max - 1)];
}

/* SipHash-2-4 with a secret key: an origin cannot choose names that share a bucket. */
static uint32_t *bucket_of(const struct hermes_tree *tree, const struct hermes_name *name)
{
    enum { ID = sizeof name->origin, WORD = sizeof(uint64_t) };
    uint8_t text[ID + 2 * WORD + 1], hash[crypto_shorthash_BYTES];
    memcpy(text, &name->origin, ID);
    memcpy(text + ID, &name->incarnation, WORD);
    memcpy(text + ID + WORD, &name->counter, WORD);
    text[ID + 2 * WORD] = (uint8_t)name->class;
    crypto_shorthash(hash, text, sizeof text, tree->salt);
    uint32_t x;
    memcpy(&x, hash, sizeof x);
    return &tree->buckets[x & (tree->stored_max - 1)];
}

/* Is the message of a sequence still there? */
static bool is_stored(const struct hermes_tree *tree, uint32_t sequence)
{
    return sequence - tree->first < tree->count;
}

static void pop(struct hermes_tree *tree)
{
    tree->first++;
    tree->count--;
}

/* Bytes [at, at + size) become free: the messages there are the oldest. */
static size_t make_room(struct hermes_tree *tree, size_t size)
{
    size_t at = tree->head;
    if (at + size > tree->capacity) {
        while (tree->count > 0 && place_of(tree, tree->first)->at >= at)
            pop(tree);
        at = 0;
    }
    while (tree->count > 0) {
        const struct stored *const oldest = place_of(tree, tree->first);
        const bool is_apart = oldest->at >= at + size || oldest->at + oldest->size <= at;
        if (is_apart && tree->count < tree->stored_max)
            break;
        pop(tree);
    }
    tree->head = at + size;
    return at;
}

/* What is not there yet of the store. */
static bool store_make(struct hermes_tree *tree, const struct base_step_world *world)
{
    if (tree->bytes == NULL)
        tree->bytes = malloc(tree->capacity);
    if (tree->stored == NULL)
        tree->stored = calloc(tree->stored_max, sizeof *tree->stored);
    if (tree->buckets == NULL) {
        tree->buckets = calloc(tree->stored_max, sizeof *tree->buckets);
        world->secret(world->context, tree->salt, sizeof tree->salt);
    }
    return tree->bytes != NULL && tree->stored != NULL && tree->buckets != NULL;
}

/* A copy of the message, with other hops; an empty span when it cannot be kept. */
static struct base_span store(struct bpi_hermes *node, const struct hermes_name *name,
                              struct base_span message, uint32_t hops)
{
    struct hermes_tree *const tree = node->tree;
    const struct base_span none = { NULL, 0 };
    if (message.size > tree->capacity)
        return none;
    if (!store_make(tree, &node->world))
        return none;
    const size_t at = make_room(tree, message.size);
    memcpy(tree->bytes + at, message.data, message.size);
    tree->bytes[at + 1] = (uint8_t)hops;
    const uint32_t sequence = tree->first + tree->count++;
    uint32_t *const bucket = bucket_of(tree, name);
    *place_of(tree, sequence) =
        (struct stored){ *name, at, message.size, node->world.now_ns, *bucket };
    *bucket = sequence + 1;
    return base_span_of(tree->bytes + at, message.size);
}

static const struct stored *find_stored(const struct hermes_tree *tree,
                                        const struct hermes_name *name)
{
    if (tree->buckets == NULL)
        return NULL;
    /* What is older than the store ends a chain: the places of the older ones are used again. */
    for (uint32_t next = *bucket_of(tree, name); next != 0 && is_stored(tree, next - 1);) {
        const struct stored *const stored = place_of(tree, next - 1);
        if (hermes_name_is(&stored->name, name))
            return stored;
        next = stored->next;
    }
    return NULL;
}

/* What is missing */

static struct missing *find_missing(struct hermes_tree *tree, const struct hermes_name *name)
{
    for (uint32_t i = 0; i < tree->missing_count; i++)
        if (hermes_name_is(&tree->missing[i].name, name))
            return &tree->missing[i];
    return NULL;
}

static void found(struct hermes_tree *tree, struct missing *missing)
{
    *missing = tree->missing[--tree->missing_count];
}

static uint64_t wait_for(const struct bpi_hermes *node, uint32_t handle)
{
    const uint64_t wait_ns = graft_wait_ns + 2 * hermes_peer_rtt(&node->peers[handle]);
    return wait_ns < graft_wait_most_ns ? wait_ns : graft_wait_most_ns;
}

/* The table is as large as it had to be. */
static bool has_place(struct hermes_tree *tree)
{
    if (tree->missing_count < tree->missing_capacity)
        return true;
    const uint32_t capacity = tree->missing_capacity == 0 ? 16 : tree->missing_capacity * 2;
    if (capacity > MISSING_MAX)
        return false;
    struct missing *const missing = realloc(tree->missing, capacity * sizeof *missing);
    if (missing == NULL)
        return false;
    tree->missing = missing;
    tree->missing_capacity = capacity;
    return true;
}

/* NULL: the table, or the announcer's share of it, is full. */
static struct missing *add_missing(struct bpi_hermes *node, uint32_t handle,
                                   const struct hermes_name *name)
{
    struct hermes_tree *const tree = node->tree;
    uint32_t its = 0;
    for (uint32_t i = 0; i < tree->missing_count; i++)
        its += tree->missing[i].announcer_count > 0 && tree->missing[i].announcers[0] == handle;
    if (its >= MISSING_SHARE || !has_place(tree))
        return NULL;
    struct missing *const missing = &tree->missing[tree->missing_count++];
    *missing =
        (struct missing){ .name = *name, .due_ns = node->world.now_ns + wait_for(node, handle) };
    if (missing->due_ns < tree->wake_ns)
        tree->wake_ns = missing->due_ns;
    return missing;
}

static void announced(struct bpi_hermes *node, uint32_t handle, const struct hermes_name *name)
{
    struct hermes_tree *const tree = node->tree;
    if (hermes_id_is(&name->origin, &node->self) || hermes_seen_has(node->seen, name))
        return;
    struct missing *missing = find_missing(tree, name);
    if (missing == NULL)
        missing = add_missing(node, handle, name);
    if (missing == NULL)
        return;
    uint32_t at = 0;
    while (at < missing->announcer_count && missing->announcers[at] != handle)
        at++;
    if (at < missing->announcer_count)
        return;
    /* Who was asked in vain makes room: liars must not keep out who has it. */
    if (at == ANNOUNCERS)
        for (at = 0; at < ANNOUNCERS && missing->tries[at] < TRIES_MAX; at++)
            ;
    if (at == ANNOUNCERS)
        return;
    missing->announcers[at] = handle;
    missing->tries[at] = 0;
    missing->announcer_count += at == missing->announcer_count;
}

/* Ask the announcer that was asked least; false: all were asked in vain. */
static bool graft(struct bpi_hermes *node, struct missing *missing)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < missing->announcer_count; i++)
        if (missing->tries[i] < missing->tries[least])
            least = i;
    if (missing->announcer_count == 0 || missing->tries[least]++ >= TRIES_MAX)
        return false;
    const uint32_t handle = missing->announcers[least];
    struct hermes_peer *const peer = &node->peers[handle];
    struct hermes_control control = { .kind = HERMES_WANT, .count = 1 };
    if (peer->is_neighbor && !peer->is_eager && node->world.now_ns >= node->tree->graft_ns) {
        control.kind = HERMES_GRAFT;
        peer->is_eager = true;
        node->tree->graft_ns = node->world.now_ns + 2 * wait_for(node, handle);
    }
    control.names[0] = missing->name;
    hermes_node_say(node, handle, &control);
    missing->due_ns = node->world.now_ns + 2 * wait_for(node, handle);
    return true;
}

void hermes_tree_timer(struct bpi_hermes *node)
{
    struct hermes_tree *const tree = node->tree;
    if (tree->wake_ns > node->world.now_ns)
        return;
    tree->wake_ns = HERMES_NEVER;
    for (uint32_t i = 0; i < tree->missing_count;) {
        struct missing *const missing = &tree->missing[i];
        if (missing->due_ns <= node->world.now_ns && !graft(node, missing)) {
            found(tree, missing);
            continue;
        }
        if (missing->due_ns < tree->wake_ns)
            tree->wake_ns = missing->due_ns;
        i++;
    }
}

uint64_t hermes_tree_wake_ns(const struct bpi_hermes *node)
{
    return node->tree->wake_ns;
}

void hermes_tree_peer_gone(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_tree *const tree = node->tree;
    for (uint32_t i = 0; i < tree->missing_count; i++) {
        struct missing *const missing = &tree->missing[i];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < missing->announcer_count; k++)
            if (missing->announcers[k] != handle) {
                missing->tries[kept] = missing->tries[k];
                missing->announcers[kept++] = missing->announcers[k];
            }
        missing->announcer_count = kept;
    }
}

/* Passing on */

/* To every eager neighbour but `except` the message, to the others its name. */
static uint32_t hand_on(struct bpi_hermes *node, uint32_t except, const struct hermes_name *name,
                        struct base_span message, uint64_t ticket)
{
    uint8_t ihave[HERMES_NAME_SIZE + 2];
    struct hermes_control control;
    control.kind = HERMES_IHAVE;
    control.count = 1;
    control.names[0] = *name;
    const struct base_span announcement =
        base_span_of(ihave, hermes_control_encode(&control, ihave));
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->heap_count; i++) {
        const uint32_t handle = node->heap[i];
        const struct hermes_peer *const peer = &node->peers[handle];
        if (!peer->is_neighbor || handle == except)
            continue;
        const bool is_whole =
            peer->is_eager && hermes_send_has_room(node, handle, name->class, message.size);
        if (is_whole && ticket != 0)
            count += hermes_send_to(node, handle, name->class, message, ticket);
        else if (is_whole)
            count += hermes_node_submit(node, handle, name->class, message, 0) == BASE_OK;
        else if (hermes_node_submit(node, handle, BPI_HERMES_CONSENSUS, announcement, 0) != BASE_OK)
            node->status.refused++;
    }
    return count;
}

static uint32_t eager_count(const struct bpi_hermes *node)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->heap_count; i++)
        count += node->peers[node->heap[i]].is_eager;
    return count;
}

/* By chance not all at the same time. */
static void shaped(struct bpi_hermes *node)
{
    node->tree->shape_ns =
        node->world.now_ns + shape_every_ns + base_rng_below(node->world.rng, shape_every_ns);
}

bool hermes_tree_shapes(struct bpi_hermes *node)
{
    if (node->world.now_ns < node->tree->shape_ns)
        return false;
    shaped(node);
    return true;
}

uint32_t hermes_tree_publish(struct bpi_hermes *node, const struct hermes_envelope *envelope,
                             struct base_span message, uint64_t ticket)
{
    (void)store(node, &envelope->name, message, 1);
    /* Others have cut us off the tree: begin a new branch. */
    const bool has_eager = eager_count(node) > 0;
    for (uint32_t i = 0; i < node->heap_count && !has_eager; i++)
        node->peers[node->heap[i]].is_eager = node->peers[node->heap[i]].is_neighbor;
    return hand_on(node, HERMES_NO_SESSION, &envelope->name, message, ticket);
}

void hermes_tree_introduce(struct bpi_hermes *node, uint32_t handle)
{
    const struct hermes_tree *const tree = node->tree;
    struct hermes_control control;
    control.kind = HERMES_IHAVE;
    control.count = 0;
    for (uint32_t i = tree->count; i-- > 0 && control.count < HERMES_NAMES_MAX;) {
        const struct stored *const stored = place_of(tree, tree->first + i);
        if (node->world.now_ns - stored->since_ns < node->config.deadline_ns[stored->name.class])
            control.names[control.count++] = stored->name;
    }
    if (control.count > 0)
        hermes_node_say(node, handle, &control);
}

static void relay(struct bpi_hermes *node, uint32_t from, const struct hermes_envelope *envelope,
                  struct base_span message)
{
    if (envelope->hops >= HERMES_HOPS_MAX)
        return;
    struct base_span kept = store(node, &envelope->name, message, envelope->hops + 1);
    if (kept.size == 0) {
        base_buf_clear(&node->scratch);
        if (base_buf_put(&node->scratch, message.data, message.size) != BASE_OK)
            return;
        node->scratch.data[1] = (uint8_t)(envelope->hops + 1);
        kept = base_buf_span(&node->scratch);
    }
    (void)hand_on(node, from, &envelope->name, kept, 0);
}

static void came_again(struct bpi_hermes *node, uint32_t handle,
                       const struct hermes_envelope *envelope)
{
    struct hermes_peer *const peer = &node->peers[handle];
    node->status.duplicates++;
    if (!peer->is_neighbor || !envelope->is_shaping || (peer->is_eager && eager_count(node) < 2))
        return;
    peer->is_eager = false;
    const struct hermes_control control = { .kind = HERMES_PRUNE };
    hermes_node_say(node, handle, &control);
}

void hermes_tree_relayed(struct bpi_hermes *node, uint32_t handle,
                         const struct hermes_envelope *envelope, struct base_span message)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (!peer->is_neighbor && !peer->is_asked)
        hermes_links_leave(node, handle);
    if (hermes_id_is(&envelope->name.origin, &node->self) ||
        hermes_seen_has(node->seen, &envelope->name)) {
        came_again(node, handle, envelope);
        return;
    }
    if (!hermes_secure_verify(&envelope->name.origin, envelope->signed_part.data,
                              envelope->signed_part.size, envelope->signature)) {
        node->status.rejected_forged++;
        hermes_peer_blame(node, handle, BLAME_FORGED);
        return;
    }
    if (hermes_seen_add(node->seen, &envelope->name, handle, node->world.now_ns) !=
        HERMES_SEEN_NEW) {
        node->status.refused++;
        return;
    }
    struct missing *const missing = find_missing(node->tree, &envelope->name);
    if (missing != NULL)
        found(node->tree, missing);
    if (envelope->is_shaping) {
        shaped(node);
        peer->is_eager = peer->is_neighbor;
    }
    relay(node, handle, envelope, message);
    hermes_receive_deliver(node, envelope);
}

static void grafted(struct bpi_hermes *node, uint32_t handle, const struct hermes_name *name)
{
    const struct stored *const stored = find_stored(node->tree, name);
    if (stored == NULL || !hermes_send_has_room(node, handle, name->class, stored->size))
        return;
    const struct base_span message = base_span_of(node->tree->bytes + stored->at, stored->size);
    if (hermes_node_submit(node, handle, name->class, message, 0) != BASE_OK)
        node->status.refused++;
}

void hermes_tree_control(struct bpi_hermes *node, uint32_t handle,
                         const struct hermes_control *control)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (!peer->is_neighbor && !peer->is_asked)
        hermes_links_leave(node, handle);
    switch (control->kind) {
    case HERMES_IHAVE:
        for (size_t i = 0; i < control->count; i++)
            announced(node, handle, &control->names[i]);
        break;
    case HERMES_GRAFT:
        peer->is_eager = peer->is_neighbor;
        /* fall through */
    case HERMES_WANT:
        for (size_t i = 0; i < control->count; i++)
            grafted(node, handle, &control->names[i]);
        break;
    case HERMES_PRUNE:
        peer->is_eager = false;
        break;
    default:
        break;
    }
}
