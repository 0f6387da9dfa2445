/* baseline_twin.h - the baseline's models once more, in double and in the order of the textbook:
 * what the answers are checked against. */
#ifndef BASELINE_TWIN_H
#define BASELINE_TWIN_H

#include "baseline_model.h"

double baseline_twin_similarity(const struct baseline_model *model,
                                const float features[BASELINE_FEATURES],
                                const float context[BASELINE_FEATURES]);
void baseline_twin_predict(const struct baseline_model *model,
                           const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                           double next[BASELINE_FEATURES]);
double baseline_twin_cosine(const float features[BASELINE_FEATURES],
                            const float context[BASELINE_FEATURES]);

#endif
