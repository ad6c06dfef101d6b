/* As upstream leaves it: without alternative chains, each certificate sent must lead to an anchor. */
#include "wolfssl-5.5-base.h"
