/* Tokens as text: "r-1f2e3d4c-0badf00d-3e8-7-2-0". They hold no secret and are checked when they
 * come back: a wrong one gives a sentence, never wrong rows. */
#include "daemon/command/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
history_token_print(const struct history_token *token, char ret_text[HISTORY_TOKEN])
{
    snprintf(ret_text, HISTORY_TOKEN,
             "%c-%s-%08" PRIx32 "-%" PRIx64 "-%" PRIx64 "-%" PRIx32 "-%" PRIx32,
             (char)token->source, token->store, token->asked, token->a, token->b, token->values,
             token->rows);
}

bool
history_token_parse(const char *text, struct history_token *ret_token)
{
    struct history_token token = {0};
    char again[HISTORY_TOKEN], source;

    if (strlen(text) >= HISTORY_TOKEN ||
        sscanf(text, "%c-%8[0-9a-f]-%" SCNx32 "-%" SCNx64 "-%" SCNx64 "-%" SCNx32 "-%" SCNx32,
               &source, token.store, &token.asked, &token.a, &token.b, &token.values,
               &token.rows) != 7)
        return false;
    token.source = (enum history_source)source;
    history_token_print(&token, again);
    if (strcmp(text, again) != 0 || strchr("rcs", source) == NULL)
        return false;
    *ret_token = token;
    return true;
}
