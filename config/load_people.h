/* A row of people as the file says it. Internal to config/. */
#ifndef CONFIG_LOAD_PEOPLE_H
#define CONFIG_LOAD_PEOPLE_H

#include "config/people.h"

struct load_person {
    const char *key;
    enum role role;
};

#endif
