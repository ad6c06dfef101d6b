/* Looks every certificate of a PEM file up in both layouts, by subject, and checks its own signature with the key found. */
#include "print.h"
#include "written.h"
#include <mbedtls/pk.h>
#include <stdint.h>
#include <string.h>

struct found {
  const unsigned char *key;
  size_t length;
};

static const unsigned char *entry_at(const unsigned char *bundle, int indexed, int index) {
  if (indexed) return bundle + ((const uint32_t *)(const void *)bundle)[index];
  const unsigned char *entry = bundle + 2;
  while (index-- > 0) entry += 4 + (entry[0] << 8 | entry[1]) + (entry[2] << 8 | entry[3]);
  return entry;
}

static struct found find(const unsigned char *bundle, int indexed, mbedtls_x509_buf subject) {
  int low = 0, high = (indexed ? (int)(((const uint32_t *)(const void *)bundle)[0] / 4) : bundle[0] << 8 | bundle[1]) - 1;
  while (low <= high) {
    int middle = (low + high) / 2;
    const unsigned char *entry = entry_at(bundle, indexed, middle);
    size_t name = indexed ? entry[0] | entry[1] << 8 : entry[0] << 8 | entry[1];
    size_t key = indexed ? entry[2] | entry[3] << 8 : entry[2] << 8 | entry[3];
    int order = memcmp(subject.p, entry + 4, subject.len < name ? subject.len : name);
    if (order == 0) return (struct found){entry + 4 + name, key};
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return (struct found){NULL, 0};
}

int main(int argc, char **argv) {
  mbedtls_x509_crt crt;
  mbedtls_x509_crt_init(&crt);
  if (argc != 2 || mbedtls_x509_crt_parse_file(&crt, argv[1]) != 0) return 1;
  for (int indexed = 0; indexed <= 1; indexed++) {
    for (mbedtls_x509_crt *one = &crt; one != NULL; one = one->next) {
      struct found found =
          find(indexed ? root_ca_bundle_indexed : root_ca_bundle_counted, indexed, one->issuer_raw);
      if (found.key == NULL) return 2;
      mbedtls_pk_context key;
      mbedtls_pk_init(&key);
      if (mbedtls_pk_parse_public_key(&key, found.key, found.length) != 0) return 3;
      unsigned char hash[MBEDTLS_MD_MAX_SIZE];
      const mbedtls_md_info_t *md = mbedtls_md_info_from_type(one->sig_md);
      mbedtls_md(md, one->tbs.p, one->tbs.len, hash);
      if (mbedtls_pk_verify(&key, one->sig_md, hash, mbedtls_md_get_size(md), one->sig.p, one->sig.len) != 0) return 4;
      mbedtls_pk_free(&key);
      printf("found\n");
    }
  }
  return 0;
}
