/* relay.h - the emulator without namespaces: UDP and TCP ports on loopback.
 *
 * A port stands for a service of a host as another host sees it. A datagram to it goes through the
 * links to the service; what the service answers goes back to the sender. A stream's bytes are
 * delayed and paced by links of the same delay and rate that lose nothing (a TCP that loses would
 * need to be TCP); a stream that meets a cut breaks.
 *
 * Threads   the emulator's process
 */
#ifndef LAB_RELAY_H
#define LAB_RELAY_H

#include "emulator_internal.h"

#include <lab/net.h>

struct lab_relay;

/* Sets emulator->io and context. */
BASE_MUST_USE base_err lab_relay_new(const struct lab_net_config *config,
                                     struct lab_emulator *emulator, struct lab_relay **relay,
                                     struct base_why *why);
/* Close everything, and end the programs that were to be watched. */
void lab_relay_end(struct lab_relay *relay);

/* The link of a stream: delay, jitter, rate and cuts of another, but nothing is lost, changed,
 * doubled or overtaken. */
struct lab_link_config lab_stream_link(const struct lab_link_config *link);

#endif
