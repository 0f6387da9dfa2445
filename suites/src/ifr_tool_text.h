/* ifr_tool_text.h - keys, values and counters of the flow registry as text. */
#ifndef SUITE_IFR_TOOL_TEXT_H
#define SUITE_IFR_TOOL_TEXT_H

#include <suite/ifr.h>

#include <mfn/ifr_client.h>

struct ifr_tool_key {
    uint8_t bytes[MFN_IFR_KEY_SIZE_MAX];
    size_t size;
};

/* Errors: EPARSE */
BASE_MUST_USE base_err ifr_tool_key_parse(const char *text, struct ifr_tool_key *out,
                                          struct base_why *why);

/* The value that a command's words say; its timestamp is 0. Errors: EPARSE, ERANGE */
BASE_MUST_USE base_err ifr_tool_value_parse(const struct suite_ifr_flow *flow,
                                            struct mfn_ifr_value *out, struct base_why *why);

/* Errors: ENOMEM */
BASE_MUST_USE base_err ifr_tool_value_write(const struct ifr_tool_key *key,
                                            const struct mfn_ifr_value *value,
                                            enum suite_ifr_format format, struct base_buf *out);
BASE_MUST_USE base_err ifr_tool_counters_write(const struct mfn_ifr_counters *counters,
                                               const struct mfn_ifr_component *components,
                                               size_t component_count, enum suite_ifr_format format,
                                               struct base_buf *out);

#endif
