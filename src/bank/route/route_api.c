/* transfer.routes: what a client shows before a transfer is prepared. */
#include "bank/route/route.h"

typedef struct routes_in {
    zy_str to_bank;
    zy_money amount_fen;
} routes_in;

typedef struct routes_job {
    zy_call *call;
    zy_route_ask ask;
    zy_route_offer offers[ZY_ROUTE_WAYS], chosen;
    int n;
    bool any;
} routes_job;

static zy_status routes_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    routes_job *job = arg;
    zy_err why = { 0 };
    ZY_TRY(zy_route_offers(rtx, job->call->env, &job->ask, job->offers, &job->n, err));
    job->any = zy_route_choose(rtx, job->call->env, &job->ask, (zy_str){ 0 }, &job->chosen, &why) == ZY_OK;
    return ZY_OK;
}

static zy_json *offer_json(const zy_route_offer *o, bool chosen)
{
    zy_json *out = zy_json_object();
    zy_json_set_c(out, "way", zy_route_way_name(o->way));
    zy_json_set_c(out, "title", zy_route_way_title_zh(o->way));
    zy_json_set_bool(out, "chosen", chosen);
    zy_json_set_bool(out, "available", o->why == ZY_OK);
    zy_json_set_c(out, "why", o->why == ZY_OK ? "" : zy_status_name(o->why));
    zy_json_set_int(out, "fee_fen", o->fee.fen);
    zy_json_set_int(out, "list_fee_fen", o->list_fee.fen);
    zy_json_set_int(out, "cap_fen", o->cap.fen);
    zy_json_set_int(out, "arrives_at", o->arrives_at.ms);
    zy_json_set_int(out, "opens_at", o->opens_at.ms);
    return out;
}

static zy_status routes_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const routes_in *in = input;
    routes_job job = { .call = call,
                       .ask = { .customer = call->caller->customer, .to_bank = in->to_bank, .amount = in->amount_fen, .at = call->now } };
    ZY_TRY(zy_db_read(call->env->db, "transfer.routes", routes_read, &job, err));
    zy_json *routes = zy_json_array();
    for (int i = 0; i < job.n; i++)
        zy_json_push(routes, offer_json(&job.offers[i], job.any && job.offers[i].way == job.chosen.way));
    zy_json_set(body, "routes", routes);
    return ZY_OK;
}

static const zy_field ROUTES_FIELDS[] = {
    ZY_FIELD(routes_in, to_bank, ZY_F_DIGITS, 12, 12, ZY_OPTIONAL, .help = "clearing code of the payee's bank; without it: this bank"),
    ZY_FIELD(routes_in, amount_fen, ZY_F_MONEY, 1, 100000000),
};
static const zy_out OFFER_OUTS[] = {
    ZY_OUT("way", ZY_O_STR, .help = "internal, instant, large, batch"), ZY_OUT("title", ZY_O_STR),
    ZY_OUT("chosen", ZY_O_BOOL, .help = "it goes this way when no other is wished"), ZY_OUT("available", ZY_O_BOOL),
    ZY_OUT("why", ZY_O_STR, .help = "not available: TRANSFER_LIMIT, ROUTE_CLOSED, API_CLOSED"), ZY_OUT("fee_fen", ZY_O_INT),
    ZY_OUT("list_fee_fen", ZY_O_INT, .help = "the fee when no free transfer of the month is left"),
    ZY_OUT("cap_fen", ZY_O_INT, .help = "0: none"), ZY_OUT("arrives_at", ZY_O_INT, .help = "expected; 0 when not available"),
    ZY_OUT("opens_at", ZY_O_INT, .help = "ROUTE_CLOSED: when it opens; else 0"),
};
static const zy_out ROUTES_OUTS[] = { ZY_OUT("routes", ZY_O_LIST, ZY_MEMBERS(OFFER_OUTS)) };

const zy_api ZY_ROUTE_APIS[] = {
    { .name = "transfer.routes", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The ways that a transfer can go, what they cost and when it is there", ZY_FIELDS(routes_in, ROUTES_FIELDS),
      ZY_OUTS(ROUTES_OUTS), .run = routes_run },
};
const size_t ZY_ROUTE_API_COUNT = ZY_COUNT(ZY_ROUTE_APIS);
