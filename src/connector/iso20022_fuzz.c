/* Messages of a clearing house. The first byte chooses the kind. What was read is within its bounds, and written again and read again it
 * is the same. */
#include <assert.h>
#include <string.h>

#include "connector/iso20022.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const zy_iso_message *m)
{
    const zy_str texts[] = { m->id, m->from, m->to, m->original_id, m->order_ref, m->item_id, m->status, m->reason, m->account_bank };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        assert(texts[i].n <= 35);
    assert(m->amount.fen >= 0 && m->amount.fen <= INT64_C(100000000000000));
    assert(m->entry_count <= ZY_ISO_ENTRIES_MAX);
    for (size_t i = 0; i < m->entry_count; i++)
        assert(m->entries[i].amount.fen > 0 && m->entries[i].message_id.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *doc = NULL;
    ZY_AUTO(zy_iso_doc_free) zy_iso_doc *again = NULL;
    zy_iso_message m, n;
    ZY_AUTO_BUF xml = { .max = 4 * ZY_ISO_BYTES_MAX };
    ZY_AUTO_BUF twice = { .max = 4 * ZY_ISO_BYTES_MAX };
    if (size == 0)
        return 0;
    zy_iso_kind kind = (zy_iso_kind)(1 + data[0] % (ZY_ISO_KIND_END - 1));
    if (zy_iso_read(zy_str_bytes(data + 1, size - 1), kind, NULL, &doc, &m, NULL) != ZY_OK)
        return 0;
    check(&m);
    if (zy_iso_write(&m, NULL, &xml, NULL) != ZY_OK)
        return 0; /* characters that a schema takes and that we never send */
    assert(zy_iso_read(zy_buf_view(&xml), kind, NULL, &again, &n, NULL) == ZY_OK);
    assert(zy_iso_write(&n, NULL, &twice, NULL) == ZY_OK && zy_str_eq(zy_buf_view(&xml), zy_buf_view(&twice)));
    return 0;
}
