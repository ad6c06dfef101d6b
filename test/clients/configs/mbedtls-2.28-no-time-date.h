/* Certificates do not expire. */
#undef MBEDTLS_HAVE_TIME_DATE
