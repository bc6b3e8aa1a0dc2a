#!/bin/sh
# tools/check-includes on a small house of its own. Prints TAP.
set -u
tool=$(cd "$(dirname "$0")/../.." && pwd)/tools/check-includes
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
mkdir -p "$house/base" "$house/db" "$house/api" "$house/service/param" "$house/service/audit" "$house/bank/account"
cat >"$house/modules.txt" <<'TEXT'
base:
db: base
api: base db
service/param: api
service/audit: api service/param
bank: service # domains
app: everything
<sqlite3.h>: db
<openssl/>: db
TEXT

count=0
# verdict NAME WANTED-EXIT FILE CONTENT [PATTERN-OF-OUTPUT]
verdict() {
    count=$((count + 1))
    printf '%s\n' "$4" >"$house/$3"
    output=$("$tool" "$house")
    code=$?
    rm -f "$house/$3"
    if [ $code -eq "$2" ] && printf '%s\n' "$output" | grep -q -- "${5:-}"; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf '%s\n' "exit $code: $output" | sed 's/^/# /'
    fi
}

echo "1..14"
verdict include_of_a_lower_room_passes 0 bank/account/a.c '#include "db/db.h"'
verdict include_of_the_own_room_passes 0 bank/account/a.c '#include "bank/transfer/transfer.h"'
verdict include_through_a_folder_of_rooms_passes 0 bank/account/a.c '#include "service/audit/audit.h"'
verdict include_of_a_higher_room_is_told_with_its_line 1 db/a.c '
#include "api/api.h"' '^db/a.c:2: room db may not include room api'
verdict include_of_a_later_sibling_is_told 1 service/param/a.c '#include "service/audit/audit.h"' 'service/param'
verdict library_header_outside_its_room_is_told 1 api/a.c '#include <sqlite3.h>' 'api/a.c:1: .*sqlite3.h'
verdict library_folder_outside_its_room_is_told 1 api/a.c '#  include <openssl/evp.h>' 'openssl'
verdict library_header_in_its_room_passes 0 db/a.c '#include <sqlite3.h>'
verdict include_without_a_room_is_told 1 api/a.c '#include "api.h"' 'names no room'
verdict test_support_is_for_tests_alone 1 api/a.c '#include "zy_test.h"' 'only tests'
verdict tests_include_their_support 0 api/a_test.c '#include "zy_test.h"'
verdict sql_outside_a_repository_is_told 1 bank/account/a.c '    "UPDATE account SET x = 1"' 'SQL'
verdict sql_in_a_repository_passes 0 bank/account/a_repo.c '    "UPDATE account SET x = 1"'

if output=$("$tool"); then
    echo "ok 14 - source_of_the_product_keeps_the_order"
else
    echo "not ok 14 - source_of_the_product_keeps_the_order"
    printf '%s\n' "$output" | sed 's/^/# /'
fi
