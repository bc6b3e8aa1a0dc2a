/* Tables of a made-up room for the tests and fuzz targets of src/api: every field type, nested objects, every mask. */
#pragma once

#include "api/api.h"

typedef struct sample_inner {
    zy_str code;
    int64_t count;
    bool has_count;
} sample_inner;

typedef struct sample_in {
    zy_id id;
    zy_money money;
    int64_t number;
    bool flag;
    zy_day day;
    zy_str code, token, digits, card, phone, name, text, user, base64, hex, choice;
    sample_inner inner;
    sample_inner either; /* an object ... */
    zy_str either_text;  /* ... or a text */
    int64_t extra;
    zy_items items; /* sample_inner */
    bool has_inner, has_either, has_extra, has_items;
} sample_in;

static const zy_field SAMPLE_INNER_FIELDS[] = {
    ZY_FIELD(sample_inner, code, ZY_F_CODE, 2, 4),
    ZY_FIELD(sample_inner, count, ZY_F_INT, 0, 9, ZY_OPTIONAL, ZY_HAS(sample_inner, has_count)),
};
static const zy_field SAMPLE_EITHER_TEXT = {
    .name = "either", .type = ZY_F_DIGITS, .offset = offsetof(sample_in, either_text), .min = 6, .max = 6, ZY_SENSITIVE,
};
#define SAMPLE_INNER .object = SAMPLE_INNER_FIELDS, .object_count = ZY_COUNT(SAMPLE_INNER_FIELDS)

static const zy_field SAMPLE_FIELDS[] = {
    ZY_FIELD(sample_in, id, ZY_F_ID, 1, 40),
    ZY_FIELD(sample_in, money, ZY_F_MONEY, 1, 100000),
    ZY_FIELD(sample_in, number, ZY_F_INT, -5, 5),
    ZY_FIELD(sample_in, flag, ZY_F_BOOL, 0, 0),
    ZY_FIELD(sample_in, day, ZY_F_DAY, 0, 0),
    ZY_FIELD(sample_in, code, ZY_F_CODE, 2, 8),
    ZY_FIELD(sample_in, token, ZY_F_TOKEN, 2, 8),
    ZY_FIELD(sample_in, digits, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE),
    ZY_FIELD(sample_in, card, ZY_F_CARD, 16, 19),
    ZY_FIELD(sample_in, phone, ZY_F_PHONE, 11, 16),
    ZY_FIELD(sample_in, name, ZY_F_NAME, 2, 20),
    ZY_FIELD(sample_in, text, ZY_F_TEXT, 1, 10, .help = "free text"),
    ZY_FIELD(sample_in, user, ZY_F_USER, 3, 20),
    ZY_FIELD(sample_in, base64, ZY_F_BASE64, 4, 12),
    ZY_FIELD(sample_in, hex, ZY_F_HEX, 2, 8),
    ZY_FIELD(sample_in, choice, ZY_F_ENUM, 0, 0, .choices = "red|green|blue"),
    ZY_FIELD(sample_in, inner, ZY_F_OBJECT, 0, 0, SAMPLE_INNER, ZY_HAS(sample_in, has_inner)),
    ZY_FIELD(sample_in, either, ZY_F_OBJECT, 0, 0, SAMPLE_INNER, ZY_OPTIONAL, ZY_HAS(sample_in, has_either),
             .or_text = &SAMPLE_EITHER_TEXT),
    ZY_FIELD(sample_in, extra, ZY_F_INT, 1, 100, ZY_OPTIONAL, ZY_HAS(sample_in, has_extra)),
    ZY_FIELD(sample_in, items, ZY_F_LIST, 1, 3, SAMPLE_INNER, ZY_OPTIONAL, ZY_HAS(sample_in, has_items), .item_size = sizeof(sample_inner)),
};

/* A body that is right in every field. */
#define SAMPLE_BODY                                                                                                     \
    "{\"id\":\"0000000000001\",\"money\":100,\"number\":-5,\"flag\":true,\"day\":\"2026-11-22\",\"code\":\"a.b:c\","     \
    "\"token\":\"a_b-c\",\"digits\":\"123456\",\"card\":\"6217000012345678\",\"phone\":\"13800000001\","                 \
    "\"name\":\"张三\",\"text\":\"早上好\",\"user\":\"a@b.cn\",\"base64\":\"AQID\",\"hex\":\"00ff\","                    \
    "\"choice\":\"green\",\"inner\":{\"code\":\"ok\"}}"

static const zy_out SAMPLE_ITEM_OUTS[] = { ZY_OUT("card", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("fen", ZY_O_INT) };
static const zy_out SAMPLE_OUTS[] = {
    ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_PHONE), ZY_OUT("name", ZY_O_STR, .mask = ZY_M_NAME),
    ZY_OUT("card", ZY_O_STR, .mask = ZY_M_CARD),   ZY_OUT("id_no", ZY_O_STR, .mask = ZY_M_ID_NO),
    ZY_OUT("fen", ZY_O_INT, .help = "whole fen"),  ZY_OUT("good", ZY_O_BOOL),
    ZY_OUT("item", ZY_O_OBJECT, ZY_MEMBERS(SAMPLE_ITEM_OUTS), .optional = true),
    ZY_OUT("items", ZY_O_LIST, ZY_MEMBERS(SAMPLE_ITEM_OUTS), .optional = true),
    ZY_OUT("words", ZY_O_STRS, .optional = true),
};
