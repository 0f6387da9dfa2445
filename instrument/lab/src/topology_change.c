/* topology_change.c - a schedule: sentences, sorted by time, become changes one after the other, so
 * that a `set` knows the link as it is then. */
#include "topology_internal.h"

#include <base/units.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 128, PARTS_MAX = 64 };

/* The list while it grows: changes by time, those of one time in the order they were said. */
struct list {
    struct lab_topology *topology;
    struct lab_change *items; /* [capacity] */
    size_t count, capacity;
};

/* ---- words ---- */

/* The next word, or "" at the end. Errors: EPARSE (too long). */
static base_err next_word(const char **at, char word[WORD_SIZE], struct base_why *why)
{
    *at += strspn(*at, " \t\r\n");
    const size_t size = strcspn(*at, " \t\r\n");
    if (size >= WORD_SIZE)
        return base_fail(why, BASE_EPARSE, 0, "the word '%.40s...' is too long", *at);
    memcpy(word, *at, size);
    word[size] = '\0';
    *at += size;
    return BASE_OK;
}

static base_err no_more(const char *at, struct base_why *why)
{
    char word[WORD_SIZE];
    LAB_TRY(next_word(&at, word, why));
    return word[0] == '\0' ? BASE_OK
                           : base_fail(why, BASE_EPARSE, 0, "'%s' is one word too many", word);
}

/* "at 10s" or "at 10 s"; the rest of the sentence is kept for later. */
static base_err read_time(struct lab_sentence *sentence, struct base_why *why)
{
    char word[WORD_SIZE], unit[WORD_SIZE], both[2 * WORD_SIZE];
    const char *at = sentence->text;
    LAB_TRY(next_word(&at, word, why));
    if (strcmp(word, "at") != 0)
        return base_fail(why, BASE_EPARSE, 0,
                         "'%s' begins no change; write it as in: at 10s cut node0-node1", word);
    LAB_TRY(next_word(&at, word, why));
    const char *behind = at;
    LAB_TRY(next_word(&behind, unit, why));
    snprintf(both, sizeof both, "%s %s", word, unit);
    if (base_units_parse_time(both, &sentence->at_ns, NULL) == BASE_OK)
        at = behind;
    else
        LAB_TRY(base_units_parse_time(word, &sentence->at_ns, why));
    sentence->rest = at;
    return BASE_OK;
}

/* ---- places ---- */

static uint32_t host_of(const struct lab_topology *topology, const char *text, size_t size)
{
    char name[LAB_NAME_SIZE];
    if (size >= sizeof name)
        return UINT32_MAX;
    memcpy(name, text, size);
    name[size] = '\0';
    return lab_topology_host(topology, name);
}

/* "a-b" both ways, "a->b" one way; names may hold a '-', so every one is tried. */
static base_err read_pair(const struct lab_topology *topology, const char *word,
                          struct lab_change *change, struct base_why *why)
{
    for (const char *dash = strchr(word, '-'); dash != NULL; dash = strchr(dash + 1, '-')) {
        const bool is_one_way = dash[1] == '>';
        const char *const other = dash + 1 + is_one_way;
        change->a = host_of(topology, word, (size_t)(dash - word));
        change->b = host_of(topology, other, strlen(other));
        change->is_one_way = is_one_way;
        if (change->a == UINT32_MAX || change->b == UINT32_MAX)
            continue;
        if (lab_topology_link(topology, change->a, change->b) == NULL ||
            (!is_one_way && lab_topology_link(topology, change->b, change->a) == NULL))
            return base_fail(why, BASE_ENOTFOUND, 0, "'%s': there is no such link", word);
        return BASE_OK;
    }
    return base_fail(why, BASE_ENOTFOUND, 0,
                     "'%s' are no two hosts; write them as a-b, or a->b for one direction", word);
}

/* "[a, b]" into one side; *at moves behind it. */
static base_err read_part(const struct lab_topology *topology, const char **at, uint8_t *side,
                          uint8_t part, struct base_why *why)
{
    const char *const end = strchr(*at, ']');
    if (**at != '[' || end == NULL)
        return base_fail(why, BASE_EPARSE, 0, "a part is written as in [node0, node1], not '%.40s'",
                         *at);
    size_t names = 0;
    for (const char *name = *at + 1;; names++) {
        name += strspn(name, ", \t");
        const size_t size = strcspn(name, ", \t]");
        if (size == 0)
            break;
        const uint32_t host = host_of(topology, name, size);
        if (host == UINT32_MAX)
            return base_fail(why, BASE_ENOTFOUND, 0, "there is no host '%.*s'",
                             size < 60 ? (int)size : 60, name);
        if (side[host] != 0 && side[host] != LAB_SIDE_ANY)
            return base_fail(why, BASE_EPARSE, 0, "%s stands in two parts or twice",
                             topology->hosts[host].name);
        side[host] = part;
        name += size;
    }
    *at = end + 1;
    return names > 0 ? BASE_OK : base_fail(why, BASE_EPARSE, 0, "a part without hosts");
}

static base_err read_partition(struct lab_topology *topology, const char *at,
                               struct lab_change *change, struct base_why *why)
{
    unsigned parts = 0;
    uint8_t *const side = base_arena_alloc(&topology->arena, topology->host_count);
    if (side == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (uint32_t i = topology->program_count; i < topology->host_count; i++)
        side[i] = LAB_SIDE_ANY;
    for (at += strspn(at, " \t\r\n"); *at != '\0'; at += strspn(at, " \t\r\n")) {
        if (++parts > PARTS_MAX)
            return base_fail(why, BASE_ERANGE, 0, "more than %d parts", PARTS_MAX);
        LAB_TRY(read_part(topology, &at, side, (uint8_t)parts, why));
    }
    change->side = side;
    return parts > 0 ? BASE_OK
                     : base_fail(why, BASE_EPARSE, 0,
                                 "the parts are missing, as in: partition [node0,node1] [node2]");
}

/* ---- changes ---- */

static base_err insert(struct list *list, const struct lab_change *change, struct base_why *why)
{
    size_t at = list->count;
    if (list->count == LAB_CHANGES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d changes", LAB_CHANGES_MAX);
    while (at > 0 && list->items[at - 1].at_ns > change->at_ns)
        at--;
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof *list->items);
    list->items[at] = *change;
    list->count++;
    return BASE_OK;
}

static bool is_about(const struct lab_change *change, uint32_t a, uint32_t b)
{
    return (change->a == a && change->b == b) ||
           (!change->is_one_way && change->a == b && change->b == a);
}

/* What a link is at a time: set by the last `set` until then, or as it began; cut or not by the
 * last of cut, heal and set. */
static struct lab_link_config config_at(const struct list *list, uint64_t at_ns, uint32_t a,
                                        uint32_t b)
{
    struct lab_link_config config = *lab_topology_link(list->topology, a, b);
    for (size_t i = 0; i < list->count && list->items[i].at_ns <= at_ns; i++) {
        const struct lab_change *const change = &list->items[i];
        if (change->kind == LAB_HEAL_ALL)
            config.is_down = false;
        else if (change->kind == LAB_PARTITION || !is_about(change, a, b))
            continue;
        else if (change->kind == LAB_SET)
            config = change->config;
        else
            config.is_down = change->kind == LAB_CUT;
    }
    return config;
}

static base_err insert_set(struct list *list, const char *at, struct lab_change change,
                           struct base_why *why)
{
    char key[WORD_SIZE], value[WORD_SIZE];
    change.is_one_way = true;
    change.config = config_at(list, change.at_ns, change.a, change.b);
    LAB_TRY(next_word(&at, key, why));
    if (key[0] == '\0')
        return base_fail(why, BASE_EPARSE, 0, "set what? As in: set a-b latency 100ms");
    while (key[0] != '\0') {
        LAB_TRY(next_word(&at, value, why));
        if (value[0] == '\0')
            return base_fail(why, BASE_EPARSE, 0, "%s: the value is missing", key);
        LAB_TRY(lab_link_set(&change.config, key, value, why));
        LAB_TRY(next_word(&at, key, why));
    }
    LAB_TRY(lab_link_check(&change.config, why));
    return insert(list, &change, why);
}

/* Both directions on their own: they may differ in what is not named. */
static base_err add_set(struct list *list, const char *at, struct lab_change change,
                        struct base_why *why)
{
    const bool is_one_way = change.is_one_way;
    LAB_TRY(insert_set(list, at, change, why));
    const uint32_t a = change.a;
    change.a = change.b;
    change.b = a;
    return is_one_way ? BASE_OK : insert_set(list, at, change, why);
}

static base_err add(struct list *list, const struct lab_sentence *sentence, struct base_why *why)
{
    struct lab_change change = { .at_ns = sentence->at_ns };
    char verb[WORD_SIZE], word[WORD_SIZE];
    const char *at = sentence->rest;
    LAB_TRY(next_word(&at, verb, why));
    if (strcmp(verb, "partition") == 0) {
        change.kind = LAB_PARTITION;
        LAB_TRY(read_partition(list->topology, at, &change, why));
        return insert(list, &change, why);
    }
    LAB_TRY(next_word(&at, word, why));
    if (strcmp(verb, "heal") == 0 && (word[0] == '\0' || strcmp(word, "all") == 0)) {
        change.kind = LAB_HEAL_ALL;
        LAB_TRY(no_more(at, why));
        return insert(list, &change, why);
    }
    const bool is_set = strcmp(verb, "set") == 0, is_cut = strcmp(verb, "cut") == 0;
    if (!is_set && !is_cut && strcmp(verb, "heal") != 0)
        return base_fail(why, BASE_EPARSE, 0, "'%s' is not cut, heal, set or partition", verb);
    change.kind = is_set ? LAB_SET : is_cut ? LAB_CUT : LAB_HEAL;
    LAB_TRY(read_pair(list->topology, word, &change, why));
    if (is_set)
        return add_set(list, at, change, why);
    LAB_TRY(no_more(at, why));
    return insert(list, &change, why);
}

static int by_time(const void *one, const void *other)
{
    const struct lab_sentence *const a = one, *const b = other;
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static base_err at_line(struct base_why *why, base_err err, unsigned line)
{
    if (why != NULL)
        why->at = line;
    return err;
}

base_err lab_changes_add(struct lab_topology *topology, struct lab_sentence *sentences,
                         size_t count, struct base_why *why)
{
    struct list list = { .topology = topology, .count = topology->change_count };
    for (size_t i = 0; i < count; i++) {
        const base_err err = read_time(&sentences[i], why);
        if (err != BASE_OK)
            return at_line(why, err, sentences[i].line);
        sentences[i].order = i;
    }
    list.capacity = topology->change_count + 2 * count;
    if (list.capacity > LAB_CHANGES_MAX)
        list.capacity = LAB_CHANGES_MAX;
    list.items = base_arena_array(&topology->arena, list.capacity + 1, sizeof *list.items);
    if (list.items == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (topology->change_count > 0)
        memcpy(list.items, topology->changes, topology->change_count * sizeof *list.items);
    if (count > 0)
        qsort(sentences, count, sizeof *sentences, by_time);
    for (size_t i = 0; i < count; i++) {
        const base_err err = add(&list, &sentences[i], why);
        if (err != BASE_OK)
            return at_line(why, err, sentences[i].line);
    }
    topology->changes = list.items;
    topology->change_count = list.count;
    return BASE_OK;
}

/* Cut at ';' in a copy; empty sentences are left out. */
base_err lab_topology_schedule(struct lab_topology *topology, const char *text,
                               struct base_why *why)
{
    struct base_arena scratch = { 0 };
    size_t count = 0, room = 1;
    for (const char *at = text; *at != '\0'; at++)
        room += *at == ';';
    char *const copy = base_arena_text(&scratch, text);
    struct lab_sentence *const sentences = base_arena_array(&scratch, room, sizeof *sentences);
    base_err err = copy != NULL && sentences != NULL
                       ? BASE_OK
                       : base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (char *at = copy, *end; err == BASE_OK && at != NULL; at = end) {
        end = strchr(at, ';');
        if (end != NULL)
            *end++ = '\0';
        if (at[strspn(at, " \t\r\n")] != '\0')
            sentences[count++] = (struct lab_sentence){ .text = at };
    }
    if (err == BASE_OK)
        err = lab_changes_add(topology, sentences, count, why);
    base_arena_done(&scratch);
    return err;
}

/* ---- and back ---- */

static void print_part(const struct lab_topology *topology, const uint8_t *side, unsigned part,
                       char *out)
{
    size_t used = strlen(out);
    unsigned names = 0;
    for (uint32_t i = 0; i < topology->program_count && used + 1 < LAB_CHANGE_TEXT_SIZE; i++)
        if (side[i] == part) {
            snprintf(out + used, LAB_CHANGE_TEXT_SIZE - used, "%s%s", names++ > 0 ? "," : " [",
                     topology->hosts[i].name);
            used = strlen(out);
        }
    if (names > 0)
        snprintf(out + used, LAB_CHANGE_TEXT_SIZE - used, "]");
}

const char *lab_change_print(const struct lab_topology *topology, const struct lab_change *change,
                             char *out)
{
    static const char *const verbs[] = { "cut", "heal", "set", "partition", "heal all" };
    snprintf(out, LAB_CHANGE_TEXT_SIZE, "%s", verbs[change->kind]);
    if (change->kind == LAB_PARTITION)
        for (unsigned part = 1; part <= PARTS_MAX; part++)
            print_part(topology, change->side, part, out);
    else if (change->kind != LAB_HEAL_ALL)
        snprintf(out, LAB_CHANGE_TEXT_SIZE, "%s %s%s%s", verbs[change->kind],
                 topology->hosts[change->a].name, change->is_one_way ? "->" : "-",
                 topology->hosts[change->b].name);
    return out;
}
