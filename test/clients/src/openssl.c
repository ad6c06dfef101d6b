/* OpenSSL 3. */
#include "client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

static const char *version(void) { return OpenSSL_version(OPENSSL_VERSION_STRING); }

static int on_read(BIO *bio, char *to, int length) {
  long got = wire_read(to, (size_t)length);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return (int)got;
}

static int on_write(BIO *bio, const char *from, int length) {
  (void)bio;
  return (int)wire_write(from, (size_t)length);
}

static long on_control(BIO *bio, int command, long number, void *pointer) {
  (void)number, (void)pointer;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH;
}

static BIO *new_bio(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");
  BIO *bio;
  BIO_meth_set_read(method, on_read);
  BIO_meth_set_write(method, on_write);
  BIO_meth_set_ctrl(method, on_control);
  bio = BIO_new(method);
  BIO_set_init(bio, 1);
  return bio;
}

/* Sees alerts in the clear, those that travel encrypted too. */
static void on_message(int sent, int tls, int type, const void *bytes, size_t length, SSL *ssl, void *to) {
  struct outcome *outcome = to;
  const unsigned char *alert = bytes;
  (void)tls, (void)ssl;
  if (type != SSL3_RT_ALERT || length != 2 || alert[1] == SSL_AD_CLOSE_NOTIFY) return;
  *(sent ? &outcome->alert_sent : &outcome->alert_received) = alert[1];
}

/* Suites of TLS 1.3 have a list of their own. */
static void set_suites(SSL_CTX *context, const char *names) {
  char list[2048], older[2048] = "", newer[2048] = "";
  if (strlen(names) >= sizeof list) refuse("--suites is too long");
  strcpy(list, names);
  for (char *name = strtok(list, ":,"); name != NULL; name = strtok(NULL, ":,")) {
    char *to = strncmp(name, "TLS_", 4) == 0 ? newer : older;
    if (*to != 0) strcat(to, ":");
    strcat(to, name);
  }
  if (*older != 0 && !SSL_CTX_set_cipher_list(context, older)) refuse("--suites: %s is not known", older);
  if (!SSL_CTX_set_ciphersuites(context, newer)) refuse("--suites: %s is not known", newer);
  if (*older == 0) SSL_CTX_set_min_proto_version(context, TLS_1_3);
}

static int load_anchors(SSL_CTX *context, const char *path) {
  size_t length;
  const void *pem = read_file(path, &length);
  BIO *memory = BIO_new_mem_buf(pem, (int)length);
  X509 *one;
  int loaded = 0;
  while ((one = PEM_read_bio_X509(memory, NULL, NULL, NULL)) != NULL) {
    if (!X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one)) return 0;
    X509_free(one);
    loaded++;
  }
  BIO_free(memory);
  if (loaded > 0) ERR_clear_error(); /* the end of the file is an error to the reader */
  return loaded > 0;
}

static uint8_t fragment_code(long bytes) {
  for (uint8_t code = TLSEXT_max_fragment_length_512; code <= TLSEXT_max_fragment_length_4096; code++) {
    if ((256L << code) == bytes) return code;
  }
  refuse("--mfl: 512, 1024, 2048 or 4096 is wanted");
}

static int set_up_context(SSL_CTX *context, const struct options *options) {
  SSL_CTX_set_verify(context, options->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  if (options->anchors != NULL && !load_anchors(context, options->anchors)) return 0;
  if (options->suites != NULL) set_suites(context, options->suites);
  if (options->min_version && !SSL_CTX_set_min_proto_version(context, options->min_version)) return 0;
  if (options->max_version && !SSL_CTX_set_max_proto_version(context, options->max_version)) return 0;
  if (options->buffer) SSL_CTX_set_max_cert_list(context, options->buffer);
  if (options->mfl && !SSL_CTX_set_tlsext_max_fragment_length(context, fragment_code(options->mfl))) return 0;
  if (options->client_cert == NULL) return 1;
  return SSL_CTX_use_certificate_chain_file(context, options->client_cert) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, options->client_key, SSL_FILETYPE_PEM) == 1;
}

static int set_up_session(SSL *ssl, const struct options *options) {
  unsigned char address[16];
  if (options->sni != NULL && !SSL_set_tlsext_host_name(ssl, options->sni)) return 0;
  if (options->name == NULL) return 1;
  if (inet_pton(AF_INET, options->name, address) == 1 || inet_pton(AF_INET6, options->name, address) == 1) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), options->name);
  }
  return SSL_set1_host(ssl, options->name);
}

/* The reason's words; where the queue is empty, the number that SSL_get_error gives. */
static void fail(struct outcome *outcome, const char *stage, int error) {
  /* A signature that does not verify leaves errors of the key's own code before the one that tells. */
  unsigned long last = ERR_peek_last_error();
  const char *reason = last == 0 ? NULL : ERR_reason_error_string(last);
  if (reason != NULL) end_at(outcome, stage, "%s", reason);
  else end_at(outcome, stage, "%d", error);
}

static size_t session_read(void *handle, unsigned char *to, size_t length, long *code) {
  size_t got;
  if (SSL_read_ex(handle, to, length, &got)) return got;
  *code = SSL_get_error(handle, 0);
  if (*code == SSL_ERROR_ZERO_RETURN) *code = 0;
  return 0;
}

static long session_write(void *handle, const unsigned char *from, size_t length) {
  size_t put;
  return SSL_write_ex(handle, from, length, &put) ? 0 : SSL_get_error(handle, 0);
}

static void converse(SSL *ssl, const struct options *options, struct outcome *outcome) {
  const struct session session = {ssl, session_read, session_write};
  int code = SSL_connect(ssl);
  long ended, result = SSL_get_verify_result(ssl);
  snprintf(outcome->flags, sizeof outcome->flags, "%ld", result);
  if (code != 1) {
    int distrust = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    fail(outcome, distrust ? "verify" : "handshake", SSL_get_error(ssl, code));
    return;
  }
  wire_handshake_done();
  snprintf(outcome->suite, sizeof outcome->suite, "%s", SSL_get_cipher_name(ssl));
  if (options->request != NULL && (ended = exchange(&session, options, outcome)) != 0) {
    fail(outcome, "data", (int)ended);
    return;
  }
  SSL_shutdown(ssl);
  succeed(outcome);
}

static void run(const struct options *options, struct outcome *outcome) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL *ssl = NULL;
  BIO *bio = new_bio();
  if (context != NULL && set_up_context(context, options)) ssl = SSL_new(context);
  if (ssl == NULL || !set_up_session(ssl, options)) {
    fail(outcome, "setup", 0);
    return;
  }
  SSL_set_bio(ssl, bio, bio);
  SSL_set_msg_callback(ssl, on_message);
  SSL_set_msg_callback_arg(ssl, outcome);
  converse(ssl, options, outcome);
}

const struct stack stack = {
    .name = "openssl",
    .abilities = CAN_MFL | CAN_BUFFER | CAN_TLS_1_3,
    .version = version,
    .run = run,
};
