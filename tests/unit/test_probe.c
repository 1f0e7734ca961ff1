/* Each mistake of a broker's TLS gives its own sentence. The broker is `openssl s_server`, a
 * program that has never heard of us. */
#include "protocols/tls/explain.c"
#include "protocols/tls/probe.c"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/unit/tls_certificates.h"

static char directory[] = "/tmp/parkgate-probe-XXXXXX";
static struct made ca, other_ca;

static const char *
path(const char *name)
{
    static char paths[64][100];
    static unsigned next;
    char *made = paths[next++ % 64];
    snprintf(made, 100, "%s/%s", directory, name);
    return made;
}

static void
keep(struct made made, const char *name)
{
    char file[40];
    snprintf(file, sizeof file, "%s.crt", name);
    save_certificate(&made, path(file));
    snprintf(file, sizeof file, "%s.key", name);
    save_key(&made, path(file));
    free_made(&made);
}

#define LOCAL .names = "DNS:localhost,IP:127.0.0.1"

static int
setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    signal(SIGPIPE, SIG_IGN);
    ca = make_certificate(&(struct wish){.name = "Park CA", .until_days = 900, .is_ca = true});
    other_ca = make_certificate(
        &(struct wish){.name = "Other CA", .until_days = 900, .is_ca = true});
    save_certificate(&ca, path("ca.crt"));
    save_certificate(&other_ca, path("other-ca.crt"));
    keep(make_certificate(&(struct wish){.name = "good", LOCAL, .until_days = 20, .issuer = &ca}),
         "good");
    keep(make_certificate(&(struct wish){
             .name = "late", LOCAL, .from_days = -9, .until_days = -2, .issuer = &ca}),
         "expired");
    keep(make_certificate(
             &(struct wish){.name = "soon", LOCAL, .from_days = 3, .until_days = 9, .issuer = &ca}),
         "early");
    keep(make_certificate(&(struct wish){.name = "mq",
                                         .names = "DNS:mq.example,DNS:b.example,IP:10.1.2.3",
                                         .until_days = 20,
                                         .issuer = &ca}),
         "elsewhere");
    keep(make_certificate(&(struct wish){.name = "own", LOCAL, .until_days = 20}), "own");
    keep(make_certificate(&(struct wish){.name = "own", LOCAL, .until_days = 20}), "own-again");
    keep(make_certificate(&(struct wish){.name = "gateway-7", .until_days = 20, .issuer = &ca}),
         "client");
    keep(make_certificate(&(struct wish){.name = "nobody", .until_days = 20, .issuer = &other_ca}),
         "stranger");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    char command[100];
    free_made(&ca);
    free_made(&other_ca);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

/* ---- the broker ---- */

struct server {
    pid_t child;
    int feed; /* its standard input, kept open */
    uint16_t port;
};

static void
start_server(struct server *server, const char *certificate, const char *key, char *const *more)
{
    char *words[20] = {"openssl", "s_server",
                       "-accept", "127.0.0.1:0",
                       "-cert",   (char *)(uintptr_t)certificate,
                       "-key",    (char *)(uintptr_t)key};
    for (int i = 8; more && *more; i++)
        words[i] = *more++;
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    server->child = fork();
    if (server->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        execvp(words[0], words);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server->feed = in[1];
    FILE *said = fdopen(out[0], "r");
    char line[200];
    unsigned port = 0;
    while (port == 0 && fgets(line, sizeof line, said))
        sscanf(line, "ACCEPT 127.0.0.1:%u", &port);
    assert_int_not_equal(port, 0);
    server->port = (uint16_t)port;
    /* `said` stays open until the process ends: a server whose output breaks would end. */
}

static void
stop_server(struct server *server)
{
    kill(server->child, SIGKILL);
    waitpid(server->child, NULL, 0);
    close(server->feed);
}

struct attempt {
    const char *certificate, *key; /* of the broker */
    char *const *more;
    struct probe_options options; /* host and ca filled in where NULL */
};

static char error[PROBE_TEXT];

static int
attempt(struct attempt attempt, struct probe_result *ret_result)
{
    struct server server;
    start_server(&server, attempt.certificate, attempt.key, attempt.more);
    attempt.options.port = server.port;
    attempt.options.timeout_ms = 5000;
    if (!attempt.options.host)
        attempt.options.host = "localhost";
    if (!attempt.options.ca)
        attempt.options.ca = path("ca.crt");
    error[0] = '\0';
    int rc = probe_run(&attempt.options, ret_result, error);
    stop_server(&server);
    return rc;
}

static void
assert_said(struct attempt wrong, const char *words)
{
    struct probe_result result;
    assert_true(attempt(wrong, &result) < 0);
    if (!strstr(error, words))
        fail_msg("'%s' is not in: %s", words, error);
    print_message("%s\n", error);
}

#define BROKER(name) .certificate = path(name ".crt"), .key = path(name ".key")

/* ---- tests ---- */

static void
test_good(void **state)
{
    (void)state;
    struct probe_result result;
    struct attempt good = {BROKER("good")};
    if (attempt(good, &result) < 0)
        fail_msg("%s", error);
    assert_string_equal(result.subject, "good");
    assert_string_equal(result.until_of, "good");
    assert_string_equal(result.version, "TLSv1.3");
    assert_int_equal(strlen(result.fingerprint), 64);
    assert_false(result.certificate_asked);
    int64_t days = (result.until_utc_ms - clock_utc_ms() + 3600000) / 86400000;
    assert_int_equal(days, 20);
    good.options.host = "127.0.0.1";
    assert_int_equal(attempt(good, &result), 0);
    good.more = (char *[]){"-tls1_2", NULL};
    assert_int_equal(attempt(good, &result), 0);
    assert_string_equal(result.version, "TLSv1.2");
    good.options.only_1_3 = true;
    assert_said(good, "does not speak TLS 1.3, which tls-at-least asks for");
}

static void
test_dates(void **state)
{
    (void)state;
    assert_said((struct attempt){BROKER("expired")}, "the broker's certificate expired on 20");
    assert_null(strstr(error, "clock"));
    assert_said((struct attempt){BROKER("expired"), .options.clock_unsure = true},
                "or this gateway's clock is wrong: it says 20");
    assert_said((struct attempt){BROKER("early")}, "is not valid before 20");
    assert_non_null(strstr(error, "or this gateway's clock is wrong: it says 20"));
}

static void
test_expired_issuer(void **state)
{
    (void)state;
    struct made old = make_certificate(
        &(struct wish){.name = "Old CA", .from_days = -90, .until_days = -1, .is_ca = true});
    struct made leaf = make_certificate(
        &(struct wish){.name = "leaf", LOCAL, .until_days = 20, .issuer = &old});
    save_certificate(&old, path("old-ca.crt"));
    keep(leaf, "leaf");
    free_made(&old);
    assert_said((struct attempt){BROKER("leaf"), .options.ca = path("old-ca.crt")},
                "the certificate of the issuer Old CA expired on 20");
}

static void
test_names(void **state)
{
    (void)state;
    assert_said((struct attempt){BROKER("elsewhere")},
                "is for mq.example, b.example, 10.1.2.3, not for localhost");
    assert_said((struct attempt){BROKER("elsewhere"), .options.host = "127.0.0.1"},
                "not for 127.0.0.1");
}

static void
test_issuers(void **state)
{
    (void)state;
    assert_said((struct attempt){BROKER("good"), .options.ca = path("other-ca.crt")},
                "was signed by Park CA, which");
    assert_said((struct attempt){BROKER("own")}, "own is self-signed and not one that");
}

static void
test_pins(void **state)
{
    (void)state;
    struct probe_result result;
    struct attempt pinned = {BROKER("own"), .options.ca = path("own.crt")};
    assert_int_equal(attempt(pinned, &result), 0);
    assert_said((struct attempt){BROKER("own-again"), .options.ca = path("own.crt")},
                "self-signed and not one that");
    assert_said((struct attempt){BROKER("good"), .options.ca = path("good.crt")},
                "only a self-signed one can be pinned: put that of its issuer Park CA there");
}

static void
test_our_certificate(void **state)
{
    (void)state;
    struct probe_result result;
    char *const asking[] = {
        "-Verify", "2", "-CAfile", (char *)(uintptr_t)path("ca.crt"), "-verify_return_error", NULL};
    char *const asking_1_2[] = {
        "-Verify", "2", "-CAfile", (char *)(uintptr_t)path("ca.crt"), "-verify_return_error",
        "-tls1_2", NULL};
    char *const *both[] = {asking, asking_1_2};
    for (int i = 0; i < 2; i++) {
        struct attempt client = {BROKER("good"), .more = both[i]};
        assert_said(client, "requires a certificate of this gateway: set certificate and key");
        client.options.certificate = path("stranger.crt");
        client.options.key = path("stranger.key");
        assert_said(client, "the broker does not know who signed it");
        client.options.certificate = path("client.crt");
        client.options.key = path("client.key");
        assert_int_equal(attempt(client, &result), 0);
        assert_true(result.certificate_asked);
        client.options.key = path("stranger.key");
        assert_said(client, "does not fit the certificate");
    }
}

static void
test_files(void **state)
{
    (void)state;
    struct attempt wrong = {BROKER("good"), .options.ca = path("good.key")};
    assert_said(wrong, "holds no certificate in PEM");
    wrong.options.ca = NULL;
    wrong.options.certificate = path("good.key");
    wrong.options.key = path("good.key");
    assert_said(wrong, "is not a certificate in PEM");
    wrong.options.certificate = wrong.options.key = path("good.crt");
    assert_said(wrong, "is not a private key in PEM");
}

/* ---- what is no TLS at all ---- */

struct plain {
    int listener;
    const char *answer; /* NULL: close; "": say nothing */
    pid_t child;
};

static uint16_t
start_plain(struct plain *plain)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    plain->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(plain->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(plain->listener, 1), 0);
    getsockname(plain->listener, (struct sockaddr *)&at, &size);
    plain->child = fork();
    if (plain->child == 0) {
        char bytes[600];
        int peer = accept(plain->listener, NULL, NULL);
        if (recv(peer, bytes, sizeof bytes, 0) > 0 && plain->answer && plain->answer[0])
            send(peer, plain->answer, strlen(plain->answer), 0);
        if (plain->answer)
            pause();
        _exit(0);
    }
    return ntohs(at.sin_port);
}

static void
assert_plain(const char *answer, int timeout_ms, const char *words)
{
    struct plain plain = {.answer = answer};
    struct probe_options options = {.host = "127.0.0.1",
                                    .ca = path("ca.crt"),
                                    .port = start_plain(&plain),
                                    .timeout_ms = timeout_ms};
    struct probe_result result;
    assert_true(probe_run(&options, &result, error) < 0);
    if (!strstr(error, words))
        fail_msg("'%s' is not in: %s", words, error);
    kill(plain.child, SIGKILL);
    waitpid(plain.child, NULL, 0);
    close(plain.listener);
    options.timeout_ms = 2000;
    assert_true(probe_run(&options, &result, error) < 0);
    assert_non_null(strstr(error, "nobody answers at 127.0.0.1:"));
    assert_non_null(strstr(error, "Connection refused"));
}

static void
test_no_tls(void **state)
{
    (void)state;
    assert_plain(NULL, 5000, "is it the port for connections without TLS?");
    assert_plain("HTTP/1.1 400 Bad Request\r\n\r\n", 5000, "there is no TLS at 127.0.0.1:");
    assert_plain("", 1000, "does not answer in TLS within 1 s");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_expired_issuer),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_our_certificate),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_no_tls),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
