/* compilers.c - each loop is a process group of its own, so that the compiler that is just running
 * ends together with the loop that started it. */
#define _GNU_SOURCE
#include "compilers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FUNCTIONS = 300 };

/* Branches, loops and a switch in each function: what a compiler is busy with in real code. */
static bool write_source(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    for (int f = 0; f < FUNCTIONS; f++)
        fprintf(
            file,
            "int f%d(const int *a, int n)\n{\n    int s = %d, t[16] = { 0 };\n"
            "    for (int i = 0; i < n; i++) {\n        switch (a[i] %% 7) {\n"
            "        case 0: s += a[i] * %d; break;\n        case 1: s ^= t[i & 15]; break;\n"
            "        case 3: t[s & 15] += i; break;\n        case 5: s -= a[n - i - 1]; break;\n"
            "        default: for (int k = 0; k < 16; k++) t[k] = t[k] * 3 + s; }\n"
            "        if (s %% %d == 1) s = s / (i + 1) + t[i & 7];\n    }\n"
            "    return s + t[n & 15];\n}\n",
            f, f, f + 3, f + 2);
    return fclose(file) == 0;
}

static void child(const char *source, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    const int nowhere = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(nowhere, fd);
    for (;;) {
        const pid_t pid = fork();
        if (pid == 0) {
            execlp("cc", "cc", "-O2", "-S", "-o", "/dev/null", source, (char *)NULL);
            _exit(127);
        }
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
            WEXITSTATUS(status) != 0)
            _exit(1);
    }
}

bool compilers_start(struct compilers *compilers)
{
    *compilers = (struct compilers){ 0 };
    const char *base = getenv("TMPDIR");
    snprintf(compilers->folder, sizeof compilers->folder, "%s/accuracy.XXXXXX",
             base != NULL && strlen(base) < 40 ? base : "/tmp");
    char source[sizeof compilers->folder + sizeof "/busy.c"];
    if (mkdtemp(compilers->folder) == NULL) {
        compilers->folder[0] = '\0';
        fprintf(stderr, "accuracy: cannot make a folder for the source that is compiled\n");
        return false;
    }
    snprintf(source, sizeof source, "%s/busy.c", compilers->folder);
    if (!write_source(source)) {
        fprintf(stderr, "accuracy: cannot write %s\n", source);
        return false;
    }
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const pid_t parent = getpid();
    for (long i = 0; i < cores && i < COMPILERS_MAX; i++) {
        const pid_t pid = fork();
        if (pid == 0)
            child(source, parent);
        if (pid > 0)
            setpgid(pid, pid); /* whoever is first, parent or child */
        compilers->groups[i] = pid > 0 ? pid : 0;
    }
    return compilers->groups[0] > 0;
}

void compilers_stop(struct compilers *compilers)
{
    for (int i = 0; i < COMPILERS_MAX; i++) {
        if (compilers->groups[i] <= 0)
            continue;
        kill(-compilers->groups[i], SIGKILL);
        int status = 0;
        waitpid(compilers->groups[i], &status, 0);
        if (WIFEXITED(status))
            fprintf(stderr, "accuracy: cc failed; there was no compiler running beside\n");
        compilers->groups[i] = 0;
    }
    if (compilers->folder[0] == '\0')
        return;
    char source[sizeof compilers->folder + sizeof "/busy.c"];
    snprintf(source, sizeof source, "%s/busy.c", compilers->folder);
    unlink(source);
    rmdir(compilers->folder);
    compilers->folder[0] = '\0';
}
