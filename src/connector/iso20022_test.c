/* Messages of the clearing house: every kind survives the way there and back, and nothing but a valid message is written or read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connector/iso20022.h"
#include "zy_test.h"

#define NOW  ((zy_time){ INT64_C(1795399200123) })
#define US   ZY_STR_INIT("313999000016")
#define THEY ZY_STR_INIT("102100099996")

static zy_iso_entry ENTRIES[] = {
    { { 123456 }, ZY_STR_INIT("DBIT"), false, ZY_STR_INIT("BOOK"), ZY_STR_INIT("INSTANT"), ZY_STR_INIT("M1"), ZY_STR_INIT("E1") },
    { { 1 }, ZY_STR_INIT("CRDT"), true, ZY_STR_INIT("BOOK"), ZY_STR_INIT("BATCH"), ZY_STR_INIT("R1"), ZY_STR_INIT("E1") },
};

static const zy_iso_message MESSAGES[] = {
    { .kind = ZY_ISO_TRANSFER,
      .id = ZY_STR_INIT("M-1"),
      .at = { 1795399200123 },
      .from = US,
      .to = THEY,
      .order_ref = ZY_STR_INIT("E-1"),
      .way = ZY_STR_INIT("INSTANT"),
      .amount = { 100000001 },
      .day = { 20780 },
      .debtor_bank = US,
      .debtor_name = ZY_STR_INIT("林小兰"),
      .debtor_number = ZY_STR_INIT("6299880000000001"),
      .creditor_bank = THEY,
      .creditor_name = ZY_STR_INIT("王<小>&\"丽'"),
      .creditor_number = ZY_STR_INIT("6222021001112223337"),
      .memo = ZY_STR_INIT("房租 &amp; 水电") },
    { .kind = ZY_ISO_STATUS,
      .id = ZY_STR_INIT("S-1"),
      .at = { 1795399200123 },
      .from = THEY,
      .to = US,
      .original_id = ZY_STR_INIT("M-1"),
      .status = ZY_STR_INIT("ACSC"),
      .day = { 20780 } },
    { .kind = ZY_ISO_RETURN,
      .id = ZY_STR_INIT("R-1"),
      .at = { 1795399200123 },
      .from = THEY,
      .to = US,
      .original_id = ZY_STR_INIT("M-1"),
      .order_ref = ZY_STR_INIT("E-1"),
      .amount = { 1 },
      .day = { 20780 },
      .reason = ZY_STR_INIT("AC04") },
    { .kind = ZY_ISO_STATUS_ASKED,
      .id = ZY_STR_INIT("Q-1"),
      .at = { 1795399200123 },
      .from = US,
      .to = THEY,
      .original_id = ZY_STR_INIT("M-1") },
    { .kind = ZY_ISO_RECALL,
      .id = ZY_STR_INIT("C-1"),
      .at = { 1795399200123 },
      .from = US,
      .to = THEY,
      .original_id = ZY_STR_INIT("M-1"),
      .item_id = ZY_STR_INIT("RC-1"),
      .reason = ZY_STR_INIT("DUPL") },
    { .kind = ZY_ISO_RECALL_ANSWER,
      .id = ZY_STR_INIT("A-1"),
      .at = { 1795399200123 },
      .from = THEY,
      .to = US,
      .original_id = ZY_STR_INIT("M-1"),
      .item_id = ZY_STR_INIT("RC-1"),
      .status = ZY_STR_INIT("RJCR"),
      .reason = ZY_STR_INIT("CUST") },
    { .kind = ZY_ISO_DAY_ASKED, .id = ZY_STR_INIT("D-1"), .at = { 1795399200123 }, .from = US, .day = { 20780 }, .page = 7 },
    { .kind = ZY_ISO_DAY_PAGE,
      .id = ZY_STR_INIT("P-1"),
      .at = { 1795399200123 },
      .to = US,
      .item_id = ZY_STR_INIT("F-1"),
      .page = 1,
      .last_page = true,
      .day_from = { 1795363200000 },
      .day_to = { 1795449599999 },
      .credit_count = 1,
      .debit_count = 1,
      .credit_sum = { 1 },
      .debit_sum = { 123456 },
      .entries = ENTRIES,
      .entry_count = 2 },
    { .kind = ZY_ISO_PHONE_BINDING,
      .id = ZY_STR_INIT("B-1"),
      .at = { 1795399200123 },
      .from = US,
      .to = THEY,
      .item_id = ZY_STR_INIT("I-1"),
      .account_bank = US,
      .account_name = ZY_STR_INIT("林小兰"),
      .account_number = ZY_STR_INIT("6299880000000001"),
      .phone = ZY_STR_INIT("13800000001") },
    { .kind = ZY_ISO_ACCOUNT_ASKED,
      .id = ZY_STR_INIT("V-1"),
      .at = { 1795399200123 },
      .from = US,
      .to = THEY,
      .item_id = ZY_STR_INIT("I-2"),
      .phone = ZY_STR_INIT("13900000001") },
    { .kind = ZY_ISO_ACCOUNT_ANSWER,
      .id = ZY_STR_INIT("W-1"),
      .at = { 1795399200123 },
      .from = THEY,
      .to = US,
      .item_id = ZY_STR_INIT("I-2"),
      .verified = true,
      .account_bank = THEY,
      .account_name = ZY_STR_INIT("王*丽"),
      .account_number = ZY_STR_INIT("6222021001112223337") },
};

static void each_kind_is_the_same_after_the_way_there_and_back(void **state)
{
    (void)state;
    bool seen[ZY_ISO_KIND_END] = { false };
    for (size_t i = 0; i < ZY_COUNT(MESSAGES); i++) {
        zy_iso_message m;
        ZY_AUTO_BUF xml = { 0 }, again = { 0 };
        ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
        ASSERT_OK(zy_iso_write(&MESSAGES[i], NULL, &xml, NULL));
        ASSERT_OK(zy_iso_read(zy_buf_view(&xml), MESSAGES[i].kind, NULL, &doc, &m, NULL));
        ASSERT_OK(zy_iso_write(&m, NULL, &again, NULL));
        ASSERT_STR(zy_buf_view(&xml), again.p);
        assert_true(m.at.ms == NOW.ms && m.amount.fen == MESSAGES[i].amount.fen && m.day.days == MESSAGES[i].day.days);
        seen[MESSAGES[i].kind] = true;
    }
    for (int kind = 1; kind < ZY_ISO_KIND_END; kind++)
        assert_true(seen[kind]);
}

static void a_text_is_never_markup(void **state)
{
    (void)state;
    zy_iso_message m;
    ZY_AUTO_BUF xml = { 0 };
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    ASSERT_OK(zy_iso_write(&MESSAGES[0], NULL, &xml, NULL));
    assert_non_null(strstr(xml.p, "王&lt;小&gt;&amp;"));
    ASSERT_OK(zy_iso_read(zy_buf_view(&xml), ZY_ISO_TRANSFER, NULL, &doc, &m, NULL));
    ASSERT_STR(m.creditor_name, "王<小>&\"丽'");
    ASSERT_STR(m.memo, "房租 &amp; 水电");
}

/* --- what is not written --- */

static void breaks_amount(zy_iso_message *m)
{
    m->amount.fen = 0;
}
static void breaks_amount_below(zy_iso_message *m)
{
    m->amount.fen = -1;
}
static void breaks_amount_above(zy_iso_message *m)
{
    m->amount.fen = INT64_C(100000000000001);
}
static void breaks_id(zy_iso_message *m)
{
    m->id = ZY_STR("123456789012345678901234567890123456");
}
static void breaks_id_letters(zy_iso_message *m)
{
    m->id = ZY_STR("M 1");
}
static void breaks_no_id(zy_iso_message *m)
{
    m->id = ZY_STR("");
}
static void breaks_bank(zy_iso_message *m)
{
    m->creditor_bank = ZY_STR("12345");
}
static void breaks_way(zy_iso_message *m)
{
    m->way = ZY_STR("PIGEON");
}
static void breaks_name(zy_iso_message *m)
{
    m->creditor_name = ZY_STR("王\x01丽");
}
static void breaks_name_utf8(zy_iso_message *m)
{
    m->creditor_name = ZY_STR("\xff\xfe");
}
static void breaks_no_name(zy_iso_message *m)
{
    m->debtor_name = ZY_STR("");
}
static void breaks_number(zy_iso_message *m)
{
    m->creditor_number = ZY_STR("6222<x/>");
}
static void breaks_memo(zy_iso_message *m)
{
    static const char LONG[] = "0123456789012345678901234567890123456789012345678901234567890123456789"
                               "01234567890123456789012345678901234567890123456789012345678901234567890";
    m->memo = zy_str_of(LONG);
}
static void breaks_no_day(zy_iso_message *m)
{
    m->day.days = 0;
}

static void what_the_schema_forbids_is_not_written(void **state)
{
    (void)state;
    static void (*const BREAKS[])(zy_iso_message * m) = {
        breaks_amount, breaks_amount_below, breaks_amount_above, breaks_id,      breaks_id_letters, breaks_no_id, breaks_bank,
        breaks_way,    breaks_name,         breaks_name_utf8,    breaks_no_name, breaks_number,     breaks_memo,  breaks_no_day,
    };
    for (size_t i = 0; i < ZY_COUNT(BREAKS); i++) {
        zy_iso_message m = MESSAGES[0];
        ZY_AUTO_BUF xml = { 0 };
        BREAKS[i](&m);
        ASSERT_STATUS(zy_iso_write(&m, NULL, &xml, NULL), ZY_BAD_FIELD);
        assert_int_equal(xml.n, 0);
    }
}

/* --- what is not read --- */

static zy_status read_text(zy_iso_kind kind, zy_str text)
{
    zy_iso_message m;
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    return zy_iso_read(text, kind, NULL, &doc, &m, NULL);
}

/* A transfer with one piece of its text replaced. */
static void with(const char *piece, const char *other, zy_buf *out)
{
    ZY_AUTO_BUF xml = { 0 };
    ASSERT_OK(zy_iso_write(&MESSAGES[0], NULL, &xml, NULL));
    const char *at = strstr(xml.p, piece);
    if (at == NULL)
        fail_msg("the message has no %s", piece);
    zy_buf_add(out, xml.p, (size_t)(at - xml.p));
    zy_buf_c(out, other);
    zy_buf_c(out, at + strlen(piece));
}

static void what_the_schema_forbids_is_not_read(void **state)
{
    (void)state;
    static const struct {
        const char *piece, *other;
    } CHANGES[] = {
        { "1000000.01", "1000000.011" },
        { "1000000.01", "1000000.1" },
        { "1000000.01", "1000000" },
        { "1000000.01", "-1.00" },
        { "1000000.01", "+1.00" },
        { "1000000.01", "0.00" },
        { "1000000.01", "01.00" },
        { "1000000.01", "1e3" },
        { "1000000.01", "1000000000000.01" },
        { "1000000.01", "99999999999999999999.00" },
        { "1000000.01", "1,000.00" },
        { "1000000.01", " 1.00" },
        { "1000000.01", "" },
        { "Ccy=\"CNY\"", "Ccy=\"USD\"" },
        { " Ccy=\"CNY\"", "" },
        { "<MsgId>M-1", "<MsgId>" },
        { "<ChrgBr>SLEV</ChrgBr>", "" },
        { "<ChrgBr>SLEV", "<ChrgBr>DEBT" },
        { "INSTANT", "instant" },
        { "<NbOfTxs>1", "<NbOfTxs>2" },
        { "102100099996", "10210009999" },
        { "pacs.008.001.08", "pacs.008.001.09" },
        { "<TxId>M-1</TxId>", "<TxId>M-2</TxId>" },
        { "<TxId>M-1</TxId>", "<TxId>M-1</TxId><TxId>M-1</TxId>" },
        { "<Nm>林小兰</Nm>", "<Nm>林小兰</Nm><Nm>王</Nm>" },
        { "<Nm>林小兰</Nm>", "<Nm>林<b/>小兰</Nm>" },
        { "<Document ", "<document " },
        { "+08:00", "Z" },
        { "<ChrgBr>", "<ChrgBr xmlns=\"urn:other\">" },
    };
    for (size_t i = 0; i < ZY_COUNT(CHANGES); i++) {
        ZY_AUTO_BUF text = { 0 };
        with(CHANGES[i].piece, CHANGES[i].other, &text);
        if (read_text(ZY_ISO_TRANSFER, zy_buf_view(&text)) != ZY_BAD_REQUEST)
            fail_msg("%s instead of %s was read", CHANGES[i].other, CHANGES[i].piece);
    }
}

static void a_message_cannot_bring_entities_files_or_other_schemas(void **state)
{
    ZY_PROVES("mb.server-validation.n-i");
    (void)state;
    static const struct {
        const char *piece, *other;
    } CHANGES[] = {
        { "<Document", "<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Document" },
        { "<Document", "<!DOCTYPE Document SYSTEM \"http://127.0.0.1:1/x.dtd\"><Document" },
        { "<Document", "<!DOCTYPE Document [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
                       "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><Document" },
        { "<Document", "<!-- x --><Document" },
        { "<Document", "<?xml-stylesheet href=\"x\"?><Document" },
        { "房租", "&x;" },
        { "房租", "<![CDATA[x]]>" },
        { "房租", "<!-- x -->" },
        { "<Document ",
          "<Document xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x file:///etc/passwd\" " },
        { "<ChrgBr>", "<ChrgBr xml:lang=\"zh\">" },
        { "<FIToFICstmrCdtTrf>",
          "<FIToFICstmrCdtTrf xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\"/>" },
    };
    for (size_t i = 0; i < ZY_COUNT(CHANGES); i++) {
        ZY_AUTO_BUF text = { 0 };
        with(CHANGES[i].piece, CHANGES[i].other, &text);
        if (read_text(ZY_ISO_TRANSFER, zy_buf_view(&text)) != ZY_BAD_REQUEST)
            fail_msg("%s was read", CHANGES[i].other);
    }
}

static void a_deep_or_large_message_is_refused(void **state)
{
    (void)state;
    static const size_t DEPTHS[] = { ZY_ISO_DEPTH_MAX + 1, 300, 100000 };
    for (size_t i = 0; i < ZY_COUNT(DEPTHS); i++) {
        ZY_AUTO_BUF deep = { .max = 4u << 20 };
        for (size_t k = 0; k < DEPTHS[i]; k++)
            zy_buf_c(&deep, "<a>");
        ASSERT_STATUS(read_text(ZY_ISO_TRANSFER, zy_buf_view(&deep)), ZY_BAD_REQUEST);
    }
    ZY_AUTO_BUF wide = { .max = 4u << 20 };
    zy_buf_c(&wide, "<Document>");
    for (size_t k = 0; k <= ZY_ISO_NODES_MAX; k++)
        zy_buf_c(&wide, "<a/>");
    zy_buf_c(&wide, "</Document>");
    ASSERT_STATUS(read_text(ZY_ISO_TRANSFER, zy_buf_view(&wide)), ZY_BAD_REQUEST);
    ZY_AUTO_BUF large = { .max = 4u << 20 };
    with("<Document", "<Document", &large);
    while (large.n <= ZY_ISO_BYTES_MAX)
        zy_buf_char(&large, ' ');
    ASSERT_STATUS(read_text(ZY_ISO_TRANSFER, zy_buf_view(&large)), ZY_BAD_REQUEST);
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    static const zy_str TEXTS[] = { ZY_STR_INIT(""),     ZY_STR_INIT("{}"),          ZY_STR_INIT("<Document"),  ZY_STR_INIT("<a/><b/>"),
                                    ZY_STR_INIT("\0\0"), ZY_STR_INIT("\xff\xfe<\0"), ZY_STR_INIT("<Document/>") };
    for (int kind = 1; kind < ZY_ISO_KIND_END; kind++)
        for (size_t i = 0; i < ZY_COUNT(TEXTS); i++)
            ASSERT_STATUS(read_text((zy_iso_kind)kind, TEXTS[i]), ZY_BAD_REQUEST);
    ZY_AUTO_BUF transfer = { 0 };
    with("<Document", "<Document", &transfer);
    for (int kind = 1; kind < ZY_ISO_KIND_END; kind++)
        ASSERT_STATUS(read_text((zy_iso_kind)kind, zy_buf_view(&transfer)), kind == ZY_ISO_TRANSFER ? ZY_OK : ZY_BAD_REQUEST);
}

static void every_piece_of_a_message_is_refused(void **state)
{
    (void)state;
    ZY_AUTO_BUF xml = { 0 };
    ASSERT_OK(zy_iso_write(&MESSAGES[0], NULL, &xml, NULL));
    while (xml.n > 0 && xml.p[xml.n - 1] == '\n')
        xml.n--;
    for (size_t n = 0; n < xml.n; n += 7)
        ASSERT_STATUS(read_text(ZY_ISO_TRANSFER, zy_str_bytes(xml.p, n)), ZY_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_the_same_after_the_way_there_and_back),
        cmocka_unit_test(a_text_is_never_markup),
        cmocka_unit_test(what_the_schema_forbids_is_not_written),
        cmocka_unit_test(what_the_schema_forbids_is_not_read),
        cmocka_unit_test(a_message_cannot_bring_entities_files_or_other_schemas),
        cmocka_unit_test(a_deep_or_large_message_is_refused),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(every_piece_of_a_message_is_refused),
    };
    return zy_test_main("iso20022", tests, ZY_COUNT(tests));
}
