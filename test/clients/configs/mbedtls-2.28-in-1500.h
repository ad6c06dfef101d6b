/* Receives at most 1,500 bytes in one record. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 1500
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1500
