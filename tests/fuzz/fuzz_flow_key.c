/* fuzz_flow_key.c - any text: it is a flow or a sentence says why not, and a flow's own text is the
 * same flow. */
#include <mfn/flow_packet.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = malloc(size + 1); /* exactly, so that a read past its end is seen */
    struct mfn_flow_key key, back;
    struct base_why why = { 0 };
    char again[MFN_FLOW_TEXT_SIZE];
    need(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (mfn_flow_key_parse(text, &key, &why) == BASE_OK) {
        need(key.size == MFN_FLOW_KEY_IPV4 || key.size == MFN_FLOW_KEY_IPV6);
        need(mfn_flow_key_parse(mfn_flow_key_text(key.bytes, key.size, again), &back, NULL) ==
             BASE_OK);
        need(memcmp(&key, &back, sizeof key) == 0);
    } else {
        need(why.text[0] != '\0');
    }
    free(text);
    return 0;
}
