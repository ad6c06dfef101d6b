/* A Certificate message of at most 4,096 bytes, at most three certificates sent. */
#include "wolfssl-5.5-base.h"
#define MAX_CERTIFICATE_SZ 4096
#define MAX_CHAIN_DEPTH 3
