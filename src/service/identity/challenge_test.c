#include <stdio.h>

#include "service/identity/challenge.h"
#include "zy_test.h"

#define NOW ((zy_time){ INT64_C(1795392000000) })

static zy_time after_ms(int64_t ms)
{
    return (zy_time){ NOW.ms + ms };
}

/* A channel's transcript hash: the first bytes choose the place in the store. */
static const uint8_t *channel(unsigned i, uint8_t th[ZY_SM3_BYTES])
{
    memset(th, 0xa5, ZY_SM3_BYTES);
    memcpy(th, &i, sizeof i);
    return th;
}

static void challenge_is_given_once(void **state)
{
    (void)state;
    uint8_t th[ZY_SM3_BYTES], made[ZY_CHALLENGE_BYTES], taken[ZY_CHALLENGE_BYTES];
    char id[ZY_CHALLENGE_ID_MAX];
    ASSERT_OK(zy_challenge_make(channel(1, th), NOW, id, made));
    assert_int_equal(strlen(id), 22);
    ASSERT_OK(zy_challenge_take(th, zy_str_of(id), NOW, taken));
    assert_memory_equal(made, taken, sizeof made);
    ASSERT_STATUS(zy_challenge_take(th, zy_str_of(id), NOW, taken), ZY_CHALLENGE_BAD);
}

static void challenge_ends_at_exactly_120_seconds(void **state)
{
    (void)state;
    uint8_t th[ZY_SM3_BYTES], bytes[ZY_CHALLENGE_BYTES];
    char early[ZY_CHALLENGE_ID_MAX], late[ZY_CHALLENGE_ID_MAX];
    ASSERT_OK(zy_challenge_make(channel(2, th), NOW, early, bytes));
    ASSERT_OK(zy_challenge_make(th, NOW, late, bytes));
    ASSERT_OK(zy_challenge_take(th, zy_str_of(early), after_ms(119999), bytes));
    ASSERT_STATUS(zy_challenge_take(th, zy_str_of(late), after_ms(120000), bytes), ZY_CHALLENGE_BAD);
}

static void challenge_of_another_channel_is_unknown_and_stays(void **state)
{
    (void)state;
    uint8_t own[ZY_SM3_BYTES], other[ZY_SM3_BYTES], bytes[ZY_CHALLENGE_BYTES];
    char id[ZY_CHALLENGE_ID_MAX];
    ASSERT_OK(zy_challenge_make(channel(3, own), NOW, id, bytes));
    channel(3, other);
    other[31] ^= 1; /* in the same bucket */
    ASSERT_STATUS(zy_challenge_take(other, zy_str_of(id), NOW, bytes), ZY_CHALLENGE_BAD);
    ASSERT_STATUS(zy_challenge_take(NULL, zy_str_of(id), NOW, bytes), ZY_CHALLENGE_BAD);
    ASSERT_OK(zy_challenge_take(own, zy_str_of(id), NOW, bytes));
}

static void odd_ids_are_unknown(void **state)
{
    (void)state;
    uint8_t th[ZY_SM3_BYTES], bytes[ZY_CHALLENGE_BYTES];
    char id[ZY_CHALLENGE_ID_MAX];
    static const char *const IDS[] = { "", "A", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAA==",
                                       "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
    ASSERT_OK(zy_challenge_make(channel(4, th), NOW, id, bytes));
    for (size_t i = 0; i < ZY_COUNT(IDS); i++)
        ASSERT_STATUS(zy_challenge_take(th, zy_str_of(IDS[i]), NOW, bytes), ZY_CHALLENGE_BAD);
    ASSERT_OK(zy_challenge_take(th, zy_str_of(id), NOW, bytes));
    ASSERT_STATUS(zy_challenge_make(NULL, NOW, id, bytes), ZY_BAD_REQUEST);
}

static void seventeenth_challenge_of_a_channel_pushes_out_its_oldest(void **state)
{
    (void)state;
    uint8_t th[ZY_SM3_BYTES], neighbour[ZY_SM3_BYTES], bytes[ZY_CHALLENGE_BYTES];
    char ids[ZY_CHALLENGE_PER_CHANNEL + 1][ZY_CHALLENGE_ID_MAX], theirs[ZY_CHALLENGE_ID_MAX];
    channel(5, th);
    channel(5, neighbour);
    neighbour[31] ^= 1;
    ASSERT_OK(zy_challenge_make(neighbour, NOW, theirs, bytes));
    for (size_t i = 0; i < ZY_COUNT(ids); i++)
        ASSERT_OK(zy_challenge_make(th, after_ms((int64_t)i), ids[i], bytes));
    ASSERT_STATUS(zy_challenge_take(th, zy_str_of(ids[0]), NOW, bytes), ZY_CHALLENGE_BAD);
    for (size_t i = 1; i < ZY_COUNT(ids); i++)
        ASSERT_OK(zy_challenge_take(th, zy_str_of(ids[i]), NOW, bytes));
    ASSERT_OK(zy_challenge_take(neighbour, zy_str_of(theirs), NOW, bytes));
}

/* --- the store itself, small --- */

static void full_store_refuses_until_something_ends(void **state)
{
    (void)state;
    static zy_tokens store = ZY_TOKENS(1000, 4, 2 * ZY_TOKEN_SHARDS);
    uint8_t th[ZY_SM3_BYTES] = { 7 }, value[ZY_TOKEN_VALUE] = { 1 };
    char id[ZY_TOKEN_ID_MAX];
    for (uint8_t i = 0; i < 2; i++) {
        th[31] = i;
        ASSERT_OK(zy_tokens_add(&store, th, NOW, value, id));
    }
    th[31] = 2;
    ASSERT_STATUS(zy_tokens_add(&store, th, after_ms(999), value, id), ZY_BUSY);
    assert_int_equal(zy_tokens_count(&store), 2);
    ASSERT_OK(zy_tokens_add(&store, th, after_ms(1000), value, id)); /* the first two ended */
    assert_int_equal(zy_tokens_count(&store), 1);
    zy_tokens_clear(&store);
    assert_int_equal(zy_tokens_count(&store), 0);
}

enum { THREADS = 8, ROUNDS = 2000 };
typedef struct race {
    zy_tokens *store;
    const char *id; /* one that all want */
    unsigned number;
    int taken;
    bool good;
} race;

static void *add_and_take(void *arg)
{
    race *r = arg;
    uint8_t own[ZY_SM3_BYTES], shared[ZY_SM3_BYTES], value[ZY_TOKEN_VALUE] = { 0 }, got[ZY_TOKEN_VALUE];
    char id[ZY_TOKEN_ID_MAX];
    channel(0, shared);
    r->taken = zy_tokens_take(r->store, shared, zy_str_of(r->id), NOW, got) == ZY_OK;
    for (unsigned i = 0; i < ROUNDS && r->good; i++) {
        channel(r->number + i % 3 * THREADS, own);
        memcpy(value, &i, sizeof i);
        r->good = zy_tokens_add(r->store, own, NOW, value, id) == ZY_OK &&
                  zy_tokens_take(r->store, own, zy_str_of(id), NOW, got) == ZY_OK && memcmp(value, got, sizeof got) == 0;
    }
    return NULL;
}

static void challenge_wanted_by_many_threads_goes_to_one(void **state)
{
    (void)state;
    static zy_tokens store = ZY_TOKENS(1000, 4, 100 * ZY_TOKEN_SHARDS);
    uint8_t th[ZY_SM3_BYTES], value[ZY_TOKEN_VALUE] = { 9 };
    char id[ZY_TOKEN_ID_MAX];
    pthread_t threads[THREADS];
    race races[THREADS];
    int taken = 0;
    ASSERT_OK(zy_tokens_add(&store, channel(0, th), NOW, value, id));
    for (unsigned i = 0; i < THREADS; i++) {
        races[i] = (race){ &store, id, i + 1, 0, true };
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_take, &races[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(races[i].good);
        taken += races[i].taken;
    }
    assert_int_equal(taken, 1);
    assert_int_equal(zy_tokens_count(&store), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenge_is_given_once),
        cmocka_unit_test(challenge_ends_at_exactly_120_seconds),
        cmocka_unit_test(challenge_of_another_channel_is_unknown_and_stays),
        cmocka_unit_test(odd_ids_are_unknown),
        cmocka_unit_test(seventeenth_challenge_of_a_channel_pushes_out_its_oldest),
        cmocka_unit_test(full_store_refuses_until_something_ends),
        cmocka_unit_test(challenge_wanted_by_many_threads_goes_to_one),
    };
    if (zy_crypto_start(NULL) != ZY_OK)
        return 1;
    return zy_test_main("challenge", tests, ZY_COUNT(tests));
}
