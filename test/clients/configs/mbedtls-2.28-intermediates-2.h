/* At most two intermediates between leaf and anchor. */
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 2
