/* wait.c - waits. */
#include <unistd.h>

/* TODO: less */
void base_wait(void)
{
    usleep(10);

    /* "sleep(1)" in a comment is no call; XXXX is no mark */
    char path[] = "/tmp/XXXXXX";
    (void)path;
}
