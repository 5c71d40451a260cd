/*
 * hiredis's own way to TLS checks who signed a certificate but not for which host it is; so the OpenSSL object is made
 * here, with both checks on, and handed over.
 */
#include "common/store/redis.h"

#ifdef REPRISE_REDIS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    /* OpenSSL only copies the name, but does not say so in its type. */
    return SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static SSL *make_ssl(const char *host)
{
    SSL_CTX *settings = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;
    if (settings && SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_default_verify_paths(settings) == 1) {
        SSL_CTX_set_verify(settings, SSL_VERIFY_PEER, NULL);
        ssl = SSL_new(settings);
    }
    SSL_CTX_free(settings); /* the SSL object holds its own reference */
    if (ssl && !expect_host(ssl, host)) {
        SSL_free(ssl);
        ssl = NULL;
    }
    return ssl;
}

/* hiredis says of every certificate that it cannot be verified; OpenSSL knows why. */
static enum err tls_refuse(const redisContext *context, const SSL *ssl, const char *host, struct err_info *error)
{
    long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
        return err_set(error, ERR_UNREACHABLE, "Redis: no TLS with %s: its certificate is refused: %s", host,
                       X509_verify_cert_error_string(verdict));
    return err_set(error, ERR_UNREACHABLE, "Redis: no TLS with %s: %s (is it a port for TLS?)", host, context->errstr);
}

enum err redis_tls_start(redisContext *context, const char *host, struct err_info *error)
{
    SSL *ssl = make_ssl(host);
    if (!ssl)
        return err_set(error, ERR_UNREACHABLE, "Redis: TLS cannot be set up for %s", host);
    if (redisInitiateSSL(context, ssl) == REDIS_OK)
        return ERR_OK;
    enum err err = tls_refuse(context, ssl, host, error);
    SSL_free(ssl); /* not taken over where it failed */
    return err;
}

#else

enum err redis_tls_start(redisContext *context, const char *host, struct err_info *error)
{
    (void)context;
    return err_set(error, ERR_UNREACHABLE, "Redis: %s wants TLS, which this build lacks", host);
}

#endif
