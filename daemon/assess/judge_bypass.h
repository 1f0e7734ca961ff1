/* What the judge of bypasses remembers of one bypass, and its parts: what the signals say
 * (judge_bypass_signals.c), what goes round the treatment (judge_bypass_tally.c), what follows from
 * both (judge_bypass.c). Internal to these. */
#ifndef DAEMON_ASSESS_JUDGE_BYPASS_H
#define DAEMON_ASSESS_JUDGE_BYPASS_H

#include "config/bypass.h"
#include "daemon/assess/judge.h"

/* What the position signals say together. */
enum position {
    POSITION_NONE,    /* there is no such signal */
    POSITION_UNKNOWN, /* one is lost, and the others do not tell */
    POSITION_SHUT,
    POSITION_BETWEEN, /* at neither end */
    POSITION_OPEN,
};

enum bypass_fault { FAULT_NONE, FAULT_LOST, FAULT_CONTRADICTION };

/* Amounts over one event, held from reading to reading: what was read counts until the next scan.
 * A time for which a value was not valid is not filled in; it is missing from `measured_ms`. */
struct bypass_tally {
    bool running;
    struct stamp last;           /* up to where it is counted */
    double rates[BYPASS_MASSES]; /* kg/h from there on; NaN: not known */
    double production;           /* likewise */
    double kilograms[BYPASS_MASSES];
    int64_t measured_ms[BYPASS_MASSES];
    double opening_max, flow_max; /* NaN: none was read */
    double production_begin, production_sum;
    int64_t production_ms;
};

struct bypass_state {
    const struct bypass *bypass;
    struct condition_state witnesses[WITNESS_COUNT], safety;
    struct hold lost, conflict;
    struct stamp open_at; /* up to when signals said open; boot 0: they never did */
    struct stamp shut_at; /* when one of position last said shut */
    bool was_open;
    bool cooling;                      /* the duct may still be warm from an opening */
    uint8_t open_by, suspect_by;       /* bits of witnesses seen during the event */
    uint8_t open_shows, suspect_shows; /* whose point the event shows */
    uint8_t fault_shows;               /* likewise, of bypass.fault */
    uint8_t lost_witness;              /* the first that is lost now */
    enum bypass_fault fault;           /* now */
    enum bypass_fault cause;           /* when bypass.fault opened */
    bool safety_seen;
    double production; /* its value at the newest step */
    enum truth treatment;
    double leak_flow, leak_inlet;
    struct bypass_tally open_tally, suspect_tally;
    char open_text[64], suspect_text[64]; /* of the details `by`; made when they are told */
};

/* ---- signals ---- */

struct bypass_signals {
    enum position position;
    bool shut_side;  /* some position signal says shut, none says open */
    bool conflict;   /* position signals cannot all be right, or it stands between its ends */
    uint8_t open_by; /* bits of witnesses that say open */
    uint8_t suspect_by;
    enum truth open;    /* past the treatment for sure */
    enum truth suspect; /* something says so while the position says shut */
};

#define BY_BETWEEN (1U << WITNESS_COUNT) /* in suspect_by: stands between its ends too long */

void bypass_read_signals(struct bypass_state *state, const struct judging *in);

/* Counts what needs time: signals lost, contradictions, cooling. `runs`: production, as far as it
 * matters. */
void bypass_judge_signals(struct bypass_state *state, const struct judging *in, enum truth runs,
                          struct bypass_signals *ret_signals);

/* Some signal began to say so, though not yet for its delay. */
bool bypass_is_raised(const struct bypass_state *state, unsigned witnesses);

bool bypass_is_lost(const struct bypass *bypass, const struct bypass_state *state,
                    unsigned witness);

/* ---- amounts ---- */

void bypass_tally_reset(struct bypass_tally *tally);

/* Counts up to now while `counts`, else forgets. Call it with scans, not with ticks. */
void bypass_tally_scan(struct bypass_tally *tally, const struct bypass *bypass,
                       const struct judging *in, enum position position, bool counts);

/* What the tally comes to at that time, as details with keys ascending: "flow_max" to
 * "opening_max"; "production_begin", "production_mean"; "unmeasured_ms" of the draft's duration. */
void bypass_tally_describe_mass(const struct bypass_tally *tally, const struct bypass *bypass,
                                const struct stamp *at, struct event *draft);
void bypass_tally_describe_production(const struct bypass_tally *tally, const struct stamp *at,
                                      struct event *draft, const struct point *point);
void bypass_tally_describe_unmeasured(const struct bypass_tally *tally, const struct bypass *bypass,
                                      struct event *draft);
void bypass_tally_exchange(struct bypass_tally *tally, struct exchange *exchange);

#endif
