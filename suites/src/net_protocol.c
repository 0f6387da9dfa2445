/* net_protocol.c - the table of overlays. A new one is a row here. */
#include "net_protocol.h"

#include "net_baselines.h"
#include "net_flood.h"
#include "net_hermes.h"

static const struct net_protocol *const protocols[] = {
    &net_hermes, &net_flood, &net_gossip, &net_gossipsub, &net_plumtree, &net_direct
};

const struct net_protocol *net_protocol_at(size_t i)
{
    return i < sizeof protocols / sizeof protocols[0] ? protocols[i] : NULL;
}

const struct net_protocol *net_protocol_find(const char *name)
{
    for (size_t i = 0; net_protocol_at(i) != NULL; i++)
        if (strcmp(net_protocol_at(i)->name, name) == 0)
            return net_protocol_at(i);
    return NULL;
}
