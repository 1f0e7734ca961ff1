/* A trial that a crash or a cut left behind is given up at the next start (certificates_give_up by
 * whoever starts the destination): nobody has seen it work. */
#include "protocols/tls/certificates.h"

#include "base/clock.h"
#include "base/whole_file.h"
#include "protocols/tls/explain.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHAIN_MOST 6

static int
fail(int rc, char ret_error[200], const char *sentence)
{
    snprintf(ret_error, 200, "%s", sentence);
    ERR_clear_error();
    return rc;
}

static bool
path_of(const char *directory, const char *name, const char *end, char ret_path[CERTIFICATES_PATH])
{
    int length = snprintf(ret_path, CERTIFICATES_PATH, "%s/%s.%s", directory, name, end);
    return length > 0 && length < CERTIFICATES_PATH;
}

static bool
has_file(const char *directory, const char *name, const char *end, char ret_path[CERTIFICATES_PATH])
{
    return path_of(directory, name, end, ret_path) && access(ret_path, R_OK) == 0;
}

bool
certificates_find(const char *directory, const char *name, char ret_path[CERTIFICATES_PATH])
{
    return has_file(directory, name, "trial", ret_path) ||
           has_file(directory, name, "pem", ret_path);
}

static int
write_memory(BIO *memory, const char *path, char ret_error[200])
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(memory, &bytes);
    int rc = length > 0 ? whole_file_write(path, bytes, (size_t)length) : -EIO;
    if (rc < 0)
        snprintf(ret_error, 200, "cannot write %.120s: %s", path, strerror(-rc));
    return rc;
}

/* ---- request ---- */

static int
write_key(const char *directory, const char *name, EVP_PKEY *key, char ret_error[200])
{
    char path[CERTIFICATES_PATH];
    BIO *memory = BIO_new(BIO_s_secmem());
    int rc = -ENOMEM;
    snprintf(ret_error, 200, "the key cannot be made");
    if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
        rc = -errno;
        snprintf(ret_error, 200, "cannot make %.120s: %s", directory, strerror(-rc));
    } else if (!path_of(directory, name, "new.key", path)) {
        rc = fail(-ENAMETOOLONG, ret_error, "the state directory's path is too long");
    } else if (memory && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1) {
        rc = write_memory(memory, path, ret_error);
    }
    BIO_free(memory);
    return rc;
}

static int
print_request(EVP_PKEY *key, const char *common_name, char ret_pem[CERTIFICATES_PEM])
{
    X509_REQ *request = X509_REQ_new();
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool made = request && memory && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
                X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                                           (const unsigned char *)common_name, -1, -1, 0) == 1 &&
                X509_REQ_set_pubkey(request, key) == 1 &&
                X509_REQ_sign(request, key, EVP_sha256()) > 0 &&
                PEM_write_bio_X509_REQ(memory, request) == 1;
    long length = made ? BIO_get_mem_data(memory, &text) : 0;
    made = length > 0 && length < CERTIFICATES_PEM;
    if (made)
        snprintf(ret_pem, CERTIFICATES_PEM, "%.*s", (int)length, text);
    BIO_free(memory);
    X509_REQ_free(request);
    return made ? 0 : -EINVAL;
}

int
certificates_request(const char *directory, const char *name, const char *common_name,
                     char ret_pem[CERTIFICATES_PEM], char ret_error[200])
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!key)
        return fail(-EIO, ret_error, "OpenSSL makes no key");
    int rc = print_request(key, common_name, ret_pem);
    if (rc < 0)
        fail(rc, ret_error, "the client id cannot be the name of a certificate: 1 to 64 letters");
    else
        rc = write_key(directory, name, key, ret_error);
    EVP_PKEY_free(key);
    return rc;
}

/* ---- install ---- */

static int
no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text, (void)size, (void)writing, (void)context;
    return 0;
}

static int
read_key(const char *directory, const char *name, EVP_PKEY **ret_key, char ret_error[200])
{
    char path[CERTIFICATES_PATH];
    if (!has_file(directory, name, "new.key", path))
        return fail(-ENOENT, ret_error,
                    "there is no request that this certificate could answer: ask for one first");
    FILE *file = fopen(path, "re");
    *ret_key = file ? PEM_read_PrivateKey(file, NULL, no_passphrase, NULL) : NULL;
    if (file)
        fclose(file);
    return *ret_key ? 0 : fail(-EIO, ret_error, "the key of the request cannot be read");
}

static int
check_dates(const X509 *certificate, char ret_error[200])
{
    char at[32], now_text[32];
    int64_t now = clock_utc_ms(), from = explain_utc_ms(X509_get0_notBefore(certificate)),
            until = explain_utc_ms(X509_get0_notAfter(certificate));
    explain_time(now < from ? from : until, at);
    explain_time(now, now_text);
    if (now >= from && now < until)
        return 0;
    snprintf(ret_error, 200, "the certificate %s %s; this gateway's clock says %s",
             now < from ? "is not valid before" : "expired on", at, now_text);
    return -EINVAL;
}

/* Only certificates are carried over, nothing else that the text may hold. */
static int
copy_certificates(BIO *from, EVP_PKEY *key, BIO *to, char ret_error[200])
{
    int rc = 0, count = 0;
    X509 *one;
    while (rc == 0 && (one = PEM_read_bio_X509(from, NULL, no_passphrase, NULL))) {
        if (count == 0 && X509_check_private_key(one, key) != 1)
            rc = fail(-EINVAL, ret_error,
                      "the certificate does not fit the key of the last request");
        if (rc == 0 && ++count > CHAIN_MOST)
            rc = fail(-EINVAL, ret_error, "there are more than 6 certificates");
        if (rc == 0)
            rc = check_dates(one, ret_error);
        if (rc == 0 && PEM_write_bio_X509(to, one) != 1)
            rc = fail(-ENOMEM, ret_error, "out of memory");
        X509_free(one);
    }
    ERR_clear_error();
    if (rc == 0 && count == 0)
        rc = fail(-EINVAL, ret_error, "'certificate' holds no certificate in PEM");
    return rc;
}

static int
write_trial(const char *directory, const char *name, const char *pem, EVP_PKEY *key,
            char ret_error[200])
{
    char path[CERTIFICATES_PATH];
    BIO *from = BIO_new_mem_buf(pem, -1), *to = BIO_new(BIO_s_secmem());
    int rc = fail(-ENOMEM, ret_error, "out of memory");
    if (from && to)
        rc = copy_certificates(from, key, to, ret_error);
    if (rc == 0 && PEM_write_bio_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) != 1)
        rc = fail(-ENOMEM, ret_error, "out of memory");
    if (rc == 0 && !path_of(directory, name, "trial", path))
        rc = fail(-ENAMETOOLONG, ret_error, "the state directory's path is too long");
    if (rc == 0)
        rc = write_memory(to, path, ret_error);
    BIO_free(from);
    BIO_free(to);
    return rc;
}

int
certificates_try(const char *directory, const char *name, const char *pem, char ret_error[200])
{
    EVP_PKEY *key = NULL;
    int rc = read_key(directory, name, &key, ret_error);
    if (rc == 0)
        rc = write_trial(directory, name, pem, key, ret_error);
    EVP_PKEY_free(key);
    return rc;
}

int
certificates_keep(const char *directory, const char *name, char ret_error[200])
{
    char trial[CERTIFICATES_PATH], kept[CERTIFICATES_PATH], key[CERTIFICATES_PATH];
    if (!path_of(directory, name, "trial", trial) || !path_of(directory, name, "pem", kept) ||
        !path_of(directory, name, "new.key", key))
        return fail(-ENAMETOOLONG, ret_error, "the state directory's path is too long");
    if (rename(trial, kept) < 0) {
        int rc = -errno;
        snprintf(ret_error, 200, "cannot keep %.120s: %s", kept, strerror(-rc));
        return rc;
    }
    unlink(key);
    return 0;
}

static bool
remove_file(const char *directory, const char *name, const char *end)
{
    char path[CERTIFICATES_PATH];
    return path_of(directory, name, end, path) && unlink(path) == 0;
}

void
certificates_give_up(const char *directory, const char *name)
{
    remove_file(directory, name, "trial");
}

bool
certificates_drop(const char *directory, const char *name)
{
    bool trial = remove_file(directory, name, "trial");
    bool kept = remove_file(directory, name, "pem");
    bool asked = remove_file(directory, name, "new.key");
    return trial || kept || asked;
}

/* ---- dates ---- */

int64_t
certificates_until_utc_ms(const char *path)
{
    int64_t until = INT64_MAX;
    FILE *file = fopen(path, "re");
    X509 *one;
    while (file && (one = PEM_read_X509(file, NULL, no_passphrase, NULL))) {
        int64_t its = explain_utc_ms(X509_get0_notAfter(one));
        until = its < until ? its : until;
        X509_free(one);
    }
    ERR_clear_error();
    if (file)
        fclose(file);
    return until == INT64_MAX ? 0 : until;
}
