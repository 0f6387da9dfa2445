#!/bin/sh
# install.sh - installs into an empty folder and builds examples/ten_lines, examples/flow_table and
# examples/hermes_chat from there by both routes, shared and static, and examples/sweep by one; each
# benchmark must run by itself and as a worker. Also: the libraries show only our names, all go into
# one program, and a file with <bench/bench.h> compiles in less than 0.3 s.
set -u
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "install: $*"; exit 1; }

grep -q '^BPI_SANITIZE:[A-Z]*=..*' "$BUILD/CMakeCache.txt" &&
    skip "a build with sanitizers is not installed"
[ -f "$BUILD/packaging/libbench.pc" ] || fail "this tree has no libbench"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root
prefix=$(sed -n 's/^prefix=//p' "$BUILD/packaging/libbench.pc")
DESTDIR=$root cmake --install "$BUILD" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
libs=$(dirname "$(find "$root" -name libbench.a)")

for file in include/bench/bench.h include/base/err.h share/doc/bpi-perf/LICENSE; do
    [ -f "$root$prefix/$file" ] || fail "$file was not installed"
done
for kind in c S; do
    found=$(find "$root$prefix/include" -name "*.$kind" -o -name '*_internal.h')
    [ -z "$found" ] || fail "private files were installed: $found"
done

# Names: nothing but our prefixes and the allocation functions that bench stands in for.
ours='^\(base\|stats\|bench\|probe\|bpi\|mfn\)_'
malloc='^\(malloc\|calloc\|realloc\|reallocarray\|free\|memalign\|aligned_alloc\|posix_memalign\)$'
for file in "$libs"/libbench.a "$libs"/libbpi.a "$libs"/libmfn.a; do
    [ -f "$file" ] || continue
    alien=$(nm -g --defined-only "$file" | awk 'NF == 3 { print $3 }' |
        grep -v -e "$ours" -e "$malloc" -e '^malloc_usable_size$')
    [ -z "$alien" ] || fail "${file##*/} shows names that are not ours: $alien"
    shared=${file%.a}.so
    alien=$(nm -D --defined-only "$shared" | awk '{ print $3 }' |
        grep -v -e "$ours" -e "$malloc" -e '^malloc_usable_size$')
    [ -z "$alien" ] || fail "${shared##*/} shows names that are not ours: $alien"
    name=${shared##*/}
    objdump -p "$shared" | grep -q "SONAME *$name\.[0-9]*$" || fail "$name has no SONAME"
done

# try PROGRAM HOW CASE ARGS: run it by itself, quickly, and as a worker.
try() {
    program=$1
    how=$2
    LD_LIBRARY_PATH=$libs "$program" --help >"$work/out" 2>&1 || fail "$how: --help: status $?"
    sh tests/examples/conversation.sh "$how" "$3" "$4" \
        env LD_LIBRARY_PATH="$libs" "$program" || exit 1
    LD_LIBRARY_PATH=$libs "$program" --measurement-time 200ms --processes 2 --warm-up 50ms \
        >"$work/out" 2>&1 || { cat "$work/out"; fail "$how: the benchmark ends with another status than 0"; }
    grep -q "$3" "$work/out" || { cat "$work/out"; fail "$how: no result is shown"; }
    echo "$how: runs, and is a worker"
}

export PKG_CONFIG_PATH="$libs/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
for link in "" --static; do
    cp -r examples/ten_lines "$work/make$link"
    make -s -C "$work/make$link" LINK=$link CFLAGS="-O2 -Wall -Werror" || fail "pkg-config $link: does not build"
    try "$work/make$link/ten_lines" "pkg-config $link" fnv1a_64_bytes '{}'
done
# shellcheck disable=SC2046
cc -O2 -Wall -Wextra -Werror -o "$work/sweep" examples/sweep/sweep.c \
    $(pkg-config --cflags --libs libbench) || fail "examples/sweep does not build"
try "$work/sweep" examples/sweep fill '{"size":"1000"}'
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
if ldd "$work/make--static/ten_lines" | grep -q libbench; then fail "the static program needs libbench.so"; fi

for target in bpi::bench bpi::bench_static; do
    cmake -G Ninja -S examples/ten_lines -B "$work/$target" -DBENCH=$target \
        -DCMAKE_PREFIX_PATH="$root$prefix" >"$work/log" 2>&1 && cmake --build "$work/$target" >>"$work/log" 2>&1 ||
        { cat "$work/log"; fail "find_package: $target does not build"; }
    try "$work/$target/ten_lines" "find_package $target" fnv1a_64_bytes '{}'
done

# try_flows PROGRAM HOW: the flows of the capture that is shipped, and a file that is none.
try_flows() {
    LD_LIBRARY_PATH=$libs "$1" suites/data/veth.pcap >"$work/out" 2>&1 ||
        { cat "$work/out"; fail "flow_table, $2: status $?"; }
    grep -Eq '^[1-9][0-9]* packets of [1-9][0-9]* flows, [1-9][0-9]* found again$' "$work/out" ||
        { cat "$work/out"; fail "flow_table, $2: no sum"; }
    ! LD_LIBRARY_PATH=$libs "$1" examples/README.md >"$work/out" 2>&1 || fail "flow_table reads a text"
    echo "flow_table, $2: runs"
}
# each_way EXAMPLE LIBRARY TRY: a stranger's example, built by pkg-config and by find_package, with the
# shared library and the static one, and tried each time.
each_way() {
    for link in "" --static; do
        cp -r "examples/$1" "$work/$1$link"
        PKG_CONFIG_PATH="$libs/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root" \
            make -s -C "$work/$1$link" LINK=$link CFLAGS="-O2 -Wall -Wextra -Werror" ||
            fail "$1, pkg-config $link: does not build"
        "$3" "$work/$1$link/$1" "pkg-config $link"
    done
    if ldd "$work/$1--static/$1" | grep -q "lib$2"; then fail "static $1 needs lib$2.so"; fi
    for target in "bpi::$2" "bpi::$2_static"; do
        cmake -G Ninja -S "examples/$1" -B "$work/$target" "-D$(echo "$2" | tr a-z A-Z)=$target" \
            -DCMAKE_PREFIX_PATH="$root$prefix" >"$work/log" 2>&1 && cmake --build "$work/$target" >>"$work/log" 2>&1 ||
            { cat "$work/log"; fail "find_package: $target does not build"; }
        "$3" "$work/$target/$1" "find_package $target"
    done
}
each_way flow_table mfn try_flows

# try_chat PROGRAM HOW: two nodes on loopback, a line each way.
try_chat() {
    LD_LIBRARY_PATH=$libs python3 - "$1" <<'PY' || fail "hermes_chat, $2: two nodes do not talk"
import socket, subprocess, sys
def port():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", 0))
    return str(s.getsockname()[1])
ports = port(), port()
def start(*words):
    return subprocess.Popen([sys.argv[1], *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def hear(node, end):
    for line in node.stdout:
        if line.endswith(end + "\n"):
            return True
    return False
a = start(ports[0])
b = start(ports[1], "127.0.0.1:" + ports[0])
try:
    assert hear(a, " is here") and hear(b, " is here")
    for one, other, text in (a, b, "hello"), (b, a, "hello yourself"):
        one.stdin.write(text + "\n")
        one.stdin.flush()
        assert hear(other, ": " + text)
    for node in a, b:
        node.stdin.close()
        assert node.wait(20) == 0
finally:
    a.kill()
    b.kill()
PY
    echo "hermes_chat, $2: runs"
}
each_way hermes_chat bpi try_chat

if [ -f "$libs/libbpi.a" ] && [ -f "$root$prefix/include/bpi/cbor.h" ]; then
    cat >"$work/both.c" <<'C'
#include <base/units.h>
#include <bench/clock.h>
#include <bpi/cbor.h>
#include <mfn/alm_graphml.h>
int main(void)
{
    struct mfn_alm_edges edges = { 0 };
    static const char text[] = "<graphml><graph edgedefault='directed'/></graphml>";
    return base_err_text(BASE_OK)[0] == '\0' ||
           mfn_alm_graphml_read(&edges, base_span_of(text, sizeof text - 1), NULL) != BASE_OK;
}
C
    export PKG_CONFIG_PATH="$libs/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
    # shellcheck disable=SC2046
    cc -Wall -Werror -pthread $(pkg-config --cflags libbench libbpi libmfn) -o "$work/both" "$work/both.c" -Wl,--whole-archive \
        "$libs/libbpi.a" "$libs/libmfn.a" "$libs/libbench.a" -Wl,--no-whole-archive \
        $(pkg-config --static --libs-only-l libbench libbpi libmfn | sed 's/-lbench//g; s/-lbpi//g; s/-lmfn//g') &&
        "$work/both" || fail "libbench, libbpi and libmfn do not go into one program"
    unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
fi

if [ -f "$BUILD/apps/cli/bpi-perf" ]; then
    for file in bin/bpi-perf bin/benchmark-runner share/man/man1/benchmark-runner.1 \
        share/bash-completion/completions/benchmark-runner \
        share/fish/vendor_completions.d/benchmark-runner.fish share/man/man1/bpi-perf.1 share/zsh/site-functions/_bpi-perf \
        share/bash-completion/completions/bpi-perf share/fish/vendor_completions.d/bpi-perf.fish; do
        [ -s "$root$prefix/$file" ] || fail "$file was not installed"
    done
    bash -n "$root$prefix/share/bash-completion/completions/bpi-perf" || fail "bash completion"
    [ "$(readlink "$root$prefix/bin/benchmark-runner")" = bpi-perf ] || fail "benchmark-runner is no link"
    "$root$prefix/bin/benchmark-runner" --help | grep -q -e --all-layers || fail "benchmark-runner --help"
    "$root$prefix/bin/bpi-perf" --version || fail "the installed program does not start"
fi

best=999999
for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    cc -O2 -I"$root$prefix/include" -c -o "$work/one.o" examples/ten_lines/ten_lines.c
    spent=$((($(date +%s%N) - start) / 1000000))
    [ $spent -lt $best ] && best=$spent
done
echo "examples/ten_lines/ten_lines.c compiles in $best ms"
[ $best -lt 300 ] || fail "that is more than 300 ms"
