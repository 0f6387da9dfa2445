/* net_awake.c - /dev/cpu_dma_latency, open with a limit of 0 us. Where no driver of cpuidle is, the
 * kernel halts a core whatever the limit. */
#include "net_awake.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool has_driver(void)
{
    char name[32] = "";
    FILE *const file = fopen("/sys/devices/system/cpu/cpuidle/current_driver", "re");
    if (file == NULL)
        return false;
    const bool is_read = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    return is_read && strcmp(name, "none\n") != 0;
}

int net_awake_open(void)
{
    const int32_t limit_us = 0;
    const int fd = has_driver() ? open("/dev/cpu_dma_latency", O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, &limit_us, sizeof limit_us) != sizeof limit_us) {
        close(fd);
        return -1;
    }
    return fd;
}

void net_awake_close(int awake)
{
    if (awake >= 0)
        close(awake);
}
