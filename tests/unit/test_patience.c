/* A restart because of a part that hangs: at most one an hour, and a reboot starts anew. */
#include "daemon/supervise/patience.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_once_an_hour(void **state)
{
    (void)state;
    char directory[] = "/tmp/parkgate-patience-XXXXXX", path[100];
    assert_non_null(mkdtemp(directory));
    assert_true(patience_may_restart(directory, "aa", 700000));
    assert_false(patience_may_restart(directory, "aa", 700000));
    assert_false(patience_may_restart(directory, "aa", 700000 + 3599999));
    assert_true(patience_may_restart(directory, "aa", 700000 + 3600000));
    assert_false(patience_may_restart(directory, "aa", 700000 + 3600001));
    assert_true(patience_may_restart(directory, "bb", 700000));
    snprintf(path, sizeof path, "%s/" FILE_NAME, directory);
    FILE *file = fopen(path, "w");
    fputs("\xff garbage", file);
    fclose(file);
    assert_true(patience_may_restart(directory, "bb", 700001));
    unlink(path);
    rmdir(directory);
    assert_false(
        patience_may_restart(directory, "bb", 900000)); /* what it forgets it must not do */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_once_an_hour)};
    return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
