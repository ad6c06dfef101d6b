/* wolfSSL 5, as Debian builds it or with a user_settings.h of ours. */
#include "client.h"

#ifndef WOLFSSL_USER_SETTINGS
#include <wolfssl/options.h>
#endif
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <stdio.h>
#include <string.h>

static const char *version(void) { return wolfSSL_lib_version(); }

static int on_read(WOLFSSL *ssl, char *to, int length, void *unused) {
  long got = wire_read(to, (size_t)length);
  (void)ssl, (void)unused;
  if (got == 0) return WOLFSSL_CBIO_ERR_CONN_CLOSE;
  return got < 0 ? WOLFSSL_CBIO_ERR_GENERAL : (int)got;
}

static int on_write(WOLFSSL *ssl, char *from, int length, void *unused) {
  long put = wire_write(from, (size_t)length);
  (void)ssl, (void)unused;
  return put < 0 ? WOLFSSL_CBIO_ERR_CONN_CLOSE : (int)put;
}

static WOLFSSL_METHOD *method(const struct options *options) {
#ifdef WOLFSSL_TLS13
  if (options->min_version == TLS_1_3) return wolfTLSv1_3_client_method();
#endif
  if (options->max_version == TLS_1_2) return wolfTLSv1_2_client_method();
  if (options->max_version != 0 && options->max_version < TLS_1_2) {
    refuse("wolfssl: --max-version is at least 1.2");
  }
  return wolfSSLv23_client_method();
}

static int set_min_version(WOLFSSL_CTX *context, int lowest) {
  switch (lowest) {
    case TLS_1_0: return wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1);
    case TLS_1_1: return wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_1);
    case TLS_1_2: return wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_2);
    default: return WOLFSSL_SUCCESS;
  }
}

static unsigned char fragment_code(long bytes) {
  for (unsigned char code = WOLFSSL_MFL_2_9; code <= WOLFSSL_MFL_2_13; code++) {
    if ((256L << code) == bytes) return code;
  }
  refuse("--mfl: 512, 1024, 2048 or 4096 is wanted");
}

static int set_own_identity(WOLFSSL_CTX *context, const struct options *options) {
  size_t length;
  const unsigned char *pem = read_file(options->client_cert, &length);
  int code = wolfSSL_CTX_use_certificate_chain_buffer(context, pem, (long)length);
  if (code != WOLFSSL_SUCCESS) return code;
  pem = read_file(options->client_key, &length);
  return wolfSSL_CTX_use_PrivateKey_buffer(context, pem, (long)length, WOLFSSL_FILETYPE_PEM);
}

/* WOLFSSL_SUCCESS, or the code of the call that failed. */
static int set_up_context(WOLFSSL_CTX *context, const struct options *options) {
  int code = set_min_version(context, options->min_version);
  if (code != WOLFSSL_SUCCESS) return code;
  wolfSSL_CTX_SetIORecv(context, on_read);
  wolfSSL_CTX_SetIOSend(context, on_write);
  wolfSSL_CTX_set_verify(context, options->verify ? WOLFSSL_VERIFY_PEER : WOLFSSL_VERIFY_NONE, NULL);
  if (options->anchors != NULL) {
    size_t length;
    const unsigned char *pem = read_file(options->anchors, &length);
    code = wolfSSL_CTX_load_verify_buffer(context, pem, (long)length, WOLFSSL_FILETYPE_PEM);
    if (code != WOLFSSL_SUCCESS) return code;
  }
  if (options->client_cert != NULL) {
    code = set_own_identity(context, options);
    if (code != WOLFSSL_SUCCESS) return code;
  }
  if (options->suites != NULL && wolfSSL_CTX_set_cipher_list(context, options->suites) != WOLFSSL_SUCCESS) {
    refuse("--suites: %s is not known to this build", options->suites);
  }
  return WOLFSSL_SUCCESS;
}

static int set_up_session(WOLFSSL *ssl, const struct options *options) {
  int code = WOLFSSL_SUCCESS;
  if (options->sni != NULL) {
    code = wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, options->sni, (unsigned short)strlen(options->sni));
    if (code != WOLFSSL_SUCCESS) return code;
  }
  if (options->verify && options->name != NULL) code = wolfSSL_check_domain_name(ssl, options->name);
#ifdef HAVE_MAX_FRAGMENT
  if (code == WOLFSSL_SUCCESS && options->mfl != 0) {
    code = wolfSSL_UseMaxFragment(ssl, fragment_code(options->mfl));
  }
#endif
  return code;
}

static size_t session_read(void *handle, unsigned char *to, size_t length, long *code) {
  int got = wolfSSL_read(handle, to, (int)length);
  if (got > 0) return (size_t)got;
  *code = wolfSSL_get_error(handle, got);
  if (*code == WOLFSSL_ERROR_ZERO_RETURN || *code == ZERO_RETURN) *code = 0;
  return 0;
}

static long session_write(void *handle, const unsigned char *from, size_t length) {
  int put = wolfSSL_write(handle, from, (int)length);
  return put == (int)length ? 0 : wolfSSL_get_error(handle, put);
}

static int is_distrust(int code) {
  static const int codes[] = {ASN_NO_SIGNER_E,   ASN_SIG_CONFIRM_E,    ASN_BEFORE_DATE_E, ASN_AFTER_DATE_E,
                              ASN_SELF_SIGNED_E, DOMAIN_NAME_MISMATCH, ASN_NAME_INVALID_E, ASN_PATHLEN_INV_E,
                              ASN_PATHLEN_SIZE_E, VERIFY_CERT_ERROR,   MAX_CHAIN_ERROR};
  for (size_t row = 0; row < sizeof codes / sizeof codes[0]; row++) {
    if (codes[row] == code) return 1;
  }
  return 0;
}

static void tell_alerts(WOLFSSL *ssl, struct outcome *outcome) {
  WOLFSSL_ALERT_HISTORY history;
  if (wolfSSL_get_alert_history(ssl, &history) != WOLFSSL_SUCCESS) return;
  if (history.last_rx.code > 0) outcome->alert_received = history.last_rx.code;
  if (history.last_tx.code > 0) outcome->alert_sent = history.last_tx.code;
}

static void converse(WOLFSSL *ssl, const struct options *options, struct outcome *outcome) {
  const struct session session = {ssl, session_read, session_write};
  int code = wolfSSL_connect(ssl);
  long ended;
  if (code != WOLFSSL_SUCCESS) {
    code = wolfSSL_get_error(ssl, code);
    end_at(outcome, is_distrust(code) ? "verify" : "handshake", "%d", code);
    return;
  }
  wire_handshake_done();
  snprintf(outcome->suite, sizeof outcome->suite, "%s", wolfSSL_get_cipher_name(ssl));
  if (options->request != NULL && (ended = exchange(&session, options, outcome)) != 0) {
    end_at(outcome, "data", "%ld", ended);
    return;
  }
  wolfSSL_shutdown(ssl);
  succeed(outcome);
}

static void run(const struct options *options, struct outcome *outcome) {
  WOLFSSL_CTX *context;
  WOLFSSL *ssl = NULL;
  int code = WOLFSSL_FATAL_ERROR;
  wolfSSL_Init();
  context = wolfSSL_CTX_new(method(options));
  if (context != NULL) code = set_up_context(context, options);
  if (code == WOLFSSL_SUCCESS) {
    ssl = wolfSSL_new(context);
    code = ssl == NULL ? MEMORY_E : set_up_session(ssl, options);
  }
  if (code == WOLFSSL_SUCCESS) converse(ssl, options, outcome);
  else end_at(outcome, "setup", "%d", code);
  if (ssl != NULL) tell_alerts(ssl, outcome);
}

const struct stack stack = {
    .name = "wolfssl",
    .abilities = 0
#ifdef HAVE_MAX_FRAGMENT
                 | CAN_MFL
#endif
#ifdef WOLFSSL_TLS13
                 | CAN_TLS_1_3
#endif
    ,
    .version = version,
    .run = run,
};
