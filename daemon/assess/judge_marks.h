/* A person's mark on an asset's hours, for daemon/assess/declare.c. */
#ifndef DAEMON_ASSESS_JUDGE_MARKS_H
#define DAEMON_ASSESS_JUDGE_MARKS_H

#include "daemon/assess/marks.h"

/* What does not depend on the asset: a condition of the glossary, whole hours that are over. 0, or
 * -EINVAL with why in a static sentence. */
int marks_check(const struct declaration *said, const struct stamp *at, const char **ret_why);

/* On the seat of JUDGE_MARKS; -EINVAL likewise, for a pollutant that has no hourly permit limit. */
int marks_declare(struct judge_seat *seat, const struct declaration *said, const struct stamp *at,
                  struct marks_result *ret_result, const char **ret_why);

/* What the record says beside what was said: `exempt` and `note` where an exemption is claimed. */
const char *marks_exempt_word(const struct marks_result *result);
const char *marks_note(const struct marks_result *result); /* "" where there is nothing to say */

/* The mark's record has that number: exceedances of its hours are told anew beside it. */
void marks_recorded(struct judge_seat *seat, const struct declaration *said, uint64_t sequence,
                    const struct watch_list *list, const struct turn *turn);

#endif
