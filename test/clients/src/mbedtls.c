/* Mbed TLS 2.28 and 3.6. */
#include "client.h"

#include <mbedtls/version.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <mbedtls/build_info.h>
#include <psa/crypto.h>
#else
#include <mbedtls/config.h>
#endif

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/entropy.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/ssl.h>

#include <stdio.h>
#include <string.h>

enum { SUITES_MAX = 32 };

struct alerts {
  int received;
  int sent;
};

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;
static mbedtls_ssl_config config;
static mbedtls_ssl_context ssl;
static mbedtls_x509_crt anchors, own_chain;
static mbedtls_pk_context own_key;

static const char *version(void) {
  static char text[18];
  mbedtls_version_get_string(text);
  return text;
}

static int on_read(void *unused, unsigned char *to, size_t length) {
  long got = wire_read(to, length);
  (void)unused;
  return got < 0 ? MBEDTLS_ERR_SSL_TIMEOUT : (int)got;
}

static int on_write(void *unused, const unsigned char *from, size_t length) {
  long put = wire_write(from, length);
  (void)unused;
  return put < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)put;
}

/* Alerts under encryption are told by the library's own debug lines only. */
static void on_debug(void *to, int level, const char *file, int line, const char *text) {
  struct alerts *alerts = to;
  unsigned grade, alert;
  (void)level, (void)file, (void)line;
  if (sscanf(text, "send alert level=%u message=%u", &grade, &alert) == 2 && alert != 0) {
    alerts->sent = (int)alert;
  }
  if (sscanf(text, "got an alert message, type: [%u:%u]", &grade, &alert) == 2 && alert != 0) {
    alerts->received = (int)alert;
  }
}

/*
 * The library has one name for server_name and for the verification. Where the two differ, the leaf is
 * compared with the name apart from the chain, as its own anchor, and only the flag of the name is kept.
 */
static int on_verify(void *to, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  const struct options *options = to;
  uint32_t own_flags = 0;
  if (depth != 0) return 0;
  *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
  if (options->name != NULL) {
    mbedtls_x509_crt_verify(certificate, certificate, NULL, options->name, &own_flags, NULL, NULL);
    *flags |= own_flags & MBEDTLS_X509_BADCERT_CN_MISMATCH;
  }
  return 0;
}

static int same_name(const struct options *options) {
  if (options->sni == NULL || options->name == NULL) return options->sni == options->name;
  return strcmp(options->sni, options->name) == 0;
}

static int set_fragment_length(long bytes) {
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
  unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_512;
  while (code < MBEDTLS_SSL_MAX_FRAG_LEN_INVALID && (256L << code) != bytes) code++;
  return mbedtls_ssl_conf_max_frag_len(&config, code);
#else
  (void)bytes;
  return 0;
#endif
}

static void set_versions(const struct options *options) {
#if MBEDTLS_VERSION_MAJOR >= 3
  if (options->min_version) {
    mbedtls_ssl_conf_min_tls_version(&config, (mbedtls_ssl_protocol_version)options->min_version);
  }
  if (options->max_version) {
    mbedtls_ssl_conf_max_tls_version(&config, (mbedtls_ssl_protocol_version)options->max_version);
  }
#else
  if (options->min_version) {
    mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, options->min_version & 0xff);
  }
  if (options->max_version) {
    int highest = options->max_version > TLS_1_2 ? TLS_1_2 : options->max_version;
    mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, highest & 0xff);
  }
#endif
}

static void set_suites(const char *names) {
  static int suites[SUITES_MAX + 1];
  char list[1024];
  int count = 0;
  if (strlen(names) >= sizeof list) refuse("--suites is too long");
  strcpy(list, names);
  for (char *name = strtok(list, ":,"); name != NULL; name = strtok(NULL, ":,")) {
    int id = mbedtls_ssl_get_ciphersuite_id(name);
    if (id == 0 || count == SUITES_MAX) refuse("--suites: %s is not known to this build", name);
    suites[count++] = id;
  }
  mbedtls_ssl_conf_ciphersuites(&config, suites);
}

static int parse_chain(mbedtls_x509_crt *to, const char *path) {
  size_t length;
  const unsigned char *pem = read_file(path, &length);
  return mbedtls_x509_crt_parse(to, pem, length + 1);
}

static int set_own_identity(const struct options *options) {
  size_t length;
  const unsigned char *pem = read_file(options->client_key, &length);
  int code = parse_chain(&own_chain, options->client_cert);
  if (code != 0) return code;
#if MBEDTLS_VERSION_MAJOR >= 3
  code = mbedtls_pk_parse_key(&own_key, pem, length + 1, NULL, 0, mbedtls_ctr_drbg_random, &random_source);
#else
  code = mbedtls_pk_parse_key(&own_key, pem, length + 1, NULL, 0);
#endif
  return code != 0 ? code : mbedtls_ssl_conf_own_cert(&config, &own_chain, &own_key);
}

static int set_up(const struct options *options, struct alerts *alerts) {
  int code;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_source);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&ssl);
  mbedtls_x509_crt_init(&anchors);
  mbedtls_x509_crt_init(&own_chain);
  mbedtls_pk_init(&own_key);
#if MBEDTLS_VERSION_MAJOR >= 3
  if ((code = psa_crypto_init()) != 0) return code;
#endif
  code = mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0);
  if (code != 0) return code;
  code = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT);
  if (code != 0) return code;
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_source);
#if defined(MBEDTLS_DEBUG_C)
  mbedtls_debug_set_threshold(3);
  mbedtls_ssl_conf_dbg(&config, on_debug, alerts);
#endif
  mbedtls_ssl_conf_authmode(&config, options->verify ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
  if (!same_name(options)) mbedtls_ssl_conf_verify(&config, on_verify, (void *)options);
  if (options->anchors != NULL) {
    if ((code = parse_chain(&anchors, options->anchors)) < 0) return code;
    mbedtls_ssl_conf_ca_chain(&config, &anchors, NULL);
  }
  if (options->client_cert != NULL && (code = set_own_identity(options)) != 0) return code;
  if (options->mfl != 0 && (code = set_fragment_length(options->mfl)) != 0) return code;
  set_versions(options);
  if (options->suites != NULL) set_suites(options->suites);
  if ((code = mbedtls_ssl_setup(&ssl, &config)) != 0) return code;
  if ((code = mbedtls_ssl_set_hostname(&ssl, options->sni)) != 0) return code;
  mbedtls_ssl_set_bio(&ssl, NULL, on_write, on_read, NULL);
  return 0;
}

static size_t session_read(void *handle, unsigned char *to, size_t length, long *end) {
  int code;
  /* TLS 1.3 tells of a ticket by a code of its own. */
  do code = mbedtls_ssl_read(handle, to, length);
  while (code == MBEDTLS_ERR_SSL_WANT_READ
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
         || code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
#endif
  );
  if (code > 0) return (size_t)code;
  *end = code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : code == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : code;
  return 0;
}

static long session_write(void *handle, const unsigned char *from, size_t length) {
  while (length > 0) {
    int put = mbedtls_ssl_write(handle, from, length);
    if (put < 0) return put;
    from += put;
    length -= (size_t)put;
  }
  return 0;
}

static void fail(struct outcome *outcome, const char *stage, long code) {
  end_at(outcome, stage, "%s0x%04lx", code < 0 ? "-" : "", code < 0 ? -code : code);
}

static void tell_verify_result(struct outcome *outcome) {
  uint32_t flags = mbedtls_ssl_get_verify_result(&ssl);
  if (flags != UINT32_MAX) snprintf(outcome->flags, sizeof outcome->flags, "0x%x", (unsigned)flags);
}

static void converse(const struct options *options, struct outcome *outcome) {
  const struct session session = {&ssl, session_read, session_write};
  long code = mbedtls_ssl_handshake(&ssl);
  tell_verify_result(outcome);
  if (code != 0) {
    int distrust = code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || code == MBEDTLS_ERR_X509_FATAL_ERROR;
    fail(outcome, distrust ? "verify" : "handshake", code);
    return;
  }
  wire_handshake_done();
  snprintf(outcome->suite, sizeof outcome->suite, "%s", mbedtls_ssl_get_ciphersuite(&ssl));
  if (options->request != NULL && (code = exchange(&session, options, outcome)) != 0) {
    fail(outcome, "data", code);
    return;
  }
  mbedtls_ssl_close_notify(&ssl);
  succeed(outcome);
}

#if defined(TLSFIT_POOL_BYTES)
static unsigned char pool[TLSFIT_POOL_BYTES];

static void tell_pool(struct outcome *outcome) {
  size_t bytes, blocks;
  mbedtls_memory_buffer_alloc_max_get(&bytes, &blocks);
  outcome->peak_heap = (long)bytes;
}
#endif

static void run(const struct options *options, struct outcome *outcome) {
  static struct alerts alerts = {-1, -1};
  int code;
#if defined(TLSFIT_POOL_BYTES)
  mbedtls_memory_buffer_alloc_init(pool, sizeof pool);
#endif
  code = set_up(options, &alerts);
  if (code == 0) converse(options, outcome);
  else fail(outcome, "setup", code);
  outcome->alert_received = alerts.received;
  outcome->alert_sent = alerts.sent;
#if defined(TLSFIT_POOL_BYTES)
  tell_pool(outcome);
#endif
}

const struct stack stack = {
    .name = "mbedtls",
    .abilities = 0
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
                 | CAN_MFL
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
                 | CAN_TLS_1_3
#endif
    ,
    .version = version,
    .run = run,
};
