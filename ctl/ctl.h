/* parkgatectl's subcommands, each in its file, listed in main.c. A handler gets what stands behind
 * its name (argv[0] is the name itself) and returns the exit code: 0 fine, 1 not, 2 wrong usage. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#define CTL_FINE   0
#define CTL_WRONG  1
#define CTL_USAGE  2
#define CTL_UNABLE 3 /* the reason was told already; the exit code is 2 */

struct ctl_command {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
};

int check_run(int argc, char **argv);
int command_run(int argc, char **argv);
int plan_run(int argc, char **argv);
int read_run(int argc, char **argv);
int write_run(int argc, char **argv);
int scan_run(int argc, char **argv);
int declare_run(int argc, char **argv);
int monitor_run(int argc, char **argv);
int watch_run(int argc, char **argv);
int status_run(int argc, char **argv);
int metrics_run(int argc, char **argv);
int history_run(int argc, char **argv);
int export_run(int argc, char **argv);
int buffer_run(int argc, char **argv);
int key_run(int argc, char **argv);
int schema_run(int argc, char **argv);
int records_run(int argc, char **argv);
int verify_run(int argc, char **argv);
int books_run(int argc, char **argv);
int replay_run(int argc, char **argv);

#endif
