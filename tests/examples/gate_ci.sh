#!/bin/bash
# gate_ci.sh - examples/ci from end to end in a repository of two revisions: ci.sh builds both, measures,
# and passes or fails its gate; github.yml is YAML, and what its comment step relies on holds.
set -u
fail() { echo "examples/ci: $*"; sed 's/^/    /' "$work"/*.log "$work/out" 2>/dev/null | head -60; exit 1; }
root=$PWD
bpi=$BUILD/apps/cli/bpi-perf
[ -x "$bpi" ] || { echo "skipped: bpi-perf is not built here"; exit 77; }
command -v git >/dev/null || { echo "skipped: git is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITHUB_OUTPUT GIT_DIR GIT_WORK_TREE

# A project whose program is the example worker; its build copies it.
mkdir "$work/project" && cd "$work/project" || exit 1
git init -q . && cp "$root/examples/worker_shell/worker.sh" source.sh
echo 'mkdir -p out && cp source.sh out/bench' >build.sh
printf 'out/\nresult/\n' >.gitignore
git add . && git commit -qm first || fail "git commit"
cat >gate.yaml <<'GATE'
gate: { name: gate, undecided: pass }
budgets:
  - { cases: shell/, slower_by_at_most: 100% }
  - { cases: shell/replace, metric: median_ns, at_most: 10 s }
GATE

method=stored
ci() {
    wanted=$1
    shift
    BPI_PERF=$bpi OUT=result METHOD=$method COMPARE='--budget 1s --threshold 10' \
        MEASURE='--measurement-time 200ms --warm-up 20ms --processes 6 --sample-size 12 --no-references' \
        "$root/examples/ci/ci.sh" "$@" >"$work/out" 2>&1
    got=$?
    [ $got -eq "$wanted" ] || fail "status $got and not $wanted: ci.sh $*"
}
ci 0 HEAD 'sh build.sh' out/bench shell/replace
grep -q 'gate: passed' "$work/out" || fail "does not say that the gate is passed"
for file in new.json gate.json gate.xml gate.md; do
    [ -s result/$file ] || fail "there is no result/$file"
done
[ ! -d result/base ] || fail "the tree of the base was left behind"
git worktree list | grep -q result && fail "the worktree was left behind"
if command -v xmllint >/dev/null; then xmllint --noout result/gate.xml || fail "gate.xml"; fi

# A failing change, in a GitHub job.
sed -i 's/at_most: 10 s/at_most: 1 ns/' gate.yaml
export GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$work/summary GITHUB_OUTPUT=$work/outputs
ci 1 HEAD 'sh build.sh' out/bench shell/replace
grep -q '^::error file=gate.yaml,line=4,title=gate%3A shell/replace' "$work/out" || fail "no annotation"
grep -q 'gate: failed' "$work/summary" || fail "no summary"
grep -qx 'outcome=fail' "$work/outputs" || fail "no outputs"
marker=$(head -n 1 result/gate.md)
[ "$marker" = '<!-- bpi-perf gate: gate -->' ] || fail "the marker is $marker"
case $marker in *[\"\\]*) fail "the marker cannot stand in the comment step's filter" ;; esac

# Mistakes.
ci 2 nosuchrevision 'sh build.sh' out/bench
grep -q 'there is no revision nosuchrevision' "$work/out" || fail "a wrong revision"
ci 2 HEAD 'false' out/bench
grep -q 'does not build' "$work/out" || fail "a failing build"
ci 2 HEAD
grep -q 'ci.sh BASE BUILD PROGRAM' "$work/out" || fail "no usage"

# Both programs at once: the same program passes, one that does everything twice does not.
method=paired
unset GITHUB_ACTIONS
cat >gate.yaml <<'GATE'
gate: { name: pairs, undecided: pass }
budgets:
  - { cases: shell/, slower_by_at_most: 20% }
GATE
ci 0 HEAD 'sh build.sh' out/bench shell/replace
[ -s result/comparison.json ] || fail "there is no comparison"
sed -i 's|^run_replace() { \(.*\) }$|run_replace() { \1 \1 }|' source.sh
ci 1 HEAD 'sh build.sh' out/bench shell/replace
grep -q 'pairs: failed' "$work/out" || fail "twice the work is no failure"
grep -q '"verdict": *"slower"' result/comparison.json || fail "twice the work is not slower"
[ ! -d result/base ] || fail "the tree of the base was left behind"

# The other gate file is right, and the workflow is YAML: it is read as far as its first key.
cd "$root" || exit 1
"$bpi" gate --file examples/ci/gate.yaml --run "$work/project/result/new.json" >"$work/out" 2>&1
[ $? -eq 3 ] || fail "examples/ci/gate.yaml"
"$bpi" gate --file examples/ci/github.yml >"$work/out" 2>&1
grep -q "github.yml:[0-9]*: unknown key 'name'" "$work/out" || fail "github.yml"
echo "examples/ci: passed, failed and mistaken as it should"
