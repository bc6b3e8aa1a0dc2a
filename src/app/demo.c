/* The demo bank: made-up people, two months of their money, staff, and demo.json that tells their passwords. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "bank/account/account.h"
#include "base/id_no.h"
#include "office/staff/staff.h"
#include "service/ledger/ledger.h"
#include "service/audit/audit.h"
#include "service/identity/identity.h"
#include "service/token/token.h"

#define PASSWORD         "Yunlan2026"
#define PAY_PASSWORD     "258036"
#define STAFF_PASSWORD   "Lanyun#2026"
#define UNIT_CUSTOMERS   100 /* in one transaction */
#define NAMED            3

typedef struct person {
    char name[40], user[32], phone[16], customer_no[16], id_no[20];
    char number[2][24];     /* of the accounts; "" when there is one only */
    int64_t balance_fen[2];
} person;

typedef struct filling {
    zy_app *app;
    uint8_t login_record[ZY_PASSWORD_RECORD_BYTES], pay_record[ZY_PASSWORD_RECORD_BYTES];
    unsigned first, count; /* of the unit at hand */
    person *people;        /* all of them */
    zy_id customers[NAMED], accounts[NAMED][2];
} filling;

/* --- people --- */

static const struct {
    const char *name, *user;
    int64_t balance_fen[2];
} NAMED_PEOPLE[NAMED] = {
    { "林晓岚", "linxiaolan", { 8652043, 20000000 } },
    { "陈志远", "chenzhiyuan", { 3127650, 0 } },
    { "苏雨晴", "suyuqing", { 2580099, 0 } },
};
static const char *const SURNAMES[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高",
                                        "林", "何", "郭", "马", "罗" };
static const char *const GIVEN[] = { "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
                                     "明", "超", "霞", "平", "刚", "子涵", "雨桐", "浩然", "思远", "佳怡", "俊杰" };

/* Region 990000 belongs to nobody. */
static void make_id_no(unsigned serial, char out[20])
{
    snprintf(out, 20, "9900%02u%04u%02u%02u%03u", serial / 1000000 % 100, 1960 + serial % 45, 1 + serial / 45 % 12,
             1 + serial / 540 % 28, serial / 15120 % 1000);
    out[17] = zy_id_no_check(out);
    out[18] = '\0';
}

static void make_person(unsigned i, person *p)
{
    memset(p, 0, sizeof *p);
    if (i < NAMED) {
        snprintf(p->name, sizeof p->name, "%s", NAMED_PEOPLE[i].name);
        snprintf(p->user, sizeof p->user, "%s", NAMED_PEOPLE[i].user);
        memcpy(p->balance_fen, NAMED_PEOPLE[i].balance_fen, sizeof p->balance_fen);
    } else {
        snprintf(p->name, sizeof p->name, "%s%s", SURNAMES[i % ZY_COUNT(SURNAMES)],
                 GIVEN[i / ZY_COUNT(SURNAMES) % ZY_COUNT(GIVEN)]);
        snprintf(p->user, sizeof p->user, "demo%06u", i + 1);
        p->balance_fen[0] = 10000000; /* 100,000 yuan */
    }
    snprintf(p->phone, sizeof p->phone, "138%08u", i + 1);
    snprintf(p->customer_no, sizeof p->customer_no, "%010u", 1000000001 + i);
    make_id_no(i + 1, p->id_no);
    zy_card_number(ZY_DEMO_BIN, 2 * i + 1, p->number[0]);
    if (p->balance_fen[1] > 0)
        zy_card_number(ZY_DEMO_BIN, 2 * i + 2, p->number[1]);
}

/* --- their money --- */

typedef struct history_row {
    int person, days_ago;
    int64_t amount_fen; /* signed, of the person's first account */
    const char *code, *summary, *counterparty;
} history_row;

/* What happened to the named people in two months; the opening deposit makes the final balances come out. */
static const history_row HISTORY[] = {
    { 0, 58, 1865000, "SAL", "工资", "云澜科技" },      { 0, 57, -320000, "RENT", "房租", "安居物业" },
    { 1, 55, 1240000, "SAL", "工资", "远航物流" },      { 0, 52, -15880, "PAY", "超市购物", "惠民超市" },
    { 2, 51, 980000, "SAL", "工资", "晴空教育" },       { 0, 49, -4500, "PAY", "地铁充值", "城市交通" },
    { 1, 47, -186000, "RENT", "房租", "安居物业" },     { 0, 45, -23900, "PAY", "餐饮", "江南小馆" },
    { 2, 44, -35600, "PAY", "服饰", "棉麻生活" },       { 0, 41, -12860, "FEE", "电费", "城市供电" },
    { 1, 38, -45900, "PAY", "加油", "东方石油" },       { 0, 36, -6820, "PAY", "水果", "鲜果园" },
    { 2, 34, -128000, "RENT", "房租", "安居物业" },     { 0, 30, 4236, "INT", "活期利息", "" },
    { 1, 30, 1533, "INT", "活期利息", "" },             { 2, 30, 812, "INT", "活期利息", "" },
    { 0, 28, 1865000, "SAL", "工资", "云澜科技" },      { 0, 27, -320000, "RENT", "房租", "安居物业" },
    { 1, 25, 1240000, "SAL", "工资", "远航物流" },      { 0, 24, -58800, "PAY", "家电", "光明电器" },
    { 2, 21, 980000, "SAL", "工资", "晴空教育" },       { 0, 20, -9900, "PAY", "话费", "通信缴费" },
    { 1, 17, -186000, "RENT", "房租", "安居物业" },     { 0, 15, -26750, "PAY", "书籍", "纸间书店" },
    { 2, 13, -21900, "PAY", "餐饮", "江南小馆" },       { 0, 11, -7600, "FEE", "燃气费", "城市燃气" },
    { 1, 9, -33000, "PAY", "加油", "东方石油" },        { 0, 6, -18840, "PAY", "超市购物", "惠民超市" },
    { 2, 4, -128000, "RENT", "房租", "安居物业" },      { 0, 3, -4500, "PAY", "地铁充值", "城市交通" },
    { 1, 2, -15600, "PAY", "餐饮", "江南小馆" },        { 0, 1, -3280, "PAY", "咖啡", "转角咖啡" },
};

zy_status zy_demo_post(zy_tx *tx, zy_env *env, zy_id account, int64_t fen, const char *code, const char *summary,
                      const char *counterparty, zy_time at, zy_err *err)
{
    zy_id audit;
    zy_journal j = { .id = zy_id_next(env->ids), .summary_code = code, .summary = zy_str_of(summary), .leg_count = 2 };
    const zy_audit record = { .event = "demo.posted", .actor_kind = "system", .object = j.id, .object_kind = "journal",
                              .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, env, &record, &audit, err));
    j.audit = audit;
    j.legs[0] = (zy_leg){ .account = account, .amount = { fen }, .counterparty = zy_str_of(counterparty) };
    j.legs[1] = (zy_leg){ .account = ZY_LEDGER_CLEARING, .amount = { -fen }, .internal = true };
    return zy_ledger_post(tx, &j, at, err);
}

static int64_t opening_fen(int who)
{
    int64_t fen = NAMED_PEOPLE[who].balance_fen[0];
    for (size_t i = 0; i < ZY_COUNT(HISTORY); i++)
        if (HISTORY[i].person == who)
            fen -= HISTORY[i].amount_fen;
    return fen;
}

static zy_status open_accounts(zy_tx *tx, filling *f, unsigned i, zy_id customer, zy_time at, zy_err *err)
{
    zy_env *env = &f->app->env;
    const person *p = &f->people[i];
    static const char *const ALIASES[2] = { "日常账户", "储蓄账户" };
    for (int a = 0; a < 2 && p->number[a][0] != '\0'; a++) {
        zy_id account;
        ZY_TRY(zy_account_open(tx, env, customer, zy_str_of(p->number[a]), "debit", zy_str_of(ALIASES[a]), &account, err));
        int64_t fen = i < NAMED && a == 0 ? opening_fen((int)i) : p->balance_fen[a];
        ZY_TRY(zy_demo_post(tx, env, account, fen, "OPN", "开户存入", "", at, err));
        if (i < NAMED)
            f->accounts[i][a] = account;
    }
    return ZY_OK;
}

static zy_status customers_unit(zy_tx *tx, void *arg, zy_err *err)
{
    filling *f = arg;
    zy_env *env = &f->app->env;
    zy_time start = { zy_env_now(env).ms - ZY_DAYS(ZY_DEMO_DAYS).ms };
    for (unsigned i = f->first; i < f->first + f->count; i++) {
        const person *p = &f->people[i];
        const zy_customer_new c = { .customer_no = zy_str_of(p->customer_no), .name = zy_str_of(p->name),
                                    .id_no = zy_str_of(p->id_no), .phone = zy_str_of(p->phone), .alias = zy_str_of(p->user),
                                    .login_record = f->login_record, .pay_record = f->pay_record };
        zy_customer_row *row = NULL;
        zy_id customer;
        ZY_TRY(zy_customer_prepare(env, &c, &row, err));
        zy_status status = zy_customer_insert(tx, env, row, &customer, err);
        zy_customer_row_free(row);
        ZY_TRY(status);
        if (i < NAMED)
            f->customers[i] = customer;
        ZY_TRY(open_accounts(tx, f, i, customer, start, err));
    }
    return ZY_OK;
}

/* Day by day, with a cut-off after each: the books of the past are books like any other. */
static zy_status history_unit(zy_tx *tx, void *arg, zy_err *err)
{
    filling *f = arg;
    zy_env *env = &f->app->env;
    int64_t now = zy_env_now(env).ms;
    size_t i = 0;
    for (int days_ago = ZY_DEMO_DAYS; days_ago > 0; days_ago--) {
        int64_t midnight = zy_day_start(zy_day_of((zy_time){ now - ZY_DAYS(days_ago).ms })).ms;
        zy_day day = zy_day_of((zy_time){ midnight });
        for (; i < ZY_COUNT(HISTORY) && HISTORY[i].days_ago == days_ago; i++) {
            const history_row *h = &HISTORY[i];
            zy_time at = { midnight + ZY_HOURS(8).ms + ZY_MINUTES((int64_t)(i * 37 % 720)).ms };
            ZY_TRY(zy_demo_post(tx, env, f->accounts[h->person][0], h->amount_fen, h->code, h->summary, h->counterparty, at, err));
        }
        ZY_TRY(zy_ledger_cut_off(tx, day, (zy_time){ midnight + ZY_DAYS(1).ms }, err));
    }
    return ZY_OK;
}

/* --- staff --- */

static const struct {
    const char *user, *name, *role;
} STAFF[] = {
    { "risk01", "周明", "risk" }, { "admin01", "许静", "admin" }, { "audit01", "韩松", "auditor" }, { "teller01", "方圆", "teller" },
    { "sec01", "沈岚", "security" }, { "sec02", "陆平", "security" },
};
#define TOTP_BYTES 20

typedef struct staff_job {
    zy_env *env;
    zy_staff_row *row;
} staff_job;

static zy_status staff_unit(zy_tx *tx, void *arg, zy_err *err)
{
    staff_job *job = arg;
    zy_id staff;
    return zy_staff_insert(tx, job->env, job->row, &staff, err);
}

static zy_status add_staff(zy_app *app, size_t i, char ret_totp[40], zy_err *err)
{
    uint8_t totp[TOTP_BYTES];
    zy_secret password = { .n = strlen(STAFF_PASSWORD) };
    memcpy(password.bytes, STAFF_PASSWORD, password.n);
    ZY_TRY(zy_random(totp, sizeof totp));
    zy_base32_encode(totp, sizeof totp, ret_totp);
    const zy_staff_new s = { .user = zy_str_of(STAFF[i].user), .name = zy_str_of(STAFF[i].name),
                             .role = zy_str_of(STAFF[i].role), .password = &password, .totp_secret = totp,
                             .password_rounds = (unsigned)zy_config_int(app->config, "password.iterations") };
    staff_job job = { .env = &app->env };
    ZY_TRY(zy_staff_prepare(&app->env, &s, &job.row, err));
    zy_status status = zy_db_run(app->env.db, "demo.staff", staff_unit, &job, err);
    zy_staff_row_free(job.row);
    return status;
}

/* --- dynamic tokens: one for each of the first two people, to be activated, and one in stock --- */

#define TOKENS 3

typedef struct token_job {
    filling *f;
    zy_token_line lines[TOKENS];
} token_job;

/* Whose the i-th token is; stock: nobody's. */
static bool has_owner(size_t i)
{
    return i + 1 < TOKENS;
}

static zy_status tokens_unit(zy_tx *tx, void *arg, zy_err *err)
{
    token_job *job = arg;
    zy_env *env = &job->f->app->env;
    for (size_t i = 0; i < TOKENS; i++)
        ZY_TRY(zy_token_add(tx, env, &job->lines[i], has_owner(i) ? job->f->customers[i] : (zy_id){ 0 }, err));
    return ZY_OK;
}

/* The demo's devices are programs (zhangyin-token, the desk), so their seeds stand in demo.json. */
static zy_status add_tokens(filling *f, zy_json *ret_list, zy_err *err)
{
    token_job job = { .f = f };
    for (size_t i = 0; i < TOKENS; i++) {
        zy_token_line *line = &job.lines[i];
        char seed[2 * ZY_TOKEN_SEED_MAX + 1];
        line->seed_n = ZY_TOKEN_SEED_MIN;
        snprintf(line->serial, sizeof line->serial, "DEMO%08zu", i + 1);
        ZY_TRY(zy_random(line->seed, line->seed_n));
        zy_hex_encode(line->seed, line->seed_n, seed);
        zy_json *o = zy_json_object();
        zy_json_push(ret_list, o);
        zy_json_set_c(o, "serial", line->serial);
        zy_json_set_c(o, "seed", seed);
        zy_json_set_c(o, "user", has_owner(i) ? f->people[i].user : "");
    }
    return zy_db_run(f->app->env.db, "demo.tokens", tokens_unit, &job, err);
}

/* --- demo.json --- */

static zy_status replace_file(const char *home, const char *name, const zy_json *content, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX], fresh[ZY_HOME_PATH_MAX];
    ZY_AUTO_BUF text = { .max = 1u << 30 };
    ZY_TRY(zy_app_path(home, name, path));
    ZY_TRY(zy_app_path(home, "demo.json.new", fresh));
    zy_json_write_pretty(content, &text);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot write demo.json: %s", strerror(errno));
    size_t done = 0;
    while (done < text.n) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool good = close(fd) == 0 && done == text.n && rename(fresh, path) == 0;
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write demo.json");
}

static zy_json *person_json(const person *p)
{
    zy_json *o = zy_json_object(), *accounts = zy_json_array();
    zy_json_set_c(o, "user", p->user);
    zy_json_set_c(o, "password", PASSWORD);
    zy_json_set_c(o, "pay_password", PAY_PASSWORD);
    zy_json_set_c(o, "phone", p->phone);
    zy_json_set_c(o, "name", p->name);
    for (int a = 0; a < 2 && p->number[a][0] != '\0'; a++) {
        zy_json *account = zy_json_object();
        zy_json_set_c(account, "number", p->number[a]);
        zy_json_set_int(account, "balance_fen", p->balance_fen[a]);
        zy_json_push(accounts, account);
    }
    zy_json_set(o, "accounts", accounts);
    return o;
}

static zy_json *staff_json(size_t i, const char *totp)
{
    zy_json *o = zy_json_object();
    zy_json_set_c(o, "user", STAFF[i].user);
    zy_json_set_c(o, "password", STAFF_PASSWORD);
    zy_json_set_c(o, "totp_secret", totp);
    zy_json_set_c(o, "role", STAFF[i].role);
    zy_json_set_c(o, "name", STAFF[i].name);
    return o;
}

static void set_url(zy_json *doors, const char *name, const char *host, unsigned port)
{
    char url[64];
    snprintf(url, sizeof url, "%s:%u", host, port);
    zy_json_set_c(doors, name, url);
}

static unsigned port_of(const zy_config *config, const char *row)
{
    return (unsigned)zy_config_int(config, row);
}

static zy_status set_doors(zy_app *app, zy_json *demo, zy_err *err)
{
    const zy_config *c = app->config;
    zy_key_info key;
    char public_key[89], cert[ZY_HOME_PATH_MAX + 32];
    ZY_TRY(zy_keys_active(app->env.keys, ZY_KEY_CHANNEL, &key));
    zy_base64_encode(key.public_key, sizeof key.public_key, public_key);
    zy_json *doors = zy_json_object(), *server_key = zy_json_object();
    set_url(doors, "customer", "https://127.0.0.1", port_of(c, "net.customer_port"));
    set_url(doors, "partner", "https://127.0.0.1", port_of(c, "net.partner_port"));
    set_url(doors, "staff", "https://127.0.0.1", port_of(c, "net.staff_port"));
    set_url(doors, "ops", "http://127.0.0.1", port_of(c, "net.ops_port"));
    /* The desk stands four above the customer door when ZY_PORT_BASE moves them, else on 8440. A name and not a number: passkeys
     * belong to domains. */
    set_url(doors, "desk", "http://localhost", getenv("ZY_PORT_BASE") != NULL ? port_of(c, "net.customer_port") + 4 : 8440);
    zy_json_set_int(server_key, "id", key.version);
    zy_json_set_c(server_key, "public_key", public_key);
    zy_json_set(demo, "doors", doors);
    zy_json_set(demo, "server_key", server_key);
    if (realpath(zy_config_text(c, "net.customer_cert").p, cert) == NULL)
        return zy_fail(err, ZY_IO_ERROR, "net.customer_cert", "the demo's certificate is missing");
    zy_json_set_c(demo, "ca", cert);
    return ZY_OK;
}

zy_status zy_demo_doors(zy_app *app, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(app->home, "demo.json", path));
    FILE *file = fopen(path, "rb");
    if (file == NULL) /* a test or bench bank without people needs none */
        return ZY_OK;
    ZY_AUTO_BUF text = { .max = 1u << 30 };
    char piece[65536];
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(&text, piece, n);
    fclose(file);
    ZY_AUTO(zy_json_free) zy_json *demo = NULL;
    if (zy_json_parse(zy_buf_view(&text), &demo) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "demo.json is damaged: remove the home and make the demo anew");
    ZY_TRY(set_doors(app, demo, err));
    return replace_file(app->home, "demo.json", demo, err);
}

/* --- all of it --- */

static zy_status make_records(filling *f)
{
    unsigned rounds = (unsigned)zy_config_int(f->app->config, "password.iterations");
    const struct {
        const char *text;
        uint8_t *record;
    } passwords[] = { { PASSWORD, f->login_record }, { PAY_PASSWORD, f->pay_record } };
    for (size_t i = 0; i < ZY_COUNT(passwords); i++) {
        zy_secret secret = { .n = strlen(passwords[i].text) };
        memcpy(secret.bytes, passwords[i].text, secret.n);
        ZY_TRY(zy_password_make(f->app->env.keys, &secret, rounds, passwords[i].record));
    }
    return ZY_OK;
}

static zy_status fill_customers(filling *f, unsigned customers,
                                void (*progress)(const char *what, uint64_t done, uint64_t of), zy_json *list, zy_err *err)
{
    zy_db *db = f->app->env.db;
    for (f->first = 0; f->first < customers; f->first += f->count) {
        f->count = customers - f->first < UNIT_CUSTOMERS ? customers - f->first : UNIT_CUSTOMERS;
        ZY_TRY(zy_db_run(db, "demo.customers", customers_unit, f, err));
        progress("customers", f->first + f->count, customers);
    }
    for (unsigned i = 0; i < customers; i++)
        zy_json_push(list, person_json(&f->people[i]));
    return zy_db_run(db, "demo.history", history_unit, f, err);
}

zy_status zy_demo_fill(zy_app *app, unsigned customers, void (*progress)(const char *what, uint64_t done, uint64_t of),
                       zy_err *err)
{
    filling f = { .app = app, .people = calloc(customers, sizeof *f.people) };
    if (f.people == NULL)
        return ZY_NO_MEMORY;
    for (unsigned i = 0; i < customers; i++)
        make_person(i, &f.people[i]);
    ZY_AUTO(zy_json_free) zy_json *demo = zy_json_object();
    zy_json *list = zy_json_array(), *staff = zy_json_array(), *tokens = zy_json_array(), *unregistered = zy_json_array();
    zy_json_set(demo, "customers", list);
    zy_json_set(demo, "unregistered", unregistered);
    zy_json_set(demo, "tokens", tokens);
    zy_json_set(demo, "staff", staff);
    zy_status status = make_records(&f);
    if (status == ZY_OK)
        status = fill_customers(&f, customers, progress, list, err);
    if (status == ZY_OK)
        status = add_tokens(&f, tokens, err);
    free(f.people);
    if (status == ZY_OK)
        status = zy_demo_unregistered(app, unregistered, err);
    for (size_t i = 0; i < ZY_COUNT(STAFF) && status == ZY_OK; i++) {
        char totp[40];
        status = add_staff(app, i, totp, err);
        zy_json_push(staff, staff_json(i, totp));
    }
    ZY_TRY(status);
    ZY_TRY(set_doors(app, demo, err));
    return replace_file(app->home, "demo.json", demo, err);
}
