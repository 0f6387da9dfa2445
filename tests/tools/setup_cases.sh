#!/bin/sh
# setup_cases.sh - tools/setup on a machine that is played by a folder of little scripts: everything
# installed, something missing, no right to install, an installation that fails.
set -u
setup=$PWD/tools/setup
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for tool in sh env mkdir tail sed; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
failed=0

play() { # NAME: a command, its script on standard input
    { echo '#!/bin/sh'; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
try() { # WHAT STATUS ARGUMENT: run it, leave its words in $work/said and its calls in $work/calls
    : >"$work/calls"
    (cd "$work" && env -i PATH="$work/bin" WORK="$work" sh "$setup" "$3") >"$work/said" 2>&1
    status=$?
    [ $status -eq "$2" ] || { echo "$1: status $status, not $2"; cat "$work/said"; failed=1; }
}
says() { # FILE PATTERN
    grep -q -- "$2" "$work/$1" || { echo "$1 lacks: $2"; cat "$work/$1"; failed=1; }
}

play apt-get <<'S'
echo "apt-get $*" >>"$WORK/calls"
S
play apt-cache <<'S'
exit 0
S
play id <<'S'
echo 0
S

play dpkg-query <<'S'
echo installed
S
try 'all is there' 0 check
[ ! -s "$work/calls" ] || { echo 'something was touched'; cat "$work/calls"; failed=1; }
[ ! -s "$work/said" ] || { echo 'something was said'; failed=1; }

play dpkg-query <<'S'
case $4 in ninja-build | lib*blake3-dev) exit 1 ;; *) echo installed ;; esac
S
try 'as root' 0 build
says calls '^apt-get update'
says calls '^apt-get install .*--no-install-recommends ninja-build librust-blake3-dev$'

play apt-cache <<'S'
echo libblake3-dev
S
try 'BLAKE3 has a package of its own' 0 build
says calls 'ninja-build *libblake3-dev$'

play id <<'S'
echo 1000
S
try 'neither root nor sudo' 3 build
says said 'apt-get install -y --no-install-recommends ninja-build librust-blake3-dev$'
[ ! -s "$work/calls" ] || { echo 'an install without the right to'; failed=1; }

play sudo <<'S'
echo "sudo" >>"$WORK/calls"
exec "$@"
S
try 'by sudo' 0 build
says calls '^sudo'
says calls '^apt-get install .*ninja-build'

play apt-get <<'S'
echo 'E: no network' >&2
exit 100
S
try 'no network' 3 build
says said '^E: no network'
says said 'apt-get install -y'

rm "$work/bin/dpkg-query"
try 'no Debian' 0 build
says said 'ninja-build'
try 'usage' 2 nonsense
exit $failed
