#!/bin/sh
# No command line of the system is built or run by the product: no system(), no popen(), no exec of a shell. The one program that it starts
# is listed here; it is given an argument vector, which no shell reads. Prints TAP.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

verdict() { # NAME RIGHT?
    count=$((count + 1))
    if [ "$2" = 0 ]; then echo "ok $count - $1"; else echo "not ok $count - $1"; sed 's/^/# /' "$work/found"; fi
}

# calls FILE...: where a program is started
calls() {
    grep -nE '(^|[^A-Za-z0-9_])(system|popen|wordexp|exec[lv]p?e?|fexecve|execveat|posix_spawnp?)\(' "$@" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)'
}

product() {
    find src sdk sim -name '*.c' ! -name '*_test.c' ! -name '*_fuzz.c'
}

# The listed exception: pg_dump and pg_restore, by `zhangyin backup` and `restore` alone, whose arguments are the operator's own.
LISTED='^src/app/cmd_backup.c:[0-9]+:.*posix_spawnp\(&pid, argv\[0\], NULL, NULL, argv, environ\)'

echo "1..3"
# shellcheck disable=SC2046 # names without spaces
calls $(product) | grep -vE "$LISTED" >"$work/found"
[ ! -s "$work/found" ]
verdict no_program_is_started_but_the_listed_one $?

# shellcheck disable=SC2046
grep -nE '"(/bin/)?(ba|da)?sh"|"-c"' $(product) >"$work/found"
[ ! -s "$work/found" ]
verdict no_shell_is_named $?

printf 'int f(void)\n{\n    return system("date");\n}\n' >"$work/bad.c"
calls "$work/bad.c" >"$work/found"
verdict a_call_would_be_found $?
