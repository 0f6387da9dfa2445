/* baseline_model.c - a dense layer adds one input's row of weights after the other to the outputs:
 * the order of loops that a compiler turns into vector instructions without being told. */
#include "baseline_model.h"

#include <base/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHT_SEED = 20250101, FIRST = 512, SECOND = 256, THIRD = 128, FOURTH = 64 };

struct shape {
    struct baseline_dense *layer;
    size_t input_count, output_count;
    float bound; /* of the weights */
};

enum { LAYERS = 11 };

static void shapes_of(struct baseline_model *model, struct shape out[LAYERS])
{
    const float cell = 1 / sqrtf(BASELINE_HIDDEN);
    const struct shape all[LAYERS] = {
        { &model->similar[0], BASELINE_FEATURES, FIRST, sqrtf(6.0f / BASELINE_FEATURES) },
        { &model->similar[1], FIRST, SECOND, sqrtf(6.0f / FIRST) },
        { &model->similar[2], SECOND, THIRD, sqrtf(6.0f / SECOND) },
        { &model->similar[3], THIRD, FOURTH, sqrtf(6.0f / THIRD) },
        { &model->context, BASELINE_FEATURES, BASELINE_HIDDEN, sqrtf(6.0f / BASELINE_FEATURES) },
        { &model->answer, FOURTH + BASELINE_HIDDEN, 1, cell },
        { &model->cells_in[0], BASELINE_FEATURES, BASELINE_GATES, cell },
        { &model->cells_back[0], BASELINE_HIDDEN, BASELINE_GATES, cell },
        { &model->cells_in[1], BASELINE_HIDDEN, BASELINE_GATES, cell },
        { &model->cells_back[1], BASELINE_HIDDEN, BASELINE_GATES, cell },
        { &model->next, BASELINE_HIDDEN, BASELINE_FEATURES, cell },
    };
    memcpy(out, all, sizeof all);
}

static void draw(struct base_rng *rng, float bound, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = bound * (float)(2 * base_rng_uniform(rng) - 1);
}

base_err baseline_model_open(struct baseline_model *model)
{
    struct shape shapes[LAYERS];
    struct base_rng rng;
    *model = (struct baseline_model){ 0 };
    shapes_of(model, shapes);
    for (size_t i = 0; i < LAYERS; i++)
        model->weight_count += (shapes[i].input_count + 1) * shapes[i].output_count;
    model->memory = malloc(model->weight_count * sizeof *model->memory);
    if (model->memory == NULL)
        return BASE_ENOMEM;
    base_rng_init(&rng, WEIGHT_SEED);
    float *at = model->memory;
    for (size_t i = 0; i < LAYERS; i++) {
        const struct shape *shape = &shapes[i];
        const size_t weights = shape->input_count * shape->output_count;
        *shape->layer =
            (struct baseline_dense){ shape->input_count, shape->output_count, at, at + weights };
        draw(&rng, shape->bound, at, weights + shape->output_count);
        at += weights + shape->output_count;
    }
    return BASE_OK;
}

void baseline_model_close(struct baseline_model *model)
{
    free(model->memory);
    *model = (struct baseline_model){ 0 };
}

/* out += weights * in. The counts are the callers' constants: inlined, they make loops of a known
 * length. */
static inline __attribute__((always_inline)) void dense_add(const struct baseline_dense *layer,
                                                            const float *restrict in,
                                                            size_t input_count, float *restrict out,
                                                            size_t output_count)
{
    const float *restrict row = layer->weights;
    for (size_t i = 0; i < input_count; i++, row += output_count)
        for (size_t k = 0; k < output_count; k++)
            out[k] += in[i] * row[k];
}

static inline __attribute__((always_inline)) void dense_relu(const struct baseline_dense *layer,
                                                             const float *restrict in,
                                                             size_t input_count,
                                                             float *restrict out,
                                                             size_t output_count)
{
    memcpy(out, layer->bias, output_count * sizeof *out);
    dense_add(layer, in, input_count, out, output_count);
    for (size_t k = 0; k < output_count; k++)
        out[k] = out[k] > 0 ? out[k] : 0;
}

static float logistic(float x)
{
    return 1 / (1 + expf(-x));
}

float baseline_model_similarity(struct baseline_model *model,
                                const float features[BASELINE_FEATURES],
                                const float context[BASELINE_FEATURES])
{
    float first[FIRST], second[SECOND], third[THIRD], both[FOURTH + BASELINE_HIDDEN], answer;
    dense_relu(&model->similar[0], features, BASELINE_FEATURES, first, FIRST);
    dense_relu(&model->similar[1], first, FIRST, second, SECOND);
    dense_relu(&model->similar[2], second, SECOND, third, THIRD);
    dense_relu(&model->similar[3], third, THIRD, both, FOURTH);
    dense_relu(&model->context, context, BASELINE_FEATURES, both + FOURTH, BASELINE_HIDDEN);
    answer = model->answer.bias[0];
    dense_add(&model->answer, both, FOURTH + BASELINE_HIDDEN, &answer, 1);
    model->run_count++;
    return logistic(answer);
}

/* One step of a layer's cells: gates from its sums, then cell and output. */
static void cells_step(const float gates[BASELINE_GATES], float *restrict cell,
                       float *restrict output)
{
    for (size_t i = 0; i < BASELINE_HIDDEN; i++) {
        const float in = logistic(gates[i]);
        const float forget = logistic(gates[BASELINE_HIDDEN + i]);
        const float candidate = tanhf(gates[2 * BASELINE_HIDDEN + i]);
        const float out = logistic(gates[3 * BASELINE_HIDDEN + i]);
        cell[i] = forget * cell[i] + in * candidate;
        output[i] = out * tanhf(cell[i]);
    }
}

static inline __attribute__((always_inline)) void layer_step(const struct baseline_model *model,
                                                             size_t layer, const float *restrict in,
                                                             size_t input_count,
                                                             float *restrict cell,
                                                             float *restrict output)
{
    float gates[BASELINE_GATES];
    memcpy(gates, model->cells_in[layer].bias, sizeof gates);
    for (size_t k = 0; k < BASELINE_GATES; k++)
        gates[k] += model->cells_back[layer].bias[k];
    dense_add(&model->cells_in[layer], in, input_count, gates, BASELINE_GATES);
    dense_add(&model->cells_back[layer], output, BASELINE_HIDDEN, gates, BASELINE_GATES);
    cells_step(gates, cell, output);
}

void baseline_model_predict(struct baseline_model *model,
                            const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                            float next[BASELINE_FEATURES])
{
    float cell[2][BASELINE_HIDDEN] = { { 0 } }, output[2][BASELINE_HIDDEN] = { { 0 } };
    for (size_t step = 0; step < BASELINE_HISTORY; step++) {
        layer_step(model, 0, history[step], BASELINE_FEATURES, cell[0], output[0]);
        layer_step(model, 1, output[0], BASELINE_HIDDEN, cell[1], output[1]);
    }
    memcpy(next, model->next.bias, BASELINE_FEATURES * sizeof *next);
    dense_add(&model->next, output[1], BASELINE_HIDDEN, next, BASELINE_FEATURES);
    model->run_count++;
}

float baseline_cosine(const float features[BASELINE_FEATURES],
                      const float context[BASELINE_FEATURES])
{
    float product = 0, left = 0, right = 0;
    for (size_t i = 0; i < BASELINE_FEATURES; i++) {
        product += features[i] * context[i];
        left += features[i] * features[i];
        right += context[i] * context[i];
    }
    const float cosine = left > 0 && right > 0 ? product / sqrtf(left * right) : 0;
    return cosine > 0 ? cosine : 0;
}

void baseline_extrapolate(const float history[BASELINE_HISTORY][BASELINE_FEATURES],
                          float next[BASELINE_FEATURES])
{
    const float *last = history[BASELINE_HISTORY - 1], *before = history[BASELINE_HISTORY - 2];
    for (size_t i = 0; i < BASELINE_FEATURES; i++)
        next[i] = last[i] + 0.5f * (last[i] - before[i]);
}
