# testdata/run-tests, with programs that replace the unit tests.
# shellcheck shell=bash

# Makes a program ./NAME of the script on standard input.
program() { # NAME
    { echo '#!/bin/bash'; cat; } >"$1"
    chmod +x "$1"
}

run_programs() { # RC PROGRAM...: what is said is in told
    local wanted=$1
    shift
    rc=0
    # The reader begins late, so that programs with much output block in the middle.
    E2E=no OMP_NUM_THREADS=2 "$TOP/testdata/run-tests" "${@/#/$PWD/}" | { sleep 0.5; cat >told; } || rc=$?
    assert_rc "$wanted"
}

test_unit_programs_are_added_up() {
    program good <<<'echo "100%: Checks: 4, Failures: 0, Errors: 0"'
    program bad <<<'echo why; echo "50%: Checks: 4, Failures: 1, Errors: 1"; exit 1'
    program dies <<<'kill -SEGV $$'
    program empty <<<'echo "100%: Checks: 0, Failures: 0, Errors: 0"'
    program silent <<<':'
    run_programs 0 good good
    assert_eq "$(tail -n 1 told)" '8 passed, 0 failed'
    run_programs 1 good bad dies empty silent
    assert_eq "$(tail -n 1 told)" '6 passed, 5 failed'
    assert_eq "$(grep -A 2 -x why told)" "$(printf '%s\n' why '50%: Checks: 4, Failures: 1, Errors: 1' \
        "not ok $PWD/bad (status 1)")"
    assert_eq "$(grep -c '^not ok' told)" 4
}

test_unit_programs_run_side_by_side() {
    local n
    for n in 1 2; do
        program "meets$n" <<<"touch $PWD/$n
            until [ -e $PWD/$((3 - n)) ]; do sleep 0.02; done
            echo '100%: Checks: 1, Failures: 0, Errors: 0'"
    done
    run_programs 0 meets1 meets2
    assert_eq "$(tail -n 1 told)" '2 passed, 0 failed'
}

test_output_of_unit_programs_does_not_mix() {
    local n
    for n in 1 2; do
        program "loud$n" <<<"yes line of $n | head -n 30000; touch $PWD/$n
            until [ -e $PWD/$((3 - n)) ]; do sleep 0.001; done; exit 1"
    done
    run_programs 1 loud1 loud2
    assert_eq "$(uniq told | wc -l)" 5
}
