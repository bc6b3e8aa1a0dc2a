/* Where each field of each message stands, and how values are written. */
#include <stddef.h>
#include <string.h>

#include "connector/iso20022_internal.h"

#define AT(member)              offsetof(zy_iso_message, member)
#define TEXT(path, member)      { path, ISO_TEXT, AT(member), false, NULL }
#define PERSONAL(path, member)  { path, ISO_TEXT, AT(member), true, NULL }
#define VALUE(path, kind, member) { path, kind, AT(member), false, NULL }
#define FIXED(path, text)       { path, ISO_FIXED, 0, false, text }
#define FIXED_WITH(path, text, member) { path, ISO_FIXED, AT(member), false, text }
#define BANK(path)              path "/FinInstnId/ClrSysMmbId/MmbId"

#define GROUP(root)          TEXT(root "/GrpHdr/MsgId", id), VALUE(root "/GrpHdr/CreDtTm", ISO_TIME, at)
#define GROUP_AGENTS(root)   TEXT(BANK(root "/GrpHdr/InstgAgt"), from), TEXT(BANK(root "/GrpHdr/InstdAgt"), to)
#define CASE(root)                                                                                                                     \
    TEXT(root "/Assgnmt/Id", id), TEXT(BANK(root "/Assgnmt/Assgnr/Agt"), from), TEXT(BANK(root "/Assgnmt/Assgne/Agt"), to),             \
        VALUE(root "/Assgnmt/CreDtTm", ISO_TIME, at)
#define ASSIGNMENT(root)                                                                                                               \
    TEXT(root "/Assgnmt/MsgId", id), VALUE(root "/Assgnmt/CreDtTm", ISO_TIME, at), TEXT(BANK(root "/Assgnmt/Assgnr/Agt"), from),        \
        TEXT(BANK(root "/Assgnmt/Assgne/Agt"), to)
#define ORIGINAL(root) TEXT(root "/OrgnlGrpInf/OrgnlMsgId", original_id), FIXED(root "/OrgnlGrpInf/OrgnlMsgNmId", "pacs.008.001.08")
#define ACCOUNT(root, proxy)                                                                                                           \
    PERSONAL(root "/Pty/Nm", account_name), PERSONAL(root "/Acct/Id/Othr/Id", account_number),                                          \
        FIXED_WITH(root "/Acct/Prxy/Tp/Cd", "MBNO", proxy), PERSONAL(root "/Acct/Prxy/Id", proxy), TEXT(BANK(root "/Agt"), account_bank)

static const iso_field TRANSFER[] = {
    GROUP("FIToFICstmrCdtTrf"),
    FIXED("FIToFICstmrCdtTrf/GrpHdr/NbOfTxs", "1"),
    VALUE("FIToFICstmrCdtTrf/GrpHdr/IntrBkSttlmDt", ISO_DAY, day),
    FIXED("FIToFICstmrCdtTrf/GrpHdr/SttlmInf/SttlmMtd", "CLRG"),
    TEXT("FIToFICstmrCdtTrf/GrpHdr/PmtTpInf/LclInstrm/Prtry", way),
    GROUP_AGENTS("FIToFICstmrCdtTrf"),
    TEXT("FIToFICstmrCdtTrf/CdtTrfTxInf/PmtId/EndToEndId", order_ref),
    TEXT("FIToFICstmrCdtTrf/CdtTrfTxInf/PmtId/TxId", id),
    VALUE("FIToFICstmrCdtTrf/CdtTrfTxInf/IntrBkSttlmAmt", ISO_AMOUNT, amount),
    FIXED("FIToFICstmrCdtTrf/CdtTrfTxInf/ChrgBr", "SLEV"),
    PERSONAL("FIToFICstmrCdtTrf/CdtTrfTxInf/Dbtr/Nm", debtor_name),
    PERSONAL("FIToFICstmrCdtTrf/CdtTrfTxInf/DbtrAcct/Id/Othr/Id", debtor_number),
    TEXT(BANK("FIToFICstmrCdtTrf/CdtTrfTxInf/DbtrAgt"), debtor_bank),
    TEXT(BANK("FIToFICstmrCdtTrf/CdtTrfTxInf/CdtrAgt"), creditor_bank),
    PERSONAL("FIToFICstmrCdtTrf/CdtTrfTxInf/Cdtr/Nm", creditor_name),
    PERSONAL("FIToFICstmrCdtTrf/CdtTrfTxInf/CdtrAcct/Id/Othr/Id", creditor_number),
    PERSONAL("FIToFICstmrCdtTrf/CdtTrfTxInf/RmtInf/Ustrd", memo),
};
static const iso_field STATUS[] = {
    GROUP("FIToFIPmtStsRpt"),
    GROUP_AGENTS("FIToFIPmtStsRpt"),
    ORIGINAL("FIToFIPmtStsRpt/TxInfAndSts"),
    TEXT("FIToFIPmtStsRpt/TxInfAndSts/TxSts", status),
    TEXT("FIToFIPmtStsRpt/TxInfAndSts/StsRsnInf/Rsn/Cd", reason),
    VALUE("FIToFIPmtStsRpt/TxInfAndSts/FctvIntrBkSttlmDt/Dt", ISO_DAY, day),
};
static const iso_field RETURN[] = {
    GROUP("PmtRtr"),
    FIXED("PmtRtr/GrpHdr/NbOfTxs", "1"),
    VALUE("PmtRtr/GrpHdr/IntrBkSttlmDt", ISO_DAY, day),
    FIXED("PmtRtr/GrpHdr/SttlmInf/SttlmMtd", "CLRG"),
    GROUP_AGENTS("PmtRtr"),
    ORIGINAL("PmtRtr/TxInf"),
    TEXT("PmtRtr/TxInf/OrgnlEndToEndId", order_ref),
    VALUE("PmtRtr/TxInf/RtrdIntrBkSttlmAmt", ISO_AMOUNT, amount),
    TEXT("PmtRtr/TxInf/RtrRsnInf/Rsn/Cd", reason),
};
static const iso_field STATUS_ASKED[] = { GROUP("FIToFIPmtStsReq"), GROUP_AGENTS("FIToFIPmtStsReq"), ORIGINAL("FIToFIPmtStsReq/TxInf") };
static const iso_field RECALL[] = {
    CASE("FIToFIPmtCxlReq"),
    TEXT("FIToFIPmtCxlReq/Undrlyg/TxInf/CxlId", item_id),
    ORIGINAL("FIToFIPmtCxlReq/Undrlyg/TxInf"),
    TEXT("FIToFIPmtCxlReq/Undrlyg/TxInf/CxlRsnInf/Rsn/Cd", reason),
};
static const iso_field RECALL_ANSWER[] = {
    CASE("RsltnOfInvstgtn"),
    TEXT("RsltnOfInvstgtn/Sts/Conf", status),
    TEXT("RsltnOfInvstgtn/CxlDtls/TxInfAndSts/CxlStsId", item_id),
    ORIGINAL("RsltnOfInvstgtn/CxlDtls/TxInfAndSts"),
    TEXT("RsltnOfInvstgtn/CxlDtls/TxInfAndSts/CxlStsRsnInf/Rsn/Cd", reason),
};
static const iso_field DAY_ASKED[] = {
    GROUP("AcctRptgReq"),
    FIXED("AcctRptgReq/RptgReq/ReqdMsgNmId", "camt.053.001.08"),
    TEXT(BANK("AcctRptgReq/RptgReq/AcctOwnr/Agt"), from),
    VALUE("AcctRptgReq/RptgReq/RptgPrd/FrToDt/FrDt", ISO_DAY, day),
    VALUE("AcctRptgReq/RptgReq/RptgPrd/FrToDt/ToDt", ISO_DAY, day),
    FIXED("AcctRptgReq/RptgReq/RptgPrd/Tp", "ALLL"),
    VALUE("AcctRptgReq/RptgReq/RptgSeq/EQSeq", ISO_COUNT, page),
};
static const iso_field DAY_PAGE[] = {
    GROUP("BkToCstmrStmt"),
    VALUE("BkToCstmrStmt/GrpHdr/MsgPgntn/PgNb", ISO_COUNT, page),
    VALUE("BkToCstmrStmt/GrpHdr/MsgPgntn/LastPgInd", ISO_BOOL, last_page),
    TEXT("BkToCstmrStmt/Stmt/Id", item_id),
    VALUE("BkToCstmrStmt/Stmt/FrToDt/FrDtTm", ISO_TIME, day_from),
    VALUE("BkToCstmrStmt/Stmt/FrToDt/ToDtTm", ISO_TIME, day_to),
    TEXT("BkToCstmrStmt/Stmt/Acct/Id/Othr/Id", to),
    VALUE("BkToCstmrStmt/Stmt/TxsSummry/TtlCdtNtries/NbOfNtries", ISO_COUNT, credit_count),
    VALUE("BkToCstmrStmt/Stmt/TxsSummry/TtlCdtNtries/Sum", ISO_SUM, credit_sum),
    VALUE("BkToCstmrStmt/Stmt/TxsSummry/TtlDbtNtries/NbOfNtries", ISO_COUNT, debit_count),
    VALUE("BkToCstmrStmt/Stmt/TxsSummry/TtlDbtNtries/Sum", ISO_SUM, debit_sum),
};
#define IN_ENTRY(path, kind, member) { path, kind, offsetof(zy_iso_entry, member), false, NULL }
static const iso_field ENTRY[] = {
    IN_ENTRY("Amt", ISO_AMOUNT, amount),
    IN_ENTRY("CdtDbtInd", ISO_TEXT, direction),
    IN_ENTRY("RvslInd", ISO_BOOL, is_return),
    IN_ENTRY("Sts/Cd", ISO_TEXT, status),
    IN_ENTRY("BkTxCd/Prtry/Cd", ISO_TEXT, way),
    IN_ENTRY("NtryDtls/TxDtls/Refs/MsgId", ISO_TEXT, message_id),
    IN_ENTRY("NtryDtls/TxDtls/Refs/EndToEndId", ISO_TEXT, order_ref),
};
static const iso_field PHONE_BINDING[] = {
    ASSIGNMENT("IdModAdvc"),
    TEXT("IdModAdvc/Mod/Id", item_id),
    ACCOUNT("IdModAdvc/Mod/OrgnlPtyAndAcctId", former_phone),
    ACCOUNT("IdModAdvc/Mod/UpdtdPtyAndAcctId", phone),
};
static const iso_field ACCOUNT_ASKED[] = {
    ASSIGNMENT("IdVrfctnReq"),
    TEXT("IdVrfctnReq/Vrfctn/Id", item_id),
    ACCOUNT("IdVrfctnReq/Vrfctn/PtyAndAcctId", phone),
};
static const iso_field ACCOUNT_ANSWER[] = {
    ASSIGNMENT("IdVrfctnRpt"),
    TEXT("IdVrfctnRpt/Rpt/OrgnlId", item_id),
    VALUE("IdVrfctnRpt/Rpt/Vrfctn", ISO_BOOL, verified),
    TEXT("IdVrfctnRpt/Rpt/Rsn/Cd", reason),
    ACCOUNT("IdVrfctnRpt/Rpt/UpdtdPtyAndAcctId", phone),
};

#define SHAPE(name, fields) { name, fields, ZY_COUNT(fields), NULL, NULL, 0 }
const iso_shape ISO_SHAPES[ZY_ISO_KIND_END] = {
    [ZY_ISO_TRANSFER] = SHAPE("pacs.008.001.08", TRANSFER),
    [ZY_ISO_STATUS] = SHAPE("pacs.002.001.10", STATUS),
    [ZY_ISO_RETURN] = SHAPE("pacs.004.001.09", RETURN),
    [ZY_ISO_STATUS_ASKED] = SHAPE("pacs.028.001.03", STATUS_ASKED),
    [ZY_ISO_RECALL] = SHAPE("camt.056.001.08", RECALL),
    [ZY_ISO_RECALL_ANSWER] = SHAPE("camt.029.001.09", RECALL_ANSWER),
    [ZY_ISO_DAY_ASKED] = SHAPE("camt.060.001.05", DAY_ASKED),
    [ZY_ISO_DAY_PAGE] = { "camt.053.001.08", DAY_PAGE, ZY_COUNT(DAY_PAGE), "BkToCstmrStmt/Stmt/Ntry", ENTRY, ZY_COUNT(ENTRY) },
    [ZY_ISO_PHONE_BINDING] = SHAPE("acmt.022.001.03", PHONE_BINDING),
    [ZY_ISO_ACCOUNT_ASKED] = SHAPE("acmt.023.001.03", ACCOUNT_ASKED),
    [ZY_ISO_ACCOUNT_ANSWER] = SHAPE("acmt.024.001.03", ACCOUNT_ANSWER),
};

const char *zy_iso_kind_name(zy_iso_kind kind)
{
    return ISO_SHAPES[kind].name;
}

bool zy_iso_kind_parse(zy_str name, zy_iso_kind *ret_kind)
{
    for (int kind = 1; kind < ZY_ISO_KIND_END; kind++) {
        if (!zy_str_eq_c(name, ISO_SHAPES[kind].name))
            continue;
        *ret_kind = (zy_iso_kind)kind;
        return true;
    }
    return false;
}

/* --- values --- */

static const void *member(const void *from, size_t offset)
{
    return (const char *)from + offset;
}

/* Yuan with two decimals, always. */
static zy_status money_write(zy_money m, zy_buf *out)
{
    char text[ZY_MONEY_TEXT_MAX];
    if (m.fen < 0)
        return ZY_BAD_FIELD;
    zy_money_format(m, text);
    zy_buf_c(out, text);
    return ZY_OK;
}

static bool text_write(zy_str text, zy_buf *out)
{
    zy_buf_str(out, text);
    return text.n > 0;
}

zy_status iso_value_write(const iso_field *f, const void *from, zy_buf *out, bool *ret_present)
{
    char text[ZY_TIME_TEXT_MAX];
    const void *at = member(from, f->offset);
    *ret_present = true;
    switch (f->value) {
    case ISO_TEXT:
        *ret_present = text_write(*(const zy_str *)at, out);
        return ZY_OK;
    case ISO_FIXED:
        *ret_present = f->offset == 0 || ((const zy_str *)at)->n > 0;
        zy_buf_c(out, f->fixed);
        return ZY_OK;
    case ISO_DAY:
        *ret_present = ((const zy_day *)at)->days != 0;
        zy_day_format(*(const zy_day *)at, text);
        zy_buf_c(out, text);
        return ZY_OK;
    case ISO_TIME:
        zy_time_format(*(const zy_time *)at, text);
        zy_buf_c(out, text);
        return ZY_OK;
    case ISO_AMOUNT:
    case ISO_SUM:
        return money_write(*(const zy_money *)at, out);
    case ISO_BOOL:
        zy_buf_c(out, *(const bool *)at ? "true" : "false");
        return ZY_OK;
    case ISO_COUNT:
        zy_buf_fmt(out, "%lld", (long long)*(const int64_t *)at);
        return ZY_OK;
    }
    return ZY_INTERNAL;
}

/* HH:MM:SS.mmm of a Beijing time; the schema has seen to the shape. */
static zy_status time_read(zy_str text, zy_time *ret_time)
{
    static const struct {
        size_t from, n;
        int64_t ms;
    } PARTS[] = { { 11, 2, 3600000 }, { 14, 2, 60000 }, { 17, 2, 1000 }, { 20, 3, 1 } };
    zy_day day;
    if (text.n != 29)
        return ZY_BAD_REQUEST;
    ZY_TRY(zy_day_parse(zy_str_sub(text, 0, 10), &day));
    int64_t ms = zy_day_start(day).ms;
    for (size_t i = 0; i < ZY_COUNT(PARTS); i++) {
        int64_t n = 0;
        for (size_t k = 0; k < PARTS[i].n; k++) {
            char c = text.p[PARTS[i].from + k];
            if (c < '0' || c > '9')
                return ZY_BAD_REQUEST;
            n = 10 * n + (c - '0');
        }
        ms += n * PARTS[i].ms;
    }
    *ret_time = (zy_time){ ms };
    return ZY_OK;
}

static zy_status text_read(zy_str text, zy_str *to)
{
    if (to->n > 0 && !zy_str_eq(*to, text))
        return ZY_BAD_REQUEST;
    *to = text;
    return ZY_OK;
}

static zy_status day_read(zy_str text, zy_day *to)
{
    zy_day day;
    if (zy_day_parse(text, &day) != ZY_OK || (to->days != 0 && to->days != day.days))
        return ZY_BAD_REQUEST;
    *to = day;
    return ZY_OK;
}

zy_status iso_value_read(const iso_field *f, zy_str text, void *to)
{
    uint64_t count = 0;
    void *at = (char *)to + f->offset;
    switch (f->value) {
    case ISO_TEXT:
        return text_read(text, at);
    case ISO_FIXED:
        return zy_str_eq_c(text, f->fixed) ? ZY_OK : ZY_BAD_REQUEST;
    case ISO_DAY:
        return day_read(text, at);
    case ISO_TIME:
        return time_read(text, at) == ZY_OK ? ZY_OK : ZY_BAD_REQUEST;
    case ISO_AMOUNT:
    case ISO_SUM:
        return zy_money_parse(text, at) == ZY_OK && ((const zy_money *)at)->fen >= 0 ? ZY_OK : ZY_BAD_REQUEST;
    case ISO_BOOL:
        *(bool *)at = zy_str_eq_c(text, "true");
        return ZY_OK;
    case ISO_COUNT:
        if (zy_str_u64(text, &count) != ZY_OK || count > INT32_MAX)
            return ZY_BAD_REQUEST;
        *(int64_t *)at = (int64_t)count;
        return ZY_OK;
    }
    return ZY_INTERNAL;
}
