#!/bin/sh
# side_by_side.sh - compare: programs, commands, values of a parameter; and what it says of nonsense.
. tests/cli/common.sh

# Twice the work is slower, half the work faster; nothing is both.
few='crypto/hash:size=4096,algorithm=sha256,form=prefix'
run 1 compare --json --vary size=1024,65536 self 'algorithm=sha256,form=prefix'
has out '"verdict": "slower"'
has out '"pairs"'
has out '"seconds"'
run 0 compare --vary size=65536,1024 self 'algorithm=sha256,form=prefix'
has out 'faster'
# Three sides against the first; and one side against itself, which is never slower by a fifth.
run 1 compare --vary size=1024,4096,65536 self 'algorithm=sha256,form=prefix'
has out 'size=4096'
run 0 compare --threshold 20 --budget 1s self self "$few"
lacks out 'Error'

# Commands: work that takes ten times as long is slower.
run 1 compare --exec --shell 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); done' \
    'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'
has out 'slower'
run 3 compare --exec true false
has out 'broken'
run 2 compare --exec true
has err 'two commands'

# Nonsense.
run 2 compare
has err 'two programs'
run 2 compare --vary size self
has err 'NAME=VALUES'
run 2 compare --vary size=1 self
has err 'one value'
run 3 compare /no/such/a /no/such/b
has err 'No such file'
run 3 compare --exec true /no/such/command
run 2 compare self self no/such/case
has err 'no/such/case'
run 2 compare --budget 0s self self null/empty
has err 'no time'
run 2 compare --alpha 0 self self null/empty
run 3 compare /bin/true /bin/true

# Revisions: the second one's worker does a hundred times the work; nothing is left behind.
if command -v git >/dev/null && [ -f examples/worker_python/worker.py ] && command -v python3 >/dev/null; then
    repo=$work/repo
    mkdir "$repo"
    cp examples/worker_python/worker.py "$repo/worker.py"
    chmod +x "$repo/worker.py"
    commit() { git -C "$repo" add -A && git -C "$repo" -c user.name=t -c user.email=t@t commit -qm "$1"; }
    git -C "$repo" init -q
    commit one
    sed 's/self.answer = hashlib/for _ in range(100): self.answer = hashlib/' "$repo/worker.py" >"$work/slower.py"
    cat "$work/slower.py" >"$repo/worker.py"
    commit two
    cd "$repo" || exit 1
    run 1 compare --revision HEAD~1 --revision HEAD --build true --program ./worker.py sha256
    has out 'HEAD~1 ('
    has out 'slower'
    [ "$(git worktree list | wc -l)" -eq 1 ] || fail "a worktree is left"
    run 2 compare --revision HEAD~1 --program ./worker.py
    has err 'two revisions'
    run 2 compare --revision nobody --revision HEAD --program ./worker.py
    has err 'nobody'
fi
