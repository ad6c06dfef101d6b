/* Neither SHA-512 nor SHA-384. */
#undef MBEDTLS_SHA512_C
