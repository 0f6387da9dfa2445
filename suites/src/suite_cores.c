/* suite_cores.c - processor sets of any size, as a machine may have more than 1024. */
#define _GNU_SOURCE
#include "suite_cores.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSORS_MAX = 8192 };

static base_err read_place(struct bench_env *env, enum suite_cores_place *place)
{
    static const char *const names[] = { "any", "one", "two" };
    const char *const text = bench_env_text(env, "cores");
    *place = SUITE_CORES_ANY;
    if (text[0] == '\0')
        return BASE_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *place = (enum suite_cores_place)i;
            return BASE_OK;
        }
    return base_fail(&env->why, BASE_EINVALID, 0, "cores: \"%s\" is none of any, one, two", text);
}

static void find_ends(struct suite_cores *cores)
{
    cores->mine = cores->other = -1;
    for (int i = 0; i < PROCESSORS_MAX; i++)
        if (CPU_ISSET_S(i, cores->before_size, (const cpu_set_t *)cores->before)) {
            if (cores->mine < 0)
                cores->mine = i;
            cores->other = i;
        }
    if (cores->place == SUITE_CORES_ONE)
        cores->other = cores->mine;
}

base_err suite_cores_open_place(struct bench_env *env, enum suite_cores_place place,
                                struct suite_cores *cores)
{
    *cores = (struct suite_cores){ .place = place };
    if (place == SUITE_CORES_ANY)
        return BASE_OK;
    cores->before = CPU_ALLOC(PROCESSORS_MAX);
    cores->before_size = CPU_ALLOC_SIZE(PROCESSORS_MAX);
    if (cores->before == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a set of processors");
    CPU_ZERO_S(cores->before_size, (cpu_set_t *)cores->before);
    if (sched_getaffinity(0, cores->before_size, cores->before) != 0) {
        CPU_FREE(cores->before);
        cores->before = NULL;
        return base_fail(&env->why, BASE_EIO, 0, "the kernel does not say where this may run");
    }
    find_ends(cores);
    if (env->thread == 0)
        bench_env_fact(env, "processors", cores->mine == cores->other ? 1 : 2, "1");
    return BASE_OK;
}

base_err suite_cores_open(struct bench_env *env, struct suite_cores *cores)
{
    enum suite_cores_place place;
    *cores = (struct suite_cores){ 0 };
    const base_err err = read_place(env, &place);
    return err == BASE_OK ? suite_cores_open_place(env, place, cores) : err;
}

/* The set this was allowed holds the processor, so it cannot be refused but by a change meanwhile;
 * then it runs where it may. */
static void go(const struct suite_cores *cores, int processor)
{
    if (cores->before == NULL)
        return;
    cpu_set_t *const one = CPU_ALLOC(PROCESSORS_MAX);
    if (one == NULL)
        return;
    CPU_ZERO_S(cores->before_size, one);
    CPU_SET_S(processor, cores->before_size, one);
    (void)!sched_setaffinity(0, cores->before_size, one);
    CPU_FREE(one);
}

void suite_cores_go_other(const struct suite_cores *cores)
{
    go(cores, cores->other);
}

void suite_cores_go_mine(const struct suite_cores *cores)
{
    go(cores, cores->mine);
}

void suite_cores_close(struct suite_cores *cores)
{
    if (cores->before == NULL)
        return;
    (void)!sched_setaffinity(0, cores->before_size, cores->before);
    CPU_FREE(cores->before);
    cores->before = NULL;
}
