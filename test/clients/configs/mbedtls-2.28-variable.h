/* A large input buffer that shrinks after the handshake. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
