/* Retained pages: slots of one board. Whoever knows the content writes it, destinations publish it,
 * commands answer with it. Ready JSON. No functions. */
#ifndef DAEMON_PAGE_H
#define DAEMON_PAGE_H

enum page {
    PAGE_HEALTH,
    PAGE_ALARMS,
    PAGE_HEADROOM,
    PAGE_CATALOG_POINTS,
    PAGE_CATALOG_UNITS,
    PAGE_CATALOG_ASSETS,
    PAGE_CATALOG_LIMITS,
    PAGE_CATALOG_DESTINATIONS,
    PAGE_CATALOG_KEY,
    PAGE_CATALOG_BUSES,
    PAGE_CATALOG_WORDS,
    PAGE_COUNT
};

#endif
