/* People of the demo bank who have a card and no mobile banking yet: one who may register at once, one whose grade is high, one on the
 * blacklist, and whom the browser's stories need. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "bank/account/card.h"
#include "base/id_no.h"
#include "service/identity/identity.h"

#define CARD_PIN    "739158"
#define CARD_SERIAL 900000001u /* far from the customers' */
#define BALANCE_FEN 500000

static const struct {
    const char *name, *phone, *id_no_17, *grade;
} PEOPLE[] = {
    { "何清秋", "13911110001", "99000019900412701", "low" },
    { "叶知远", "13911110002", "99000019881123702", "low" },
    { "顾晚晴", "13911110003", "99000019950806703", "low" },
    { "孟怀瑾", "13911110004", "99000019820219704", "high" },
    { "程未央", "13911110005", "99000019930730705", "blacklist" },
};

typedef struct unregistered_job {
    zy_env *env;
    zy_customer_row *row;
    size_t who;
    char card_no[24], second_no[24];
    uint8_t pin_record[ZY_PASSWORD_RECORD_BYTES];
} unregistered_job;

static void make_id_no(size_t who, char out[20])
{
    out[17] = zy_id_no_check(memcpy(out, PEOPLE[who].id_no_17, 17));
    out[18] = '\0';
}

static zy_status open_account(zy_tx *tx, const unregistered_job *job, zy_id customer, const char *number, const char *alias,
                              zy_id *ret_account, zy_err *err)
{
    ZY_TRY(zy_account_open(tx, job->env, customer, zy_str_of(number), "debit", zy_str_of(alias), ret_account, err));
    return zy_demo_post(tx, job->env, *ret_account, BALANCE_FEN, "OPN", "开户存入", "", zy_env_now(job->env), err);
}

/* Two accounts, so that transfers between own ones can be tried; one has the card. */
static zy_status person_unit(zy_tx *tx, void *arg, zy_err *err)
{
    unregistered_job *job = arg;
    zy_id customer, account, second;
    ZY_TRY(zy_customer_insert(tx, job->env, job->row, &customer, err));
    ZY_TRY(open_account(tx, job, customer, job->card_no, "日常账户", &account, err));
    ZY_TRY(open_account(tx, job, customer, job->second_no, "储蓄账户", &second, err));
    return zy_card_issue(tx, job->env, account, zy_str_of(PEOPLE[job->who].phone), job->pin_record, err);
}

static zy_status add_person(unregistered_job *job, zy_json *ret_list, zy_err *err)
{
    char id_no[20], customer_no[16];
    make_id_no(job->who, id_no);
    snprintf(customer_no, sizeof customer_no, "%010zu", 9000000001 + job->who);
    zy_card_number(ZY_DEMO_BIN, CARD_SERIAL + 2 * (unsigned)job->who, job->card_no);
    zy_card_number(ZY_DEMO_BIN, CARD_SERIAL + 2 * (unsigned)job->who + 1, job->second_no);
    const zy_customer_new c = { .customer_no = zy_str_of(customer_no), .name = zy_str_of(PEOPLE[job->who].name),
                                .id_no = zy_str_of(id_no), .phone = zy_str_of(PEOPLE[job->who].phone), .counter_only = true };
    ZY_TRY(zy_customer_prepare(job->env, &c, &job->row, err));
    zy_status status = zy_db_run(job->env->db, "demo.unregistered", person_unit, job, err);
    zy_customer_row_free(job->row);
    ZY_TRY(status);
    zy_json *o = zy_json_object();
    zy_json_set_c(o, "name", PEOPLE[job->who].name);
    zy_json_set_c(o, "id_no", id_no);
    zy_json_set_c(o, "card_no", job->card_no);
    zy_json_set_c(o, "second_no", job->second_no);
    zy_json_set_c(o, "card_pin", CARD_PIN);
    zy_json_set_c(o, "phone", PEOPLE[job->who].phone);
    zy_json_set_c(o, "grade", PEOPLE[job->who].grade);
    zy_json_push(ret_list, o);
    return ZY_OK;
}

static zy_status write_list(zy_app *app, zy_err *err)
{
    ZY_AUTO_BUF text = { 0 };
    zy_buf_c(&text, "# blacklist|high|medium NUMBER: whoever does not stand here is graded low\n");
    for (size_t i = 0; i < ZY_COUNT(PEOPLE); i++) {
        char id_no[20];
        make_id_no(i, id_no);
        if (strcmp(PEOPLE[i].grade, "low") != 0)
            zy_buf_fmt(&text, "%s %s\n", PEOPLE[i].grade, id_no);
    }
    int fd = open(zy_config_text(app->config, "screening.list").p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    if (fd >= 0)
        good &= close(fd) == 0;
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, "screening.list", "cannot be written");
}

zy_status zy_demo_unregistered(zy_app *app, zy_json *ret_list, zy_err *err)
{
    unregistered_job job = { .env = &app->env };
    zy_secret pin = { .n = strlen(CARD_PIN) };
    memcpy(pin.bytes, CARD_PIN, pin.n);
    ZY_TRY(zy_password_make(app->env.keys, &pin, (unsigned)zy_config_int(app->config, "password.iterations"), job.pin_record));
    for (job.who = 0; job.who < ZY_COUNT(PEOPLE); job.who++)
        ZY_TRY(add_person(&job, ret_list, err));
    return write_list(app, err);
}
