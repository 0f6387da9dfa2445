/* ifr_components.h - who takes part: components by number, when they were last heard, their state.
 *
 *   Starting   it announced itself, and was not heard since
 *   Running    it was heard
 *   Unknown    it was not heard for 60 s
 *   Failed     it was not heard for three times as long; or its socket is there and nobody listens
 *   Stopping   it said that it will go
 *   Stopped    its last connection ended
 *
 * Time is the caller's and does not run backwards; nothing here waits or allocates. That a
 * component could not be kept may be ignored where it is served all the same.
 * Threads   objects are not shared
 * Source    numbers, times and states: the seed's layer 1
 */
#ifndef MFN_IFR_COMPONENTS_H
#define MFN_IFR_COMPONENTS_H

#include <base/err.h>

#include <stdbool.h>

#define MFN_IFR_COMPONENT_TIMEOUT_NS UINT64_C(60000000000)

enum {
    MFN_IFR_COMPONENTS_MAX = 1024,
    MFN_IFR_COMPONENT_FAILED_AFTER = 3, /* timeouts */
};

/* Numbers with a name; every other number is allowed too. */
enum mfn_ifr_component_id {
    MFN_IFR_TRANSPORT,
    MFN_IFR_CONSENSUS,
    MFN_IFR_CONTAINER,
    MFN_IFR_SECURITY,
    MFN_IFR_ORCHESTRATION,
    MFN_IFR_NETWORKING,
    MFN_IFR_SCHEDULER,
    MFN_IFR_NAMED_COMPONENTS
};

enum mfn_ifr_state {
    MFN_IFR_UNKNOWN,
    MFN_IFR_STARTING,
    MFN_IFR_RUNNING,
    MFN_IFR_STOPPING,
    MFN_IFR_STOPPED,
    MFN_IFR_FAILED,
    MFN_IFR_STATE_COUNT
};

struct mfn_ifr_member {
    uint32_t component_id;
    uint32_t connection_count; /* announced and not ended */
    enum mfn_ifr_state state;  /* as last told; time is not looked at, see _state */
    uint64_t heard_ns;
    uint64_t message_count;
};

/* A zeroed one is empty. */
struct mfn_ifr_components {
    uint32_t count;
    struct mfn_ifr_member members[MFN_IFR_COMPONENTS_MAX]; /* by rising component_id */
};

/* "transport", "consensus", ...; NULL for a number without a name. */
const char *mfn_ifr_component_name(uint32_t component_id);

/* A name in any case, or a number 0 .. 4294967295. Errors: EPARSE, one sentence. */
BASE_MUST_USE base_err mfn_ifr_component_parse(const char *text, uint32_t *out,
                                               struct base_why *why);

/* "unknown", "starting", "running", "stopping", "stopped", "failed"; "?" for no state. */
const char *mfn_ifr_state_name(enum mfn_ifr_state state);

/* A component announces itself over one more connection; it is Starting. Among too many, the one
 * that is Stopped or Failed longest makes room.
 * Errors   EFULL   MFN_IFR_COMPONENTS_MAX are there, all of them alive */
base_err mfn_ifr_components_add(struct mfn_ifr_components *components, uint32_t component_id,
                                uint64_t now_ns);

/* One of its connections ended; with the last it is Stopped. Errors: ENOTFOUND */
base_err mfn_ifr_components_end(struct mfn_ifr_components *components, uint32_t component_id,
                                uint64_t now_ns);

/* It sent something: it is Running, unless it is Stopping. Errors: ENOTFOUND */
base_err mfn_ifr_components_heard(struct mfn_ifr_components *components, uint32_t component_id,
                                  uint64_t now_ns);

/* Its state is known from elsewhere (a discovery, a goodbye); one that is new is added without a
 * connection. Errors: EFULL; EINVALID (no such state) */
BASE_MUST_USE base_err mfn_ifr_components_set(struct mfn_ifr_components *components,
                                              uint32_t component_id, enum mfn_ifr_state state,
                                              uint64_t now_ns);

/* Forget it. Errors: ENOTFOUND */
BASE_MUST_USE base_err mfn_ifr_components_remove(struct mfn_ifr_components *components,
                                                 uint32_t component_id);

/* NULL when it is not there; valid until one is added or removed. */
const struct mfn_ifr_member *mfn_ifr_components_find(const struct mfn_ifr_components *components,
                                                     uint32_t component_id);

/* The state of a member at this time. */
enum mfn_ifr_state mfn_ifr_member_state(const struct mfn_ifr_member *member, uint64_t now_ns);

#endif
