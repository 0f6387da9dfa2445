/* baseline_service.h - a registry of flows as an ordinary service: JSON, one object a line, over
 * one kept TCP connection.
 *
 *   {"op":"register","flow":"<64 hex digits>","component":4711,"timestamp":1700000000000000000}
 *       {"ok":true,"flows":10001}
 *   {"op":"lookup","flow":"<64 hex digits>"}
 *       {"ok":true,"component":4711,"timestamp":1700000000000000000}
 *       {"ok":false,"error":"there is no such flow"}
 *
 * A line that is not understood is answered with ok false and a sentence.
 */
#ifndef BASELINE_SERVICE_H
#define BASELINE_SERVICE_H

#include "baseline_map.h"

enum { BASELINE_LINE_MAX = 512 }; /* bytes of a request or an answer with its line break */

/* The answer to one line, a pure function of it and the map.
 *
 *   line   [size] without the line break; any bytes
 *   out    the answer with its line break
 *
 * Returns  bytes of the answer, 1 .. BASELINE_LINE_MAX
 */
size_t baseline_service_answer(struct baseline_map *map, const char *line, size_t size,
                               char out[BASELINE_LINE_MAX]);

/* Answer lines on a connected socket until the other side closes, or sends a line that is longer
 * than BASELINE_LINE_MAX. */
void baseline_service_serve(int socket, struct baseline_map *map);

/* Hex digits of an id, both ways; digits need not end with a zero byte when they are read.
 * Errors: EPARSE */
void baseline_id_print(const uint8_t id[BASELINE_ID_SIZE], char out[2 * BASELINE_ID_SIZE + 1]);
BASE_MUST_USE base_err baseline_id_parse(const char *text, size_t size,
                                         uint8_t id[BASELINE_ID_SIZE]);

#endif
