/* ifr_service.c - one command in, one answer out. */
#include <mfn/ifr_service.h>

#include <string.h>

static void stats(const struct mfn_ifr_service *service, const struct mfn_ifr_counters *server,
                  struct mfn_ifr_counters *out)
{
    *out = (struct mfn_ifr_counters){ 0 };
    service->stats(service->context, out);
    if (server == NULL)
        return;
    out->uptime_ns = server->uptime_ns;
    out->client_count = server->client_count;
    out->clients_accepted = server->clients_accepted;
    out->clients_refused = server->clients_refused;
    out->frames = server->frames;
    out->bad_frames = server->bad_frames;
}

static base_err perform(const struct mfn_ifr_service *service,
                        const struct mfn_ifr_request *request,
                        const struct mfn_ifr_counters *server, struct mfn_ifr_answer *answer)
{
    switch (request->command) {
    case MFN_IFR_COMMAND_LOOKUP:
        return service->find(service->context, request->key, request->key_size, &answer->value);
    case MFN_IFR_COMMAND_REGISTER:
        return service->insert(service->context, request->key, request->key_size, &request->value);
    case MFN_IFR_COMMAND_REMOVE:
        return service->remove(service->context, request->key, request->key_size);
    case MFN_IFR_COMMAND_STATS:
        stats(service, server, &answer->counters);
        return BASE_OK;
    default:
        return BASE_EUNSUPPORTED; /* Attach, Metrics: the transport's to answer */
    }
}

size_t mfn_ifr_service_answer(const struct mfn_ifr_service *service, struct base_span payload,
                              const struct mfn_ifr_counters *server, uint8_t *out)
{
    struct mfn_ifr_request request;
    struct base_why why;
    if (mfn_ifr_request_decode(payload, &request, &why) != BASE_OK)
        return mfn_ifr_service_refuse(MFN_IFR_RESULT_INVALID, why.text, out);
    struct mfn_ifr_answer answer; /* only what its result and command need is set */
    answer.command = request.command;
    answer.value = (struct mfn_ifr_value){ 0 };
    answer.result = mfn_ifr_result_of(perform(service, &request, server, &answer));
    answer.sentence[0] = '\0';
    return mfn_ifr_answer_encode(&answer, out);
}

size_t mfn_ifr_service_refuse(enum mfn_ifr_result result, const char *sentence, uint8_t *out)
{
    struct mfn_ifr_answer answer;
    answer.result = result;
    answer.command = MFN_IFR_COMMAND_NONE;
    const char *const text = sentence != NULL ? sentence : mfn_ifr_result_text(result);
    const size_t size = strnlen(text, MFN_IFR_SENTENCE_MAX);
    memcpy(answer.sentence, text, size);
    answer.sentence[size] = '\0';
    return mfn_ifr_answer_encode(&answer, out);
}
