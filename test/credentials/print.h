#include <mbedtls/md.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>

/* One line a certificate: SHA-256 of its DER. */
static inline void print_chain(const mbedtls_x509_crt *crt) {
  for (; crt != NULL && crt->raw.p != NULL; crt = crt->next) {
    unsigned char hash[32];
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), crt->raw.p, crt->raw.len, hash);
    for (int i = 0; i < 32; i++) printf("%02x", hash[i]);
    printf("\n");
  }
}

static inline int print_parsed(const void *bytes, size_t length) {
  mbedtls_x509_crt crt;
  mbedtls_x509_crt_init(&crt);
  int result = mbedtls_x509_crt_parse(&crt, (const unsigned char *)bytes, length);
  if (result == 0) print_chain(&crt);
  else printf("-0x%04x\n", (unsigned)-result);
  mbedtls_x509_crt_free(&crt);
  return result;
}
