/* example_topologies.c - every topology of the examples is read, and what it says of itself holds.
 */
#include <lab/topology.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* The quickest way between two hosts, in microseconds. */
static uint64_t way_us(const struct lab_topology *topology, const char *from, const char *to)
{
    struct lab_path path = { 0 };
    const uint32_t a = lab_topology_host(topology, from), b = lab_topology_host(topology, to);
    if (a == UINT32_MAX || b == UINT32_MAX || lab_topology_path(topology, a, b, &path) != BASE_OK)
        return UINT64_MAX;
    return path.delay_ns / 1000;
}

static bool is_as_said(const char *name, const struct lab_topology *topology)
{
    if (strcmp(name, "lan.yaml") == 0)
        return topology->program_count == 5 && topology->host_count == 6 &&
               way_us(topology, "alpha", "epsilon") == 250 &&
               topology->hosts[4].rate_bits == 100000000;
    if (strcmp(name, "data_centres.yaml") == 0)
        return topology->program_count == 9 && way_us(topology, "tokyo0", "tokyo2") == 250 &&
               way_us(topology, "tokyo1", "paris0") == 121000 &&
               way_us(topology, "boston2", "paris2") == 42000;
    if (strcmp(name, "partition.yaml") == 0)
        return topology->program_count == 3 && topology->change_count == 6 &&
               topology->changes[5].config.delay_ns == 5000000 &&
               topology->changes[5].config.rate_bits == 0;
    return false; /* a new example needs a row here */
}

static int check(const char *folder, const char *name)
{
    char path[1024];
    struct lab_topology topology;
    struct base_why why = { 0 };
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (lab_topology_read(&topology, path, &why) != BASE_OK) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    const bool holds = is_as_said(name, &topology);
    if (!holds)
        fprintf(stderr, "%s: what the test knows of it does not hold\n", path);
    lab_topology_done(&topology);
    return holds ? 0 : 1;
}

int main(int count, char **args)
{
    int failures = 0, files = 0;
    DIR *const folder = count == 2 ? opendir(args[1]) : NULL;
    if (folder == NULL)
        return 2;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0) {
            failures += check(args[1], entry->d_name);
            files++;
        }
    }
    closedir(folder);
    printf("%d topologies\n", files);
    return failures == 0 && files >= 3 ? 0 : 1;
}
