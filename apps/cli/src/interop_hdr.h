/* interop_hdr.h - HdrHistogram's interval logs and percentile tables as a format of other tools:
 * here and not in results because their code is the measuring room's. */
#ifndef CLI_INTEROP_HDR_H
#define CLI_INTEROP_HDR_H

#include <result/interop.h>

extern const struct result_interop cli_interop_hdr;

#endif
