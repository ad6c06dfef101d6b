/* BearSSL: the caller owns the buffers, so its limits are exact to the byte; no heap at all. */
#include "client.h"

#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ANCHORS_MAX = 32, CHAIN_MAX = 8, DER_MAX = 16384, DAYS_TO_1970 = 719528, DAY_SECONDS = 86400 };

/* Debian's library does not tell its version; build.ts passes that of the package. */
#ifndef CLIENT_LIBRARY_VERSION
#define CLIENT_LIBRARY_VERSION "0.6"
#endif

static const char *version(void) { return CLIENT_LIBRARY_VERSION; }

/* -- PEM -- */

struct object {
  char name[128];
  size_t length;
  unsigned char bytes[DER_MAX];
};

static void append_to_object(void *to, const void *bytes, size_t length) {
  struct object *object = to;
  if (object->length + length > DER_MAX) refuse("a PEM object is over %d bytes", DER_MAX);
  memcpy(object->bytes + object->length, bytes, length);
  object->length += length;
}

/* Calls `take` for each object of a file; a file without one is the caller's mistake. */
static void each_object(const char *path, void (*take)(const struct object *)) {
  static struct object object;
  br_pem_decoder_context decoder;
  size_t length, at = 0;
  int taken = 0;
  const unsigned char *text = read_file(path, &length);
  br_pem_decoder_init(&decoder);
  while (at < length) {
    at += br_pem_decoder_push(&decoder, text + at, length - at);
    switch (br_pem_decoder_event(&decoder)) {
      case BR_PEM_BEGIN_OBJ:
        snprintf(object.name, sizeof object.name, "%s", br_pem_decoder_name(&decoder));
        object.length = 0;
        br_pem_decoder_setdest(&decoder, append_to_object, &object);
        break;
      case BR_PEM_END_OBJ:
        take(&object);
        taken++;
        break;
      case BR_PEM_ERROR:
        refuse("%s: not PEM", path);
    }
  }
  if (taken == 0) refuse("%s: holds no PEM object", path);
}

static void *copied(const void *bytes, size_t length) {
  void *copy = malloc(length + 1);
  if (copy == NULL) refuse("no memory");
  return memcpy(copy, bytes, length);
}

/* -- anchors -- */

static br_x509_trust_anchor anchors[ANCHORS_MAX];
static size_t anchor_count;
static int anchor_error;

static void copy_key(br_x509_pkey *to, const br_x509_pkey *from) {
  *to = *from;
  if (from->key_type == BR_KEYTYPE_RSA) {
    to->key.rsa.n = copied(from->key.rsa.n, from->key.rsa.nlen);
    to->key.rsa.e = copied(from->key.rsa.e, from->key.rsa.elen);
  } else {
    to->key.ec.q = copied(from->key.ec.q, from->key.ec.qlen);
  }
}

static void take_anchor(const struct object *object) {
  static struct object name;
  br_x509_decoder_context decoder;
  br_x509_trust_anchor *anchor = &anchors[anchor_count];
  if (anchor_count == ANCHORS_MAX) refuse("more than %d anchors", ANCHORS_MAX);
  name.length = 0;
  br_x509_decoder_init(&decoder, append_to_object, &name);
  br_x509_decoder_push(&decoder, object->bytes, object->length);
  if (br_x509_decoder_get_pkey(&decoder) == NULL) {
    anchor_error = br_x509_decoder_last_error(&decoder);
    return;
  }
  anchor->dn.data = copied(name.bytes, name.length);
  anchor->dn.len = name.length;
  anchor->flags = br_x509_decoder_isCA(&decoder) ? BR_X509_TA_CA : 0;
  copy_key(&anchor->pkey, br_x509_decoder_get_pkey(&decoder));
  anchor_count++;
}

/* -- the verification: x509_minimal with a name of our choice, or the leaf's key taken as it is -- */

struct verifier {
  const br_x509_class *vtable;
  br_x509_minimal_context minimal;
  br_x509_decoder_context leaf;
  const char *name;
  int verify;
  unsigned certificates;
};

static struct verifier *verifier_of(const br_x509_class **at) { return (struct verifier *)(void *)at; }

static void start_chain(const br_x509_class **at, const char *server_name) {
  struct verifier *verifier = verifier_of(at);
  (void)server_name;
  verifier->certificates = 0;
  if (verifier->verify) verifier->minimal.vtable->start_chain(&verifier->minimal.vtable, verifier->name);
}

static void start_cert(const br_x509_class **at, uint32_t length) {
  struct verifier *verifier = verifier_of(at);
  if (verifier->verify) verifier->minimal.vtable->start_cert(&verifier->minimal.vtable, length);
  else if (verifier->certificates == 0) br_x509_decoder_init(&verifier->leaf, NULL, NULL);
}

static void append(const br_x509_class **at, const unsigned char *bytes, size_t length) {
  struct verifier *verifier = verifier_of(at);
  if (verifier->verify) verifier->minimal.vtable->append(&verifier->minimal.vtable, bytes, length);
  else if (verifier->certificates == 0) br_x509_decoder_push(&verifier->leaf, bytes, length);
}

static void end_cert(const br_x509_class **at) {
  struct verifier *verifier = verifier_of(at);
  if (verifier->verify) verifier->minimal.vtable->end_cert(&verifier->minimal.vtable);
  verifier->certificates++;
}

static unsigned end_chain(const br_x509_class **at) {
  struct verifier *verifier = verifier_of(at);
  if (verifier->verify) return verifier->minimal.vtable->end_chain(&verifier->minimal.vtable);
  if (verifier->certificates == 0) return BR_ERR_X509_EMPTY_CHAIN;
  return (unsigned)br_x509_decoder_last_error(&verifier->leaf);
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *at, unsigned *usages) {
  struct verifier *verifier = (struct verifier *)(void *)at;
  if (verifier->verify) {
    const br_x509_class *const *minimal = &verifier->minimal.vtable;
    return (*minimal)->get_pkey(minimal, usages);
  }
  if (usages != NULL) *usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
  return br_x509_decoder_get_pkey(&verifier->leaf);
}

static const br_x509_class verifier_class = {
    sizeof(struct verifier), start_chain, start_cert, append, end_cert, end_chain, get_pkey,
};

/* -- the client's own certificate -- */

static br_x509_certificate own_chain[CHAIN_MAX];
static size_t own_chain_length;
static br_skey_decoder_context own_key;

static void take_own_certificate(const struct object *object) {
  if (own_chain_length == CHAIN_MAX) refuse("more than %d client certificates", CHAIN_MAX);
  own_chain[own_chain_length].data = copied(object->bytes, object->length);
  own_chain[own_chain_length++].data_len = object->length;
}

static void take_own_key(const struct object *object) {
  if (strstr(object->name, "PRIVATE KEY") == NULL) return;
  br_skey_decoder_init(&own_key);
  br_skey_decoder_push(&own_key, object->bytes, object->length);
}

static int set_own_identity(br_ssl_client_context *client, const struct options *options) {
  br_x509_decoder_context leaf;
  each_object(options->client_cert, take_own_certificate);
  each_object(options->client_key, take_own_key);
  br_x509_decoder_init(&leaf, NULL, NULL);
  br_x509_decoder_push(&leaf, own_chain[0].data, own_chain[0].data_len);
  switch (br_skey_decoder_key_type(&own_key)) {
    case BR_KEYTYPE_RSA:
      br_ssl_client_set_single_rsa(client, own_chain, own_chain_length, br_skey_decoder_get_rsa(&own_key),
                                   br_rsa_pkcs1_sign_get_default());
      return 0;
    case BR_KEYTYPE_EC:
      br_ssl_client_set_single_ec(client, own_chain, own_chain_length, br_skey_decoder_get_ec(&own_key),
                                  BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN,
                                  (unsigned)br_x509_decoder_get_signer_key_type(&leaf), br_ec_get_default(),
                                  br_ecdsa_sign_asn1_get_default());
      return 0;
    default:
      return br_skey_decoder_last_error(&own_key);
  }
}

/* -- suites -- */

#define SUITE(name) {#name, BR_##name}
static const struct {
  const char *name;
  uint16_t code;
} suites[] = {
    SUITE(TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    SUITE(TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    SUITE(TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    SUITE(TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_CCM),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_CCM),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256),
    SUITE(TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384),
    SUITE(TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA),
    SUITE(TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA),
    SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA),
    SUITE(TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA),
    SUITE(TLS_RSA_WITH_AES_128_GCM_SHA256),
    SUITE(TLS_RSA_WITH_AES_256_GCM_SHA384),
    SUITE(TLS_RSA_WITH_AES_128_CBC_SHA256),
    SUITE(TLS_RSA_WITH_AES_256_CBC_SHA256),
    SUITE(TLS_RSA_WITH_AES_128_CBC_SHA),
    SUITE(TLS_RSA_WITH_AES_256_CBC_SHA),
    SUITE(TLS_RSA_WITH_3DES_EDE_CBC_SHA),
};
enum { SUITES = sizeof suites / sizeof suites[0] };

static void set_suites(br_ssl_engine_context *engine, const char *names) {
  uint16_t codes[SUITES];
  char list[2048];
  size_t count = 0;
  if (strlen(names) >= sizeof list) refuse("--suites is too long");
  strcpy(list, names);
  for (char *name = strtok(list, ":,"); name != NULL; name = strtok(NULL, ":,")) {
    size_t row = 0;
    while (row < SUITES && strcmp(suites[row].name, name) != 0) row++;
    if (row == SUITES || count == SUITES) refuse("--suites: %s is not known here", name);
    codes[count++] = suites[row].code;
  }
  br_ssl_engine_set_suites(engine, codes, count);
}

static void tell_suite(br_ssl_engine_context *engine, struct outcome *outcome) {
  br_ssl_session_parameters session;
  br_ssl_engine_get_session_parameters(engine, &session);
  for (size_t row = 0; row < SUITES; row++) {
    if (suites[row].code != session.cipher_suite) continue;
    snprintf(outcome->suite, sizeof outcome->suite, "%s", suites[row].name);
  }
}

/* -- the exchange -- */

static br_ssl_client_context client;
static br_sslio_context io;
static struct verifier verifier = {.vtable = &verifier_class};

static int low_read(void *unused, unsigned char *to, size_t length) {
  long got = wire_read(to, length);
  (void)unused;
  return got > 0 ? (int)got : -1;
}

static int low_write(void *unused, const unsigned char *from, size_t length) {
  long put = wire_write(from, length);
  (void)unused;
  return put > 0 ? (int)put : -1;
}

static long last_error(void) { return br_ssl_engine_last_error(&client.eng); }

static size_t session_read(void *handle, unsigned char *to, size_t length, long *code) {
  int got = br_sslio_read(handle, to, length);
  if (got > 0) return (size_t)got;
  *code = last_error();
  return 0;
}

static long session_write(void *handle, const unsigned char *from, size_t length) {
  if (br_sslio_write_all(handle, from, length) == 0 && br_sslio_flush(handle) == 0) return 0;
  return last_error();
}

static void fail(struct outcome *outcome, const char *stage, long code) {
  if (code > BR_ERR_RECV_FATAL_ALERT && code < BR_ERR_SEND_FATAL_ALERT) {
    outcome->alert_received = (int)(code - BR_ERR_RECV_FATAL_ALERT);
  }
  if (code > BR_ERR_SEND_FATAL_ALERT) outcome->alert_sent = (int)(code - BR_ERR_SEND_FATAL_ALERT);
  end_at(outcome, stage, "%ld", code);
}

static void set_versions(const struct options *options) {
  unsigned lowest = options->min_version ? (unsigned)options->min_version : BR_TLS10;
  unsigned highest = options->max_version ? (unsigned)options->max_version : BR_TLS12;
  br_ssl_engine_set_versions(&client.eng, lowest, highest > BR_TLS12 ? BR_TLS12 : highest);
}

/* Both buffers get the size asked for; the engine derives the max_fragment_length from the smaller. */
static void set_buffers(long bytes) {
  size_t in = bytes ? (size_t)bytes : BR_SSL_BUFSIZE_INPUT;
  size_t out = in < BR_SSL_BUFSIZE_OUTPUT ? in : BR_SSL_BUFSIZE_OUTPUT;
  br_ssl_engine_set_buffers_bidi(&client.eng, calloc(1, in), in, calloc(1, out), out);
}

static int set_up(const struct options *options) {
  time_t now = time(NULL);
  int code;
  if (options->anchors != NULL) each_object(options->anchors, take_anchor);
  if (anchor_error != 0) return anchor_error;
  br_ssl_client_init_full(&client, &verifier.minimal, anchors, anchor_count);
  br_x509_minimal_set_time(&verifier.minimal, (uint32_t)(now / DAY_SECONDS + DAYS_TO_1970),
                           (uint32_t)(now % DAY_SECONDS));
  verifier.name = options->name;
  verifier.verify = options->verify;
  br_ssl_engine_set_x509(&client.eng, &verifier.vtable);
  if (options->client_cert != NULL && (code = set_own_identity(&client, options)) != 0) return code;
  set_versions(options);
  if (options->suites != NULL) set_suites(&client.eng, options->suites);
  set_buffers(options->buffer);
  /* A buffer that is too small is told here only: the reset forgets it. */
  if ((code = (int)last_error()) != 0) return code;
  if (!br_ssl_client_reset(&client, options->sni, 0)) return (int)last_error();
  br_sslio_init(&io, &client.eng, low_read, NULL, low_write, NULL);
  return 0;
}

static void run(const struct options *options, struct outcome *outcome) {
  const struct session session = {&io, session_read, session_write};
  long code = set_up(options);
  outcome->peak_heap = heap_peak() + (long)(sizeof client + sizeof verifier + sizeof io);
  if (code != 0) {
    fail(outcome, "setup", code);
    return;
  }
  if (br_sslio_flush(&io) != 0) {
    code = last_error();
    fail(outcome, code > BR_ERR_X509_OK && code <= BR_ERR_X509_NOT_TRUSTED ? "verify" : "handshake", code);
    return;
  }
  wire_handshake_done();
  tell_suite(&client.eng, outcome);
  if (options->request != NULL && (code = exchange(&session, options, outcome)) != 0) {
    fail(outcome, "data", code);
    return;
  }
  if (options->request == NULL) br_sslio_close(&io);
  succeed(outcome);
}

const struct stack stack = {.name = "bearssl", .abilities = CAN_BUFFER, .version = version, .run = run};
