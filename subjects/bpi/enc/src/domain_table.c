/* domain_table.c - the tables of domains and algorithms, and finding a row. */
#include <bpi/domain.h>

#include <string.h>

#define CONTEXT "bpi 2026-11-21 "

static const struct bpi_domain_info domain_table[BPI_DOMAIN_COUNT] = {
#define BYTE_ROW(row_name, byte)                                                                   \
    { .name = #row_name,                                                                           \
      .prefix = { byte },                                                                          \
      .prefix_size = 1,                                                                            \
      .context = CONTEXT "byte domain " #byte },
#define TEXT_ROW(row_name)                                                                         \
    { .name = #row_name,                                                                           \
      .prefix = #row_name,                                                                         \
      .prefix_size = sizeof #row_name,                                                             \
      .context = CONTEXT "text domain " #row_name,                                                 \
      .is_text = true },
    BPI_DOMAIN_BYTE_MAP(BYTE_ROW) BPI_DOMAIN_TEXT_MAP(TEXT_ROW)
};

static const char *const hash_names[BPI_HASH_COUNT] = { "blake3", "sha256" };
static const char *const form_names[BPI_FORM_COUNT] = { "prefix", "derive" };

const struct bpi_domain_info *bpi_domain_info(enum bpi_domain domain)
{
    return &domain_table[domain];
}

base_err bpi_domain_find(const char *name, enum bpi_domain *domain, struct base_why *why)
{
    for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++) {
        if (strcmp(domain_table[i].name, name) == 0) {
            *domain = (enum bpi_domain)i;
            return BASE_OK;
        }
    }
    return base_fail(why, BASE_ENOTFOUND, 0, "\"%s\" is not the name of a hash domain", name);
}

base_err bpi_domain_of_byte(uint8_t byte, enum bpi_domain *domain)
{
    for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++) {
        if (!domain_table[i].is_text && domain_table[i].prefix[0] == byte) {
            *domain = (enum bpi_domain)i;
            return BASE_OK;
        }
    }
    return BASE_ENOTFOUND;
}

const char *bpi_hash_name(enum bpi_hash hash)
{
    return hash_names[hash];
}

const char *bpi_form_name(enum bpi_form form)
{
    return form_names[form];
}

base_err bpi_hash_find(const char *name, enum bpi_hash *hash, struct base_why *why)
{
    for (unsigned i = 0; i < BPI_HASH_COUNT; i++) {
        if (strcmp(hash_names[i], name) == 0) {
            *hash = (enum bpi_hash)i;
            return BASE_OK;
        }
    }
    return base_fail(why, BASE_ENOTFOUND, 0, "\"%s\" is no hash algorithm; blake3 and sha256 are",
                     name);
}

base_err bpi_form_find(const char *name, enum bpi_form *form, struct base_why *why)
{
    for (unsigned i = 0; i < BPI_FORM_COUNT; i++) {
        if (strcmp(form_names[i], name) == 0) {
            *form = (enum bpi_form)i;
            return BASE_OK;
        }
    }
    return base_fail(why, BASE_ENOTFOUND, 0, "\"%s\" is no domain form; prefix and derive are",
                     name);
}
