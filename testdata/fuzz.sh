#!/bin/bash
# make fuzz: runs each fuzz target given (build/fuzz/fuzz/image/sniff) for a while.
#
# FUZZ_SECONDS=N    for each of them (60)
# FUZZ_CORPUS=DIR   more files to start with, besides those of testdata
#
# New inputs are kept in build/fuzz/corpus, inputs that crash a target in build/fuzz/found.
set -u
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
found=build/fuzz/found
failed=0
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p $found
for target; do
	name=${target#build/fuzz/fuzz/}
	learnt=build/fuzz/corpus/$name
	log=build/fuzz/${name//\//-}.log
	mkdir -p "$learnt"
	if [ -d "testdata/fuzz/$name" ]; then
		seeds=testdata/fuzz/$name
	elif [[ $name == image/* ]]; then
		seeds=testdata/images
	else
		seeds=testdata/lists
	fi
	# Whole runs reserve a heap, which would take AddressSanitizer most of their time. They also
	# look for child processes, and libFuzzer starts one to print the name of a function.
	options=$ASAN_OPTIONS max_len=200000
	[ "$name" != cmd/imgfetch/run ] || options=$options:max_allocation_size_mb=64 max_len=20000
	# shellcheck disable=SC2086 # FUZZ_CORPUS may name several folders
	if ASAN_OPTIONS=$options "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2560 -max_len=$max_len \
		-print_final_stats=1 -print_funcs=0 -artifact_prefix="$found/${name//\//-}-" \
		"$learnt" $seeds ${FUZZ_CORPUS:-} >"$log" 2>&1; then
		echo "ok $name ($(sed -n 's/^stat::number_of_executed_units: //p' "$log") inputs)"
	else
		grep -E '^==[0-9]+== ?ERROR|runtime error|^SUMMARY|Test unit written' "$log" | head -n 8
		echo "not ok $name: see $log"
		failed=1
	fi
done
exit $failed
