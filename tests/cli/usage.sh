#!/bin/sh
# usage.sh - every mistake on the command line is status 2, nothing on standard output, and one
# sentence that names the option, the value and what is right.
. tests/cli/common.sh

# wrong SENTENCE WORDS...
wrong() {
    sentence=$1
    shift
    run 2 "$@"
    [ ! -s "$work/out" ] || fail "a mistake writes to standard output"
    has err "$sentence"
}

wrong 'a command is missing'
wrong "bpi-perf has no command 'benchmrk'; the nearest is 'benchmark'" benchmrk
wrong "benchmark has no command 'cobr'; the nearest is 'cbor'" benchmark cobr
wrong "'bpi-perf help benchmark' says what is right" benchmark cobr
wrong 'benchmark needs --comprehensive' benchmark
wrong 'run has no option --itertions; the nearest is --iterations' run --itertions 3 null/
wrong 'run has no option -z' run -z null/
wrong 'run has no option --comprehensive' benchmark --comprehensive run null/
wrong "--iterations: '3x' is not a whole number" run --iterations 3x null/
wrong '--iterations needs a value: --iterations N' run null/ --iterations
wrong '--processes: 0 is not between 1 and 1000' run --processes 0 null/
wrong '--confidence: 95 is not between 0.5 and 0.9999' run --confidence 95 null/
wrong "--warm-up: '3' lacks a unit" run --warm-up 3 null/
wrong "--measurement-time: '0s' is no time at all" run --measurement-time 0s null/
wrong "--format: 'xml' is not one of text,json,csv,markdown" run --format xml null/
wrong '--quiet takes no value' run --quiet=yes null/
wrong '--algorithms: '"'md5'"' is not one of sha256,blake3' benchmark crypto --algorithms sha256,md5
wrong '--data-size' benchmark cbor --data-size many
wrong '--hash-size' benchmark crypto --hash-size 1lightyear
wrong '--cpu-affinity' run null/empty --cpu-affinity 0,x
wrong 'processor 0 stands twice' run null/empty --cpu-affinity 0,0
wrong 'may not use processor 1023' run null/empty --cpu-affinity 1023
wrong "'entries' is not NAME=VALUES" run null/ --arg entries
wrong "has a parameter 'nss'; the nearest is ns" run null/spin --arg nss=5
wrong 'run needs FILTER' run
wrong "no case matches 'null/empyt'; the nearest is null/empty" run null/empyt
wrong "no case matches 'nothing'" run null/empty nothing
wrong "no case matches 'nothing'" benchmark list nothing
wrong 'run takes no words after --' run null/empty -- x
wrong "'two' is one word too many" cbor diag one two
wrong "'notes' is one word too many; for a file write --input notes" benchmark cbor notes
wrong '/nonexistent: No such file' crypto --input /nonexistent
wrong 'is no regular file' crypto --input /
wrong 'cannot be standard input' crypto --input -
wrong 'compare needs --baseline RUN and --current RUN' benchmark compare
wrong '--baseline: a.json: there is no such file' benchmark compare --baseline a.json --current b.json
wrong "--threshold: 'x' is not a percentage" benchmark compare --threshold x
wrong "there is no command 'exce'; the nearest is exec" help exce
wrong "'ksh' is not one of bash, zsh, fish" completions ksh
wrong 'exec needs COMMAND' exec
wrong "a quote ' has no end" exec "echo 'x"
wrong '--parameter x: no command has {x}' exec --parameter x 1,2 -- true
wrong '--name: 2 names for 1 commands' exec -n a -n b -- true
wrong "cannot start '/nonexistent/worker'" worker /nonexistent/worker
