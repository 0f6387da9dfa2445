/* env.c - arguments and facts of a set-up. */
#include <bench/case.h>

#include <base/units.h>

#include <assert.h>
#include <string.h>

const char *bench_env_text(const struct bench_env *env, const char *name)
{
    for (size_t i = 0; i < env->arg_count; i++)
        if (strcmp(env->args[i].name, name) == 0)
            return env->args[i].value;
    return "";
}

base_err bench_env_count(struct bench_env *env, const char *name, uint64_t low, uint64_t high,
                         uint64_t *value)
{
    const base_err err =
        base_units_parse_count(bench_env_text(env, name), low, high, value, &env->why);
    return err == BASE_OK ? err : base_fail_prefix(&env->why, err, "%s", name);
}

void bench_env_fact(struct bench_env *env, const char *name, double value, const char *unit)
{
    assert(env->fact_count < BENCH_FACT_MAX);
    env->facts[env->fact_count++] = (struct bench_fact){ name, value, unit };
}
