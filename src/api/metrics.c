/* Counters of calls, for the ops door. */
#include "api/registry.h"

static const struct {
    zy_status status;
} STATUSES[] = {
#define STATUS_ROW(name, number, http, text) { ZY_##name },
    ZY_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};
_Static_assert(ZY_COUNT(STATUSES) <= STATUS_SLOTS, "more statuses than slots");

static const int64_t BOUNDS_US[LATENCY_SLOTS - 1] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000 };

static size_t slot_of(zy_status status)
{
    for (size_t i = 0; i < ZY_COUNT(STATUSES); i++)
        if (STATUSES[i].status == status)
            return i;
    return 0;
}

void zy_api_metrics_add(zy_api_registry *r, const zy_api *api, zy_status status, int64_t took_ns)
{
    size_t at = registry_index(r, api->door, zy_str_of(api->name)), latency = 0;
    if (at == r->count)
        return;
    int64_t took_us = took_ns / 1000;
    while (latency < ZY_COUNT(BOUNDS_US) && took_us > BOUNDS_US[latency])
        latency++;
    api_metrics *m = r->metrics[at];
    atomic_fetch_add_explicit(&m->by_status[slot_of(status)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->by_latency[latency], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->took_us, (unsigned long long)took_us, memory_order_relaxed);
}

/* One name may stand at several doors. */
static const char *const DOORS[] = { [ZY_DOOR_CUSTOMER] = "customer", [ZY_DOOR_STAFF] = "staff", [ZY_DOOR_PARTNER] = "partner" };
#define LABELS          "door=\"%s\",api=\"%s\""
#define LABELS_ARG(api) DOORS[(api)->door], (api)->name

static void write_statuses(const zy_api *api, api_metrics *m, zy_buf *out)
{
    for (size_t s = 0; s < ZY_COUNT(STATUSES); s++) {
        unsigned long long n = atomic_load_explicit(&m->by_status[s], memory_order_relaxed);
        if (n > 0)
            zy_buf_fmt(out, "zy_api_calls_total{" LABELS ",code=\"%s\"} %llu\n", LABELS_ARG(api),
                       zy_status_name(STATUSES[s].status), n);
    }
}

static void write_latency(const zy_api *api, api_metrics *m, zy_buf *out)
{
    unsigned long long sum = 0;
    for (size_t i = 0; i < LATENCY_SLOTS; i++) {
        sum += atomic_load_explicit(&m->by_latency[i], memory_order_relaxed);
        if (i < ZY_COUNT(BOUNDS_US))
            zy_buf_fmt(out, "zy_api_seconds_bucket{" LABELS ",le=\"%lld.%06lld\"} %llu\n", LABELS_ARG(api),
                       (long long)(BOUNDS_US[i] / 1000000), (long long)(BOUNDS_US[i] % 1000000), sum);
    }
    unsigned long long took = atomic_load_explicit(&m->took_us, memory_order_relaxed);
    zy_buf_fmt(out, "zy_api_seconds_bucket{" LABELS ",le=\"+Inf\"} %llu\n", LABELS_ARG(api), sum);
    zy_buf_fmt(out, "zy_api_seconds_sum{" LABELS "} %llu.%06llu\n", LABELS_ARG(api), took / 1000000, took % 1000000);
    zy_buf_fmt(out, "zy_api_seconds_count{" LABELS "} %llu\n", LABELS_ARG(api), sum);
}

void zy_api_metrics_write(const zy_api_registry *r, zy_buf *out)
{
    zy_buf_c(out, "# TYPE zy_api_calls_total counter\n");
    for (size_t i = 0; i < r->count; i++)
        write_statuses(r->apis[i], r->metrics[i], out);
    zy_buf_c(out, "# TYPE zy_api_seconds histogram\n");
    for (size_t i = 0; i < r->count; i++)
        write_latency(r->apis[i], r->metrics[i], out);
}
