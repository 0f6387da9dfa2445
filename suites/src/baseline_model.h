/* baseline_model.h - the two dense models of the baseline, in plain C: one question at a time,
 * every weight used anew for each, nothing remembered.
 *
 * Similarity   features (256) through 512, 256, 128 and 64 units, the context (256) through 128,
 * all ReLU; both ends together (192) to one logistic unit: a number in 0 .. 1 Prediction   five
 * contexts (256), oldest first, through two layers of 128 LSTM cells; the last output through a
 * dense layer of 256 units: the next context Weights      not trained: drawn from a fixed seed,
 * uniform within +-sqrt(6/inputs) before ReLU and
 *              +-1/sqrt(128) elsewhere; the time does not depend on them
 * Threads      a model has scratch of its own: one thread
 * Source       He et al., ICCV 2015 (bound of the weights); Hochreiter & Schmidhuber, Neural
 *              Computation 9 (1997) 1735, with forget gates as in Gers et al., 12 (2000) 2451
 */
#ifndef BASELINE_MODEL_H
#define BASELINE_MODEL_H

#include <base/err.h>

enum {
    BASELINE_FEATURES = 256,
    BASELINE_HISTORY = 5, /* contexts that a prediction is made from */
    BASELINE_HIDDEN = 128,
    BASELINE_GATES = 4 * BASELINE_HIDDEN, /* input, forget, cell, output, of each cell */
};

/* A dense layer: weights[input][output], so that one input's row is added to all outputs. */
struct baseline_dense {
    size_t input_count, output_count;
    float *weights; /* [input_count * output_count] */
    float *bias;    /* [output_count] */
};

struct baseline_model {
    float *memory; /* of all weights */
    size_t weight_count;
    struct baseline_dense similar[4];                 /* features to 512, 256, 128, 64 */
    struct baseline_dense context;                    /* context to 128 */
    struct baseline_dense answer;                     /* 64 + 128 to 1 */
    struct baseline_dense cells_in[2], cells_back[2]; /* LSTM: from below, from the last step */
    struct baseline_dense next;                       /* 128 to 256 */
    uint64_t run_count;                               /* of models so far */
};

/* Errors: ENOMEM */
BASE_MUST_USE base_err baseline_model_open(struct baseline_model *model);
void baseline_model_close(struct baseline_model *model);

float baseline_model_similarity(struct baseline_model *model,
                                const float features[BASELINE_FEATURES],
                                const float context[BASELINE_FEATURES]);
void baseline_model_predict(struct baseline_model *model,
                            const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                            float next[BASELINE_FEATURES]);

/* What stands in for the models when they are off: the cosine of both, not below 0; and the last
 * context plus half of its difference to the one before. */
float baseline_cosine(const float features[BASELINE_FEATURES],
                      const float context[BASELINE_FEATURES]);
void baseline_extrapolate(const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                          float next[BASELINE_FEATURES]);

#endif
