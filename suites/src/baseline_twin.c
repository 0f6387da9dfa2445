/* baseline_twin.c - each output is the sum over its inputs, one after the other. */
#include "baseline_twin.h"

#include <math.h>
#include <string.h>

enum { WIDTH_MAX = 512 };

static double unit_of(const struct baseline_dense *layer, const double *in, size_t output)
{
    double sum = 0;
    for (size_t i = 0; i < layer->input_count; i++)
        sum += in[i] * (double)layer->weights[i * layer->output_count + output];
    return sum + (double)layer->bias[output];
}

static void relu(const struct baseline_dense *layer, const double *in, double *out)
{
    for (size_t k = 0; k < layer->output_count; k++) {
        out[k] = unit_of(layer, in, k);
        if (out[k] < 0)
            out[k] = 0;
    }
}

static void widen(const float *in, double *out)
{
    for (size_t i = 0; i < BASELINE_FEATURES; i++)
        out[i] = (double)in[i];
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

double baseline_twin_similarity(const struct baseline_model *model,
                                const float features[BASELINE_FEATURES],
                                const float context[BASELINE_FEATURES])
{
    double in[WIDTH_MAX], out[WIDTH_MAX], other[WIDTH_MAX];
    widen(features, in);
    for (size_t layer = 0; layer < 4; layer++) {
        relu(&model->similar[layer], in, out);
        memcpy(in, out, sizeof in);
    }
    widen(context, other);
    relu(&model->context, other, in + model->similar[3].output_count);
    return logistic(unit_of(&model->answer, in, 0));
}

static void step(const struct baseline_model *model, size_t layer, const double *in, double *cell,
                 double *output)
{
    double sums[BASELINE_GATES];
    for (size_t k = 0; k < BASELINE_GATES; k++)
        sums[k] =
            unit_of(&model->cells_in[layer], in, k) + unit_of(&model->cells_back[layer], output, k);
    for (size_t i = 0; i < BASELINE_HIDDEN; i++) {
        cell[i] = logistic(sums[BASELINE_HIDDEN + i]) * cell[i] +
                  logistic(sums[i]) * tanh(sums[2 * BASELINE_HIDDEN + i]);
        output[i] = logistic(sums[3 * BASELINE_HIDDEN + i]) * tanh(cell[i]);
    }
}

void baseline_twin_predict(const struct baseline_model *model,
                           const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                           double next[BASELINE_FEATURES])
{
    double cell[2][BASELINE_HIDDEN] = { { 0 } }, output[2][BASELINE_HIDDEN] = { { 0 } };
    double in[BASELINE_FEATURES];
    for (size_t at = 0; at < BASELINE_HISTORY; at++) {
        widen(history[at], in);
        step(model, 0, in, cell[0], output[0]);
        step(model, 1, output[0], cell[1], output[1]);
    }
    for (size_t k = 0; k < BASELINE_FEATURES; k++)
        next[k] = unit_of(&model->next, output[1], k);
}

double baseline_twin_cosine(const float features[BASELINE_FEATURES],
                            const float context[BASELINE_FEATURES])
{
    double product = 0, left = 0, right = 0;
    for (size_t i = 0; i < BASELINE_FEATURES; i++) {
        product += (double)features[i] * (double)context[i];
        left += (double)features[i] * (double)features[i];
        right += (double)context[i] * (double)context[i];
    }
    const double cosine = left > 0 && right > 0 ? product / sqrt(left * right) : 0;
    return cosine > 0 ? cosine : 0;
}
