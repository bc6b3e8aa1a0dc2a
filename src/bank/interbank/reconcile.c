/* 对账: the house's file of a day against our books. The file is a definite answer to what is still open here; what contradicts what was
 * decided, is missing on one side or differs in its amount is a case for people. */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     200
#define LINES_MAX 5000000

typedef struct file_line {
    char id[ZY_CLEARING_ID_MAX];
    bool ours, is_return;
    zy_money amount;
    zy_clearing_outcome outcome;
} file_line;

typedef struct file {
    zy_env *env;
    zy_day day;
    zy_time now;
    file_line *lines;
    size_t count, room;
    int64_t cases;
} file_;

static zy_status keep_line(const zy_clearing_line *line, void *arg)
{
    file_ *f = arg;
    if (f->count == f->room) {
        size_t room = f->room == 0 ? 1024 : 2 * f->room;
        file_line *grown = room <= LINES_MAX ? realloc(f->lines, room * sizeof *grown) : NULL;
        if (grown == NULL)
            return ZY_NO_MEMORY;
        f->lines = grown;
        f->room = room;
    }
    file_line *kept = &f->lines[f->count++];
    *kept = (file_line){ .ours = line->ours, .is_return = line->is_return, .amount = line->amount, .outcome = line->outcome };
    return zy_str_copy(line->message_id, kept->id, sizeof kept->id);
}

/* ---- what a line means ---- */

typedef enum { MATCH, APPLY, CASE } verdict;
typedef struct judged {
    const file_line *line;
    verdict verdict;
    bool known;            /* there is a row to mark */
    zy_id order;
    const char *difference;
    zy_money our;
    char our_state[12];
} judged;

static void judge_state(judged *j, bool settled_here, bool rejected_here)
{
    zy_clearing_outcome there = j->line->outcome;
    bool right = there == ZY_CLEARING_SETTLED ? settled_here : there == ZY_CLEARING_REJECTED ? rejected_here : !settled_here && !rejected_here;
    if (!right) {
        j->verdict = CASE;
        j->difference = "outcome";
    }
}

static void judge_amount(judged *j)
{
    if (j->verdict == CASE || j->our.fen == j->line->amount.fen)
        return;
    j->verdict = CASE;
    j->difference = "amount";
}

static zy_status judge_ours(zy_rtx *rtx, judged *j, zy_err *err)
{
    out_row out;
    zy_status status = order_of_message(zy_str_of(j->line->id), &j->order);
    if (status == ZY_OK)
        status = out_select(rtx, j->order, &out, err);
    if (status == ZY_NOT_FOUND) {
        j->verdict = CASE;
        j->difference = "unknown_here";
        return ZY_OK;
    }
    ZY_TRY(status);
    j->known = true;
    j->our = out.amount;
    snprintf(j->our_state, sizeof j->our_state, "%s", out.state);
    judge_amount(j);
    bool final = j->line->outcome == ZY_CLEARING_SETTLED || j->line->outcome == ZY_CLEARING_REJECTED;
    if (j->verdict != CASE && out_is_open(&out) && final)
        j->verdict = APPLY;
    else if (j->verdict != CASE)
        judge_state(j, strcmp(out.state, "settled") == 0 || strcmp(out.state, "returned") == 0, strcmp(out.state, "rejected") == 0);
    return ZY_OK;
}

static zy_status judge_incoming(zy_rtx *rtx, judged *j, zy_err *err)
{
    in_row in;
    zy_status status = in_select(rtx, zy_str_of(j->line->id), &in, err);
    if (status == ZY_NOT_FOUND) {
        j->verdict = j->line->outcome == ZY_CLEARING_REJECTED ? MATCH : CASE; /* it never reached us, and nothing moved */
        j->difference = "unknown_here";
        return ZY_OK;
    }
    ZY_TRY(status);
    j->known = true;
    j->our = in.amount;
    snprintf(j->our_state, sizeof j->our_state, "%s", in.state);
    judge_amount(j);
    if (j->verdict != CASE)
        judge_state(j, strcmp(in.state, "refused") != 0, strcmp(in.state, "refused") == 0);
    return ZY_OK;
}

/* ---- a batch of lines ---- */

typedef struct batch_job {
    file_ *file;
    judged items[BATCH];
    int count;
} batch_job;

static zy_status batch_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    batch_job *b = arg;
    for (int i = 0; i < b->count; i++) {
        judged *j = &b->items[i];
        *j = (judged){ .line = j->line, .difference = "" };
        ZY_TRY(j->line->ours ? judge_ours(rtx, j, err) : judge_incoming(rtx, j, err));
    }
    return ZY_OK;
}

static zy_status mark(zy_tx *tx, const judged *j, zy_day day, zy_err *err)
{
    if (!j->known)
        return ZY_OK;
    return j->line->ours ? out_file(tx, j->order, day, err) : in_file(tx, zy_str_of(j->line->id), day, err);
}

static zy_status batch_unit(zy_tx *tx, void *arg, zy_err *err)
{
    batch_job *b = arg;
    for (int i = 0; i < b->count; i++) {
        const judged *j = &b->items[i];
        const case_row row = { .day = b->file->day, .message_id = zy_str_of(j->line->id), .difference = j->difference, .our = j->our,
                               .their = j->line->amount, .our_state = j->our_state, .their_state = outcome_name(j->line->outcome) };
        ZY_TRY(mark(tx, j, b->file->day, err));
        if (j->verdict == CASE)
            ZY_TRY(case_open(tx, b->file->env, &row, b->file->now, err));
    }
    return ZY_OK;
}

static zy_status apply_line(const file_ *f, const judged *j, zy_err *err)
{
    outcome o = { .env = f->env, .order = j->order, .answer = { .outcome = j->line->outcome, .day = f->day }, .now = f->now };
    if (o.answer.outcome == ZY_CLEARING_REJECTED)
        ZY_TRY(zy_str_copy(ZY_STR("NARR"), o.answer.reason, sizeof o.answer.reason));
    return outcome_apply(&o, err);
}

static zy_status compare_batch(file_ *f, size_t from, zy_err *err)
{
    batch_job b = { .file = f };
    for (size_t i = from; i < f->count && b.count < BATCH; i++)
        b.items[b.count++].line = &f->lines[i];
    ZY_TRY(zy_db_read(f->env->db, "interbank.compare", batch_read, &b, err));
    for (int i = 0; i < b.count; i++) {
        if (b.items[i].verdict == APPLY)
            ZY_TRY(apply_line(f, &b.items[i], err));
        f->cases += b.items[i].verdict == CASE;
    }
    return zy_db_run(f->env->db, "interbank.compared", batch_unit, &b, err);
}

/* ---- what the file should have had ---- */

typedef struct missing_job {
    file_ *file;
    out_row outs[BATCH], *after_out, last_out;
    in_row ins[BATCH];
    char after_in[ZY_CLEARING_ID_MAX];
    int out_count, in_count;
} missing_job;

/* What was sent just before midnight may stand in the next day's file, so a day is looked at a window late. */
static zy_status missing_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    missing_job *m = arg;
    zy_day day = m->file->day;
    zy_time from = { zy_day_start(day).ms - ZY_CLEARING_WINDOW.ms };
    zy_time to = { zy_day_start((zy_day){ day.days + 1 }).ms - ZY_CLEARING_WINDOW.ms };
    ZY_TRY(out_unfiled(rtx, from, to, m->after_out, BATCH, m->outs, &m->out_count, err));
    return in_unfiled(rtx, day, zy_str_of(m->after_in), BATCH, m->ins, &m->in_count, err);
}

/* Open ones are asked about, and rejected ones moved nothing. */
static bool should_be_there(const out_row *out)
{
    return strcmp(out->state, "settled") == 0 || strcmp(out->state, "returned") == 0;
}

static zy_status missing_unit(zy_tx *tx, void *arg, zy_err *err)
{
    missing_job *m = arg;
    file_ *f = m->file;
    char id[ZY_ID_TEXT_MAX];
    for (int i = 0; i < m->out_count; i++) {
        zy_id_format(m->outs[i].order, id);
        const case_row row = { .day = f->day, .message_id = zy_str_of(id), .difference = "missing_there", .our = m->outs[i].amount,
                               .our_state = m->outs[i].state, .their_state = "" };
        if (should_be_there(&m->outs[i]))
            ZY_TRY(case_open(tx, f->env, &row, f->now, err));
    }
    for (int i = 0; i < m->in_count; i++) {
        const case_row row = { .day = f->day, .message_id = zy_str_of(m->ins[i].message_id), .difference = "missing_there",
                               .our = m->ins[i].amount, .our_state = m->ins[i].state, .their_state = "" };
        if (strcmp(m->ins[i].state, "refused") != 0)
            ZY_TRY(case_open(tx, f->env, &row, f->now, err));
    }
    return ZY_OK;
}

static void count_missing(missing_job *m)
{
    for (int i = 0; i < m->out_count; i++)
        m->file->cases += should_be_there(&m->outs[i]);
    for (int i = 0; i < m->in_count; i++)
        m->file->cases += strcmp(m->ins[i].state, "refused") != 0;
}

static void turn_page(missing_job *m)
{
    if (m->out_count > 0) {
        m->last_out = m->outs[m->out_count - 1];
        m->after_out = &m->last_out;
    }
    if (m->in_count > 0)
        memcpy(m->after_in, m->ins[m->in_count - 1].message_id, sizeof m->after_in);
}

static zy_status find_missing(file_ *f, zy_err *err)
{
    missing_job *m = calloc(1, sizeof *m);
    zy_status status = m != NULL ? ZY_OK : zy_fail(err, ZY_NO_MEMORY, "", "no memory for a page");
    bool more = true;
    if (m != NULL)
        m->file = f;
    while (status == ZY_OK && more) {
        status = zy_db_read(f->env->db, "interbank.missing", missing_read, m, err);
        if (status == ZY_OK)
            status = zy_db_run(f->env->db, "interbank.missing", missing_unit, m, err);
        more = status == ZY_OK && (m->out_count == BATCH || m->in_count == BATCH);
        if (status == ZY_OK)
            count_missing(m);
        turn_page(m);
    }
    free(m);
    return status;
}

/* ---- the day ---- */

static zy_status day_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    return day_next(rtx, arg, err);
}

static zy_status done_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const file_ *f = arg;
    return day_done(tx, f->day, (int64_t)f->count, f->cases, f->now, err);
}

static zy_status compare(file_ *f, zy_err *err)
{
    ZY_TRY(zy_clearing_day_file(f->env->clearing, f->day, f->now, keep_line, f, err));
    for (size_t from = 0; from < f->count; from += BATCH)
        ZY_TRY(compare_batch(f, from, err));
    ZY_TRY(find_missing(f, err));
    return zy_db_run(f->env->db, "interbank.day_done", done_unit, f, err);
}

zy_status zy_interbank_reconcile(zy_env *env, int64_t *ret_cases, zy_err *err)
{
    file_ f = { .env = env, .now = zy_env_now(env) };
    *ret_cases = 0;
    if (env->clearing == NULL)
        return ZY_NOT_FOUND;
    ZY_TRY(zy_db_read(env->db, "interbank.day", day_read, &f.day, err));
    if (f.day.days >= zy_day_of(f.now).days)
        return ZY_NOT_FOUND;
    zy_status status = compare(&f, err);
    free(f.lines);
    *ret_cases = f.cases;
    return status;
}
