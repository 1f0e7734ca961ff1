/* Certificates of this gateway that were renewed from afar, as files of the state directory:
 *
 *     DIRECTORY/NAME.new.key  the key of a request for which no certificate came yet
 *     DIRECTORY/NAME.trial    certificates and key on trial: they win while they are there
 *     DIRECTORY/NAME.pem      certificates and key in force
 *
 * Certificates and key stand in one file (mode 0600), so that both change in one moment. A key is
 * made here and never leaves. Every file is whole or not there at all (base/whole_file.h). */
#ifndef PROTOCOLS_TLS_CERTIFICATES_H
#define PROTOCOLS_TLS_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATES_PATH 256
#define CERTIFICATES_PEM  16384

/* The file that counts for the destination, trial before in force; false: none was installed. */
bool certificates_find(const char *directory, const char *name, char ret_path[CERTIFICATES_PATH]);

/* Makes a new P-256 key and a request for a certificate of that common name (PKCS #10, PEM). An
 * earlier request is void. 0 or negative errno with a sentence, as all of these. */
int certificates_request(const char *directory, const char *name, const char *common_name,
                         char ret_pem[CERTIFICATES_PEM], char ret_error[200]);

/* Puts the certificates (PEM, the gateway's first) and the key of the request on trial: they must
 * fit, and be valid now. */
int certificates_try(const char *directory, const char *name, const char *pem, char ret_error[200]);

/* The trial went well: it is in force; or it did not: it is gone, the request remains. */
int certificates_keep(const char *directory, const char *name, char ret_error[200]);
void certificates_give_up(const char *directory, const char *name);

/* Removes everything of the destination: what the site file says counts again. True: there was
 * something. */
bool certificates_drop(const char *directory, const char *name);

/* The earliest end of the certificates in a PEM file, 0: there is none. */
int64_t certificates_until_utc_ms(const char *path);

#endif
