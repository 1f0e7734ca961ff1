/* From a WHERE to what is asked of the store. The plan's text (EXPLAIN QUERY PLAN shows it) names
 * the constraints taken down, in the order of xFilter's values: "t>= t< point=". Nothing is
 * promised that SQLite need not check again: what is left out can only be what cannot match. */
#ifndef EXTENSION_PLAN_H
#define EXTENSION_PLAN_H

#include "extension/table.h"

struct sqlite3_index_info;
struct sqlite3_value;

/* Both: an SQLite code. */
int plan_choose(const struct table_kind *table, struct sqlite3_index_info *info);
int plan_take(const struct table_kind *table, const char *plan, struct sqlite3_value **values,
              struct query *query, struct want *ret_want);

#endif
