/* Certificates for tests, made as they are needed: any dates, any names, signed by themselves or by
 * another. Included by tests. */
#ifndef TESTS_UNIT_TLS_CERTIFICATES_H
#define TESTS_UNIT_TLS_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct made {
    X509 *certificate;
    EVP_PKEY *key;
};

struct wish {
    const char *name;  /* CN */
    const char *names; /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
    long from_days, until_days;
    bool is_ca;
    const struct made *issuer; /* NULL: itself */
    EVP_PKEY *key;             /* NULL: a new one */
};

static inline void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static inline struct made
make_certificate(const struct wish *wish)
{
    struct made made = {X509_new(), wish->key};
    if (!made.key)
        made.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    else
        EVP_PKEY_up_ref(made.key);
    const struct made *issuer = wish->issuer ? wish->issuer : &made;
    static long number;
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++number);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), wish->from_days * 86400);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), wish->until_days * 86400);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)wish->name, -1, -1, 0);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer->certificate));
    add_extension(made.certificate, NID_basic_constraints,
                  wish->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (wish->names)
        add_extension(made.certificate, NID_subject_alt_name, wish->names);
    assert_true(X509_sign(made.certificate, issuer->key, EVP_sha256()) > 0);
    return made;
}

static inline void
free_made(struct made *made)
{
    X509_free(made->certificate);
    EVP_PKEY_free(made->key);
}

static inline void
save_certificate(const struct made *made, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, made->certificate), 1);
    fclose(file);
}

static inline void
save_key(const struct made *made, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

#endif
