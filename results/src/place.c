/* place.c - the user's folders from the environment. */
#include "place.h"

#include <stdlib.h>

struct place {
    const char *own;  /* names the folder itself */
    const char *xdg;  /* names its parent */
    const char *home; /* the parent under $HOME */
};

static base_err folder_of(const struct place *place, struct base_buf *out, struct base_why *why)
{
    const char *const own = getenv(place->own);
    const char *const xdg = getenv(place->xdg);
    const char *const home = getenv("HOME");
    base_err err = BASE_OK;
    if (own != NULL && own[0] != '\0')
        err = base_buf_put_text(out, own);
    else if (xdg != NULL && xdg[0] == '/')
        err = base_buf_printf(out, "%s/bpi-perf", xdg);
    else if (home != NULL && home[0] == '/')
        err = base_buf_printf(out, "%s/%s/bpi-perf", home, place->home);
    else
        return base_fail(why, BASE_EINVALID, 0, "neither %s nor %s nor HOME names a folder",
                         place->own, place->xdg);
    return err == BASE_OK ? err : base_fail(why, err, 0, "no memory for a path");
}

static base_err put(const struct place *place, const char *name, bool is_made, struct base_buf *out,
                    struct base_why *why)
{
    base_err err = folder_of(place, out, why);
    if (err == BASE_OK && is_made) {
        const char *folder = base_buf_text(out);
        err = folder == NULL ? base_fail(why, BASE_ENOMEM, 0, "no memory for a path")
                             : base_folder_make(folder, why);
    }
    if (err == BASE_OK && (base_buf_printf(out, "/%s", name) != BASE_OK))
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for a path");
    return err;
}

base_err result_place_config(const char *name, bool is_made, struct base_buf *out,
                             struct base_why *why)
{
    static const struct place place = { "BPI_PERF_CONFIG_DIR", "XDG_CONFIG_HOME", ".config" };
    return put(&place, name, is_made, out, why);
}

base_err result_place_state(const char *name, bool is_made, struct base_buf *out,
                            struct base_why *why)
{
    static const struct place place = { "BPI_PERF_STATE_DIR", "XDG_STATE_HOME", ".local/state" };
    return put(&place, name, is_made, out, why);
}
