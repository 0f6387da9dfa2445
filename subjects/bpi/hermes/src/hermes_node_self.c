/* hermes_node_self.c - where this node is. It cannot know by itself; every session says once where
 * it sees us, and the address that most of them name is signed and told. What a session said is
 * kept with the session: there is no table that a few could fill, and what somebody says ends with
 * it. An attacker has many identities for nothing, but not many networks (Sybil bound): that is why
 * a public subnet has one voice (as Bitcoin's peers are chosen by network group; Heilman et al.,
 * USENIX Security 2015). */
#include "hermes_node_internal.h"
#include "hermes_subnet_internal.h"

#include <string.h>

enum { FEW = 3 };

static const struct bpi_hermes_id no_id;

bool hermes_boot_has_id(const struct hermes_boot *boot)
{
    return !hermes_id_is(&boot->id, &no_id);
}

/* Entries of the start that are this node: by id where it is known, else by the address that others
 * name, which may turn out to be another's. */
static void find_self(struct bpi_hermes *node)
{
    for (uint32_t i = 0; i < node->boot_count; i++) {
        struct hermes_boot *const boot = &node->boots[i];
        boot->is_self = hermes_boot_has_id(boot)
                            ? hermes_id_is(&boot->id, &node->self)
                            : base_address_is(&boot->address, &node->self_record.address);
    }
}

static void sign_self(struct bpi_hermes *node, const struct base_address *address)
{
    struct hermes_record *const self = &node->self_record;
    uint8_t text[HERMES_RECORD_SIGNED_SIZE];
    self->id = node->self;
    self->address = *address;
    self->version = self->version == 0 ? node->incarnation : self->version + 1;
    hermes_record_signed(self, text);
    hermes_secure_sign(node->secure, text, sizeof text, self->signature);
    find_self(node);
}

/* Votes: the sessions that are up, by their place in the heap. */

static const struct hermes_peer *voter(const struct bpi_hermes *node, uint32_t i)
{
    return &node->peers[node->heap[i]];
}

static bool names(const struct hermes_peer *peer, const struct base_address *address)
{
    return peer->seen_at.port != 0 && base_address_is(&peer->seen_at, address);
}

/* Has one before it, of its subnet, said the same? */
static bool is_repeated(const struct bpi_hermes *node, uint32_t i)
{
    const struct hermes_peer *const peer = voter(node, i);
    if (hermes_is_private(peer->address.ip))
        return false;
    for (uint32_t k = 0; k < i; k++)
        if (names(voter(node, k), &peer->seen_at) &&
            hermes_is_same_subnet(voter(node, k)->address.ip, peer->address.ip))
            return true;
    return false;
}

static uint32_t places_naming(const struct bpi_hermes *node, const struct base_address *address)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->heap_count; i++)
        count += names(voter(node, i), address) && !is_repeated(node, i);
    return count;
}

static bool is_first_to_name(const struct bpi_hermes *node, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (names(voter(node, k), &voter(node, i)->seen_at))
            return false;
    return true;
}

/* Did the start give it under our own id? */
static bool is_given(const struct bpi_hermes *node, const struct base_address *address)
{
    for (uint32_t i = 0; i < node->boot_count; i++)
        if (hermes_id_is(&node->boots[i].id, &node->self) &&
            base_address_is(&node->boots[i].address, address))
            return true;
    return false;
}

static struct base_address elect(const struct bpi_hermes *node)
{
    struct base_address best = node->self_record.address;
    uint32_t most = places_naming(node, &best);
    for (uint32_t i = 0; i < node->heap_count; i++) {
        const struct base_address *const its = &voter(node, i)->seen_at;
        if (its->port == 0 || base_address_is(its, &best) || !is_first_to_name(node, i))
            continue;
        const uint32_t count = places_naming(node, its);
        if (count > most || (count == most && is_given(node, its) && !is_given(node, &best))) {
            best = *its;
            most = count;
        }
    }
    return best;
}

static void settle(struct bpi_hermes *node)
{
    const struct base_address best = elect(node);
    if (base_address_is(&best, &node->self_record.address))
        return;
    sign_self(node, &best);
    for (uint32_t i = 0; i < node->heap_count; i++)
        hermes_links_say(node, node->heap[i], 0, node->up_count <= FEW);
}

void hermes_self_start(struct bpi_hermes *node)
{
    find_self(node);
}

void hermes_self_named(struct bpi_hermes *node, uint32_t handle, const struct base_address *seen_at)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (peer->seen_at.port != 0 || seen_at->port == 0)
        return;
    peer->seen_at = *seen_at;
    if (!base_address_is(seen_at, &node->self_record.address))
        settle(node);
}

/* Only a voice that was for our address can change what is ours. */
void hermes_self_unnamed(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const bool was_for_ours = names(peer, &node->self_record.address);
    peer->seen_at = (struct base_address){ 0 };
    if (was_for_ours)
        settle(node);
}
