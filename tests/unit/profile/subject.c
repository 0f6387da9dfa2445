/* subject.c - a program whose stacks are known: main > outer > inner, until its input ends. It is
 * built with frame pointers, without, stripped and static. "jit": inner is code that it writes
 * itself, named in /tmp/perf-PID.map. "bare": inner is assembly that no table describes and that
 * uses the register of frame pointers for something else. "children": runs itself again and again.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Some milliseconds in all: longer than it takes to start a program. Not known to the compiler,
 * which would make functions of its own for a constant. */
static volatile uint64_t steps_wanted = 200000;

uint64_t inner(uint64_t steps);
uint64_t outer(uint64_t steps);

typedef uint64_t work_fn(uint64_t steps);
static work_fn *volatile work = inner;

__attribute__((noinline)) uint64_t inner(uint64_t steps)
{
    uint64_t x = steps | 1;
    for (uint64_t i = 0; i < steps; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

/* A frame of its own size, so that a chain of frame pointers has something to get wrong. */
__attribute__((noinline)) uint64_t outer(uint64_t steps)
{
    volatile uint64_t held[20] = { steps };
    for (size_t i = 1; i < 20; i++)
        held[i] = work(steps) + held[i - 1];
    return held[19];
}

#if defined(__x86_64__)
uint64_t bare(uint64_t steps);
__asm__(".text\n.globl bare\n.type bare, @function\n"
        "bare: push %rbp\n sub $72, %rsp\n mov %rdi, %rbp\n"
        "1: dec %rbp\n jnz 1b\n mov %rdi, %rax\n add $72, %rsp\n pop %rbp\n ret\n"
        ".size bare, . - bare\n");
#else
#define bare inner
#endif

static int make_code(void)
{
#if defined(__x86_64__)
    /* push rbp; mov rbp, rsp; again: dec rdi; jnz again; mov rax, rdi; pop rbp; ret */
    static const uint8_t code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0xff, 0xcf,
                                    0x75, 0xfb, 0x48, 0x89, 0xf8, 0x5d, 0xc3 };
    char path[64];
    void *memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 77;
    memcpy(memory, code, sizeof code);
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return 77;
    fprintf(file, "%lx %zx made at run time(int)\n", (unsigned long)(uintptr_t)memory, sizeof code);
    fclose(file);
    work = (work_fn *)memory;
    return 0;
#else
    return 77;
#endif
}

static int run_children(char *self)
{
    for (;;) {
        struct pollfd input = { .fd = 0, .events = POLLIN };
        if (poll(&input, 1, 0) != 0)
            return 0;
        const pid_t pid = fork();
        if (pid == 0) {
            execl(self, self, "once", (char *)NULL);
            _exit(127);
        }
        waitpid(pid, NULL, 0);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const int made = strcmp(what, "jit") == 0 ? make_code() : 0;
    if (made != 0)
        return made;
    if (strcmp(what, "bare") == 0)
        work = bare;
    if (strcmp(what, "once") != 0 && write(1, "!", 1) != 1)
        return 1;
    if (strcmp(what, "children") == 0)
        return run_children(argv[0]);
    if (strcmp(what, "once") == 0)
        return outer(steps_wanted) == 1;
    uint64_t sum = 0;
    struct pollfd input = { .fd = 0, .events = POLLIN };
    while (poll(&input, 1, 0) == 0)
        sum += outer(steps_wanted);
    return sum == 1;
}
