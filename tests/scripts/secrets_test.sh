#!/bin/sh
# No password, key or token stands in what is kept here, in the web clients that are built from it, or in the program.
# Looked for by secretlint with its recommended rules; in the product's own sources for passwords in assignments, too
# (tests have passwords of made-up people). Prints TAP.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
scanner="node $top/web/node_modules/.bin/secretlint"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top" || exit 1
count=0

verdict() { # NAME RIGHT?
    count=$((count + 1))
    if [ "$2" = 0 ]; then echo "ok $count - $1"; else echo "not ok $count - $1"; sed 's/^/# /' "$work/said"; fi
}

# scan RULES FILE...: 0: nothing is found, 1: something is; it looks below the current folder only
scan() {
    rules=$top/tests/secrets/$1.json
    shift
    $scanner --no-color --maskSecrets --secretlintrc "$rules" "$@" >"$work/said" 2>&1
}

# clean NAME RULES FILE...
clean() {
    name=$1
    shift
    scan "$@"
    verdict "$name" $?
}

# found NAME RULES FILE
found() {
    (cd "$work" && scan "$2" "$3")
    [ $? = 1 ]
    verdict "$1" $?
}

files() { # EXCLUDED-PATTERN: what is kept here, but for pictures, other people's vectors and lists of packages
    find . \( -name .git -o -name build -o -name node_modules -o -name dist -o -name var -o -path ./fuzz/corpus -o -path ./tests/vectors \) -prune \
        -o -type f ! -name '*.png' ! -name package-lock.json -print | grep -v "$1"
}

echo "1..6"
files '^$' >"$work/all"
# shellcheck disable=SC2046
clean no_secret_is_kept_with_the_sources everywhere $(cat "$work/all")
files '_test\.\|\.test\.\|^./tests/\|^./web/e2e/\|^./web/[a-z0-9]*/test' >"$work/product"
# shellcheck disable=SC2046
clean no_password_stands_in_the_product product $(cat "$work/product")
# shellcheck disable=SC2046
clean no_secret_is_in_the_bundles_of_the_web_clients everywhere $(find web/h5/dist web/console/dist -name '*.js' -o -name '*.html')
strings -n 8 build/test/zhangyin >build/program-strings.txt
clean no_secret_is_in_the_program everywhere build/program-strings.txt
rm -f build/program-strings.txt
openssl genpkey -algorithm ED25519 >"$work/key.c" 2>/dev/null
found private_key_would_be_found everywhere key.c
printf 'static const char *url = "host=db password=%s";\nconfig.password = "%s";\n' x "$(openssl rand -hex 8)" >"$work/password.c"
found password_in_an_assignment_would_be_found product password.c
