/* Commands in JSON: {"do":"plan","trick":"late","on":"pacs.008","count":1,"ms":500,"reason":"AC04"}, … README.md lists them. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "book.h"

static const char *const TRICKS[HOUSE_TRICK_END] = {
    [HOUSE_SWALLOW_BEFORE] = "swallow_before",
    [HOUSE_SWALLOW_AFTER] = "swallow_after",
    [HOUSE_REJECT] = "reject",
    [HOUSE_LATE] = "late",
    [HOUSE_LATE_REJECT] = "late_reject",
    [HOUSE_TWICE] = "twice",
    [HOUSE_SLOW] = "slow",
    [HOUSE_BAD_SIGNATURE] = "bad_signature",
    [HOUSE_OTHER_SIGNER] = "other_signer",
    [HOUSE_REPLAY] = "replay",
    [HOUSE_ALTERED] = "altered",
    [HOUSE_BAD_XML] = "bad_xml",
};
static const char *const DIFFERENCES[] = {
    [HOUSE_LINE_MISSING] = "missing", [HOUSE_LINE_EXTRA] = "extra", [HOUSE_LINE_AMOUNT] = "amount", [HOUSE_LINE_OUTCOME] = "outcome"
};

/* The index of a member's word in a list of words; 0: none. */
static size_t word(const zy_json *in, const char *key, const char *const *words, size_t count)
{
    zy_str said;
    for (size_t i = 1; i < count && zy_json_str(in, key, &said); i++)
        if (zy_str_eq_c(said, words[i]))
            return i;
    return 0;
}

static zy_str text(const zy_json *in, const char *key)
{
    zy_str value = { 0 };
    return zy_json_str(in, key, &value) ? value : (zy_str){ 0 };
}

static int64_t number(const zy_json *in, const char *key, int64_t otherwise)
{
    int64_t value = otherwise;
    return zy_json_int(in, key, &value) ? value : otherwise;
}

static zy_status on_plan(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    house_plan p = { .trick = (house_trick)word(in, "trick", TRICKS, ZY_COUNT(TRICKS)),
                     .count = number(in, "count", 1),
                     .ms = number(in, "ms", 0) };
    ZY_TRY(zy_str_copy(text(in, "on"), p.on, sizeof p.on));
    ZY_TRY(zy_str_copy(text(in, "reason"), p.reason, sizeof p.reason));
    bool needs_reason = p.trick == HOUSE_REJECT || p.trick == HOUSE_LATE_REJECT;
    if (p.trick == 0 || p.count < 1 || p.ms < 0 || p.ms > 600000 || (needs_reason && strlen(p.reason) != 4))
        return ZY_BAD_FIELD;
    clearing_house_plan(h, &p);
    return ZY_OK;
}

static zy_status on_plans_clear(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)in;
    (void)out;
    clearing_house_plans_clear(h);
    return ZY_OK;
}

static zy_status on_account(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    house_account a;
    zy_str state = text(in, "state");
    ZY_TRY(zy_str_copy(text(in, "bank"), a.bank, sizeof a.bank));
    ZY_TRY(zy_str_copy(text(in, "number"), a.number, sizeof a.number));
    ZY_TRY(zy_str_copy(text(in, "name"), a.name, sizeof a.name));
    ZY_TRY(zy_str_copy(state.n > 0 ? state : ZY_STR("open"), a.state, sizeof a.state));
    return a.bank[0] != '\0' && a.number[0] != '\0' && a.name[0] != '\0' ? clearing_house_account(h, &a) : ZY_BAD_FIELD;
}

static zy_status on_credit(clearing_house *h, const zy_json *in, zy_json *out)
{
    char id[ZY_CLEARING_ID_MAX], random[ZY_WIRE_ID_MAX];
    ZY_TRY(zy_wire_id_new(random));
    snprintf(id, sizeof id, "C%.31s", random);
    zy_str given = text(in, "id");
    const house_credit c = { .id = given.n > 0 ? given : zy_str_of(id),
                             .order_ref = given.n > 0 ? given : zy_str_of(id),
                             .from_bank = text(in, "from_bank"),
                             .from_name = text(in, "from_name"),
                             .from_number = text(in, "from_number"),
                             .to_bank = text(in, "to_bank"),
                             .to_name = text(in, "to_name"),
                             .to_number = text(in, "to_number"),
                             .memo = text(in, "memo"),
                             .amount = { number(in, "fen", 0) } };
    if (c.amount.fen <= 0 || c.from_bank.n == 0 || c.from_name.n == 0 || c.from_number.n == 0 || c.to_bank.n == 0 || c.to_name.n == 0 ||
        c.to_number.n == 0)
        return ZY_BAD_FIELD;
    ZY_TRY(clearing_house_credit(h, &c));
    zy_json_set_str(out, "id", c.id);
    return ZY_OK;
}

static zy_status on_return(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    char reason[5];
    zy_str said = text(in, "reason");
    ZY_TRY(zy_str_copy(said.n > 0 ? said : ZY_STR("AC04"), reason, sizeof reason));
    return clearing_house_return(h, text(in, "id"), reason);
}

static zy_status on_recalls(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    char policy[16];
    ZY_TRY(zy_str_copy(text(in, "policy"), policy, sizeof policy));
    return clearing_house_recalls(h, policy);
}

static zy_status on_hold(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)in;
    (void)out;
    clearing_house_hold(h);
    return ZY_OK;
}

static zy_status on_release(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    bool reversed = false;
    (void)zy_json_bool(in, "reversed", &reversed);
    clearing_house_release(h, reversed);
    return ZY_OK;
}

static zy_status on_close_day(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    zy_day day;
    ZY_TRY(zy_day_parse(text(in, "day"), &day));
    clearing_house_close_day(h, day);
    return ZY_OK;
}

static zy_status on_plant(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    zy_day day;
    size_t difference = word(in, "difference", DIFFERENCES, ZY_COUNT(DIFFERENCES));
    ZY_TRY(zy_day_parse(text(in, "day"), &day));
    if (difference == 0)
        return ZY_BAD_FIELD;
    return clearing_house_plant(h, (house_difference)difference, text(in, "id"), day, (zy_money){ number(in, "fen", 1) });
}

static zy_status on_status(clearing_house *h, const zy_json *in, zy_json *out)
{
    char status[5];
    bool returned = false;
    clearing_house_status(h, text(in, "id"), status, &returned);
    zy_json_set_c(out, "status", status);
    zy_json_set_bool(out, "returned", returned);
    return ZY_OK;
}

static zy_status on_position(clearing_house *h, const zy_json *in, zy_json *out)
{
    zy_money paid, received;
    clearing_house_position(h, text(in, "bank"), &paid, &received);
    zy_json_set_int(out, "paid_fen", paid.fen);
    zy_json_set_int(out, "received_fen", received.fen);
    return ZY_OK;
}

static zy_status on_member(clearing_house *h, const zy_json *in, zy_json *out)
{
    (void)out;
    return clearing_house_member(h, text(in, "bank"), text(in, "sign_key"), text(in, "box_key"));
}

static const struct {
    const char *name;
    zy_status (*run)(clearing_house *h, const zy_json *in, zy_json *out);
} COMMANDS[] = {
    { "plan", on_plan },     { "plans_clear", on_plans_clear }, { "account", on_account }, { "credit", on_credit },
    { "return", on_return }, { "recalls", on_recalls },         { "hold", on_hold },       { "release", on_release },
    { "plant", on_plant },   { "close_day", on_close_day },     { "status", on_status },   { "position", on_position },
    { "member", on_member },
};

zy_status clearing_house_control(clearing_house *h, zy_str command, zy_buf *ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *in = NULL;
    ZY_AUTO(zy_json_free) zy_json *out = zy_json_object();
    zy_status status = ZY_NOT_FOUND;
    ZY_TRY(zy_json_parse(command, &in));
    for (size_t i = 0; i < ZY_COUNT(COMMANDS); i++)
        if (zy_str_eq_c(text(in, "do"), COMMANDS[i].name))
            status = COMMANDS[i].run(h, in, out);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "a command that the house cannot follow");
    zy_json_set_bool(out, "done", true);
    zy_json_write(out, ret_answer);
    return ZY_OK;
}
