/* fuzz_address.c - any text: it is an address or a sentence says why not, and an address's own text
 * is the same address. */
#include <base/step.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = malloc(size + 1); /* exactly, so that a read past its end is seen */
    struct base_address address, back;
    struct base_why why = { 0 };
    char again[BASE_ADDRESS_TEXT_SIZE];
    need(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (base_address_parse(text, &address, &why) == BASE_OK) {
        need(base_address_parse(base_address_print(&address, again), &back, NULL) == BASE_OK);
        need(base_address_is(&address, &back));
    } else {
        need(why.text[0] != '\0');
    }
    free(text);
    return 0;
}
