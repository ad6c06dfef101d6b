/* Cannot ask for a max_fragment_length. */
#undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
