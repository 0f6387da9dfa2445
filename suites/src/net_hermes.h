/* net_hermes.h - HERMES-Lite as one of the overlays that are measured. */
#ifndef SUITE_NET_HERMES_H
#define SUITE_NET_HERMES_H

#include "net_protocol.h"

extern const struct net_protocol net_hermes;

#endif
