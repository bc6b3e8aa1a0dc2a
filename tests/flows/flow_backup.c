/* Story: a backup is made while the bank serves, and the bank rises again elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"

static struct {
    bank *bank;
    char file[BANK_PATH_MAX + 20];
    int64_t payer_fen, payee_fen; /* as they were when the backup was made */
    bank_order before, after;     /* confirmed before it, and after it */
} world;

static void make_backup(void)
{
    bank_client payer, payee;
    ZY_AUTO_BUF out = { 0 };
    if (world.bank != NULL)
        return;
    world.bank = bank_new("test", 10);
    snprintf(world.file, sizeof world.file, "%s/backup.zy", world.bank->home);
    bank_client_open(world.bank, 3, &payer);
    bank_client_open(world.bank, 4, &payee);
    bank_login(&payer);
    bank_login(&payee);
    bank_transfer(&payer, payee.person, 4321, &world.before);
    bank_prepare(&payer, "OK", payee.person, 1234, &world.after);
    bank_authorise(&payer, &world.after);
    world.payer_fen = bank_balance(&payer);
    world.payee_fen = bank_balance(&payee);
    if (bank_tool(world.bank, &out, "backup", "--to", world.file, NULL) != 0)
        fail_msg("backup: " ZY_STR_FMT, ZY_STR_ARG(zy_buf_view(&out)));
    bank_confirm(&payer, "OK", &world.after);
    assert_int_equal(bank_balance(&payer), world.payer_fen - 1234);
    bank_client_close(&payer);
    bank_client_close(&payee);
}

static void read_file(const char *path, zy_buf *out)
{
    char piece[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(out, piece, n);
    fclose(file);
}

static void write_file(const char *path, const void *p, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(p, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void a_backup_shows_nothing_and_is_its_owners(void **state)
{
    (void)state;
    static const char *const SHOWN[] = { "SQLite format", "PGDMP", "CREATE TABLE", "account", "audit" };
    struct stat st;
    ZY_AUTO_BUF bytes = { .max = 64u << 20 };
    make_backup();
    assert_int_equal(stat(world.file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    read_file(world.file, &bytes);
    assert_true(bytes.n > 10000);
    for (size_t i = 0; i < ZY_COUNT(SHOWN); i++)
        assert_null(memmem(bytes.p, bytes.n, SHOWN[i], strlen(SHOWN[i])));
}

static void a_backup_that_was_altered_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.3.d1");
    char path[BANK_PATH_MAX + 20], db[BANK_PATH_MAX + 20];
    ZY_AUTO_BUF bytes = { .max = 64u << 20 };
    make_backup();
    read_file(world.file, &bytes);
    bank *other = bank_new_empty_copy(world.bank);
    snprintf(path, sizeof path, "%s/altered.zy", other->home);
    snprintf(db, sizeof db, "%s/bank.db", other->home);
    const size_t places[] = { 0, 40, bytes.n / 2, bytes.n - 1 };
    for (size_t i = 0; i < ZY_COUNT(places); i++) {
        bytes.p[places[i]] ^= 1;
        write_file(path, bytes.p, bytes.n);
        bytes.p[places[i]] ^= 1;
        assert_int_equal(bank_tool(other, NULL, "restore", "--from", path, NULL), 1);
        assert_int_not_equal(access(db, F_OK), 0);
    }
    const size_t lengths[] = { 0, 10, bytes.n / 2, bytes.n - 1 };
    for (size_t i = 0; i < ZY_COUNT(lengths); i++) {
        write_file(path, bytes.p, lengths[i]);
        assert_int_equal(bank_tool(other, NULL, "restore", "--from", path, NULL), 1);
        assert_int_not_equal(access(db, F_OK), 0);
    }
    bank_free(other);
}

static void a_backup_opens_in_no_other_bank(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.3.d1");
    make_backup();
    bank *other = bank_new_empty_copy(world.bank);
    bank *stranger = bank_new("test", 3);
    char from[4 * BANK_PATH_MAX];
    snprintf(from, sizeof from, "cp '%s/keystore' '%s/passphrase' '%s/'", stranger->home, stranger->home, other->home);
    assert_int_equal(system(from), 0);
    assert_int_equal(bank_tool(other, NULL, "restore", "--from", world.file, NULL), 1);
    bank_free(stranger);
    bank_free(other);
}

static void a_restored_bank_is_the_bank_as_it_was(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.3.d1");
    bank_client payer, payee;
    ZY_AUTO_BUF out = { 0 };
    char order_state[20];
    make_backup();
    bank *other = bank_new_empty_copy(world.bank);
    if (bank_tool(other, &out, "restore", "--from", world.file, NULL) != 0)
        fail_msg("restore: " ZY_STR_FMT, ZY_STR_ARG(zy_buf_view(&out)));
    assert_int_equal(bank_tool(other, &out, "audit", "verify", NULL), 0);
    assert_int_equal(bank_tool(other, &out, "audit", "ledger", NULL), 0);
    assert_int_equal(bank_tool(other, NULL, "restore", "--from", world.file, NULL), 1); /* there is a bank by now */
    bank_start(other);
    bank_client_open(other, 3, &payer);
    bank_client_open(other, 4, &payee);
    bank_login(&payer);
    bank_login(&payee);
    assert_int_equal(bank_balance(&payer), world.payer_fen);
    assert_int_equal(bank_balance(&payee), world.payee_fen);
    bank_text(bank_ask(&payer, "OK", "order.get", NULL, "{\"order_id\":\"%s\"}", world.before.order_id), "state", order_state,
              sizeof order_state);
    assert_string_equal(order_state, "posted");
    bank_text(bank_ask(&payer, "OK", "order.get", NULL, "{\"order_id\":\"%s\"}", world.after.order_id), "state", order_state,
              sizeof order_state);
    assert_string_not_equal(order_state, "posted");
    bank_confirm(&payer, "ORDER_STATE", &world.after); /* of a login that has ended */
    bank_client_close(&payer);
    bank_client_close(&payee);
    bank_stop(other);
    bank_free(other);
}

static void the_bank_that_was_copied_is_whole(void **state)
{
    (void)state;
    make_backup();
    bank_stop(world.bank);
    assert_int_equal(bank_tool(world.bank, NULL, "audit", "verify", NULL), 0);
    assert_int_equal(bank_tool(world.bank, NULL, "audit", "ledger", NULL), 0);
    bank_free(world.bank);
    world.bank = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_shows_nothing_and_is_its_owners),
        cmocka_unit_test(a_backup_that_was_altered_is_refused),
        cmocka_unit_test(a_backup_opens_in_no_other_bank),
        cmocka_unit_test(a_restored_bank_is_the_bank_as_it_was),
        cmocka_unit_test(the_bank_that_was_copied_is_whole),
    };
    return zy_test_main("flow_backup", tests, ZY_COUNT(tests));
}
