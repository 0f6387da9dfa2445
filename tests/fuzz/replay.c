/* replay.c - the fuzz targets as ordinary programs: every file that is named, and every file of
 * every folder that is named, goes through LLVMFuzzerTestOneInput once. A finding aborts. */
#include <base/buf.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX_BYTES = 1 << 26, PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    struct base_buf buf = { 0 };
    struct base_why why = { 0 };
    if (base_buf_read_file(&buf, path, INPUT_MAX_BYTES, &why) != BASE_OK) {
        fprintf(stderr, "%s\n", why.text);
        return -1;
    }
    /* In memory of exactly its size, so that a sanitizer sees a read past the end. */
    uint8_t *const exact = malloc(buf.size > 0 ? buf.size : 1);
    if (exact != NULL && buf.size > 0)
        memcpy(exact, buf.data, buf.size);
    if (exact != NULL)
        LLVMFuzzerTestOneInput(exact, buf.size);
    base_buf_done(&buf);
    free(exact);
    return exact != NULL ? 1 : -1;
}

/* How many inputs; negative when one cannot be read. */
static int replay(const char *path)
{
    DIR *const folder = opendir(path);
    if (folder == NULL)
        return replay_file(path);
    int count = 0;
    for (const struct dirent *entry; count >= 0 && (entry = readdir(folder)) != NULL;) {
        char inside[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        const int size = snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        const int found = size < (int)sizeof inside ? replay_file(inside) : -1;
        count = found < 0 ? found : count + found;
    }
    closedir(folder);
    return count;
}

int main(int count, char **args)
{
    int inputs = 0;
    for (int i = 1; i < count; i++) {
        const int found = replay(args[i]);
        if (found < 0)
            return 1;
        inputs += found;
    }
    printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
