/* liar.c - a worker that misbehaves in the way its first argument names; otherwise it is honest:
 * one case "work" whose batches take as long as they take. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char line[1 << 20];

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void work(long count)
{
    volatile unsigned long sum = 0;
    for (long i = 0; i < count * 100; i++)
        sum += (unsigned long)i;
    (void)sum;
}

/* The numbers of "counts":[...], each run honestly; prints their times. */
static void run(const char *mode)
{
    const char *at = strstr(line, "\"counts\":[");
    int index = 0;
    printf("{\"ok\":true,\"ns\":[");
    for (at += 10; *at != ']' && *at != '\0'; index++) {
        char *end = NULL;
        const long count = strtol(at, &end, 10);
        const double start = now_ns();
        work(count);
        const double ns = now_ns() - start;
        if (strcmp(mode, "negative") == 0)
            printf("%s-5", index > 0 ? "," : "");
        else if (strcmp(mode, "nan") == 0)
            printf("%sNaN", index > 0 ? "," : "");
        else if (strcmp(mode, "text") == 0)
            printf("%s\"fast\"", index > 0 ? "," : "");
        else if (strcmp(mode, "slow-claim") == 0)
            printf("%s%.0f", index > 0 ? "," : "", ns * 1000 + 1e9);
        else
            printf("%s%.1f", index > 0 ? "," : "", ns);
        at = *end == ',' ? end + 1 : end;
    }
    if (strcmp(mode, "count") == 0)
        printf(",1,1");
    printf("]}\n");
}

static void flood(char byte, size_t size)
{
    memset(line, byte, sizeof line);
    for (size_t sent = 0; sent < size; sent += sizeof line)
        if (fwrite(line, 1, sizeof line, stdout) != sizeof line)
            exit(1);
    fflush(stdout);
}

/* What goes wrong when a batch is asked for, instead of or before an answer. */
static void misbehave(const char *mode)
{
    if (strcmp(mode, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(mode, "crash") == 0) {
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would turn it into a status of its own */
        raise(SIGSEGV);
    }
    if (strcmp(mode, "exit") == 0) {
        fprintf(stderr, "out of\nworkers\n");
        exit(7);
    }
    if (strcmp(mode, "flood") == 0)
        flood('x', (size_t)200 << 20);
    if (strcmp(mode, "lines") == 0)
        flood('\n', (size_t)4 << 20);
    if (strcmp(mode, "garbage") == 0)
        printf("these are not the numbers you are looking for\n");
    if (strcmp(mode, "array") == 0)
        printf("[1,2,3]\n");
    if (strcmp(mode, "noise") == 0)
        for (int i = 0; i < 3000; i++) /* more than a pipe holds */
            fprintf(stderr, "noise noise noise noise noise %d\n", i);
}

static void answer(const char *mode)
{
    if (strstr(line, "\"op\":\"hello\"") != NULL)
        printf("{\"ok\":true,\"protocol\":%d}\n", strcmp(mode, "protocol") == 0 ? 2 : 1);
    else if (strstr(line, "\"op\":\"list\"") != NULL)
        printf("{\"ok\":true,\"cases\":[{\"name\":\"work\"}]}\n");
    else if (strstr(line, "\"op\":\"run\"") != NULL) {
        misbehave(mode);
        run(mode);
        if (strcmp(mode, "unasked") == 0)
            printf("{\"ok\":true}\n");
    } else if (strstr(line, "\"op\":\"check\"") != NULL && strcmp(mode, "wrong") == 0)
        printf("{\"ok\":false,\"code\":\"EWRONG\",\"error\":\"work: 41 is not 42\"}\n");
    else if (strstr(line, "\"op\":\"count\"") != NULL)
        printf("{\"ok\":false,\"code\":\"EUNSUPPORTED\",\"error\":\"no counters\"}\n");
    else
        printf("{\"ok\":true}\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "honest";
    while (fgets(line, sizeof line, stdin) != NULL) {
        const int is_quit = strstr(line, "\"op\":\"quit\"") != NULL;
        answer(mode);
        if (is_quit)
            return 0;
    }
    return 0;
}
