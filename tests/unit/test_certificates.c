/* Renewed certificates as files: request, trial, in force, dropped. */
#include "protocols/tls/certificates.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/tls_certificates.h"

static char directory[64], error[200], pem[CERTIFICATES_PEM], path[CERTIFICATES_PATH];
static struct made ca;

static int
setup(void **state)
{
    (void)state;
    char root[] = "/tmp/parkgate-certificates-XXXXXX";
    assert_non_null(mkdtemp(root));
    snprintf(directory, sizeof directory, "%s/certificates", root);
    ca = make_certificate(&(struct wish){.name = "Park CA", .until_days = 900, .is_ca = true});
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    free_made(&ca);
    certificates_drop(directory, "centre");
    assert_int_equal(rmdir(directory), 0); /* nothing was left behind */
    *strrchr(directory, '/') = '\0';
    return rmdir(directory);
}

/* Signs the request as a CA would, into `pem`. */
static void
sign(long from_days, long until_days, EVP_PKEY *other_key)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = PEM_read_bio_X509_REQ(memory, NULL, NULL, NULL);
    char name[64];
    BIO_free(memory);
    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
    X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request), NID_commonName, name, 64);
    assert_string_equal(name, "parkgate-7");
    struct made leaf = make_certificate(
        &(struct wish){.name = name,
                       .from_days = from_days,
                       .until_days = until_days,
                       .issuer = &ca,
                       .key = other_key ? other_key : X509_REQ_get0_pubkey(request)});
    memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, leaf.certificate);
    PEM_write_bio_X509(memory, ca.certificate);
    char *text;
    long length = BIO_get_mem_data(memory, &text);
    snprintf(pem, sizeof pem, "words before\n%.*s", (int)length, text);
    BIO_free(memory);
    free_made(&leaf);
    X509_REQ_free(request);
}

static void
ask(void)
{
    assert_int_equal(certificates_request(directory, "centre", "parkgate-7", pem, error), 0);
    assert_null(strstr(pem, "PRIVATE"));
}

static void
assert_refused(const char *words)
{
    assert_true(certificates_try(directory, "centre", pem, error) < 0);
    if (!strstr(error, words))
        fail_msg("'%s' is not in: %s", words, error);
    assert_false(certificates_find(directory, "centre", path));
}

static void
test_renewal(void **state)
{
    (void)state;
    struct stat status;
    assert_false(certificates_find(directory, "centre", path));
    ask();
    assert_false(certificates_find(directory, "centre", path));
    sign(-1, 90, NULL);
    assert_int_equal(certificates_try(directory, "centre", pem, error), 0);
    assert_true(certificates_find(directory, "centre", path));
    assert_non_null(strstr(path, "centre.trial"));
    certificates_give_up(directory, "centre");
    assert_false(certificates_find(directory, "centre", path));
    assert_int_equal(certificates_try(directory, "centre", pem, error), 0);
    assert_int_equal(certificates_keep(directory, "centre", error), 0);
    assert_true(certificates_find(directory, "centre", path));
    assert_non_null(strstr(path, "centre.pem"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int64_t days = (certificates_until_utc_ms(path) - clock_utc_ms() + 3600000) / 86400000;
    assert_int_equal(days, 90);
    assert_true(certificates_try(directory, "centre", pem, error) < 0); /* the request is used up */
    assert_true(certificates_find(directory, "centre", path));
    assert_true(certificates_drop(directory, "centre"));
    assert_false(certificates_find(directory, "centre", path));
    assert_false(certificates_drop(directory, "centre"));
}

static void
test_refusals(void **state)
{
    (void)state;
    snprintf(pem, sizeof pem, "x");
    assert_refused("there is no request that this certificate could answer");
    ask();
    snprintf(pem, sizeof pem, "no PEM at all");
    assert_refused("holds no certificate in PEM");
    ask();
    sign(-9, -2, NULL);
    assert_refused("the certificate expired on 20");
    ask();
    sign(2, 9, NULL);
    assert_refused("the certificate is not valid before 20");
    ask();
    sign(-1, 9, ca.key);
    assert_refused("does not fit the key of the last request");
    ask();
    sign(-1, 9, NULL);
    char kept[CERTIFICATES_PEM], other[CERTIFICATES_PEM];
    memcpy(kept, pem, sizeof kept);
    assert_int_equal(certificates_request(directory, "centre", "parkgate-7", other, error), 0);
    assert_refused("does not fit the key of the last request"); /* an earlier request is void */
    memcpy(pem, kept, sizeof pem);
    assert_true(certificates_request(directory, "centre", "", other, error) < 0);
    assert_non_null(strstr(error, "cannot be the name of a certificate"));
}

static void
test_files_of_others(void **state)
{
    (void)state;
    assert_int_equal(certificates_until_utc_ms("/nowhere"), 0);
    assert_int_equal(certificates_until_utc_ms("/dev/null"), 0);
    assert_true(certificates_request("/proc/nowhere", "centre", "x", pem, error) < 0);
    assert_non_null(strstr(error, "cannot make /proc/nowhere"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_files_of_others),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
