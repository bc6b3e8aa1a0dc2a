/* The table of channel sessions. */
#include "door/customer/sessions.h"
#include "zy_test.h"

static const zy_sessions_limits LIMITS = { .max = 3, .lifetime = { 3600000 }, .idle = { 60000 } };
static const zy_time START = { 1700000000000 };

static zy_channel channel_of(uint8_t tail)
{
    zy_channel c = { 0 };
    memset(c.session_id, tail, sizeof c.session_id);
    return c;
}

static int set_up(void **state)
{
    *state = zy_sessions_new(&LIMITS);
    return *state != NULL && zy_crypto_start(NULL) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    zy_sessions_free(*state);
    return 0;
}

static void add(zy_sessions *s, uint8_t tail, zy_time now)
{
    zy_channel c = channel_of(tail);
    ASSERT_OK(zy_sessions_add(s, &c, now));
}

static zy_status find(zy_sessions *s, uint8_t tail, zy_time now)
{
    zy_channel c = channel_of(tail);
    zy_session *session = NULL;
    zy_status status = zy_sessions_find(s, c.session_id, now, &session);
    zy_sessions_release(s, session);
    return status;
}

static void a_session_is_found_until_it_idles_or_ages(void **state)
{
    zy_sessions *s = *state;
    add(s, 1, START);
    ASSERT_OK(find(s, 1, zy_time_add(START, ZY_SECONDS(59))));
    ASSERT_STATUS(find(s, 2, START), ZY_CHANNEL_EXPIRED);
    ASSERT_STATUS(find(s, 1, zy_time_add(START, ZY_SECONDS(60))), ZY_CHANNEL_EXPIRED);
    assert_int_equal(zy_sessions_count(s), 0);
}

static void a_full_table_answers_busy_until_the_dead_are_swept(void **state)
{
    zy_sessions *s = *state;
    zy_channel c = channel_of(9);
    for (uint8_t i = 1; i <= 3; i++)
        add(s, i, START);
    ASSERT_STATUS(zy_sessions_add(s, &c, START), ZY_CHANNEL_BUSY);
    assert_int_equal(zy_sessions_count(s), 3);
    ASSERT_OK(zy_sessions_add(s, &c, zy_time_add(START, ZY_MINUTES(2))));
    assert_int_equal(zy_sessions_count(s), 1);
}

static void a_removed_session_is_gone_for_others_and_lives_for_its_holder(void **state)
{
    zy_sessions *s = *state;
    add(s, 5, START);
    zy_channel c = channel_of(5);
    zy_session *held = NULL;
    ASSERT_OK(zy_sessions_find(s, c.session_id, START, &held));
    zy_sessions_remove(s, held);
    ASSERT_STATUS(find(s, 5, START), ZY_CHANNEL_EXPIRED);
    assert_memory_equal(held->channel.session_id, c.session_id, sizeof c.session_id);
    zy_sessions_remove(s, held); /* twice does no harm */
    zy_sessions_release(s, held);
    assert_int_equal(zy_sessions_count(s), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_session_is_found_until_it_idles_or_ages),
        T(a_full_table_answers_busy_until_the_dead_are_swept),
        T(a_removed_session_is_gone_for_others_and_lives_for_its_holder),
    };
    return zy_test_main("customer_door", tests, ZY_COUNT(tests));
}
