/* The OpenAPI 3.1 document and the TypeScript types of a door: read off the same rows that the dispatcher obeys. */
#include "api/registry.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct {
    const char *title, *base, *note;
} DOORS[] = {
    [ZY_DOOR_CUSTOMER] = { "Zhangyin: the customers' door", "/zsc/1/call",
        "Each API is a call inside the ZSC/1 channel, not an address of its own: the plaintext of POST /zsc/1/call is"
        " {\"api\",\"v\",\"t\",\"id\",\"body\"}, api being the last part of a path below and body its request. The HTTP status of"
        " every answer that could be encrypted is 200; `code` tells how the call went." },
    [ZY_DOOR_STAFF] = { "Zhangyin: the staff's door", "/api",
        "Each call but the login carries the session's cookie and the header X-CSRF-Token." },
    [ZY_DOOR_PARTNER] = { "Zhangyin: the partners' door", "/open/v1", "What partners may call." },
};

/* How a login is shown, and what carries an idempotency id. Partners have no way to log in yet. */
#define LOGIN "login"
static const struct {
    const char *in, *carrier, *id_in, *id_name;
} LOGINS[] = {
    [ZY_DOOR_CUSTOMER] = { "header", "ZSC-Session", "envelope", "id" },
    [ZY_DOOR_STAFF] = { "cookie", "__Host-zy_staff", "header", "Idempotency-Key" },
    [ZY_DOOR_PARTNER] = { NULL },
};

static const char *const CLASSES[] = { [ZY_PUBLIC] = "public", [ZY_PROTECTED] = "protected", [ZY_PRIVATE] = "private" };
static const char *const MASKS[] = {
    [ZY_M_PHONE] = "phone", [ZY_M_NAME] = "name", [ZY_M_CARD] = "card", [ZY_M_ID_NO] = "id_no",
};
static const char *const STATUS_NAMES[] = {
#define STATUS_NAME(name, number, http, text) #name,
    ZY_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};

static unsigned version_of(const zy_api *api)
{
    return api->version != 0 ? api->version : 1;
}

/* --- OpenAPI: schemas of what comes in --- */

static zy_json *schema_of(const char *type)
{
    zy_json *schema = zy_json_object();
    zy_json_set_c(schema, "type", type);
    return schema;
}

static void put_unicode(uint32_t c, zy_buf *out)
{
    if (c > 0x20 && c < 0x7f && strchr("\\]^[-", (int)c) == NULL)
        zy_buf_char(out, (char)c);
    else
        zy_buf_fmt(out, "\\u%04x", (unsigned)c);
}

/* The characters below U+00A0 that the decoder's own rule lets (or does not let) through, as ranges. */
static void put_ranges(zy_field_type type, bool allowed, zy_buf *out)
{
    for (uint32_t from = 0, to; from < 0xa0; from = to + 1) {
        to = from;
        if (decode_allows(type, from) != allowed)
            continue;
        while (to + 1 < 0xa0 && decode_allows(type, to + 1) == allowed)
            to++;
        put_unicode(from, out);
        if (to > from + 1)
            zy_buf_char(out, '-');
        if (to > from)
            put_unicode(to, out);
    }
}

/* Types for all scripts are told by what they refuse below U+00A0; further signs are refused by the server alone. */
static void set_pattern(zy_json *schema, zy_field_type type)
{
    ZY_AUTO_BUF pattern = { 0 };
    bool all_scripts = decode_allows(type, 0x4e00);
    zy_buf_c(&pattern, all_scripts ? "^[^" : "^[");
    put_ranges(type, !all_scripts, &pattern);
    zy_buf_c(&pattern, "]*$");
    zy_json_set_str(schema, "pattern", zy_buf_view(&pattern));
}

static zy_json *text_schema(const zy_field *f)
{
    zy_json *schema = schema_of("string");
    zy_json_set_int(schema, "minLength", f->min);
    zy_json_set_int(schema, "maxLength", f->max);
    set_pattern(schema, f->type);
    if (f->type == ZY_F_BASE64)
        zy_json_set_c(schema, "contentEncoding", "base64");
    return schema;
}

static zy_json *number_schema(const zy_field *f)
{
    zy_json *schema = schema_of("integer");
    zy_json_set_c(schema, "format", "int64");
    zy_json_set_int(schema, "minimum", f->min);
    zy_json_set_int(schema, "maximum", f->max);
    if (f->type == ZY_F_MONEY)
        zy_json_set_c(schema, "x-unit", "fen");
    return schema;
}

static zy_json *enum_schema(const zy_field *f)
{
    zy_json *schema = schema_of("string"), *choices = zy_json_array();
    zy_str rest = zy_str_of(f->choices), choice;
    while (zy_str_next(&rest, '|', &choice))
        zy_json_push(choices, zy_json_new_str(choice));
    zy_json_set(schema, "enum", choices);
    return schema;
}

static zy_json *id_schema(const zy_field *f)
{
    zy_json *schema = schema_of("string");
    (void)f;
    zy_json_set_c(schema, "pattern", "^[0-9A-HJKMNP-TV-Z]{13}$");
    return schema;
}

static zy_json *day_schema(const zy_field *f)
{
    zy_json *schema = schema_of("string");
    (void)f;
    zy_json_set_c(schema, "format", "date");
    return schema;
}

static zy_json *bool_schema(const zy_field *f)
{
    (void)f;
    return schema_of("boolean");
}

static zy_json *fields_schema(const zy_field *fields, size_t count);

static zy_json *object_schema(const zy_field *f)
{
    return fields_schema(f->object, f->object_count);
}

static zy_json *items_schema(const zy_field *f)
{
    zy_json *schema = schema_of("array");
    zy_json_set_int(schema, "minItems", f->min);
    zy_json_set_int(schema, "maxItems", f->max);
    zy_json_set(schema, "items", fields_schema(f->object, f->object_count));
    return schema;
}

static zy_json *(*const FIELD_SCHEMAS[])(const zy_field *f) = {
    [ZY_F_ID] = id_schema,      [ZY_F_MONEY] = number_schema, [ZY_F_INT] = number_schema, [ZY_F_BOOL] = bool_schema,
    [ZY_F_DAY] = day_schema,    [ZY_F_CODE] = text_schema,    [ZY_F_TOKEN] = text_schema, [ZY_F_DIGITS] = text_schema,
    [ZY_F_CARD] = text_schema,  [ZY_F_PHONE] = text_schema,   [ZY_F_NAME] = text_schema,  [ZY_F_TEXT] = text_schema,
    [ZY_F_USER] = text_schema,  [ZY_F_BASE64] = text_schema,  [ZY_F_PROOF] = text_schema,  [ZY_F_HEX] = text_schema,   [ZY_F_OBJECT] = object_schema,
    [ZY_F_ENUM] = enum_schema,  [ZY_F_LIST] = items_schema,
};

static zy_json *field_schema(const zy_field *f)
{
    zy_json *schema = FIELD_SCHEMAS[f->type](f);
    if (f->or_text != NULL) {
        zy_json *one_of = zy_json_array();
        zy_json_push(one_of, schema);
        zy_json_push(one_of, field_schema(f->or_text));
        schema = zy_json_object();
        zy_json_set(schema, "oneOf", one_of);
    }
    if (f->help != NULL)
        zy_json_set_c(schema, "description", f->help);
    if (f->sensitive) {
        zy_json_set_bool(schema, "writeOnly", true);
        zy_json_set_bool(schema, "x-sensitive", true);
    }
    return schema;
}

static zy_json *fields_schema(const zy_field *fields, size_t count)
{
    zy_json *schema = schema_of("object"), *properties = zy_json_object(), *required = zy_json_array();
    for (size_t i = 0; i < count; i++) {
        zy_json_set(properties, fields[i].name, field_schema(&fields[i]));
        if (!fields[i].optional)
            zy_json_push(required, zy_json_new_str(zy_str_of(fields[i].name)));
    }
    zy_json_set(schema, "properties", properties);
    zy_json_set(schema, "required", required);
    zy_json_set_bool(schema, "additionalProperties", false);
    return schema;
}

/* --- OpenAPI: schemas of what goes out --- */

static zy_json *outs_schema(const zy_out *outs, size_t count);

static zy_json *list_schema(zy_json *items)
{
    zy_json *schema = schema_of("array");
    zy_json_set(schema, "items", items);
    return schema;
}

static zy_json *plain_out_schema(const zy_out *o)
{
    switch (o->type) {
    case ZY_O_STR:
        return schema_of("string");
    case ZY_O_INT:
        return schema_of("integer");
    case ZY_O_BOOL:
        return schema_of("boolean");
    case ZY_O_OBJECT:
        return outs_schema(o->members, o->member_count);
    case ZY_O_LIST:
        return list_schema(outs_schema(o->members, o->member_count));
    case ZY_O_STRS:
        return list_schema(schema_of("string"));
    }
    return zy_json_object();
}

static zy_json *out_schema(const zy_out *o)
{
    zy_json *schema = plain_out_schema(o);
    if (o->mask != ZY_M_NONE)
        zy_json_set_c(schema, "x-masked", MASKS[o->mask]);
    if (o->help != NULL)
        zy_json_set_c(schema, "description", o->help);
    return schema;
}

/* Clients must take members that they do not know: more may be added. */
static zy_json *outs_schema(const zy_out *outs, size_t count)
{
    zy_json *schema = schema_of("object"), *properties = zy_json_object(), *required = zy_json_array();
    for (size_t i = 0; i < count; i++) {
        zy_json_set(properties, outs[i].name, out_schema(&outs[i]));
        if (!outs[i].optional)
            zy_json_push(required, zy_json_new_str(zy_str_of(outs[i].name)));
    }
    zy_json_set(schema, "properties", properties);
    zy_json_set(schema, "required", required);
    return schema;
}

static zy_json *answer_schema(const zy_api *api)
{
    zy_json *schema = schema_of("object"), *properties = zy_json_object(), *required = zy_json_array(), *code = zy_json_object();
    zy_json_set_c(code, "const", zy_status_name(ZY_OK));
    zy_json_set(properties, "code", code);
    zy_json_set(properties, "body", outs_schema(api->outs, api->out_count));
    zy_json_push(required, zy_json_new_str(ZY_STR("code")));
    zy_json_push(required, zy_json_new_str(ZY_STR("body")));
    zy_json_set(schema, "properties", properties);
    zy_json_set(schema, "required", required);
    return schema;
}

static zy_json *described(zy_json *schema, const char *text)
{
    zy_json_set_c(schema, "description", text);
    return schema;
}

static zy_json *error_schema(void)
{
    static const char *const REQUIRED[] = { "code", "message", "trace", "fields" };
    zy_json *schema = schema_of("object"), *properties = zy_json_object(), *required = zy_json_array();
    zy_json *code = schema_of("string"), *names = zy_json_array();
    for (size_t i = 1; i < ZY_COUNT(STATUS_NAMES); i++) /* 0 is OK */
        zy_json_push(names, zy_json_new_str(zy_str_of(STATUS_NAMES[i])));
    zy_json_set(code, "enum", names);
    zy_json_set(properties, "code", code);
    zy_json_set(properties, "message", described(schema_of("string"), "for the customer, Chinese"));
    zy_json_set(properties, "trace", described(schema_of("string"), "for the help desk"));
    zy_json_set(properties, "fields", described(list_schema(schema_of("string")), "the input fields at fault"));
    zy_json_set(properties, "body", described(schema_of("object"), "facts that help to go on, where there are any"));
    for (size_t i = 0; i < ZY_COUNT(REQUIRED); i++)
        zy_json_push(required, zy_json_new_str(zy_str_of(REQUIRED[i])));
    zy_json_set(schema, "properties", properties);
    zy_json_set(schema, "required", required);
    return schema;
}

/* --- OpenAPI: one API --- */

static zy_json *content_of(zy_json *schema)
{
    zy_json *content = zy_json_object(), *media = zy_json_object();
    zy_json_set(media, "schema", schema);
    zy_json_set(content, "application/json", media);
    return content;
}

static zy_json *response_of(const char *text, zy_json *schema)
{
    zy_json *response = described(zy_json_object(), text);
    zy_json_set(response, "content", content_of(schema));
    return response;
}

static zy_json *responses_of(const zy_api *api)
{
    zy_json *responses = zy_json_object(), *error = zy_json_object();
    zy_json_set_c(error, "$ref", "#/components/schemas/Error");
    zy_json_set(responses, "200", response_of("Done", answer_schema(api)));
    zy_json_set(responses, "default", response_of("Refused or failed", error));
    return responses;
}

static zy_json *security_of(const zy_api *api)
{
    zy_json *security = zy_json_array();
    if (api->class == ZY_PUBLIC || LOGINS[api->door].in == NULL)
        return security;
    zy_json *login = zy_json_object();
    zy_json_set(login, LOGIN, zy_json_array());
    zy_json_push(security, login);
    return security;
}

static zy_json *idempotency_of(zy_door door)
{
    zy_json *rule = zy_json_object();
    zy_json_set_c(rule, "in", LOGINS[door].id_in);
    zy_json_set_c(rule, "name", LOGINS[door].id_name);
    zy_json_set_c(rule, "pattern", "^[A-Za-z0-9_-]{16,64}$");
    zy_json_set_int(rule, "kept_days", 30);
    return rule;
}

static void set_facts(zy_json *operation, const zy_api *api)
{
    zy_json_set_c(operation, "x-class", CLASSES[api->class]);
    zy_json_set_int(operation, "x-version", version_of(api));
    zy_json_set_int(operation, "x-per-minute", api->per_minute);
    zy_json_set_int(operation, "x-per-minute-address", api->per_minute_address != 0 ? api->per_minute_address : api->per_minute);
    zy_json_set_bool(operation, "x-audited", api->audited);
    zy_json_set_bool(operation, "x-critical", api->critical);
    if (api->permission != NULL)
        zy_json_set_c(operation, "x-permission", api->permission);
    if (api->idempotent)
        zy_json_set(operation, "x-idempotency", idempotency_of(api->door));
}

static zy_json *path_of(const zy_api *api)
{
    zy_json *path = zy_json_object(), *operation = zy_json_object(), *request = zy_json_object(), *tags = zy_json_array();
    zy_str rest = zy_str_of(api->name), tag = { 0 };
    zy_str_next(&rest, '.', &tag);
    zy_json_push(tags, zy_json_new_str(tag));
    zy_json_set_c(operation, "operationId", api->name);
    zy_json_set_c(operation, "summary", api->title);
    zy_json_set(operation, "tags", tags);
    zy_json_set(operation, "security", security_of(api));
    set_facts(operation, api);
    zy_json_set_bool(request, "required", true);
    zy_json_set(request, "content", content_of(fields_schema(api->fields, api->field_count)));
    zy_json_set(operation, "requestBody", request);
    zy_json_set(operation, "responses", responses_of(api));
    zy_json_set(path, "post", operation);
    return path;
}

static zy_json *info_of(zy_door door)
{
    zy_json *info = zy_json_object(), *license = zy_json_object();
    zy_json_set_c(info, "title", DOORS[door].title);
    zy_json_set_c(info, "version", "1");
    zy_json_set_c(info, "description", DOORS[door].note);
    zy_json_set_c(license, "name", "Apache-2.0");
    zy_json_set_c(license, "identifier", "Apache-2.0");
    zy_json_set(info, "license", license);
    return info;
}

static zy_json *servers_of(zy_door door)
{
    zy_json *servers = zy_json_array(), *server = zy_json_object();
    zy_json_set_c(server, "url", DOORS[door].base);
    zy_json_push(servers, server);
    return servers;
}

static zy_json *components_of(zy_door door)
{
    zy_json *components = zy_json_object(), *schemas = zy_json_object();
    zy_json_set(schemas, "Error", error_schema());
    zy_json_set(components, "schemas", schemas);
    if (LOGINS[door].in == NULL)
        return components;
    zy_json *schemes = zy_json_object(), *login = zy_json_object();
    zy_json_set_c(login, "type", "apiKey");
    zy_json_set_c(login, "in", LOGINS[door].in);
    zy_json_set_c(login, "name", LOGINS[door].carrier);
    zy_json_set(schemes, LOGIN, login);
    zy_json_set(components, "securitySchemes", schemes);
    return components;
}

void zy_openapi_write(const zy_api_registry *r, zy_door door, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *document = zy_json_object();
    zy_json *paths = zy_json_object();
    for (size_t i = 0; i < r->count; i++) {
        if (r->apis[i]->door != door)
            continue;
        char path[128];
        snprintf(path, sizeof path, "/%s", r->apis[i]->name);
        zy_json_set(paths, path, path_of(r->apis[i]));
    }
    zy_json_set_c(document, "openapi", "3.1.0");
    zy_json_set(document, "info", info_of(door));
    zy_json_set(document, "servers", servers_of(door));
    zy_json_set(document, "paths", paths);
    zy_json_set(document, "components", components_of(door));
    zy_json_write_pretty(document, out);
}

/* --- TypeScript --- */

/* "transfer.prepare" and "Input" give TransferPrepareInput. */
static void put_type_name(const zy_api *api, const char *suffix, zy_buf *out)
{
    bool first = true;
    for (const char *c = api->name; *c != '\0'; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (letter)
            zy_buf_char(out, first && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
        first = !letter;
    }
    zy_buf_c(out, suffix);
}

static void put_help(const char *help, int depth, zy_buf *out)
{
    if (help == NULL)
        return;
    ZY_AUTO_BUF plain = { 0 };
    for (const char *c = help; *c != '\0'; c++) /* a help text cannot end its comment */
        zy_buf_char(&plain, *c == '*' && c[1] == '/' ? '+' : *c);
    zy_buf_fmt(out, "%*s/** %s */\n", depth * 2, "", plain.n > 0 ? plain.p : "");
}

static void put_choices(const zy_field *f, zy_buf *out)
{
    zy_str rest = zy_str_of(f->choices), choice;
    for (bool first = true; zy_str_next(&rest, '|', &choice); first = false)
        zy_buf_fmt(out, "%s'" ZY_STR_FMT "'", first ? "" : " | ", ZY_STR_ARG(choice));
}

static void put_fields(const zy_field *fields, size_t count, int depth, zy_buf *out);

static void put_field_type(const zy_field *f, int depth, zy_buf *out)
{
    switch (f->type) {
    case ZY_F_MONEY:
    case ZY_F_INT:
        zy_buf_c(out, "number");
        break;
    case ZY_F_BOOL:
        zy_buf_c(out, "boolean");
        break;
    case ZY_F_ENUM:
        put_choices(f, out);
        break;
    case ZY_F_OBJECT:
        put_fields(f->object, f->object_count, depth, out);
        break;
    case ZY_F_LIST:
        put_fields(f->object, f->object_count, depth, out);
        zy_buf_c(out, "[]");
        break;
    default:
        zy_buf_c(out, "string");
    }
    if (f->or_text != NULL) {
        zy_buf_c(out, " | ");
        put_field_type(f->or_text, depth, out);
    }
}

static void put_fields(const zy_field *fields, size_t count, int depth, zy_buf *out)
{
    if (count == 0) {
        zy_buf_c(out, "Record<string, never>");
        return;
    }
    zy_buf_c(out, "{\n");
    for (size_t i = 0; i < count; i++) {
        put_help(fields[i].help, depth + 1, out);
        zy_buf_fmt(out, "%*s%s%s: ", (depth + 1) * 2, "", fields[i].name, fields[i].optional ? "?" : "");
        put_field_type(&fields[i], depth + 1, out);
        zy_buf_char(out, '\n');
    }
    zy_buf_fmt(out, "%*s}", depth * 2, "");
}

static void put_outs(const zy_out *outs, size_t count, int depth, zy_buf *out);

static void put_out_type(const zy_out *o, int depth, zy_buf *out)
{
    switch (o->type) {
    case ZY_O_STR:
        zy_buf_c(out, "string");
        break;
    case ZY_O_INT:
        zy_buf_c(out, "number");
        break;
    case ZY_O_BOOL:
        zy_buf_c(out, "boolean");
        break;
    case ZY_O_STRS:
        zy_buf_c(out, "string[]");
        break;
    case ZY_O_LIST:
        zy_buf_c(out, "Array<");
        put_outs(o->members, o->member_count, depth, out);
        zy_buf_char(out, '>');
        break;
    case ZY_O_OBJECT:
        put_outs(o->members, o->member_count, depth, out);
        break;
    }
}

static void put_outs(const zy_out *outs, size_t count, int depth, zy_buf *out)
{
    if (count == 0) {
        zy_buf_c(out, "Record<string, never>");
        return;
    }
    zy_buf_c(out, "{\n");
    for (size_t i = 0; i < count; i++) {
        put_help(outs[i].help, depth + 1, out);
        zy_buf_fmt(out, "%*s%s%s: ", (depth + 1) * 2, "", outs[i].name, outs[i].optional ? "?" : "");
        put_out_type(&outs[i], depth + 1, out);
        zy_buf_char(out, '\n');
    }
    zy_buf_fmt(out, "%*s}", depth * 2, "");
}

static void put_types(const zy_api *api, zy_buf *out)
{
    put_help(api->title, 0, out);
    zy_buf_c(out, "export type ");
    put_type_name(api, "Input", out);
    zy_buf_c(out, " = ");
    put_fields(api->fields, api->field_count, 0, out);
    zy_buf_c(out, "\nexport type ");
    put_type_name(api, "Answer", out);
    zy_buf_c(out, " = ");
    put_outs(api->outs, api->out_count, 0, out);
    zy_buf_c(out, "\n\n");
}

static void put_row(const zy_api *api, zy_buf *out)
{
    zy_buf_fmt(out, "  '%s': { input: ", api->name);
    put_type_name(api, "Input", out);
    zy_buf_c(out, "; answer: ");
    put_type_name(api, "Answer", out);
    zy_buf_fmt(out, "; class: '%s'; version: %u; idempotent: %s }\n", CLASSES[api->class], version_of(api),
               api->idempotent ? "true" : "false");
}

static void put_codes(zy_buf *out)
{
    zy_buf_c(out, "export type Code =\n");
    for (size_t i = 0; i < ZY_COUNT(STATUS_NAMES); i++)
        zy_buf_fmt(out, "  | '%s'\n", STATUS_NAMES[i]);
    zy_buf_char(out, '\n');
}

void zy_typescript_write(const zy_api_registry *r, zy_door door, zy_buf *out)
{
    zy_buf_fmt(out, "// %s. Generated from the tables of the APIs: not to be edited.\n\n", DOORS[door].title);
    put_codes(out);
    for (size_t i = 0; i < r->count; i++)
        if (r->apis[i]->door == door)
            put_types(r->apis[i], out);
    zy_buf_c(out, "export interface Apis {\n");
    for (size_t i = 0; i < r->count; i++)
        if (r->apis[i]->door == door)
            put_row(r->apis[i], out);
    zy_buf_c(out, "}\nexport type ApiName = keyof Apis\n");
}
