/* test_sampler.c - stacks of a program whose stacks are known, in all the ways it can be built. */
#define _GNU_SOURCE
#include "unit.h"

#include <prof/facts.h>
#include <prof/sampler.h>
#include <prof/symbols.h>
#include <prof/write.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_LEAST = 60, TRIES = 40 };

struct subject {
    pid_t pid;
    int input;
};

/* Start the subject of that build and wait until it runs; false: it cannot here. */
static bool subject_start(const char *build, const char *what, struct subject *out)
{
    char path[4096];
    int in[2], ready[2];
    char byte = 0;
    snprintf(path, sizeof path, "%s/subject_%s", SUBJECT_FOLDER, build);
    if (access(path, X_OK) != 0)
        return false; /* this machine has no static C library */
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    out->pid = fork();
    if (out->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], 0);
        dup2(ready[1], 1);
        execl(path, path, what, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(ready[1]);
    const bool is_ready = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    out->input = in[1];
    if (!is_ready)
        waitpid(out->pid, NULL, 0);
    return is_ready;
}

static void subject_stop(const struct subject *subject)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", subject->pid);
    close(subject->input);
    kill(subject->pid, SIGKILL);
    waitpid(subject->pid, NULL, 0);
    unlink(path);
}

static double count_of(const struct prof_stacks *stacks)
{
    double weight = 0, count = 0;
    prof_facts_sum(stacks, &weight, &count);
    return count;
}

static bool is_refused;

/* Sample until there is enough to judge by, on however busy a machine. */
static bool sample(const struct subject *subject, struct prof_stacks *stacks)
{
    const struct prof_sampler_options options = { .rate_per_s = 1999 };
    struct prof_sampler *sampler = NULL;
    struct base_why why = { 0 };
    assert_int_equal(prof_stacks_init(stacks), BASE_OK);
    const base_err err = prof_sampler_open(subject->pid, &options, stacks, &sampler, &why);
    if (err == BASE_EUNSUPPORTED) {
        printf("skipped: %s\n", why.text);
        is_refused = true;
        prof_stacks_done(stacks);
        return false;
    }
    assert_int_equal(err, BASE_OK);
    for (int i = 0; i < TRIES && count_of(stacks) < SAMPLES_LEAST; i++) {
        prof_sampler_run(sampler, true);
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
        prof_sampler_run(sampler, false);
        assert_int_equal(prof_sampler_collect(sampler, &why), BASE_OK);
    }
    prof_sampler_close(sampler);
    assert_true(count_of(stacks) >= SAMPLES_LEAST);
    return true;
}

/* Does the stack that ends in this node have these names, outermost first, other frames between? */
static bool has_chain(const struct prof_stacks *stacks, uint32_t node, const char *const *names,
                      size_t count)
{
    for (; node != 0 && count > 0; node = stacks->nodes[node].parent)
        if (strcmp(stacks->frames[stacks->nodes[node].frame].name, names[count - 1]) == 0)
            count--;
    return count == 0;
}

static double share_of(const struct prof_stacks *stacks, const char *const *names, size_t count)
{
    double found = 0, all = 0;
    for (uint32_t i = 0; i < stacks->node_count; i++) {
        all += stacks->nodes[i].self[1];
        if (has_chain(stacks, i, names, count))
            found += stacks->nodes[i].self[1];
    }
    return found / all;
}

static void show(struct prof_stacks *stacks)
{
    struct base_buf text = { 0 };
    prof_stacks_sort(stacks);
    assert_int_equal(prof_folded_write(stacks, &text), BASE_OK);
    printf("%s", base_buf_text(&text));
    base_buf_done(&text);
}

static void expect_chain(const char *build, const char *what, const char *const *names,
                         size_t count)
{
    struct subject subject;
    struct prof_stacks stacks;
    if (!subject_start(build, what, &subject)) {
        printf("skipped: subject_%s does not run here\n", build);
        skip();
    }
    const bool is_sampled = sample(&subject, &stacks);
    subject_stop(&subject);
    if (!is_sampled)
        skip();
    const double share = share_of(&stacks, names, count);
    if (!(share > 0.9))
        show(&stacks);
    assert_true(share > 0.9);
    prof_stacks_done(&stacks);
}

static const char *const calls[] = { "main", "outer", "inner" };

static void frame_pointers(void **state)
{
    (void)state;
    expect_chain("fp", "", calls, 3);
}

static void no_frame_pointers(void **state)
{
    (void)state;
    expect_chain("nofp", "", calls, 3);
}

static void a_static_program(void **state)
{
    (void)state;
    expect_chain("static", "", calls, 3);
}

static void children_that_come_and_go(void **state)
{
    (void)state;
    static const char *const in_child[] = { "subject_fp", "main", "outer", "inner" };
    struct subject subject;
    struct prof_stacks stacks;
    assert_true(subject_start("fp", "children", &subject));
    const bool is_sampled = sample(&subject, &stacks);
    subject_stop(&subject);
    if (!is_sampled)
        skip();
    const double share = share_of(&stacks, in_child, 4);
    if (!(share > 0.3))
        show(&stacks);
    assert_true(share > 0.3); /* the rest is starting programs */
    prof_stacks_done(&stacks);
}

static void code_made_at_run_time(void **state)
{
    (void)state;
    static const char *const names[] = { "main", "outer", "made at run time(int)" };
    expect_chain("nofp", "jit", names, 3);
}

#if defined(__x86_64__)
static void assembly_without_tables(void **state)
{
    (void)state;
    static const char *const names[] = { "main", "outer", "bare" };
    expect_chain("nofp", "bare", names, 3);
}
#endif

/* No names, but the starts of functions, the whole depth, and a sentence that says so. */
static void a_stripped_program(void **state)
{
    (void)state;
    struct subject subject;
    struct prof_stacks stacks;
    struct base_arena arena = { 0 };
    const char *facts[PROF_FACT_MAX];
    bool is_said = false;
    assert_true(subject_start("stripped", "", &subject));
    const bool is_sampled = sample(&subject, &stacks);
    subject_stop(&subject);
    if (!is_sampled)
        skip();
    assert_true(prof_stacks_unknown_share(&stacks) > 0.9);
    assert_true(stacks.about.truncated < 0.1 * count_of(&stacks));
    size_t functions = 0; /* of the subject: main, outer, inner, the start; not one each address */
    for (size_t i = 0; i < stacks.frame_count; i++)
        functions += strncmp(stacks.frames[i].name, "[subject_stripped+0x", 20) == 0;
    assert_in_range(functions, 3, 8);
    const size_t count = prof_facts(&stacks, &arena, facts);
    for (size_t i = 0; i < count; i++)
        is_said = is_said || (strncmp(facts[i], "symbols missing: ", 17) == 0 &&
                              strstr(facts[i], "subject_stripped (stripped; ") != NULL);
    assert_true(is_said);
    base_arena_done(&arena);
    prof_stacks_done(&stacks);
}

static void bad_options_and_processes_are_named(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct prof_sampler *sampler = NULL;
    struct prof_symbols *symbols = NULL;
    struct base_why why = { 0 };
    const struct prof_sampler_options fast = { .rate_per_s = 1000000 };
    const struct prof_sampler_options odd = { .stack_size = 100 };
    const struct prof_sampler_options defaults = { 0 };
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    assert_int_equal(prof_sampler_open(getpid(), &fast, &stacks, &sampler, &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "1000000 samples a second; 1 to 20000"));
    assert_int_equal(prof_sampler_open(getpid(), &odd, &stacks, &sampler, &why), BASE_EINVALID);
    const pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    if (!is_refused) {
        assert_int_equal(prof_sampler_open(gone, &defaults, &stacks, &sampler, &why),
                         BASE_ENOTFOUND);
        assert_non_null(strstr(why.text, "there is no process"));
    }
    assert_int_equal(prof_symbols_open(gone, &stacks, &symbols, &why), BASE_ENOTFOUND);
    prof_stacks_done(&stacks);
}

/* Return addresses of this very program. */
static __attribute__((noinline)) void take(struct prof_symbols *symbols)
{
    const double values[2] = { 64, 1 };
    const uint64_t address = (uint64_t)(uintptr_t)__builtin_return_address(0);
    assert_int_equal(prof_symbols_add(symbols, &address, 1, values), BASE_OK);
    __asm__ volatile("" ::: "memory"); /* no tail call: the return address is this one */
}

static void addresses_get_names(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct prof_symbols *symbols = NULL;
    struct base_why why = { 0 };
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    assert_int_equal(prof_symbols_open(getpid(), &stacks, &symbols, &why), BASE_OK);
    take(symbols);
    prof_symbols_close(symbols);
    bool is_found = false;
    for (size_t i = 0; i < stacks.frame_count; i++)
        is_found = is_found || strcmp(stacks.frames[i].name, "addresses_get_names") == 0;
    assert_true(is_found);
    prof_stacks_done(&stacks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_pointers),
        cmocka_unit_test(no_frame_pointers),
        cmocka_unit_test(a_static_program),
        cmocka_unit_test(children_that_come_and_go),
        cmocka_unit_test(code_made_at_run_time),
#if defined(__x86_64__)
        cmocka_unit_test(assembly_without_tables),
#endif
        cmocka_unit_test(a_stripped_program),
        cmocka_unit_test(bad_options_and_processes_are_named),
        cmocka_unit_test(addresses_get_names),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed == 0 && is_refused ? 77 : failed;
}
