/* hermes_chat.c - a chat: each line of standard input goes to every member of a HERMES-Lite
 * overlay, and what others say is shown. With libbpi; usage: hermes_chat PORT [HOST:PORT...] */
#include <bpi/hermes.h>
#include <bpi/udp.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { MEMBERS_MAX = 16, LINE_SIZE = 1000 };

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the node tells: messages, and who comes and goes. */
static void on_event(void *context, uint64_t time_ns, const void *told)
{
    const struct bpi_hermes_event *event = told;
    char id[BPI_HERMES_ID_TEXT_SIZE];
    (void)context;
    (void)time_ns;
    bpi_hermes_id_print(&event->id, id);
    if (event->kind == BPI_HERMES_MESSAGE)
        printf("%.8s: %.*s", id, (int)event->payload.size, (const char *)event->payload.data);
    else if (event->kind == BPI_HERMES_PEER_UP || event->kind == BPI_HERMES_PEER_DOWN)
        printf("%.8s %s\n", id, event->kind == BPI_HERMES_PEER_UP ? "is here" : "is gone");
    fflush(stdout);
}

/* A line to everybody; false at the end of the input. */
static int say(struct bpi_hermes *node, struct bpi_udp *udp)
{
    char line[LINE_SIZE];
    struct base_why why = { 0 };
    if (fgets(line, sizeof line, stdin) == NULL)
        return 0;
    if (bpi_hermes_send(node, bpi_udp_world(udp), BPI_HERMES_TRANSACTION_POOL, NULL,
                        base_span_of(line, strlen(line)), NULL, &why) != BASE_OK)
        fprintf(stderr, "hermes_chat: %s\n", why.text);
    return 1;
}

int main(int argc, char **argv)
{
    struct bpi_hermes_member members[MEMBERS_MAX] = { 0 };
    struct bpi_hermes_config config;
    struct bpi_hermes *node = NULL;
    struct bpi_udp *udp = NULL;
    struct base_why why = { 0 };
    if (argc < 2 || argc > 2 + MEMBERS_MAX)
        return fprintf(stderr, "usage: hermes_chat PORT [HOST:PORT...]\n"), 2;
    bpi_hermes_defaults(&config);
    for (int i = 2; i < argc; i++, config.bootstrap_count++)
        if (base_address_parse(argv[i], &members[i - 2].address, &why) != BASE_OK)
            return fprintf(stderr, "hermes_chat: %s\n", why.text), 2;
    config.bootstrap = members;
    config.incarnation = now_ns(CLOCK_REALTIME);
    if (getrandom(config.seed, sizeof config.seed, 0) != sizeof config.seed ||
        bpi_hermes_new(&config, &node, &why) != BASE_OK)
        return fprintf(stderr, "hermes_chat: %s\n", why.text), 3;
    const struct bpi_udp_config socket = { .listen.port = (uint16_t)atoi(argv[1]),
                                           .step = &bpi_hermes_step,
                                           .state = node,
                                           .tell = on_event };
    if (bpi_udp_open(&socket, &udp, &why) != BASE_OK)
        return fprintf(stderr, "hermes_chat: %s\n", why.text), 3;
    setvbuf(stdin, NULL, _IONBF, 0); /* a line in the buffer would not make the descriptor ready */
    base_err err = BASE_OK;
    bool has_line = false;
    while (err == BASE_OK && (!has_line || say(node, udp)))
        err = bpi_udp_poll(udp, UINT64_MAX, STDIN_FILENO, &has_line);
    /* What was said last is on its way for a moment still. */
    for (uint64_t end_ns = now_ns(CLOCK_MONOTONIC) + 200000000;
         err == BASE_OK && now_ns(CLOCK_MONOTONIC) < end_ns;)
        err = bpi_udp_poll(udp, end_ns, -1, NULL);
    bpi_udp_close(udp);
    bpi_hermes_free(node);
    return err == BASE_OK ? 0 : 3;
}
