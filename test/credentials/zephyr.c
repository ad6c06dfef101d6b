#include "print.h"
#include "written.h"

int tls_credential_add(sec_tag_t tag, enum tls_credential_type type, const void *cred, size_t credlen) {
  static sec_tag_t taken[16];
  static int count;
  if (type != TLS_CREDENTIAL_CA_CERTIFICATE) return -22;
  for (int i = 0; i < count; i++)
    if (taken[i] == tag) return -17;
  taken[count++] = tag;
  printf("%d ", tag);
  return print_parsed(cred, credlen);
}

int main(void) {
  if (sizeof(root_ca_tags) / sizeof(root_ca_tags[0]) != 2) return 1;
  return root_ca_add();
}
