/* ten_lines.c - how long does FNV-1a take on 64 bytes? A benchmark and a worker in one program. */
#include <bench/bench.h>

BENCH(fnv1a_64_bytes, .doc = "FNV-1a of 64 bytes", .item = "hash")
{
    static unsigned char data[64];
    const unsigned char *text = data;
    BENCH_LOOP(count) {
        BENCH_HIDE(text); /* the compiler forgets that these are 64 zeros */
        uint64_t hash = 0xcbf29ce484222325u;
        for (size_t i = 0; i < sizeof data; i++)
            hash = (hash ^ text[i]) * 0x100000001b3u;
        BENCH_KEEP(hash);
    }
}

BENCH_MAIN(&fnv1a_64_bytes)
