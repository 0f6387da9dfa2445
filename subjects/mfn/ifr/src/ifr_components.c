/* ifr_components.c - a sorted array; it is small, and looked at far more often than changed. */
#include <mfn/ifr_components.h>

#include <string.h>
#include <strings.h>

static const char *const names[MFN_IFR_NAMED_COMPONENTS] = {
    [MFN_IFR_TRANSPORT] = "transport",         [MFN_IFR_CONSENSUS] = "consensus",
    [MFN_IFR_CONTAINER] = "container",         [MFN_IFR_SECURITY] = "security",
    [MFN_IFR_ORCHESTRATION] = "orchestration", [MFN_IFR_NETWORKING] = "networking",
    [MFN_IFR_SCHEDULER] = "scheduler",
};

const char *mfn_ifr_component_name(uint32_t component_id)
{
    return component_id < MFN_IFR_NAMED_COMPONENTS ? names[component_id] : NULL;
}

/* Digits only, no sign, no blank. */
static bool number_parse(const char *text, uint32_t *out)
{
    uint64_t number = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && number <= UINT32_MAX; i++)
        number = 10 * number + (uint64_t)(text[i] - '0');
    if (i == 0 || text[i] != '\0' || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

base_err mfn_ifr_component_parse(const char *text, uint32_t *out, struct base_why *why)
{
    for (uint32_t i = 0; i < MFN_IFR_NAMED_COMPONENTS; i++)
        if (strcasecmp(text, names[i]) == 0) {
            *out = i;
            return BASE_OK;
        }
    if (number_parse(text, out))
        return BASE_OK;
    return base_fail(
        why, BASE_EPARSE, 0,
        "component \"%.60s\" is neither a number 0 .. 4294967295 nor one of transport, "
        "consensus, container, security, orchestration, networking, scheduler",
        text);
}

const char *mfn_ifr_state_name(enum mfn_ifr_state state)
{
    static const char *const texts[MFN_IFR_STATE_COUNT] = {
        [MFN_IFR_UNKNOWN] = "unknown", [MFN_IFR_STARTING] = "starting",
        [MFN_IFR_RUNNING] = "running", [MFN_IFR_STOPPING] = "stopping",
        [MFN_IFR_STOPPED] = "stopped", [MFN_IFR_FAILED] = "failed",
    };
    return (unsigned)state < MFN_IFR_STATE_COUNT ? texts[state] : "?";
}

/* Where the component is, or would be. */
static uint32_t place_of(const struct mfn_ifr_components *components, uint32_t component_id)
{
    uint32_t low = 0, high = components->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (components->members[middle].component_id < component_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct mfn_ifr_member *member_of(struct mfn_ifr_components *components,
                                        uint32_t component_id)
{
    const uint32_t at = place_of(components, component_id);
    if (at == components->count || components->members[at].component_id != component_id)
        return NULL;
    return &components->members[at];
}

static void drop(struct mfn_ifr_components *components, uint32_t at)
{
    components->count--;
    memmove(&components->members[at], &components->members[at + 1],
            (components->count - at) * sizeof components->members[0]);
}

/* Drop the one that has been out of work longest. False: all are alive. */
static bool make_room(struct mfn_ifr_components *components, uint64_t now_ns)
{
    uint32_t oldest = components->count;
    for (uint32_t i = 0; i < components->count; i++) {
        const struct mfn_ifr_member *const member = &components->members[i];
        const enum mfn_ifr_state state = mfn_ifr_member_state(member, now_ns);
        if (state != MFN_IFR_STOPPED && state != MFN_IFR_FAILED)
            continue;
        if (oldest == components->count || member->heard_ns < components->members[oldest].heard_ns)
            oldest = i;
    }
    if (oldest == components->count)
        return false;
    drop(components, oldest);
    return true;
}

/* The member, new in state Unknown when it is not there; NULL: no room. */
static struct mfn_ifr_member *member_get(struct mfn_ifr_components *components,
                                         uint32_t component_id, uint64_t now_ns)
{
    struct mfn_ifr_member *const found = member_of(components, component_id);
    if (found != NULL)
        return found;
    if (components->count == MFN_IFR_COMPONENTS_MAX && !make_room(components, now_ns))
        return NULL;
    const uint32_t at = place_of(components, component_id);
    struct mfn_ifr_member *const member = &components->members[at];
    memmove(member + 1, member, (components->count - at) * sizeof *member);
    components->count++;
    *member = (struct mfn_ifr_member){ .component_id = component_id, .heard_ns = now_ns };
    return member;
}

base_err mfn_ifr_components_add(struct mfn_ifr_components *components, uint32_t component_id,
                                uint64_t now_ns)
{
    struct mfn_ifr_member *const member = member_get(components, component_id, now_ns);
    if (member == NULL)
        return BASE_EFULL;
    member->connection_count++;
    member->state = MFN_IFR_STARTING;
    member->heard_ns = now_ns;
    return BASE_OK;
}

base_err mfn_ifr_components_end(struct mfn_ifr_components *components, uint32_t component_id,
                                uint64_t now_ns)
{
    struct mfn_ifr_member *const member = member_of(components, component_id);
    if (member == NULL)
        return BASE_ENOTFOUND;
    if (member->connection_count > 0)
        member->connection_count--;
    if (member->connection_count == 0) {
        member->state = MFN_IFR_STOPPED;
        member->heard_ns = now_ns;
    }
    return BASE_OK;
}

base_err mfn_ifr_components_heard(struct mfn_ifr_components *components, uint32_t component_id,
                                  uint64_t now_ns)
{
    struct mfn_ifr_member *const member = member_of(components, component_id);
    if (member == NULL)
        return BASE_ENOTFOUND;
    if (member->state != MFN_IFR_STOPPING)
        member->state = MFN_IFR_RUNNING;
    member->heard_ns = now_ns;
    member->message_count++;
    return BASE_OK;
}

base_err mfn_ifr_components_set(struct mfn_ifr_components *components, uint32_t component_id,
                                enum mfn_ifr_state state, uint64_t now_ns)
{
    if ((unsigned)state >= MFN_IFR_STATE_COUNT)
        return BASE_EINVALID;
    struct mfn_ifr_member *const member = member_get(components, component_id, now_ns);
    if (member == NULL)
        return BASE_EFULL;
    member->state = state;
    member->heard_ns = now_ns;
    return BASE_OK;
}

base_err mfn_ifr_components_remove(struct mfn_ifr_components *components, uint32_t component_id)
{
    const struct mfn_ifr_member *const member = member_of(components, component_id);
    if (member == NULL)
        return BASE_ENOTFOUND;
    drop(components, (uint32_t)(member - components->members));
    return BASE_OK;
}

const struct mfn_ifr_member *mfn_ifr_components_find(const struct mfn_ifr_components *components,
                                                     uint32_t component_id)
{
    const uint32_t at = place_of(components, component_id);
    const bool is_there =
        at < components->count && components->members[at].component_id == component_id;
    return is_there ? &components->members[at] : NULL;
}

enum mfn_ifr_state mfn_ifr_member_state(const struct mfn_ifr_member *member, uint64_t now_ns)
{
    const uint64_t silent_ns = now_ns > member->heard_ns ? now_ns - member->heard_ns : 0;
    if (member->state == MFN_IFR_STOPPED || member->state == MFN_IFR_FAILED)
        return member->state;
    if (silent_ns >= MFN_IFR_COMPONENT_FAILED_AFTER * MFN_IFR_COMPONENT_TIMEOUT_NS)
        return MFN_IFR_FAILED;
    if (silent_ns >= MFN_IFR_COMPONENT_TIMEOUT_NS && member->state != MFN_IFR_STOPPING)
        return MFN_IFR_UNKNOWN;
    return member->state;
}
