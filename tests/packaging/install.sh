#!/bin/sh
# install.sh - installs into an empty folder and builds examples/ten_lines from there by both
# routes, shared and static, and examples/sweep by one; each program must run by itself and as a
# worker. Also: the libraries show only our names, both go into one program, and a file with
# <bench/bench.h> compiles in less than 0.3 s.
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
ours='^\(base\|stats\|bench\|probe\|bpi\)_'
malloc='^\(malloc\|calloc\|realloc\|reallocarray\|free\|memalign\|aligned_alloc\|posix_memalign\)$'
for file in "$libs"/libbench.a "$libs"/libbpi.a; do
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

if [ -f "$libs/libbpi.a" ] && [ -f "$root$prefix/include/bpi/cbor.h" ]; then
    cat >"$work/both.c" <<'C'
#include <base/units.h>
#include <bench/clock.h>
#include <bpi/cbor.h>
int main(void)
{
    return base_err_text(BASE_OK)[0] == '\0';
}
C
    export PKG_CONFIG_PATH="$libs/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
    # shellcheck disable=SC2046
    cc -Wall -Werror -pthread $(pkg-config --cflags libbench libbpi) -o "$work/both" "$work/both.c" -Wl,--whole-archive \
        "$libs/libbpi.a" "$libs/libbench.a" -Wl,--no-whole-archive \
        $(pkg-config --static --libs-only-l libbench libbpi | sed 's/-lbench//g; s/-lbpi//g') &&
        "$work/both" || fail "libbench and libbpi do not go into one program"
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
