#!/bin/sh
# A throw-away PostgreSQL server for tests and benchmarks.
#   pg-up.sh start DIR   makes and starts one in DIR (must not exist), prints its connection string
#   pg-up.sh stop DIR    stops it and removes DIR
# ZY_PG_FSYNC=on makes commits durable (benchmarks); the default is off. As root it runs as user postgres.
set -eu

dir=${2:?pg-up.sh start|stop DIR}
bin=${ZY_PG_BIN:-/usr/lib/postgresql/15/bin}

as_owner() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

start() {
    mkdir -m 700 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    as_owner "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
        >"$dir.log" 2>&1 || { cat "$dir.log" >&2; exit 1; }
    fsync=${ZY_PG_FSYNC:-off}
    try=0
    while [ $try -lt 8 ]; do
        port=$((20000 + ($$ * 7 + try * 101) % 12000))
        if as_owner "$bin/pg_ctl" -D "$dir/data" -w -t 30 -l "$dir/server.log" -o "-k $dir -p $port -h 127.0.0.1 \
            -c max_connections=300 -c shared_buffers=128MB -c fsync=$fsync -c full_page_writes=$fsync \
            -c synchronous_commit=$fsync" start >/dev/null 2>&1; then
            rm -f "$dir.log"
            echo "host=$dir port=$port user=postgres dbname=postgres"
            return
        fi
        try=$((try + 1))
    done
    cat "$dir/server.log" >&2
    exit 1
}

stop() {
    [ -d "$dir/data" ] || return 0
    as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 30 stop >/dev/null 2>&1 || true
    rm -rf "$dir" "$dir.log"
}

case $1 in
start) start ;;
stop) stop ;;
*) echo "pg-up.sh start|stop DIR" >&2; exit 2 ;;
esac
