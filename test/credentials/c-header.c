#include "print.h"
#include "written.h"
#include "written.h" /* twice: it is guarded */

int main(void) {
  return print_parsed(root_ca_pem, root_ca_pem_len) | print_parsed(root_ca_1_der, root_ca_1_der_len) |
         print_parsed(root_ca_2_der, root_ca_2_der_len);
}
