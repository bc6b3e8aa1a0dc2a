#include "base/id.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "zy_test.h"

#define START ((zy_time){ INT64_C(1795349700123) })

static void ids_rise_while_the_clock_steps_back(void **state)
{
    (void)state;
    zy_clock *clock = zy_clock_fake_new(START);
    zy_id_maker *maker = zy_id_maker_new(5, clock);
    zy_id last = { 0 };
    for (int i = 0; i < 200000; i++) {
        zy_id id = zy_id_next(maker);
        if (id.v <= last.v)
            fail_msg("id %d is not above the one before", i);
        last = id;
        if (i % 1000 == 0)
            zy_clock_fake_turn(clock, i % 3000 == 0 ? ZY_HOURS(-1) : ZY_MS(1));
    }
    zy_id_maker_free(maker);
    zy_clock_fake_free(clock);
}

static void counter_that_runs_over_borrows_from_the_next_millisecond(void **state)
{
    (void)state;
    zy_clock *clock = zy_clock_fake_new(START);
    zy_id_maker *maker = zy_id_maker_new(ZY_ID_NODE_MAX, clock);
    zy_id first = zy_id_next(maker), id = first;
    for (int i = 0; i < 1 << 15; i++)
        id = zy_id_next(maker);
    assert_int_equal((id.v >> 21) - (first.v >> 21), 1);
    assert_int_equal(id.v >> 15 & 63, ZY_ID_NODE_MAX);
    assert_int_equal(first.v >> 21, START.ms - INT64_C(1577836800000));
    zy_id_maker_free(maker);
    zy_clock_fake_free(clock);
}

static void nodes_never_make_the_same_id(void **state)
{
    (void)state;
    zy_clock *clock = zy_clock_fake_new(START);
    zy_id_maker *a = zy_id_maker_new(0, clock), *b = zy_id_maker_new(1, clock);
    for (int i = 0; i < 100; i++)
        assert_false(zy_id_eq(zy_id_next(a), zy_id_next(b)));
    zy_id_maker_free(a);
    zy_id_maker_free(b);
    zy_clock_fake_free(clock);
}

#define PER_THREAD 20000
typedef struct lot {
    zy_id_maker *maker;
    zy_id ids[PER_THREAD];
} lot;

static void *take_ids(void *arg)
{
    lot *l = arg;
    for (int i = 0; i < PER_THREAD; i++)
        l->ids[i] = zy_id_next(l->maker);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const zy_id *)a)->v, y = ((const zy_id *)b)->v;
    return (x > y) - (x < y);
}

static void threads_share_one_maker(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    static lot lots[THREADS];
    static zy_id all[THREADS * PER_THREAD];
    pthread_t thread[THREADS];
    zy_id_maker *maker = zy_id_maker_new(1, zy_clock_system());
    for (int i = 0; i < THREADS; i++) {
        lots[i].maker = maker;
        assert_int_equal(pthread_create(&thread[i], NULL, take_ids, &lots[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        memcpy(all + i * PER_THREAD, lots[i].ids, sizeof lots[i].ids);
    }
    qsort(all, ZY_COUNT(all), sizeof *all, by_value);
    for (size_t i = 1; i < ZY_COUNT(all); i++)
        if (zy_id_eq(all[i - 1], all[i]))
            fail_msg("two threads got one id");
    zy_id_maker_free(maker);
}

static void ids_of_a_span_are_a_range(void **state)
{
    (void)state;
    zy_time t = { INT64_C(1795399200000) };
    zy_clock *clock = zy_clock_fake_new((zy_time){ t.ms - 1 });
    zy_id_maker *low = zy_id_maker_new(0, clock), *high = zy_id_maker_new(ZY_ID_NODE_MAX, clock);
    assert_true(zy_id_next(high).v < zy_id_floor(t).v);
    zy_clock_fake_turn(clock, ZY_MS(1));
    assert_true(zy_id_next(low).v >= zy_id_floor(t).v);
    assert_int_equal(zy_id_floor((zy_time){ 0 }).v, 0);
    zy_id_maker_free(low);
    zy_id_maker_free(high);
    zy_clock_fake_free(clock);
}

static void text_of_an_id_comes_back(void **state)
{
    (void)state;
    static const int64_t VALUES[] = { 1, 31, 32, INT64_C(456123456789012345), INT64_MAX };
    char text[ZY_ID_TEXT_MAX], before[ZY_ID_TEXT_MAX] = "";
    for (size_t i = 0; i < ZY_COUNT(VALUES); i++) {
        zy_id back = { 0 };
        zy_id_format((zy_id){ VALUES[i] }, text);
        assert_int_equal(strlen(text), 13);
        ASSERT_OK(zy_id_parse(zy_str_of(text), &back));
        assert_true(back.v == VALUES[i]);
        assert_true(strcmp(before, text) < 0); /* texts sort like ids */
        memcpy(before, text, sizeof before);
    }
    assert_string_equal(text, "7ZZZZZZZZZZZZ");
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const zy_str BAD[] = {
        ZY_STR_INIT(""),              ZY_STR_INIT("000000000001"),   ZY_STR_INIT("00000000000001"),
        ZY_STR_INIT("8000000000000"), ZY_STR_INIT("000000000000a"),  ZY_STR_INIT("000000000000I"),
        ZY_STR_INIT("000000000000U"), ZY_STR_INIT("000000000000\0"), ZY_STR_INIT("-000000000001"),
        ZY_STR_INIT("0000000000000"), ZY_STR_INIT("Z000000000000"),
    };
    zy_id id = { 9 };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(zy_id_parse(BAD[i], &id), ZY_BAD_FIELD);
    assert_int_equal(id.v, 9);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(ids_rise_while_the_clock_steps_back),
        cmocka_unit_test(counter_that_runs_over_borrows_from_the_next_millisecond),
        cmocka_unit_test(nodes_never_make_the_same_id),
        cmocka_unit_test(threads_share_one_maker),
        cmocka_unit_test(ids_of_a_span_are_a_range),
        cmocka_unit_test(text_of_an_id_comes_back),
        cmocka_unit_test(other_texts_are_refused),
    };
    return zy_test_main("id", TESTS, ZY_COUNT(TESTS));
}
