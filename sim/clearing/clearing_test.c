/* The connector `http` against the simulator of a clearing house: what goes over the wire, and what is not believed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "house.h"
#include "connector/clearing_letters.h"
#include "zy_test.h"
#include "zy_test_http.h"

#define NOW   ((zy_time){ INT64_C(1795399200000) })
#define TODAY (zy_day_of(NOW))
#define US    "313999000016"
#define ICBC  "102100099996"
#define CCB   "105100000017"
#define WANG  "6222021001112223337"
#define LIN   "6299880000000001"

static struct world {
    char folder[64];
    zy_clock *clock;
    zy_keys *keys;
    clearing_house *house;
    zy_server *server;
    zy_config *config;
    zy_clearing *c;
} w;

static zy_time now(void)
{
    return zy_clock_now(w.clock);
}

/* --- the world --- */

static void hex_of(zy_key_purpose purpose, char out[131])
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    ASSERT_OK(zy_keys_public(w.keys, purpose, 0, point));
    zy_hex_encode(point, sizeof point, out);
}

static void join(void)
{
    char sign[131], box[131];
    hex_of(ZY_KEY_CLEARING, sign);
    hex_of(ZY_KEY_CLEARING_BOX, box);
    ASSERT_OK(clearing_house_member(w.house, ZY_STR(US), zy_str_of(sign), zy_str_of(box)));
}

static zy_status open_with(const char *name, const char *value)
{
    static const zy_config_row *const TABLES[] = { ZY_CLEARING_CONFIG };
    const size_t counts[] = { ZY_CLEARING_CONFIG_COUNT };
    char sign[131], box[131], url[64], letters[100];
    zy_clearing_free(w.c);
    zy_config_free(w.config);
    snprintf(letters, sizeof letters, "%s/letters", w.folder);
    w.c = NULL;
    w.config = NULL;
    clearing_house_keys(w.house, sign, box);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", zy_server_port(w.server, "clearing"));
    const struct {
        const char *name, *value;
    } ROWS[] = { { "clearing.connector", "http" },    { "clearing.url", url },
                 { "clearing.member", US },           { "clearing.house", HOUSE_CODE },
                 { "clearing.house_sign_key", sign }, { "clearing.house_box_key", box },
                 { "clearing.letters", letters },     { "clearing.timeout_ms", "1000" } };
    ASSERT_OK(zy_config_load(NULL, false, TABLES, counts, 1, &w.config, NULL));
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++)
        ASSERT_OK(zy_config_set(w.config, ROWS[i].name, zy_str_of(ROWS[i].value), NULL));
    if (name != NULL)
        ASSERT_OK(zy_config_set(w.config, name, zy_str_of(value), NULL));
    return zy_clearing_open(w.config, w.keys, &w.c, NULL);
}

static void serve(void)
{
    zy_route routes[CLEARING_HOUSE_ROUTES];
    clearing_house_routes(w.house, routes);
    const zy_listener listener = {
        .name = "clearing", .address = ZY_STR("127.0.0.1"), .internal_only = true, .routes = routes, .route_count = ZY_COUNT(routes)
    };
    const zy_server_options options = { .workers = 4 };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &w.server, NULL));
}

static void make_keys(void)
{
    char path[100];
    ASSERT_OK(zy_crypto_start(NULL));
    strcpy(w.folder, "/tmp/zy_clearing_XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    snprintf(path, sizeof path, "%s/keys", w.folder);
    ASSERT_OK(zy_keys_create(path, ZY_STR("only for tests"), zy_clock_system(), NULL));
    ASSERT_OK(zy_keys_open(path, ZY_STR("only for tests"), &w.keys, NULL));
}

static int drop_keys(void)
{
    char command[100];
    zy_keys_free(w.keys);
    snprintf(command, sizeof command, "rm -rf '%s'", w.folder);
    return system(command);
}

static int set_up(void **state)
{
    (void)state;
    w.clock = zy_clock_fake_new(NOW);
    ASSERT_OK(clearing_house_open(NULL, w.clock, &w.house, NULL));
    serve();
    join();
    ASSERT_OK(open_with(NULL, NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_clearing_free(w.c);
    zy_config_free(w.config);
    zy_server_drain(w.server, 1000);
    clearing_house_close(w.house);
    zy_clock_fake_free(w.clock);
    w.c = NULL;
    w.config = NULL;
    return 0;
}

/* --- helpers --- */

static zy_clearing_transfer transfer(const char *id)
{
    return (zy_clearing_transfer){ .message_id = zy_str_of(id),
                                   .order_ref = zy_str_of(id),
                                   .way = ZY_CLEARING_INSTANT,
                                   .amount = { 12345 },
                                   .day = TODAY,
                                   .from_name = ZY_STR("林小兰"),
                                   .from_number = ZY_STR(LIN),
                                   .to_bank = ZY_STR(ICBC),
                                   .to_name = ZY_STR("王小丽"),
                                   .to_number = ZY_STR(WANG),
                                   .memo = ZY_STR("房租") };
}

static zy_status send(const char *id, zy_clearing_answer *ret)
{
    const zy_clearing_transfer t = transfer(id);
    return zy_clearing_send(w.c, &t, now(), ret, NULL);
}

static void plan(house_trick trick, const char *on, const char *reason, int64_t ms)
{
    house_plan p = { .trick = trick, .count = 1, .ms = ms };
    snprintf(p.on, sizeof p.on, "%s", on);
    snprintf(p.reason, sizeof p.reason, "%s", reason);
    clearing_house_plan(w.house, &p);
}

static void assert_house_says(const char *id, const char *status)
{
    char said[5];
    bool returned = false;
    clearing_house_status(w.house, zy_str_of(id), said, &returned);
    assert_string_equal(said, status);
}

#define MAIL_MAX 64
typedef struct mailbox {
    zy_clearing_in in[MAIL_MAX];
    char text[MAIL_MAX][4][64]; /* message_id, original_id, to_name or recall_id, to_number */
    size_t count;
    int64_t last;
} mailbox;

static zy_status keep(const zy_clearing_in *in, void *arg)
{
    mailbox *box = arg;
    assert_true(box->count < MAIL_MAX);
    const zy_str texts[] = { in->message_id, in->original_id, in->kind == ZY_CLEARING_IN_CREDIT ? in->to_name : in->recall_id,
                             in->to_number };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        ASSERT_OK(zy_str_copy(texts[i], box->text[box->count][i], sizeof box->text[0][0]));
    assert_true(in->number > box->last);
    box->last = in->number;
    box->in[box->count++] = *in;
    return ZY_OK;
}

static void collect(mailbox *box)
{
    box->count = 0;
    ASSERT_OK(zy_clearing_collect(w.c, box->last, MAIL_MAX, now(), keep, box, NULL));
}

/* --- transfers --- */

static void a_transfer_is_settled_once_however_often_it_is_sent(void **state)
{
    (void)state;
    zy_money paid, received;
    for (int i = 0; i < 3; i++) {
        zy_clearing_answer a = { .outcome = 0 };
        ASSERT_OK(send("M1", &a));
        assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
        assert_int_equal(a.day.days, TODAY.days);
        assert_string_equal(a.reason, "");
    }
    clearing_house_position(w.house, ZY_STR(US), &paid, &received);
    ASSERT_FEN(paid, 12345);
}

static void one_id_for_two_transfers_is_refused(void **state)
{
    (void)state;
    zy_clearing_answer a;
    zy_clearing_transfer t = transfer("M1");
    ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
    t.amount.fen = 54321;
    ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_REJECTED);
    assert_string_equal(a.reason, "AM05");
}

static void a_refusal_names_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *number, *name, *reason;
    } WRONG[] = { { "6222029999999999999", "王小丽", "AC01" },
                  { "6222021001112223345", "赵国强", "AC04" },
                  { WANG, "王大丽", "BE01" } };
    zy_clearing_answer a;
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++) {
        char id[8];
        snprintf(id, sizeof id, "M%zu", i);
        zy_clearing_transfer t = transfer(id);
        t.to_number = zy_str_of(WRONG[i].number);
        t.to_name = zy_str_of(WRONG[i].name);
        ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
        assert_int_equal(a.outcome, ZY_CLEARING_REJECTED);
        assert_string_equal(a.reason, WRONG[i].reason);
    }
    plan(HOUSE_REJECT, "pacs.008", "AM04", 0);
    ASSERT_OK(send("M9", &a));
    assert_string_equal(a.reason, "AM04");
}

static void what_no_message_can_carry_is_not_sent(void **state)
{
    (void)state;
    zy_clearing_answer a;
    zy_clearing_transfer t[9];
    for (size_t i = 0; i < ZY_COUNT(t); i++)
        t[i] = transfer("M1");
    t[0].amount.fen = 0;
    t[1].amount.fen = -1;
    t[2].amount.fen = ZY_CLEARING_AMOUNT_MAX + 1;
    t[3].amount.fen = INT64_MAX;
    t[4].to_name = ZY_STR("王\n丽");
    t[5].to_number = ZY_STR("62<22>");
    t[6].to_bank = ZY_STR("1");
    t[7].message_id = ZY_STR("");
    t[8].way = (zy_clearing_way)9;
    for (size_t i = 0; i < ZY_COUNT(t); i++)
        ASSERT_STATUS(zy_clearing_send(w.c, &t[i], now(), &a, NULL), ZY_BAD_FIELD);
    assert_house_says("M1", "");
}

static void the_largest_and_the_smallest_amount_arrive_exactly(void **state)
{
    (void)state;
    static const int64_t FEN[] = { 1, 99, 100, 101, INT64_C(99999999999999), ZY_CLEARING_AMOUNT_MAX };
    int64_t sum = 0;
    zy_money paid, received;
    for (size_t i = 0; i < ZY_COUNT(FEN); i++) {
        char id[8];
        zy_clearing_answer a;
        snprintf(id, sizeof id, "M%zu", i);
        zy_clearing_transfer t = transfer(id);
        t.amount.fen = FEN[i];
        ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
        assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
        sum += FEN[i];
    }
    clearing_house_position(w.house, ZY_STR(US), &paid, &received);
    ASSERT_FEN(paid, sum);
}

/* --- outcome unknown --- */

static void no_answer_leaves_it_to_a_query(void **state)
{
    ZY_PROVES("mb.innovation-content.k-ii");
    (void)state;
    zy_clearing_answer a;
    plan(HOUSE_SWALLOW_AFTER, "pacs.008", "", 0);
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    ASSERT_OK(zy_clearing_query(w.c, ZY_STR("M1"), now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
    plan(HOUSE_SWALLOW_BEFORE, "pacs.008", "", 0);
    ASSERT_STATUS(send("M2", &a), ZY_CONNECTOR_FAILED);
    ASSERT_OK(zy_clearing_query(w.c, ZY_STR("M2"), now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_UNKNOWN_THERE);
    ASSERT_OK(send("M2", &a));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
}

static void an_answer_that_takes_too_long_is_none(void **state)
{
    (void)state;
    zy_clearing_answer a;
    plan(HOUSE_SLOW, "pacs.008", "", 1500);
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    ASSERT_OK(zy_clearing_query(w.c, ZY_STR("M1"), now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
}

static void a_late_status_comes_to_the_mailbox_and_to_a_query(void **state)
{
    (void)state;
    zy_clearing_answer a;
    mailbox box = { .count = 0 };
    plan(HOUSE_LATE, "pacs.008", "", 5000);
    plan(HOUSE_LATE_REJECT, "pacs.008", "AC04", 5000);
    ASSERT_OK(send("M1", &a));
    assert_int_equal(a.outcome, ZY_CLEARING_PENDING);
    ASSERT_OK(send("M2", &a));
    assert_int_equal(a.outcome, ZY_CLEARING_PENDING);
    ASSERT_OK(zy_clearing_query(w.c, ZY_STR("M1"), now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_PENDING);
    collect(&box);
    assert_int_equal(box.count, 0);
    zy_clock_fake_turn(w.clock, ZY_SECONDS(5));
    collect(&box);
    assert_int_equal(box.count, 2);
    assert_int_equal(box.in[0].kind, ZY_CLEARING_IN_STATUS);
    assert_string_equal(box.text[0][1], "M1");
    assert_int_equal(box.in[0].answer.outcome, ZY_CLEARING_SETTLED);
    assert_string_equal(box.text[1][1], "M2");
    assert_string_equal(box.in[1].answer.reason, "AC04");
    ASSERT_OK(zy_clearing_query(w.c, ZY_STR("M2"), now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_REJECTED);
}

static void a_batch_is_settled_later_and_the_other_ways_at_once(void **state)
{
    (void)state;
    zy_clearing_answer a;
    mailbox box = { .count = 0 };
    zy_clearing_transfer t = transfer("M1");
    t.way = ZY_CLEARING_LARGE;
    ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
    t = transfer("M2");
    t.way = ZY_CLEARING_BATCH;
    ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_PENDING);
    zy_clock_fake_turn(w.clock, ZY_SECONDS(2));
    collect(&box);
    assert_int_equal(box.count, 1);
    assert_int_equal(box.in[0].answer.outcome, ZY_CLEARING_SETTLED);
}

/* --- answers that are not the house's to this question --- */

static void an_answer_that_is_not_proven_is_no_answer(void **state)
{
    ZY_PROVES("mb.channel-systems.b");
    (void)state;
    static const house_trick TRICKS[] = { HOUSE_BAD_SIGNATURE, HOUSE_OTHER_SIGNER, HOUSE_ALTERED, HOUSE_REPLAY, HOUSE_BAD_XML };
    zy_clearing_answer a = { .outcome = ZY_CLEARING_PENDING };
    ASSERT_OK(send("M0", &a));
    for (size_t i = 0; i < ZY_COUNT(TRICKS); i++) {
        char id[8];
        snprintf(id, sizeof id, "M%zu", i + 1);
        plan(TRICKS[i], "pacs.008", "", 0);
        a.outcome = ZY_CLEARING_PENDING;
        ASSERT_STATUS(send(id, &a), ZY_CONNECTOR_FAILED);
        assert_int_equal(a.outcome, ZY_CLEARING_PENDING);
        assert_house_says(id, "ACSC");
        ASSERT_OK(zy_clearing_query(w.c, zy_str_of(id), now(), &a, NULL));
        assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
    }
}

static void every_kind_of_answer_is_checked(void **state)
{
    (void)state;
    static const house_trick TRICKS[] = { HOUSE_BAD_SIGNATURE, HOUSE_OTHER_SIGNER, HOUSE_ALTERED, HOUSE_REPLAY };
    zy_clearing_account found;
    zy_clearing_answer a;
    mailbox box = { .count = 0 };
    bool match = false;
    ASSERT_OK(send("M0", &a));
    ASSERT_OK(clearing_house_return(w.house, ZY_STR("M0"), "AC04"));
    for (size_t i = 0; i < ZY_COUNT(TRICKS); i++) {
        plan(TRICKS[i], "acmt", "", 0);
        ASSERT_STATUS(zy_clearing_lookup_phone(w.c, ZY_STR("13900000001"), now(), &found, NULL), ZY_CONNECTOR_FAILED);
        plan(TRICKS[i], "acmt", "", 0);
        ASSERT_STATUS(zy_clearing_verify(w.c, ZY_STR(ICBC), ZY_STR(WANG), ZY_STR("王小丽"), now(), &match, NULL), ZY_CONNECTOR_FAILED);
        plan(TRICKS[i], "mailbox", "", 0);
        ASSERT_STATUS(zy_clearing_collect(w.c, 0, 1, now(), keep, &box, NULL), ZY_CONNECTOR_FAILED);
        plan(TRICKS[i], "camt.056", "", 0);
        ASSERT_STATUS(zy_clearing_recall(w.c, ZY_STR("M0"), ZY_STR("RC"), "DUPL", now(), NULL), ZY_CONNECTOR_FAILED);
    }
    assert_false(match);
    assert_int_equal(box.count, 0);
}

static void an_answer_of_another_time_is_none(void **state)
{
    (void)state;
    zy_clearing_answer a;
    const zy_clearing_transfer t = transfer("M1");
    const zy_time early = zy_time_add(now(), ZY_MS(-ZY_CLEARING_WINDOW.ms - 1)),
                  late = zy_time_add(now(), ZY_MS(ZY_CLEARING_WINDOW.ms + 1));
    ASSERT_STATUS(zy_clearing_send(w.c, &t, early, &a, NULL), ZY_CONNECTOR_FAILED);
    ASSERT_STATUS(zy_clearing_send(w.c, &t, late, &a, NULL), ZY_CONNECTOR_FAILED);
    assert_house_says("M1", "");
}

/* A stranger's keys at the house: the bank's messages are not taken. */
static void the_house_takes_only_what_its_member_signed(void **state)
{
    (void)state;
    char sign[131], box[131];
    zy_clearing_answer a;
    clearing_house_keys(w.house, sign, box);
    ASSERT_OK(clearing_house_member(w.house, ZY_STR(US), zy_str_of(sign), zy_str_of(box)));
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    assert_house_says("M1", "");
    join();
    ASSERT_OK(send("M1", &a));
}

static void keys_can_be_changed_while_messages_are_under_way(void **state)
{
    (void)state;
    zy_clearing_account found;
    zy_clearing_answer a;
    ASSERT_OK(zy_keys_rotate(w.keys, ZY_KEY_CLEARING_BOX, w.clock, NULL)); /* the house still encrypts to the former key */
    ASSERT_OK(zy_clearing_lookup_phone(w.c, ZY_STR("13900000001"), now(), &found, NULL));
    ASSERT_OK(zy_keys_rotate(w.keys, ZY_KEY_CLEARING, w.clock, NULL));
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED); /* it has to be told the new key that signs */
    join();
    ASSERT_OK(send("M1", &a));
}

/* --- what is on the wire --- */

static zy_status sign_as_bank(void *arg, const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES])
{
    return zy_keys_sign(arg, ZY_KEY_CLEARING, 0, ZY_LABEL_CLEARING, parts, count, sig);
}

static zy_status open_as_bank(void *arg, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n)
{
    return zy_keys_clearing_open(arg, cipher, n, out, size, ret_n);
}

static const char *const PERSONAL[] = { "林小兰", LIN, "王小丽", WANG, "房租" };

/* A sealed transfer from the bank to itself, so that both ends are at hand. */
typedef struct letter {
    zy_wire_self self;
    zy_wire_peer peer;
    zy_wire_head head;
    zy_buf body;
} letter;

static void letter_write(letter *l)
{
    char sign[131], box[131], id[ZY_WIRE_ID_MAX];
    const zy_iso_message m = { .kind = ZY_ISO_TRANSFER,
                               .id = ZY_STR("M1"),
                               .at = now(),
                               .from = ZY_STR(US),
                               .to = ZY_STR(ICBC),
                               .order_ref = ZY_STR("E1"),
                               .way = ZY_STR("INSTANT"),
                               .amount = { 12345 },
                               .day = TODAY,
                               .debtor_bank = ZY_STR(US),
                               .debtor_name = zy_str_of(PERSONAL[0]),
                               .debtor_number = zy_str_of(PERSONAL[1]),
                               .creditor_bank = ZY_STR(ICBC),
                               .creditor_name = zy_str_of(PERSONAL[2]),
                               .creditor_number = zy_str_of(PERSONAL[3]),
                               .memo = zy_str_of(PERSONAL[4]) };
    hex_of(ZY_KEY_CLEARING, sign);
    hex_of(ZY_KEY_CLEARING_BOX, box);
    *l = (letter){ .self = { ZY_STR(US), sign_as_bank, open_as_bank, w.keys } };
    ASSERT_OK(zy_wire_peer_make(ZY_STR(US), zy_str_of(sign), zy_str_of(box), &l->peer));
    ASSERT_OK(zy_wire_id_new(id));
    const zy_wire_out out = { .message = &m, .id = id, .re = "", .now = now() };
    ASSERT_OK(zy_wire_seal(&l->self, &l->peer, &out, &l->head, &l->body, NULL));
}

static void letter_clear(letter *l)
{
    zy_wire_peer_clear(&l->peer);
    zy_buf_free(&l->body);
}

static void personal_fields_travel_encrypted(void **state)
{
    ZY_PROVES("mb.channel-systems.a1-1", "mb.channel-systems.a1-2");
    (void)state;
    letter l, again;
    zy_iso_message m;
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    letter_write(&l);
    for (size_t i = 0; i < ZY_COUNT(PERSONAL); i++)
        assert_null(strstr(l.body.p, PERSONAL[i]));
    assert_non_null(strstr(l.body.p, "123.45"));
    ASSERT_OK(zy_wire_prove(&l.self, &l.peer, &l.head, zy_buf_view(&l.body), now()));
    ASSERT_OK(zy_wire_message(&l.self, &l.head, zy_buf_view(&l.body), &doc, &m, NULL));
    ASSERT_STR(m.debtor_name, PERSONAL[0]);
    ASSERT_STR(m.debtor_number, PERSONAL[1]);
    ASSERT_STR(m.creditor_name, PERSONAL[2]);
    ASSERT_STR(m.creditor_number, PERSONAL[3]);
    ASSERT_STR(m.memo, PERSONAL[4]);
    letter_write(&again); /* the same once more looks different */
    assert_string_not_equal(l.body.p, again.body.p);
    letter_clear(&l);
    letter_clear(&again);
}

static void nothing_of_a_signed_letter_can_be_changed(void **state)
{
    (void)state;
    letter l;
    letter_write(&l);
    for (int i = 0; i < ZY_WIRE_FIELDS; i++) {
        zy_wire_head head = l.head;
        head.text[i][0] = head.text[i][0] == '1' ? '2' : '1';
        ASSERT_STATUS(zy_wire_prove(&l.self, &l.peer, &head, zy_buf_view(&l.body), now()), ZY_SIGNATURE_BAD);
        head = l.head;
        head.text[i][0] = '\n';
        ASSERT_STATUS(zy_wire_prove(&l.self, &l.peer, &head, zy_buf_view(&l.body), now()), ZY_SIGNATURE_BAD);
    }
    for (size_t i = 0; i < l.body.n; i += 41) {
        l.body.p[i] ^= 1;
        ASSERT_STATUS(zy_wire_prove(&l.self, &l.peer, &l.head, zy_buf_view(&l.body), now()), ZY_SIGNATURE_BAD);
        l.body.p[i] ^= 1;
    }
    ASSERT_STATUS(zy_wire_prove(&l.self, &l.peer, &l.head, zy_str_sub(zy_buf_view(&l.body), 0, l.body.n - 1), now()), ZY_SIGNATURE_BAD);
    ASSERT_OK(zy_wire_prove(&l.self, &l.peer, &l.head, zy_buf_view(&l.body), now()));
    letter_clear(&l);
}

static void an_encrypted_field_opens_only_where_it_stood(void **state)
{
    (void)state;
    letter l;
    zy_iso_message m;
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    letter_write(&l);
    char *first = strstr(l.body.p, "<Nm>") + 4, *second = strstr(first, "<Nm>") + 4;
    for (size_t i = 0; first[i] != '<' && second[i] != '<'; i++) { /* both names have three characters */
        char c = first[i];
        first[i] = second[i];
        second[i] = c;
    }
    ASSERT_STATUS(zy_wire_message(&l.self, &l.head, zy_buf_view(&l.body), &doc, &m, NULL), ZY_BAD_REQUEST);
    letter_clear(&l);
}

/* --- returns, recalls, credits --- */

static void a_return_comes_to_the_mailbox(void **state)
{
    (void)state;
    zy_clearing_answer a;
    mailbox box = { .count = 0 };
    ASSERT_OK(send("M1", &a));
    ASSERT_OK(clearing_house_return(w.house, ZY_STR("M1"), "AC04"));
    ASSERT_STATUS(clearing_house_return(w.house, ZY_STR("M1"), "AC04"), ZY_STATE_CONFLICT);
    collect(&box);
    assert_int_equal(box.count, 1);
    assert_int_equal(box.in[0].kind, ZY_CLEARING_IN_RETURN);
    assert_string_equal(box.text[0][1], "M1");
    ASSERT_FEN(box.in[0].amount, 12345);
    assert_string_equal(box.in[0].answer.reason, "AC04");
    assert_int_equal(box.in[0].day.days, TODAY.days);
}

static void a_recall_is_answered_and_what_was_agreed_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        zy_clearing_outcome outcome;
        size_t mails;
    } CASES[] = { { "agree", ZY_CLEARING_SETTLED, 2 }, { "refuse", ZY_CLEARING_REJECTED, 1 }, { "wait", ZY_CLEARING_PENDING, 1 } };
    mailbox box = { .count = 0 };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        char id[8], recall[8];
        zy_clearing_answer a;
        snprintf(id, sizeof id, "M%zu", i);
        snprintf(recall, sizeof recall, "RC%zu", i);
        ASSERT_OK(send(id, &a));
        ASSERT_OK(clearing_house_recalls(w.house, CASES[i].policy));
        for (int k = 0; k < 2; k++) /* repeated, it is one recall */
            ASSERT_OK(zy_clearing_recall(w.c, zy_str_of(id), zy_str_of(recall), "DUPL", now(), NULL));
        collect(&box);
        assert_int_equal(box.count, CASES[i].mails);
        assert_int_equal(box.in[0].kind, ZY_CLEARING_IN_RECALL_ANSWER);
        assert_int_equal(box.in[0].answer.outcome, CASES[i].outcome);
        assert_string_equal(box.text[0][1], id);
        assert_string_equal(box.text[0][2], recall);
        assert_true(CASES[i].mails == 1 || box.in[1].kind == ZY_CLEARING_IN_RETURN);
    }
    ASSERT_STATUS(zy_clearing_recall(w.c, ZY_STR("never sent"), ZY_STR("RC9"), "DUPL", now(), NULL), ZY_BAD_FIELD);
    ASSERT_OK(zy_clearing_recall(w.c, ZY_STR("never-sent"), ZY_STR("RC9"), "DUPL", now(), NULL));
    collect(&box);
    assert_string_equal(box.in[0].answer.reason, "NOOR");
}

static zy_status credit(const char *id, int64_t fen)
{
    const house_credit c = { .id = zy_str_of(id),
                             .order_ref = zy_str_of(id),
                             .from_bank = ZY_STR(ICBC),
                             .from_name = ZY_STR("王小丽"),
                             .from_number = ZY_STR(WANG),
                             .to_bank = ZY_STR(US),
                             .to_name = ZY_STR("林小兰"),
                             .to_number = ZY_STR(LIN),
                             .memo = ZY_STR("还款"),
                             .amount = { fen } };
    return clearing_house_credit(w.house, &c);
}

static void an_incoming_credit_is_answered_once(void **state)
{
    (void)state;
    mailbox box = { .count = 0 };
    ASSERT_OK(credit("C1", 777));
    ASSERT_OK(credit("C2", 888));
    collect(&box);
    assert_int_equal(box.count, 2);
    assert_int_equal(box.in[0].kind, ZY_CLEARING_IN_CREDIT);
    ASSERT_FEN(box.in[0].amount, 777);
    assert_string_equal(box.text[0][0], "C1");
    assert_string_equal(box.text[0][2], "林小兰");
    assert_string_equal(box.text[0][3], LIN);
    ASSERT_OK(zy_clearing_answer_credit(w.c, ZY_STR("C1"), true, NULL, now(), NULL));
    ASSERT_OK(zy_clearing_answer_credit(w.c, ZY_STR("C1"), true, NULL, now(), NULL));
    ASSERT_STATUS(zy_clearing_answer_credit(w.c, ZY_STR("C1"), false, "AC04", now(), NULL), ZY_STATE_CONFLICT);
    ASSERT_OK(zy_clearing_answer_credit(w.c, ZY_STR("C2"), false, "AC04", now(), NULL));
    ASSERT_STATUS(zy_clearing_answer_credit(w.c, ZY_STR("C3"), true, NULL, now(), NULL), ZY_NOT_FOUND);
    ASSERT_STATUS(zy_clearing_answer_credit(w.c, ZY_STR("C2"), false, NULL, now(), NULL), ZY_BAD_FIELD);
    assert_house_says("C1", "ACSC");
    assert_house_says("C2", "RJCT");
}

static void the_mailbox_keeps_everything_and_goes_on_where_it_was(void **state)
{
    (void)state;
    zy_clearing_answer a;
    mailbox box = { .count = 0 }, from_start = { .count = 0 };
    plan(HOUSE_TWICE, "pacs.008", "", 0);
    ASSERT_OK(send("M1", &a));
    collect(&box);
    assert_int_equal(box.count, 2); /* the same status twice */
    clearing_house_hold(w.house);
    ASSERT_OK(credit("C1", 1));
    ASSERT_OK(credit("C2", 2));
    collect(&box);
    assert_int_equal(box.count, 0);
    clearing_house_release(w.house, true);
    collect(&box);
    assert_int_equal(box.count, 2);
    assert_string_equal(box.text[0][0], "C2");
    assert_string_equal(box.text[1][0], "C1");
    collect(&from_start);
    assert_int_equal(from_start.count, 4);
    ASSERT_STATUS(zy_clearing_collect(w.c, -1, 1, now(), keep, &box, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_clearing_collect(w.c, 0, 1001, now(), keep, &box, NULL), ZY_BAD_FIELD);
}

static void a_mail_that_cannot_be_read_does_not_stop_the_next(void **state)
{
    (void)state;
    mailbox box = { .count = 0 };
    ASSERT_OK(credit("C1", 1));
    ASSERT_OK(credit("C2", 2));
    plan(HOUSE_BAD_XML, "mailbox", "", 0);
    collect(&box);
    assert_int_equal(box.count, 2);
    assert_int_equal(box.in[0].kind, ZY_CLEARING_IN_UNREADABLE);
    assert_int_equal(box.in[1].kind, ZY_CLEARING_IN_CREDIT);
}

static void a_mail_that_our_keys_do_not_open_stays_where_it_is(void **state)
{
    (void)state;
    char sign[131], box[131], stranger[131];
    mailbox mails = { .count = 0 };
    hex_of(ZY_KEY_CLEARING, sign);
    clearing_house_keys(w.house, stranger, box);
    ASSERT_OK(credit("C1", 1));
    ASSERT_OK(clearing_house_member(w.house, ZY_STR(US), zy_str_of(sign), zy_str_of(stranger)));
    ASSERT_STATUS(zy_clearing_collect(w.c, 0, 1, now(), keep, &mails, NULL), ZY_CONNECTOR_FAILED);
    assert_int_equal(mails.count, 0);
    join();
    collect(&mails);
    assert_int_equal(mails.in[0].kind, ZY_CLEARING_IN_CREDIT);
}

/* --- evidence --- */

static zy_status check_letter(const zy_wire_head *head, zy_str body, void *arg)
{
    zy_sm2_pub *const *signers = arg; /* the bank, the house */
    return zy_wire_signed(signers[strcmp(head->text[ZY_WIRE_FROM], US) == 0 ? 0 : 1], head, body);
}

static void read_key(const char *hex, zy_sm2_pub **ret_pub)
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(hex), point, sizeof point, &n));
    ASSERT_OK(zy_sm2_pub_from(point, n, ret_pub));
}

static zy_letters_found verify_letters(const char *path)
{
    char bank[131], house[131], box[131];
    zy_sm2_pub *signers[2] = { NULL };
    zy_letters_found found = { 0 };
    hex_of(ZY_KEY_CLEARING, bank);
    clearing_house_keys(w.house, house, box);
    read_key(bank, &signers[0]);
    read_key(house, &signers[1]);
    ASSERT_OK(zy_letters_verify(path, check_letter, signers, &found, NULL));
    zy_sm2_pub_free(signers[0]);
    zy_sm2_pub_free(signers[1]);
    return found;
}

/* Changes one character of the file in place. */
static void spoil(const char *path, long at)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int c = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    fputc(c == 'A' ? 'B' : 'A', file);
    assert_int_equal(fclose(file), 0);
}

static void both_sides_letters_are_kept_and_prove_themselves_later(void **state)
{
    ZY_PROVES("mb.channel-systems.b");
    (void)state;
    char folder[100], path[160];
    zy_clearing_answer a;
    mailbox box = { .count = 0 };
    snprintf(folder, sizeof folder, "%s/evidence", w.folder);
    snprintf(path, sizeof path, "%s/letters-2026-11-23.jsonl", folder);
    ASSERT_OK(open_with("clearing.letters", folder));
    ASSERT_OK(send("M1", &a));
    ASSERT_OK(zy_clearing_recall(w.c, ZY_STR("M1"), ZY_STR("RC1"), "DUPL", now(), NULL));
    collect(&box); /* the answer to the recall, and the return; nothing of the empty mailbox behind them */
    zy_letters_found found = verify_letters(path);
    assert_int_equal(found.good, 6);
    assert_int_equal(found.bad, 0);
    plan(HOUSE_BAD_SIGNATURE, "pacs.008", "", 0);
    ASSERT_STATUS(send("M2", &a), ZY_CONNECTOR_FAILED); /* what was asked is kept; what was not proven is not */
    assert_int_equal(verify_letters(path).good, 7);
    spoil(path, 200); /* in the key of the fields */
    found = verify_letters(path);
    assert_int_equal(found.good, 6);
    assert_int_equal(found.bad, 1);
    assert_int_equal(found.first_bad, 1);
}

static void what_cannot_be_kept_is_not_sent(void **state)
{
    (void)state;
    char folder[100], path[160];
    zy_clearing_answer a;
    snprintf(folder, sizeof folder, "%s/nowhere", w.folder);
    snprintf(path, sizeof path, "%s/letters-2026-11-23.jsonl", folder);
    ASSERT_OK(open_with("clearing.letters", folder));
    assert_int_equal(mkdir(path, 0700), 0); /* a folder in the place of the file */
    ASSERT_STATUS(send("M1", &a), ZY_BUSY);
    assert_house_says("M1", "");
    ASSERT_STATUS(open_with("clearing.letters", "/proc/none"), ZY_CONFIG_BAD);
}

/* --- accounts and phone numbers --- */

static void a_phone_number_leads_to_its_account(void **state)
{
    ZY_PROVES("mb.innovation-content.k-ii");
    (void)state;
    zy_clearing_account found;
    zy_clearing_answer a;
    ASSERT_OK(zy_clearing_lookup_phone(w.c, ZY_STR("13900000001"), now(), &found, NULL));
    assert_string_equal(found.bank, ICBC);
    assert_string_equal(found.number, WANG);
    assert_string_equal(found.name, "王*丽");
    ASSERT_STATUS(zy_clearing_lookup_phone(w.c, ZY_STR("13999999999"), now(), &found, NULL), ZY_NOT_FOUND);
    ASSERT_STATUS(zy_clearing_lookup_phone(w.c, ZY_STR("not a phone"), now(), &found, NULL), ZY_BAD_FIELD);
    zy_clearing_transfer t = transfer("M1"); /* the masked name is enough for who came by the number */
    t.to_name = zy_str_of(found.name);
    ASSERT_OK(zy_clearing_send(w.c, &t, now(), &a, NULL));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
}

static void a_phone_number_is_bound_to_one_account_alone(void **state)
{
    ZY_PROVES("mb.innovation-content.k-i");
    (void)state;
    static const zy_str PHONE = ZY_STR_INIT("13800000009"), NAME = ZY_STR_INIT("林小兰");
    zy_clearing_account found;
    for (int i = 0; i < 2; i++)
        ASSERT_OK(zy_clearing_bind_phone(w.c, PHONE, ZY_STR(LIN), NAME, true, now(), NULL));
    ASSERT_OK(zy_clearing_lookup_phone(w.c, PHONE, now(), &found, NULL));
    assert_string_equal(found.bank, US);
    assert_string_equal(found.number, LIN);
    ASSERT_STATUS(zy_clearing_bind_phone(w.c, PHONE, ZY_STR("6299880000000002"), NAME, true, now(), NULL), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(zy_clearing_bind_phone(w.c, ZY_STR("13900000001"), ZY_STR(LIN), NAME, true, now(), NULL), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(zy_clearing_bind_phone(w.c, ZY_STR("13900000001"), ZY_STR(LIN), NAME, false, now(), NULL), ZY_NOT_FOUND);
    ASSERT_OK(zy_clearing_bind_phone(w.c, PHONE, ZY_STR(LIN), NAME, false, now(), NULL));
    ASSERT_STATUS(zy_clearing_lookup_phone(w.c, PHONE, now(), &found, NULL), ZY_NOT_FOUND);
}

static void an_account_is_verified_by_its_name(void **state)
{
    (void)state;
    bool match = false;
    ASSERT_OK(zy_clearing_verify(w.c, ZY_STR(ICBC), ZY_STR(WANG), ZY_STR("王小丽"), now(), &match, NULL));
    assert_true(match);
    ASSERT_OK(zy_clearing_verify(w.c, ZY_STR(ICBC), ZY_STR(WANG), ZY_STR("王*丽"), now(), &match, NULL));
    assert_false(match);
    ASSERT_OK(zy_clearing_verify(w.c, ZY_STR(CCB), ZY_STR(WANG), ZY_STR("王小丽"), now(), &match, NULL));
    assert_false(match);
}

/* --- the day's file --- */

typedef struct day_lines {
    size_t count, returns, ours;
    int64_t fen;
    zy_clearing_line first;
} day_lines;

static zy_status count_line(const zy_clearing_line *line, void *arg)
{
    day_lines *l = arg;
    if (l->count++ == 0)
        l->first = *line;
    l->returns += line->is_return;
    l->ours += line->ours;
    l->fen += line->ours ? -line->amount.fen : line->outcome == ZY_CLEARING_SETTLED ? line->amount.fen : 0;
    return ZY_OK;
}

static zy_status day_file(day_lines *l)
{
    *l = (day_lines){ .count = 0 };
    return zy_clearing_day_file(w.c, TODAY, now(), count_line, l, NULL);
}

static void the_days_file_has_every_message_of_the_day(void **state)
{
    (void)state;
    zy_clearing_answer a;
    day_lines l;
    ASSERT_STATUS(day_file(&l), ZY_NOT_FOUND);
    ASSERT_OK(send("M1", &a));
    ASSERT_OK(send("M2", &a));
    ASSERT_OK(credit("C1", 100));
    ASSERT_OK(zy_clearing_answer_credit(w.c, ZY_STR("C1"), true, NULL, now(), NULL));
    ASSERT_OK(clearing_house_return(w.house, ZY_STR("M2"), "AC04"));
    clearing_house_close_day(w.house, TODAY);
    ASSERT_OK(day_file(&l));
    assert_int_equal(l.count, 4);
    assert_int_equal(l.ours, 2);
    assert_int_equal(l.returns, 1);
    assert_int_equal(l.fen, -12345 - 12345 + 100 + 12345);
}

static void planted_differences_stand_in_the_days_file(void **state)
{
    (void)state;
    zy_clearing_answer a;
    day_lines l;
    ASSERT_OK(send("M1", &a));
    clearing_house_close_day(w.house, TODAY);
    ASSERT_OK(clearing_house_plant(w.house, HOUSE_LINE_EXTRA, ZY_STR("X1"), TODAY, (zy_money){ 5 }));
    ASSERT_OK(day_file(&l));
    assert_int_equal(l.count, 2);
    ASSERT_OK(clearing_house_plant(w.house, HOUSE_LINE_AMOUNT, ZY_STR("M1"), TODAY, (zy_money){ 99 }));
    ASSERT_OK(clearing_house_plant(w.house, HOUSE_LINE_OUTCOME, ZY_STR("M1"), TODAY, (zy_money){ 0 }));
    ASSERT_OK(day_file(&l));
    ASSERT_FEN(l.first.amount, 99);
    assert_int_equal(l.first.outcome, ZY_CLEARING_REJECTED);
    ASSERT_OK(clearing_house_plant(w.house, HOUSE_LINE_MISSING, ZY_STR("M1"), TODAY, (zy_money){ 0 }));
    ASSERT_OK(day_file(&l));
    assert_int_equal(l.count, 1);
}

static void a_days_file_of_several_pages_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    day_lines l;
    char id[16];
    for (int i = 0; i < ZY_ISO_ENTRIES_MAX + 1; i++) {
        snprintf(id, sizeof id, "C%d", i);
        ASSERT_OK(credit(id, 3));
    }
    clearing_house_close_day(w.house, TODAY);
    ASSERT_OK(day_file(&l));
    assert_int_equal(l.count, ZY_ISO_ENTRIES_MAX + 1);
    for (int page = 0; page < 2; page++) {
        static const house_trick TRICKS[] = { HOUSE_SWALLOW_AFTER, HOUSE_BAD_SIGNATURE, HOUSE_REPLAY, HOUSE_BAD_XML };
        for (size_t i = 0; i < ZY_COUNT(TRICKS); i++) {
            for (int k = 0; k < page; k++)
                plan(HOUSE_SLOW, "camt.060", "", 0); /* lets the first page be */
            plan(TRICKS[i], "camt.060", "", 0);
            ASSERT_STATUS(day_file(&l), ZY_CONNECTOR_FAILED);
            assert_int_equal(l.count, 0);
        }
    }
}

/* --- strangers: in the house's place, and at its door --- */

typedef enum { TOO_LARGE, REDIRECTED, SAID_TWICE, WEB_PAGE, NOT_FOUND, EMPTY, HOSTILE_END } hostility;
static struct {
    hostility how;
    zy_route house;
} hostile;

static void answer_hostile(zy_http *http, void *arg)
{
    (void)arg;
    static char large[2 * ZY_ISO_BYTES_MAX];
    char url[80];
    hostile.house.fn(http, hostile.house.arg);
    snprintf(url, sizeof url, "http://127.0.0.1:%d" ZY_CLEARING_PATH, zy_server_port(w.server, "clearing"));
    if (hostile.how == TOO_LARGE)
        zy_http_write(http, ZY_STR(ZY_CLEARING_TYPE), large, sizeof large);
    if (hostile.how == REDIRECTED || hostile.how == NOT_FOUND)
        zy_http_status(http, hostile.how == REDIRECTED ? 307 : 404);
    if (hostile.how == REDIRECTED)
        zy_http_set(http, "Location", zy_str_of(url));
    if (hostile.how == SAID_TWICE)
        zy_http_set(http, zy_wire_header(ZY_WIRE_RE), ZY_STR("00000000000000000000000000000000"));
}

static void answer_bare(zy_http *http, void *arg)
{
    (void)arg;
    if (hostile.how == WEB_PAGE)
        zy_http_write(http, ZY_STR("text/html"), "<html>", 6);
}

static void what_else_answers_in_the_houses_place_is_not_believed(void **state)
{
    (void)state;
    zy_route routes[CLEARING_HOUSE_ROUTES], own = { ZY_CLEARING_PATH, ZY_HTTP_POST, ZY_ISO_BYTES_MAX, NULL, answer_hostile, NULL };
    zy_clearing_answer a;
    clearing_house_routes(w.house, routes);
    hostile.house = routes[0];
    for (hostile.how = 0; hostile.how < HOSTILE_END; hostile.how++) {
        zy_server *server = NULL;
        char url[64], id[8];
        own.fn = hostile.how == WEB_PAGE || hostile.how == EMPTY ? answer_bare : answer_hostile;
        const zy_listener listener = {
            .name = "hostile", .address = ZY_STR("127.0.0.1"), .internal_only = true, .routes = &own, .route_count = 1
        };
        const zy_server_options options = { .workers = 2 };
        ASSERT_OK(zy_server_start(&options, &listener, 1, &server, NULL));
        snprintf(url, sizeof url, "http://127.0.0.1:%d", zy_server_port(server, "hostile"));
        snprintf(id, sizeof id, "M%d", (int)hostile.how);
        ASSERT_OK(open_with("clearing.url", url));
        ASSERT_STATUS(send(id, &a), ZY_CONNECTOR_FAILED);
        ASSERT_OK(open_with(NULL, NULL));
        zy_server_drain(server, 1000);
    }
}

/* A question to the house, signed by the bank whatever stands in it. */
static void letter_sign(letter *l)
{
    ZY_AUTO_BUF lines = { 0 };
    uint8_t sig[ZY_SM2_SIG_BYTES];
    for (int i = 0; i < ZY_WIRE_SIGNATURE; i++)
        zy_buf_fmt(&lines, "%s\n", l->head.text[i]);
    ASSERT_OK(sign_as_bank(w.keys, ZY_PARTS(ZY_PART_STR(zy_buf_view(&lines)), ZY_PART_STR(zy_buf_view(&l->body))), sig));
    zy_hex_encode(sig, sizeof sig, l->head.text[ZY_WIRE_SIGNATURE]);
}

static void letter_to_house(letter *l, const char *id)
{
    char sign[131], box[131], wire_id[ZY_WIRE_ID_MAX];
    const zy_clearing_transfer t = transfer(id);
    const zy_iso_message m = { .kind = ZY_ISO_TRANSFER,
                               .id = t.message_id,
                               .at = now(),
                               .from = ZY_STR(US),
                               .to = t.to_bank,
                               .order_ref = t.order_ref,
                               .way = ZY_STR("INSTANT"),
                               .amount = t.amount,
                               .day = t.day,
                               .debtor_bank = ZY_STR(US),
                               .debtor_name = t.from_name,
                               .debtor_number = t.from_number,
                               .creditor_bank = t.to_bank,
                               .creditor_name = t.to_name,
                               .creditor_number = t.to_number };
    clearing_house_keys(w.house, sign, box);
    *l = (letter){ .self = { ZY_STR(US), sign_as_bank, open_as_bank, w.keys } };
    ASSERT_OK(zy_wire_peer_make(ZY_STR(HOUSE_CODE), zy_str_of(sign), zy_str_of(box), &l->peer));
    ASSERT_OK(zy_wire_id_new(wire_id));
    const zy_wire_out out = { .message = &m, .id = wire_id, .re = "", .now = now() };
    ASSERT_OK(zy_wire_seal(&l->self, &l->peer, &out, &l->head, &l->body, NULL));
}

static long letter_post(const letter *l)
{
    static zy_test_answer answer;
    char lines[ZY_WIRE_FIELDS][ZY_WIRE_TEXT_MAX + 40];
    const char *headers[ZY_WIRE_FIELDS + 2] = { "Content-Type: " ZY_CLEARING_TYPE };
    size_t n = 1;
    for (int i = 0; i < ZY_WIRE_FIELDS; i++) {
        if (l->head.text[i][0] == '\0')
            continue;
        snprintf(lines[i], sizeof lines[i], "%s: %s", zy_wire_header(i), l->head.text[i]);
        headers[n++] = lines[i];
    }
    zy_test_http_ask("POST", ZY_CLEARING_PATH, headers, l->body.p, &answer);
    return answer.status;
}

static void replace(letter *l, const char *piece, const char *other)
{
    ZY_AUTO_BUF changed = { 0 };
    char *at = strstr(l->body.p, piece);
    assert_non_null(at);
    zy_buf_add(&changed, l->body.p, (size_t)(at - l->body.p));
    zy_buf_c(&changed, other);
    zy_buf_c(&changed, at + strlen(piece));
    zy_buf_clear(&l->body);
    zy_buf_str(&l->body, zy_buf_view(&changed));
}

static void loses_its_signature(letter *l)
{
    l->head.text[ZY_WIRE_SIGNATURE][0] = '\0';
}
static void names_another_sender(letter *l)
{
    strcpy(l->head.text[ZY_WIRE_FROM], ICBC);
}
static void pays_more(letter *l)
{
    replace(l, "123.45", "923.45");
}
static void is_to_another(letter *l)
{
    strcpy(l->head.text[ZY_WIRE_TO], ICBC);
    letter_sign(l);
}
static void is_old(letter *l)
{
    strcpy(l->head.text[ZY_WIRE_TIME], "1795398000000");
    letter_sign(l);
}
static void is_of_no_kind(letter *l)
{
    strcpy(l->head.text[ZY_WIRE_TYPE], "pacs.009.001.08");
    letter_sign(l);
}
static void is_of_another_kind(letter *l)
{
    strcpy(l->head.text[ZY_WIRE_TYPE], "pacs.002.001.10");
    letter_sign(l);
}
static void breaks_the_schema(letter *l)
{
    replace(l, "<ChrgBr>SLEV</ChrgBr>", "");
    letter_sign(l);
}
static void has_a_bad_amount(letter *l)
{
    replace(l, "123.45", "123.456");
    letter_sign(l);
}
static void has_a_negative_amount(letter *l)
{
    replace(l, "123.45", "-123.45");
    letter_sign(l);
}
static void pays_for_another(letter *l)
{
    replace(l, "<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>" US, "<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>" CCB);
    letter_sign(l);
}
static void brings_an_entity(letter *l)
{
    replace(l, "<Document", "<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Document");
    letter_sign(l);
}
static void has_no_key(letter *l)
{
    l->head.text[ZY_WIRE_KEY][0] = '\0';
    letter_sign(l);
}
static void is_no_xml(letter *l)
{
    zy_buf_clear(&l->body);
    zy_buf_c(&l->body, "{}");
    letter_sign(l);
}

static void the_house_refuses_what_is_not_proven_or_not_valid(void **state)
{
    (void)state;
    static void (*const BREAKS[])(letter * l) = {
        loses_its_signature, names_another_sender, pays_more,         is_to_another,    is_old,
        is_of_no_kind,       is_of_another_kind,   breaks_the_schema, has_a_bad_amount, has_a_negative_amount,
        pays_for_another,    brings_an_entity,     has_no_key,        is_no_xml,
    };
    zy_route routes[CLEARING_HOUSE_ROUTES];
    letter l;
    clearing_house_routes(w.house, routes);
    ASSERT_OK(zy_test_http_start(routes, ZY_COUNT(routes)));
    for (size_t i = 0; i < ZY_COUNT(BREAKS); i++) {
        letter_to_house(&l, "M1");
        BREAKS[i](&l);
        if (letter_post(&l) != 400)
            fail_msg("letter %zu was taken", i);
        letter_clear(&l);
        assert_house_says("M1", "");
    }
    letter_to_house(&l, "M1");
    assert_int_equal(letter_post(&l), 200);
    assert_int_equal(letter_post(&l), 409); /* the very same once more */
    letter_clear(&l);
    assert_house_says("M1", "ACSC");
    zy_test_http_stop();
}

/* --- many at once --- */

#define SENDERS 8
#define EACH    12

static void *send_many(void *arg)
{
    const int sender = *(const int *)arg;
    intptr_t settled = 0;
    for (int i = 0; i < EACH; i++) {
        char id[24];
        zy_clearing_answer a;
        snprintf(id, sizeof id, "T%d-%d", sender, i);
        settled += send(id, &a) == ZY_OK && a.outcome == ZY_CLEARING_SETTLED;
    }
    return (void *)settled; /* a count, not an address */
}

static intptr_t send_from_many_threads(void)
{
    pthread_t threads[SENDERS];
    int numbers[SENDERS];
    intptr_t settled = 0;
    for (int i = 0; i < SENDERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &numbers[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++) {
        void *one = NULL;
        pthread_join(threads[i], &one);
        settled += (intptr_t)one;
    }
    return settled;
}

static void many_threads_share_one_connector(void **state)
{
    (void)state;
    zy_money paid, received;
    ASSERT_OK(open_with("clearing.timeout_ms", "20000"));
    assert_int_equal(send_from_many_threads(), SENDERS * EACH);
    clearing_house_position(w.house, ZY_STR(US), &paid, &received);
    ASSERT_FEN(paid, 12345 * SENDERS * EACH);
}

static void who_comes_when_too_many_wait_is_told_that_nothing_was_sent(void **state)
{
    (void)state;
    zy_money paid, received;
    house_plan slow = { .trick = HOUSE_SLOW, .count = SENDERS * EACH, .ms = 5 };
    ASSERT_OK(open_with("clearing.at_once", "1"));
    clearing_house_plan(w.house, &slow);
    const intptr_t settled = send_from_many_threads();
    assert_in_range(settled, 1, SENDERS * EACH - 1);
    clearing_house_position(w.house, ZY_STR(US), &paid, &received);
    ASSERT_FEN(paid, 12345 * settled); /* who was not settled was not sent */
}

/* --- configuration --- */

static void without_a_house_nothing_is_sent(void **state)
{
    (void)state;
    zy_clearing_answer a;
    ASSERT_OK(open_with("clearing.connector", "none"));
    assert_null(w.c);
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    assert_int_equal(zy_clearing_own_bank(w.c).n, 0);
    ASSERT_OK(open_with("clearing.url", "http://127.0.0.1:1"));
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    ASSERT_STR(zy_clearing_own_bank(w.c), US);
}

static void a_configuration_that_would_send_in_the_clear_or_to_nobody_is_refused(void **state)
{
    ZY_PROVES("mb.channel-systems.a2-1");
    (void)state;
    static const struct {
        const char *name, *value;
    } WRONG[] = {
        { "clearing.url", "http://house.example/" },
        { "clearing.url", "https://user@house.example" },
        { "clearing.url", "" },
        { "clearing.member", "12345" },
        { "clearing.member", "31399900001x" },
        { "clearing.house", "" },
        { "clearing.house_sign_key", "" },
        { "clearing.house_sign_key", "04ab" },
        { "clearing.house_box_key", "zz" },
    };
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++)
        ASSERT_STATUS(open_with(WRONG[i].name, WRONG[i].value), ZY_CONFIG_BAD);
}

static void a_house_behind_tls_needs_a_certificate_of_the_configured_ca(void **state)
{
    ZY_PROVES("mb.channel-systems.a2-1");
    (void)state;
    char cert[100], key[100], url[64];
    zy_clearing_answer a;
    zy_route routes[CLEARING_HOUSE_ROUTES];
    zy_server *tls = NULL;
    snprintf(cert, sizeof cert, "%s/tls.crt", w.folder);
    snprintf(key, sizeof key, "%s/tls.key", w.folder);
    ASSERT_OK(zy_net_make_certificate(cert, key, NULL, NULL));
    clearing_house_routes(w.house, routes);
    const zy_listener listener = { .name = "tls",
                                   .address = ZY_STR("127.0.0.1"),
                                   .internal_only = true,
                                   .tls = true,
                                   .cert_path = zy_str_of(cert),
                                   .key_path = zy_str_of(key),
                                   .routes = routes,
                                   .route_count = ZY_COUNT(routes) };
    const zy_server_options options = { .workers = 2 };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &tls, NULL));
    snprintf(url, sizeof url, "https://localhost:%d", zy_server_port(tls, "tls"));
    ASSERT_OK(open_with("clearing.url", url));
    ASSERT_STATUS(send("M1", &a), ZY_CONNECTOR_FAILED);
    assert_house_says("M1", "");
    zy_clearing_free(w.c);
    w.c = NULL;
    ASSERT_OK(zy_config_set(w.config, "clearing.ca_file", zy_str_of(cert), NULL));
    ASSERT_OK(zy_clearing_open(w.config, w.keys, &w.c, NULL));
    ASSERT_OK(send("M1", &a));
    assert_int_equal(a.outcome, ZY_CLEARING_SETTLED);
    zy_clearing_free(w.c);
    w.c = NULL;
    zy_server_drain(tls, 1000);
}

/* --- the simulator --- */

static void the_house_goes_on_where_it_was(void **state)
{
    (void)state;
    char folder[100], sign[131], box[131], sign_again[131], status[5];
    bool returned = false;
    clearing_house *h = NULL;
    zy_err err = { 0 };
    snprintf(folder, sizeof folder, "%s/house", w.folder);
    ASSERT_OK(clearing_house_open(folder, w.clock, &h, &err));
    clearing_house_keys(h, sign, box);
    ZY_AUTO_BUF answer = { 0 };
    ASSERT_OK(clearing_house_control(h,
                                     ZY_STR("{\"do\":\"credit\",\"id\":\"C1\",\"from_bank\":\"" ICBC
                                            "\",\"from_name\":\"王小丽\",\"from_number\":\"" WANG "\",\"to_bank\":\"" US
                                            "\",\"to_name\":\"林小兰\",\"to_number\":\"" LIN "\",\"fen\":5}"),
                                     &answer, &err));
    clearing_house_close(h);
    ASSERT_OK(clearing_house_open(folder, w.clock, &h, &err));
    clearing_house_keys(h, sign_again, box);
    assert_string_equal(sign, sign_again);
    clearing_house_status(h, ZY_STR("C1"), status, &returned);
    assert_string_equal(status, "PDNG");
    clearing_house_close(h);
}

static void a_wrong_command_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = { "",
                                         "{}",
                                         "{\"do\":\"dance\"}",
                                         "{\"do\":\"plan\"}",
                                         "{\"do\":\"plan\",\"trick\":\"reject\"}",
                                         "{\"do\":\"credit\"}",
                                         "{\"do\":\"recalls\",\"policy\":\"perhaps\"}",
                                         "{\"do\":\"plant\",\"day\":\"x\"}",
                                         "{\"do\":\"return\",\"id\":\"never\"}" };
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++) {
        ZY_AUTO_BUF answer = { 0 };
        assert_int_not_equal(clearing_house_control(w.house, zy_str_of(WRONG[i]), &answer, NULL), ZY_OK);
    }
    ZY_AUTO_BUF answer = { 0 };
    ASSERT_OK(
        clearing_house_control(w.house, ZY_STR("{\"do\":\"plan\",\"trick\":\"late\",\"on\":\"pacs.008\",\"ms\":5}"), &answer, NULL));
    ASSERT_STR(zy_buf_view(&answer), "{\"done\":true}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_is_settled_once_however_often_it_is_sent),
        TEST(one_id_for_two_transfers_is_refused),
        TEST(a_refusal_names_its_reason),
        TEST(what_no_message_can_carry_is_not_sent),
        TEST(the_largest_and_the_smallest_amount_arrive_exactly),
        TEST(no_answer_leaves_it_to_a_query),
        TEST(an_answer_that_takes_too_long_is_none),
        TEST(a_late_status_comes_to_the_mailbox_and_to_a_query),
        TEST(a_batch_is_settled_later_and_the_other_ways_at_once),
        TEST(an_answer_that_is_not_proven_is_no_answer),
        TEST(every_kind_of_answer_is_checked),
        TEST(an_answer_of_another_time_is_none),
        TEST(the_house_takes_only_what_its_member_signed),
        TEST(keys_can_be_changed_while_messages_are_under_way),
        TEST(personal_fields_travel_encrypted),
        TEST(nothing_of_a_signed_letter_can_be_changed),
        TEST(an_encrypted_field_opens_only_where_it_stood),
        TEST(both_sides_letters_are_kept_and_prove_themselves_later),
        TEST(what_cannot_be_kept_is_not_sent),
        TEST(a_return_comes_to_the_mailbox),
        TEST(a_recall_is_answered_and_what_was_agreed_comes_back),
        TEST(an_incoming_credit_is_answered_once),
        TEST(the_mailbox_keeps_everything_and_goes_on_where_it_was),
        TEST(a_mail_that_cannot_be_read_does_not_stop_the_next),
        TEST(a_mail_that_our_keys_do_not_open_stays_where_it_is),
        TEST(a_phone_number_leads_to_its_account),
        TEST(a_phone_number_is_bound_to_one_account_alone),
        TEST(an_account_is_verified_by_its_name),
        TEST(the_days_file_has_every_message_of_the_day),
        TEST(planted_differences_stand_in_the_days_file),
        TEST(a_days_file_of_several_pages_is_read_whole_or_not_at_all),
        TEST(what_else_answers_in_the_houses_place_is_not_believed),
        TEST(the_house_refuses_what_is_not_proven_or_not_valid),
        TEST(many_threads_share_one_connector),
        TEST(who_comes_when_too_many_wait_is_told_that_nothing_was_sent),
        TEST(without_a_house_nothing_is_sent),
        TEST(a_configuration_that_would_send_in_the_clear_or_to_nobody_is_refused),
        TEST(a_house_behind_tls_needs_a_certificate_of_the_configured_ca),
        TEST(the_house_goes_on_where_it_was),
        TEST(a_wrong_command_is_refused),
    };
    make_keys();
    int failed = zy_test_main("clearing", tests, ZY_COUNT(tests));
    return drop_keys() != 0 ? 1 : failed;
}
