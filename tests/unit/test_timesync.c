/* Whether the clock is synchronised, asked over a real bus (dbus-daemon) of a small service in
 * timedated's place (tests/system/supervise/timedated.c). Time between questions is virtual, the
 * waiting for answers is not. */
#include "base/timesync.c"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define START_MS 5000000
#define TOOK_MS  (TIMESYNC_WAIT_MS + 200) /* a busy machine */
#define PATH     96

struct stage {
    char directory[32];
    char socket[PATH], word[PATH], asked[PATH];
    pid_t bus, service;
};

static const char CONFIGURATION[] =
    "<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context=\"default\">"
    "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>"
    "<allow own=\"*\"/><allow user=\"*\"/></policy></busconfig>\n";

static void
write_file(const char *path, const char *format, const char *word)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    if (word != NULL)
        fprintf(out, format, word);
    else
        fputs(format, out);
    fclose(out);
}

static pid_t
spawn(const char *program, const char *first, const char *second, const char *output)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (freopen(output, "a", stdout) != NULL && freopen("/dev/null", "a", stderr) != NULL)
        execlp(program, program, first, second, NULL);
    _exit(127);
}

static int
count_in(const char *path, const char *word)
{
    char line[80];
    int count = 0;
    FILE *in = fopen(path, "r");

    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        count += strstr(line, word) != NULL;
    if (in != NULL)
        fclose(in);
    return count;
}

static void
wait_until(bool (*condition)(const struct stage *), const struct stage *stage)
{
    for (int i = 0; i < 1000; i++) {
        if (condition(stage))
            return;
        usleep(10000);
    }
    fail_msg("not within 10 s");
}

static bool
is_bus_there(const struct stage *stage)
{
    return access(stage->socket, F_OK) == 0;
}

static bool
is_service_there(const struct stage *stage)
{
    return count_in(stage->asked, "ready") != 0;
}

static void
start_bus(struct stage *stage)
{
    char file[PATH], option[PATH + 16];

    snprintf(file, sizeof file, "%s/bus.conf", stage->directory);
    snprintf(option, sizeof option, "--config-file=%s", file);
    write_file(file, CONFIGURATION, stage->socket);
    stage->bus = spawn("dbus-daemon", option, "--nofork", "/dev/null");
    wait_until(is_bus_there, stage);
}

static void
start_service(struct stage *stage, const char *word)
{
    start_bus(stage);
    write_file(stage->word, "%s\n", word);
    unlink(stage->asked);
    stage->service = spawn(TIMEDATED, stage->word, NULL, stage->asked);
    wait_until(is_service_there, stage);
}

static void
end_child(pid_t *child)
{
    if (*child > 0) {
        kill(*child, SIGKILL);
        waitpid(*child, NULL, 0);
    }
    *child = 0;
}

static int
set_up(void **state)
{
    static struct stage stage;
    char address[PATH + 16];

    stage = (struct stage){.directory = "/tmp/parkgate-bus-XXXXXX"};
    if (mkdtemp(stage.directory) == NULL)
        return -1;
    snprintf(stage.socket, PATH, "%s/bus", stage.directory);
    snprintf(stage.word, PATH, "%s/word", stage.directory);
    snprintf(stage.asked, PATH, "%s/asked", stage.directory);
    snprintf(address, sizeof address, "unix:path=%s", stage.socket);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
    if (question.bus != NULL)
        question.bus = sd_bus_close_unref(question.bus);
    memset(&question, 0, sizeof question);
    atomic_store(&last, -EAGAIN);
    *state = &stage;
    return 0;
}

static int
tear_down(void **state)
{
    struct stage *stage = *state;
    char file[PATH];

    end_child(&stage->service);
    end_child(&stage->bus);
    snprintf(file, sizeof file, "%s/bus.conf", stage->directory);
    unlink(file);
    unlink(stage->socket);
    unlink(stage->word);
    unlink(stage->asked);
    return rmdir(stage->directory);
}

static int
ask_in_time(int64_t mono_ms)
{
    int64_t before_ms = clock_mono_ms();
    int answer = timesync_ask(mono_ms);
    assert_true(clock_mono_ms() - before_ms < TOOK_MS);
    return answer;
}

/* A yes that turns into a no, and the other way round: each is kept, and asked for when due. */
static void
test_answers(void **state)
{
    struct stage *stage = *state;
    int64_t now_ms = START_MS;

    start_service(stage, "yes");
    assert_int_equal(ask_in_time(now_ms), 1);
    assert_null(question.bus);
    write_file(stage->word, "no\n", NULL);
    assert_int_equal(ask_in_time(now_ms + TIMESYNC_SELDOM_MS - 1), 1);
    assert_int_equal(count_in(stage->asked, "asked"), 1);
    now_ms += TIMESYNC_SELDOM_MS;
    assert_int_equal(ask_in_time(now_ms), 0);
    assert_int_equal(ask_in_time(now_ms + TIMESYNC_EVERY_MS - 1), 0);
    assert_int_equal(count_in(stage->asked, "asked"), 2);
    now_ms += TIMESYNC_EVERY_MS;
    assert_int_equal(ask_in_time(now_ms), 0);
    assert_int_equal(ask_in_time(now_ms + 2 * TIMESYNC_EVERY_MS - 1), 0);
    assert_int_equal(count_in(stage->asked, "asked"), 3);
    write_file(stage->word, "yes\n", NULL);
    now_ms += 2 * (int64_t)TIMESYNC_EVERY_MS;
    assert_int_equal(ask_in_time(now_ms), 1);
    end_child(&stage->service);
    assert_true(ask_in_time(now_ms + TIMESYNC_SELDOM_MS) < 0);
}

/* A day without synchronisation: the pause grows to ten minutes, and no further. */
static void
test_seldom(void **state)
{
    struct stage *stage = *state;

    start_service(stage, "no");
    for (int64_t ms = 0; ms < 7200000; ms += 1000)
        assert_int_equal(timesync_ask(START_MS + ms), 0);
    /* after 0, 30, 90, 210, 450, 930 s, then every 600 s */
    assert_int_equal(count_in(stage->asked, "asked"), 6 + (7199 - 930) / 600);
}

static void
test_no_bus(void **state)
{
    struct log_line line;
    uint64_t before = log_count();
    struct stage *stage = *state;

    assert_int_equal(ask_in_time(START_MS), -ENOENT);
    assert_int_equal(ask_in_time(START_MS + TIMESYNC_EVERY_MS), -ENOENT);
    assert_int_equal(log_count(), before + 1);
    assert_true(log_recall(before, &line));
    assert_int_equal(line.level, LOG_LEVEL_INFO);
    assert_non_null(strstr(line.text, "says: No such file or directory"));
    start_service(stage, "yes");
    assert_int_equal(ask_in_time(START_MS + 3 * TIMESYNC_EVERY_MS), 1);
}

static void
test_no_service(void **state)
{
    struct log_line line;

    start_bus(*state);
    assert_true(ask_in_time(START_MS) < 0);
    assert_null(question.bus);
    assert_true(log_recall(log_count() - 1, &line));
    assert_non_null(strstr(line.text, "org.freedesktop.timedate1 was not provided"));
}

static void
test_refusals(void **state)
{
    struct stage *stage = *state;

    start_service(stage, "refuse");
    assert_int_equal(ask_in_time(START_MS), -EACCES);
    assert_string_equal(question.reason, "not for you");
    write_file(stage->word, "text\n", NULL);
    assert_true(ask_in_time(START_MS + TIMESYNC_EVERY_MS) < 0);
    assert_string_equal(question.reason, "its answer is not a boolean");
}

/* Bounded, and the question ends. */
static void
expect_silence(void)
{
    assert_int_equal(ask_in_time(START_MS), -EAGAIN);
    for (int64_t ms = 1000; ms < TIMESYNC_PATIENCE_MS; ms += 1000) {
        int64_t before_ms = clock_mono_ms();
        assert_int_equal(timesync_ask(START_MS + ms), -EAGAIN);
        assert_true(clock_mono_ms() - before_ms < TIMESYNC_WAIT_MS / 2);
    }
    assert_int_equal(ask_in_time(START_MS + TIMESYNC_PATIENCE_MS), -ETIMEDOUT);
    assert_null(question.bus);
}

static void
test_silent_service(void **state)
{
    start_service(*state, "silence");
    expect_silence();
}

/* It takes the connection and says nothing. */
static void
test_silent_bus(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", stage->socket);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    expect_silence();
    close(fd);
}

/* timedated is started by the question: its answer comes later than main waits. */
static void
test_late(void **state)
{
    struct stage *stage = *state;
    int answer = -EAGAIN;

    start_service(stage, "yes");
    kill(stage->service, SIGSTOP);
    assert_int_equal(ask_in_time(START_MS), -EAGAIN);
    kill(stage->service, SIGCONT);
    for (int i = 0; i < 1000 && answer < 0; i++) {
        usleep(10000);
        answer = ask_in_time(START_MS + 1000);
    }
    assert_int_equal(answer, 1);
    assert_int_equal(count_in(stage->asked, "asked"), 1);
}

/* Another thread is given what is known while one asks. */
static void
test_busy(void **state)
{
    (void)state;
    assert_false(atomic_flag_test_and_set(&busy));
    atomic_store(&last, 1);
    assert_int_equal(timesync_ask(START_MS), 1);
    assert_null(question.bus);
    atomic_flag_clear(&busy);
}

static void *
ask_often(void *context)
{
    atomic_int *wrong = context;

    for (int64_t ms = 0; ms < 120000; ms += 500) {
        int answer = timesync_ask(START_MS + ms);
        atomic_fetch_add(wrong, answer != 0 && answer != -EAGAIN);
    }
    return NULL;
}

static void
test_threads(void **state)
{
    struct stage *stage = *state;
    pthread_t threads[3];
    atomic_int wrong = 0;

    start_service(stage, "no");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &wrong), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
    int asked = count_in(stage->asked, "asked"); /* one alone: after 0, 30 and 90 s */
    assert_true(asked >= 1 && asked <= 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seldom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_bus, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_bus, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
