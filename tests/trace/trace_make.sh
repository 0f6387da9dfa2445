#!/bin/sh
# trace_make.sh - make_trace.sh works where it can: a fresh trace, read as parse.py reads it.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tests/trace/make_trace.sh "$work/veth" || exit
tests/trace/trace_read.sh "$work/veth"
