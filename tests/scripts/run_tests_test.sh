#!/bin/sh
# tools/run-tests.mjs on programs that end in every way a program can. Prints TAP.
set -u
tool=$(cd "$(dirname "$0")/../.." && pwd)/tools/run-tests.mjs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

# program NAME SCRIPT: a test program of this name
program() {
    mkdir -p "$work/build"
    printf '#!/bin/sh\n%s\n' "$2" >"$work/build/test_$1"
    chmod +x "$work/build/test_$1"
}

# verdict NAME WANTED-EXIT WANTED-LAST-LINE [LINE-OF-RESULTS]: runs what stands there, then removes it
verdict() {
    count=$((count + 1))
    output=$(ZY_TEST_TIMEOUT_MS=1500 node "$tool" --build "$work/build" --out "$work/out" --filter zz_ 2>&1)
    code=$?
    last=$(printf '%s\n' "$output" | tail -n 1)
    if [ $code -eq "$2" ] && [ "$last" = "$3" ] && { [ -z "${4:-}" ] || grep -q -- "$4" "$work/out/results.tsv"; }; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        { echo "exit $code"; printf '%s\n' "$output"; cat "$work/out/results.tsv"; } | sed 's/^/# /'
    fi
    rm -rf "$work/build" "$work/out"
}

echo "1..9"
program zz_good 'echo "# suite: good"; echo 1..2; echo "ok 1 - a"; echo "ok 2 - b # SKIP"'
verdict passed_and_skipped_are_counted 0 "1 passed, 0 failed" "^good.b	skipped	"
program zz_bad 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
verdict failure_is_counted_once 1 "1 passed, 1 failed" "^zz_bad.b	failed	"
program zz_crash 'echo 1..1; echo "ok 1 - a"; exit 139'
verdict bad_exit_after_good_tests_is_a_crash 1 "1 passed, 1 failed" "^zz_crash.crash	failed	"
program zz_short 'echo 1..3; echo "ok 1 - a"'
verdict fewer_tests_than_planned_is_a_crash 1 "1 passed, 1 failed" "^zz_short.crash"
program zz_silent 'exit 0'
verdict program_that_tests_nothing_is_a_crash 1 "0 passed, 1 failed" "^zz_silent.crash"
program zz_slow 'echo 1..1; sleep 60'
verdict program_that_hangs_is_ended 1 "0 passed, 1 failed" "^zz_slow.crash"
program zz_child 'echo 1..1; echo "ok 1 - a"; sleep 60 &'
verdict child_left_behind_is_ended 0 "1 passed, 0 failed"
program zz_db 'echo 1..1; echo "ok 1 - on_$ZY_TEST_DB"; exit'
printf 'ZY_TEST_DB\0' >>"$work/build/test_zz_db"
verdict database_program_runs_on_both_engines 0 "2 passed, 0 failed" "on_pg	passed	.*	pg$"
mkdir -p "$work/build"
verdict no_test_at_all_is_a_failure 1 "0 passed, 0 failed"
