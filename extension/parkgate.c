/* `.load ./parkgate` in sqlite3, over parkgate.db: the store's log as tables one can ask,
 * read-only. samples (a row a value), statistics, events; docs/store.md says what stands in them.
 */
#include "extension/table.h"

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT1

int sqlite3_parkgate_init(sqlite3 *db, char **ret_error, const sqlite3_api_routines *api);

__attribute__((visibility("default"))) int
sqlite3_parkgate_init(sqlite3 *db, char **ret_error, const sqlite3_api_routines *api)
{
    (void)ret_error;
    SQLITE_EXTENSION_INIT2(api);
    int code = table_register(db, &samples_table);
    if (code == SQLITE_OK)
        code = table_register(db, &statistics_table);
    if (code == SQLITE_OK)
        code = table_register(db, &events_table);
    return code;
}
