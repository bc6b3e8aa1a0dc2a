#include "base/arena.h"

#include "zy_test.h"

static void ceiling_holds_over_all_allocations(void **state)
{
    (void)state;
    ZY_AUTO(zy_arena_free) zy_arena *a = zy_arena_new(64 * 1024);
    size_t count = 0;
    while (zy_arena_alloc(a, 1000) != NULL)
        count++;
    assert_in_range(count, 60, 65);
    assert_true(zy_arena_used(a) <= 64 * 1024);
    assert_null(zy_arena_alloc(a, SIZE_MAX));
    zy_arena_reset(a);
    assert_int_equal(zy_arena_used(a), 0);
    assert_non_null(zy_arena_alloc(a, 64 * 1024));
    assert_null(zy_arena_alloc(a, 1));
}

static void memory_is_zeroed_and_aligned_also_after_reset(void **state)
{
    (void)state;
    ZY_AUTO(zy_arena_free) zy_arena *a = zy_arena_new(1 << 20);
    for (int round = 0; round < 2; round++) {
        for (size_t size = 1; size < 3000; size += 97) {
            unsigned char *p = zy_arena_alloc(a, size);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xff, size);
        }
        zy_arena_reset(a);
    }
}

static void array_size_that_overflows_is_refused(void **state)
{
    (void)state;
    ZY_AUTO(zy_arena_free) zy_arena *a = zy_arena_new(4096);
    assert_null(zy_arena_array(a, SIZE_MAX / 2, 3));
    assert_null(zy_arena_array(a, 2, SIZE_MAX / 2));
    uint64_t *p = ZY_NEW(a, uint64_t, 10);
    assert_non_null(p);
    assert_non_null(zy_arena_array(a, 0, 8));
}

static void text_is_copied_and_terminated(void **state)
{
    (void)state;
    ZY_AUTO(zy_arena_free) zy_arena *a = zy_arena_new(256);
    char from[] = "掌银";
    zy_str copy = zy_arena_str(a, zy_str_of(from));
    from[0] = 'x';
    ASSERT_STR(copy, "掌银");
    assert_int_equal(copy.p[copy.n], 0);
    assert_non_null(zy_arena_str(a, (zy_str){ NULL, 0 }).p);
    ASSERT_STR(zy_arena_fmt(a, "%d fen", 5), "5 fen");
    assert_null(zy_arena_fmt(a, "%0300d", 5).p);
    zy_arena_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(ceiling_holds_over_all_allocations),
        cmocka_unit_test(memory_is_zeroed_and_aligned_also_after_reset),
        cmocka_unit_test(array_size_that_overflows_is_refused),
        cmocka_unit_test(text_is_copied_and_terminated),
    };
    return zy_test_main("arena", TESTS, ZY_COUNT(TESTS));
}
