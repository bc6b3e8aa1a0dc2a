#include "base/fault.h"

#include "zy_test.h"

static zy_status three_points(void)
{
    ZY_FAULT("ledger.before_commit");
    ZY_FAULT("ledger.after_commit");
    ZY_FAULT("db.exec");
    return ZY_OK;
}

static void armed_point_fails_once_at_its_turn(void **state)
{
    (void)state;
    zy_fault_arm("ledger.", 3, ZY_DB_ERROR);
    ASSERT_OK(three_points());
    ASSERT_STATUS(three_points(), ZY_DB_ERROR);
    assert_int_equal(zy_fault_passed(), 3);
    ASSERT_OK(three_points());
    zy_fault_arm("db.exec", 1, ZY_BUSY);
    ASSERT_STATUS(three_points(), ZY_BUSY);
    zy_fault_arm("", 0, ZY_OK);
    ASSERT_OK(three_points());
    assert_int_equal(zy_fault_passed(), 0);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(armed_point_fails_once_at_its_turn),
    };
    return zy_test_main("fault", TESTS, ZY_COUNT(TESTS));
}
