/* The other end of a TLS connection by OpenSSL, and the keys that its exporter gives.
 *
 *   openssl_exporter client|server 1.2|1.3 CERTIFICATE KEY CA { LABEL CONTEXT OCTETS }...
 *
 * Files are PEM. CONTEXT is in hexadecimal, "-" for none, which TLS 1.2 tells from an empty one.
 *
 * Messages come on standard input and go to standard output in turn, each behind its length in
 * four octets: a message is what one side has to say before it waits for the other, and may be
 * empty. A client is given an empty one first. With TLS 1.3 a server ends with the protected
 * success of RFC 9190, section 2.5, and a client waits for it.
 *
 * At the end of its input the program prints to standard error, in hexadecimal: a line with the
 * client's random, one with the server's, one for each LABEL. It exits with 0 only then. */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED_ARGUMENTS = 6, PER_LABEL = 3, MOST_OCTETS = 65536 };

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "openssl_exporter: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* The next message: 0 at the end of the input. */
static int take_message(unsigned char *message, size_t *octets)
{
    unsigned char length[4];
    size_t got = fread(length, 1, sizeof length, stdin);
    if (got == 0)
        return 0;
    require(got == sizeof length, "a length that is cut short");
    *octets = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
    require(*octets <= MOST_OCTETS, "a message that is too long");
    require(fread(message, 1, *octets, stdin) == *octets, "a message that is cut short");
    return 1;
}

static void give_message(BIO *from)
{
    char *message;
    long octets = BIO_get_mem_data(from, &message);
    unsigned char length[4] = {(unsigned char)(octets >> 24), (unsigned char)(octets >> 16),
                               (unsigned char)(octets >> 8), (unsigned char)octets};
    require(fwrite(length, 1, sizeof length, stdout) == sizeof length &&
                fwrite(message, 1, (size_t)octets, stdout) == (size_t)octets &&
                fflush(stdout) == 0,
            "standard output");
    BIO_reset(from);
}

static void print(const unsigned char *octets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%02x", octets[i]);
    fputc('\n', stderr);
}

static void print_randoms(const SSL *ssl)
{
    unsigned char random[SSL3_RANDOM_SIZE];
    require(SSL_get_client_random(ssl, random, sizeof random) == sizeof random, "client random");
    print(random, sizeof random);
    require(SSL_get_server_random(ssl, random, sizeof random) == sizeof random, "server random");
    print(random, sizeof random);
}

static void print_export(SSL *ssl, const char *label, const char *context, const char *octets)
{
    unsigned char out[MOST_OCTETS];
    size_t count = strtoul(octets, NULL, 10);
    require(count > 0 && count <= sizeof out, "OCTETS");
    int with_context = strcmp(context, "-") != 0;
    long context_octets = 0;
    unsigned char *decoded = NULL;
    if (with_context) {
        decoded = OPENSSL_hexstr2buf(context, &context_octets);
        require(decoded != NULL, "CONTEXT");
    }
    require(SSL_export_keying_material(ssl, out, count, label, strlen(label), decoded,
                                       (size_t)context_octets, with_context) == 1,
            label);
    print(out, count);
    OPENSSL_free(decoded);
}

static SSL *connection(const char *role, const char *version, const char *certificate,
                       const char *key, const char *ca)
{
    int tls = strcmp(version, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    require(context != NULL, "SSL_CTX_new");
    require(SSL_CTX_set_min_proto_version(context, tls) == 1 &&
                SSL_CTX_set_max_proto_version(context, tls) == 1,
            "version");
    require(SSL_CTX_use_certificate_chain_file(context, certificate) == 1, certificate);
    require(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, key);
    require(SSL_CTX_load_verify_locations(context, ca, NULL) == 1, ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL *ssl = SSL_new(context);
    require(ssl != NULL, "SSL_new");
    SSL_CTX_free(context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (strcmp(role, "server") == 0)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

/* Goes on as far as the input reaches; says whether all is over. */
static int advance(SSL *ssl)
{
    unsigned char success = 0;
    int result = SSL_do_handshake(ssl);
    if (result == 1 && SSL_version(ssl) == TLS1_3_VERSION)
        result = SSL_is_server(ssl) ? SSL_write(ssl, &success, 1) : SSL_read(ssl, &success, 1);
    require(success == 0, "the octet of the protected success");
    require(result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ, "TLS");
    return result == 1;
}

int main(int argc, char **argv)
{
    static unsigned char message[MOST_OCTETS];
    size_t octets;
    int over = 0;
    require(argc > FIXED_ARGUMENTS && (argc - FIXED_ARGUMENTS) % PER_LABEL == 0, "arguments");
    SSL *ssl = connection(argv[1], argv[2], argv[3], argv[4], argv[5]);
    while (take_message(message, &octets)) {
        require(BIO_write(SSL_get_rbio(ssl), message, (int)octets) == (int)octets, "BIO_write");
        if (!over)
            over = advance(ssl);
        give_message(SSL_get_wbio(ssl));
    }
    require(over, "the handshake is not over");
    print_randoms(ssl);
    for (char **label = argv + FIXED_ARGUMENTS; *label; label += PER_LABEL)
        print_export(ssl, label[0], label[1], label[2]);
    SSL_free(ssl);
    return 0;
}
