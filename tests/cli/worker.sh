#!/bin/sh
# worker.sh - this program is a worker, and measures other workers; liars get no result.
. tests/cli/common.sh
few="$brief --no-references --no-history"

run 0 worker --list "$bpi"
has out null/empty
# shellcheck disable=SC2086
measured worker $few --filter null/empty -- "$bpi"
has out empty
if [ -x examples/worker_shell/worker.sh ]; then
    # shellcheck disable=SC2086
    run 0 worker --list examples/worker_shell/worker.sh
    [ -s "$work/out" ] || fail "the worker in shell has no cases"
fi
if command -v python3 >/dev/null && [ -f examples/worker_python/worker.py ]; then
    # shellcheck disable=SC2086
    measured worker $few --filter sha256 python3 examples/worker_python/worker.py
    has out sha256
fi

# A liar: it answers what the protocol does not allow.
cat >"$work/liar" <<'LIAR'
#!/bin/sh
while read -r line; do
    case $line in
    *'"hello"'*) echo '{"ok":true,"protocol":1,"name":"liar"}' ;;
    *'"list"'*) echo '{"ok":true,"cases":[{"name":"lie"}]}' ;;
    *'"run"'*) echo '{"ok":true,"ns":[-5]}' ;;
    *) echo '{"ok":true}' ;;
    esac
done
LIAR
chmod +x "$work/liar"
# shellcheck disable=SC2086
run 3 worker $few "$work/liar"
has err 'lie'
run 3 worker --list /bin/true
run 3 worker --list /bin/echo
