/* Numbers of at most 256 bytes: RSA up to 2,048 bits. */
#define MBEDTLS_MPI_MAX_SIZE 256
