#include "print.h"
#include "written.h"
#include <cstring>

/* As ssl_client.cpp of arduino-esp32 does it. */
int main() { return print_parsed(root_ca_pem, strlen(root_ca_pem) + 1); }
