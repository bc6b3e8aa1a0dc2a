/* Messages as XML trees: made from a table of paths and read by it, valid by their schema both ways. */
#include "connector/iso20022.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connector/iso20022_internal.h"
#include "crypto/crypto.h"

#define NAMESPACE     "urn:iso:std:iso:20022:tech:xsd:"
#define NAMESPACE_MAX 64
/* Entities that nobody asks to be replaced (no NOENT, no DTDLOAD) are not loaded; a DTD that declares some ends the parsing anyway. */
#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
#define SEGMENT_MAX   32 /* of a path */

struct zy_iso_doc {
    xmlDocPtr xml;
    zy_iso_kind kind;
    zy_iso_entry *entries;
};

/* --- schemas: compiled once, shared by all threads, kept until the program ends --- */

static struct {
    pthread_once_t once;
    xmlSchemaPtr compiled[ZY_ISO_KIND_END];
} schemas = { .once = PTHREAD_ONCE_INIT };

static xmlSchemaPtr compile(const iso_schema_file *file)
{
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(file->text, (int)file->n);
    xmlSchemaPtr schema = parser != NULL ? xmlSchemaParse(parser) : NULL;
    xmlSchemaFreeParserCtxt(parser);
    return schema;
}

static void compile_all(void)
{
    zy_iso_kind kind;
    xmlInitParser();
    for (const iso_schema_file *f = ISO_SCHEMA_FILES; f->name != NULL; f++)
        if (zy_iso_kind_parse(zy_str_of(f->name), &kind))
            schemas.compiled[kind] = compile(f);
}

/* What a schema does not allow, without the value that it does not like: the name of the element alone. */
typedef struct complaint {
    char element[SEGMENT_MAX];
} complaint;

static void keep_first(void *arg, xmlErrorPtr error)
{
    complaint *c = arg;
    const xmlNode *node = error->node;
    if (c->element[0] == '\0' && node != NULL && node->name != NULL)
        snprintf(c->element, sizeof c->element, "%.31s", (const char *)node->name);
}

static bool is_valid(xmlDocPtr xml, zy_iso_kind kind, complaint *ret_complaint)
{
    xmlSchemaPtr schema = schemas.compiled[kind];
    xmlSchemaValidCtxtPtr check = schema != NULL ? xmlSchemaNewValidCtxt(schema) : NULL;
    if (check == NULL)
        return false;
    xmlSchemaSetValidStructuredErrors(check, keep_first, ret_complaint);
    bool valid = xmlSchemaValidateDoc(check, xml) == 0;
    xmlSchemaFreeValidCtxt(check);
    return valid;
}

/* --- trees --- */

static zy_str segment(zy_str *path)
{
    zy_str part = { 0 };
    return zy_str_next(path, '/', &part) ? part : (zy_str){ 0 };
}

static bool is_named(const xmlNode *node, zy_str name)
{
    return node->type == XML_ELEMENT_NODE && zy_str_eq_c(name, (const char *)node->name);
}

static xmlNodePtr child_named(xmlNodePtr parent, zy_str name)
{
    for (xmlNodePtr child = parent->children; child != NULL; child = child->next)
        if (is_named(child, name))
            return child;
    return NULL;
}

static xmlNodePtr find(xmlNodePtr at, const char *path)
{
    zy_str rest = zy_str_of(path);
    while (rest.p != NULL && at != NULL)
        at = child_named(at, segment(&rest));
    return at;
}

/* The only text of an element. */
static zy_str text_of(const xmlNode *element)
{
    const xmlNode *text = element->children;
    bool plain = text != NULL && text->type == XML_TEXT_NODE && text->next == NULL;
    return plain ? zy_str_of((const char *)text->content) : (zy_str){ 0 };
}

static xmlNodePtr append(xmlNodePtr parent, zy_str name)
{
    char terminated[SEGMENT_MAX];
    if (zy_str_copy(name, terminated, sizeof terminated) != ZY_OK)
        return NULL;
    xmlNodePtr node = xmlNewDocNode(parent->doc, parent->ns, (const xmlChar *)terminated, NULL);
    return node != NULL ? xmlAddChild(parent, node) : NULL;
}

/* Texts are no markup: nothing in them is read as an entity. */
static zy_status set_text(xmlNodePtr element, zy_str text)
{
    xmlNodePtr node = xmlNewDocTextLen(element->doc, (const xmlChar *)text.p, (int)text.n);
    return node != NULL && xmlAddChild(element, node) != NULL ? ZY_OK : ZY_NO_MEMORY;
}

static void drop_text(xmlNodePtr element)
{
    for (xmlNodePtr child = element->children, next; child != NULL; child = next) {
        next = child->next;
        if (child->type == XML_TEXT_NODE && child->content != NULL)
            zy_wipe(child->content, strlen((const char *)child->content));
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
}

/* Characters that XML 1.0 has and that a line on a statement may have. */
static bool is_text(zy_str text)
{
    for (size_t at = 0; at < text.n;) {
        uint32_t rune = zy_str_rune(text, &at);
        if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0xfffe || rune == 0xffff)
            return false;
    }
    return zy_str_is_utf8(text);
}

/* --- personal fields --- */

static zy_status turn(const zy_iso_cipher *cipher, unsigned number, const iso_field *f, xmlNodePtr element)
{
    ZY_AUTO_SECRET_BUF turned = { 0 };
    ZY_TRY(cipher->fn(cipher->arg, number, f->path, text_of(element), &turned));
    if (zy_buf_failed(&turned) || !is_text(zy_buf_view(&turned)))
        return ZY_BAD_REQUEST;
    drop_text(element);
    return set_text(element, zy_buf_view(&turned));
}

static zy_status turn_all(const zy_iso_cipher *cipher, zy_iso_kind kind, xmlNodePtr root)
{
    const iso_shape *shape = &ISO_SHAPES[kind];
    for (size_t i = 0; i < shape->count && cipher != NULL; i++) {
        xmlNodePtr element = shape->fields[i].personal ? find(root, shape->fields[i].path) : NULL;
        if (element != NULL)
            ZY_TRY(turn(cipher, (unsigned)i, &shape->fields[i], element));
    }
    return ZY_OK;
}

void zy_iso_doc_free(zy_iso_doc *doc)
{
    if (doc == NULL)
        return;
    const iso_shape *shape = &ISO_SHAPES[doc->kind];
    xmlNodePtr root = doc->xml != NULL ? xmlDocGetRootElement(doc->xml) : NULL;
    for (size_t i = 0; i < shape->count && root != NULL; i++) {
        xmlNodePtr element = shape->fields[i].personal ? find(root, shape->fields[i].path) : NULL;
        if (element != NULL)
            drop_text(element);
    }
    xmlFreeDoc(doc->xml);
    free(doc->entries);
    free(doc);
}

/* --- writing --- */

/* The last element on a path below `at`; those that are not there yet are made, the last one always. */
static xmlNodePtr make_path(xmlNodePtr at, const char *path)
{
    zy_str rest = zy_str_of(path);
    while (rest.p != NULL && at != NULL) {
        zy_str name = segment(&rest);
        bool reuse = rest.p != NULL && at->last != NULL && is_named(at->last, name);
        at = reuse ? at->last : append(at, name);
    }
    return at;
}

static zy_status write_field(xmlNodePtr parent, const iso_field *f, const void *from, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { 0 };
    bool present = false;
    zy_status status = iso_value_write(f, from, &text, &present);
    if (status == ZY_OK && present && (zy_buf_failed(&text) || !is_text(zy_buf_view(&text))))
        status = ZY_BAD_FIELD;
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "%s cannot be written", f->path);
    if (!present)
        return ZY_OK;
    xmlNodePtr element = make_path(parent, f->path);
    if (element == NULL)
        return ZY_NO_MEMORY;
    if (f->value == ISO_AMOUNT && xmlNewProp(element, (const xmlChar *)"Ccy", (const xmlChar *)"CNY") == NULL)
        return ZY_NO_MEMORY;
    return set_text(element, zy_buf_view(&text));
}

static zy_status write_fields(xmlNodePtr parent, const iso_field *fields, size_t count, const void *from, zy_err *err)
{
    for (size_t i = 0; i < count; i++)
        ZY_TRY(write_field(parent, &fields[i], from, err));
    return ZY_OK;
}

static zy_status write_entries(xmlNodePtr root, const iso_shape *shape, const zy_iso_message *m, zy_err *err)
{
    for (size_t i = 0; i < m->entry_count && shape->entry_path != NULL; i++) {
        xmlNodePtr entry = make_path(root, shape->entry_path);
        if (entry == NULL)
            return ZY_NO_MEMORY;
        ZY_TRY(write_fields(entry, shape->entry_fields, shape->entry_field_count, &m->entries[i], err));
    }
    return ZY_OK;
}

static zy_status new_doc(zy_iso_kind kind, zy_iso_doc **ret_doc)
{
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = calloc(1, sizeof *doc);
    if (doc == NULL)
        return ZY_NO_MEMORY;
    doc->kind = kind;
    doc->xml = xmlNewDoc((const xmlChar *)"1.0");
    xmlNodePtr root = doc->xml != NULL ? xmlNewDocNode(doc->xml, NULL, (const xmlChar *)"Document", NULL) : NULL;
    if (root == NULL)
        return ZY_NO_MEMORY;
    xmlDocSetRootElement(doc->xml, root);
    char uri[NAMESPACE_MAX];
    snprintf(uri, sizeof uri, NAMESPACE "%s", ISO_SHAPES[kind].name);
    xmlNsPtr ns = xmlNewNs(root, (const xmlChar *)uri, NULL);
    if (ns == NULL)
        return ZY_NO_MEMORY;
    xmlSetNs(root, ns);
    *ret_doc = ZY_STEAL(doc);
    return ZY_OK;
}

static zy_status print(const zy_iso_doc *doc, zy_buf *ret_xml)
{
    xmlChar *text = NULL;
    int n = 0;
    xmlDocDumpMemoryEnc(doc->xml, &text, &n, "UTF-8");
    if (text == NULL)
        return ZY_NO_MEMORY;
    zy_buf_add(ret_xml, text, (size_t)n);
    zy_wipe(text, (size_t)n);
    xmlFree(text);
    return zy_buf_failed(ret_xml) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status zy_iso_write(const zy_iso_message *m, const zy_iso_cipher *seal, zy_buf *ret_xml, zy_err *err)
{
    const iso_shape *shape = &ISO_SHAPES[m->kind];
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    complaint wrong = { "" };
    pthread_once(&schemas.once, compile_all);
    ZY_TRY(new_doc(m->kind, &doc));
    xmlNodePtr root = xmlDocGetRootElement(doc->xml);
    ZY_TRY(write_fields(root, shape->fields, shape->count, m, err));
    ZY_TRY(write_entries(root, shape, m, err));
    if (!is_valid(doc->xml, m->kind, &wrong))
        return zy_fail(err, ZY_BAD_FIELD, NULL, "%s does not allow what stands in %s", shape->name, wrong.element);
    ZY_TRY(turn_all(seal, m->kind, root));
    return print(doc, ret_xml);
}

/* --- parsing: what no message needs ends it at once --- */

typedef struct guard {
    size_t depth, nodes;
    bool refused;
} guard;

static void refuse(void *context)
{
    xmlParserCtxtPtr parser = context;
    ((guard *)parser->_private)->refused = true;
    xmlStopParser(parser);
}

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    refuse(context);
}

static void on_comment(void *context, const xmlChar *text)
{
    (void)text;
    refuse(context);
}

static void on_cdata(void *context, const xmlChar *text, int n)
{
    (void)text;
    (void)n;
    refuse(context);
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
    (void)target;
    (void)data;
    refuse(context);
}

/* Ccy alone: an attribute of XML Schema would let the message choose what it is checked against (xsi:type, xsi:schemaLocation). */
static bool attributes_are_fine(int count, const xmlChar **attributes)
{
    return count == 0 || (count == 1 && attributes[1] == NULL && xmlStrEqual(attributes[0], (const xmlChar *)"Ccy"));
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_count, const xmlChar **ns,
                     int attribute_count, int defaulted, const xmlChar **attributes)
{
    guard *g = ((xmlParserCtxtPtr)context)->_private;
    if (++g->depth > ZY_ISO_DEPTH_MAX || ++g->nodes > ZY_ISO_NODES_MAX || ns_count > 1 ||
        !attributes_are_fine(attribute_count, attributes))
        refuse(context);
    else
        xmlSAX2StartElementNs(context, name, prefix, uri, ns_count, ns, attribute_count, defaulted, attributes);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    ((guard *)((xmlParserCtxtPtr)context)->_private)->depth--;
    xmlSAX2EndElementNs(context, name, prefix, uri);
}

static xmlDocPtr parse(zy_str text)
{
    guard g = { .refused = false };
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL)
        return NULL;
    parser->_private = &g;
    parser->sax->internalSubset = on_dtd;
    parser->sax->externalSubset = on_dtd;
    parser->sax->comment = on_comment;
    parser->sax->cdataBlock = on_cdata;
    parser->sax->processingInstruction = on_instruction;
    parser->sax->startElementNs = on_start;
    parser->sax->endElementNs = on_end;
    xmlDocPtr xml = xmlCtxtReadMemory(parser, text.p, (int)text.n, NULL, "UTF-8", PARSE_OPTIONS);
    xmlFreeParserCtxt(parser);
    if (!g.refused)
        return xml;
    xmlFreeDoc(xml);
    return NULL;
}

/* --- reading --- */

static zy_status read_fields(xmlNodePtr parent, const iso_field *fields, size_t count, void *to, zy_err *err)
{
    for (size_t i = 0; i < count; i++) {
        xmlNodePtr element = find(parent, fields[i].path);
        if (element != NULL && iso_value_read(&fields[i], text_of(element), to) != ZY_OK)
            return zy_fail(err, ZY_BAD_REQUEST, NULL, "%s says something else than it may", fields[i].path);
    }
    return ZY_OK;
}

static zy_status read_entries(zy_iso_doc *doc, xmlNodePtr root, zy_iso_message *m, zy_err *err)
{
    const iso_shape *shape = &ISO_SHAPES[doc->kind];
    xmlNodePtr first = shape->entry_path != NULL ? find(root, shape->entry_path) : NULL;
    size_t count = 0;
    if (first == NULL)
        return ZY_OK;
    doc->entries = calloc(ZY_ISO_ENTRIES_MAX, sizeof *doc->entries);
    if (doc->entries == NULL)
        return ZY_NO_MEMORY;
    for (xmlNodePtr n = first; n != NULL; n = n->next) {
        if (!is_named(n, zy_str_of((const char *)first->name)))
            continue;
        if (count == ZY_ISO_ENTRIES_MAX)
            return zy_fail(err, ZY_BAD_REQUEST, NULL, "more than %d entries", ZY_ISO_ENTRIES_MAX);
        ZY_TRY(read_fields(n, shape->entry_fields, shape->entry_field_count, &doc->entries[count++], err));
    }
    m->entries = doc->entries;
    m->entry_count = count;
    return ZY_OK;
}

static bool is_document_of(xmlNodePtr root, zy_iso_kind kind)
{
    char uri[NAMESPACE_MAX];
    snprintf(uri, sizeof uri, NAMESPACE "%s", ISO_SHAPES[kind].name);
    return root != NULL && is_named(root, ZY_STR("Document")) && root->ns != NULL &&
           zy_str_eq_c(zy_str_of(uri), (const char *)root->ns->href);
}

static zy_status read_doc(zy_iso_doc *doc, const zy_iso_cipher *open, zy_iso_message *m, zy_err *err)
{
    complaint wrong = { "" };
    const iso_shape *shape = &ISO_SHAPES[doc->kind];
    xmlNodePtr root = xmlDocGetRootElement(doc->xml);
    if (!is_document_of(root, doc->kind))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "no document of %s", shape->name);
    ZY_TRY(turn_all(open, doc->kind, root));
    if (!is_valid(doc->xml, doc->kind, &wrong))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "%s does not allow what stands in %s", shape->name, wrong.element);
    ZY_TRY(read_fields(root, shape->fields, shape->count, m, err));
    return read_entries(doc, root, m, err);
}

zy_status zy_iso_read(zy_str text, zy_iso_kind kind, const zy_iso_cipher *open, zy_iso_doc **ret_doc, zy_iso_message *ret_message,
                      zy_err *err)
{
    zy_iso_message m = { .kind = kind };
    pthread_once(&schemas.once, compile_all);
    if (text.n == 0 || text.n > ZY_ISO_BYTES_MAX || !zy_str_is_utf8(text))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "empty, no UTF-8, or larger than %u bytes", ZY_ISO_BYTES_MAX);
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = calloc(1, sizeof *doc);
    if (doc == NULL)
        return ZY_NO_MEMORY;
    doc->kind = kind;
    doc->xml = parse(text);
    if (doc->xml == NULL)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "no XML, or XML with what no message needs");
    ZY_TRY(read_doc(doc, open, &m, err));
    *ret_doc = ZY_STEAL(doc);
    *ret_message = m;
    return ZY_OK;
}
