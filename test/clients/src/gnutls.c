/* GnuTLS 3. */
#include "client.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

static const char *version(void) { return gnutls_check_version(NULL); }

static gnutls_session_t session;
static gnutls_certificate_credentials_t credentials;

static ssize_t on_read(gnutls_transport_ptr_t unused, void *to, size_t length) {
  long got = wire_read(to, length);
  (void)unused;
  /* An EAGAIN of the socket is its time-out here, and not to be tried again. */
  if (got < 0) gnutls_transport_set_errno(session, ETIMEDOUT);
  return got;
}

static ssize_t on_write(gnutls_transport_ptr_t unused, const void *from, size_t length) {
  (void)unused;
  return wire_write(from, length);
}

static const char *version_name(int version) {
  switch (version) {
    case TLS_1_0: return "TLS1.0";
    case TLS_1_1: return "TLS1.1";
    case TLS_1_2: return "TLS1.2";
    default: return "TLS1.3";
  }
}

/* The suites asked for are words of a priority string, such as `-CIPHER-ALL:+AES-128-GCM`. */
static int set_priority(const struct options *options) {
  char text[2048] = "NORMAL";
  size_t length = strlen(text);
  if (options->min_version || options->max_version) {
    int lowest = options->min_version ? options->min_version : TLS_1_0;
    int highest = options->max_version ? options->max_version : TLS_1_3;
    length += (size_t)sprintf(text + length, ":-VERS-ALL");
    for (int version = highest; version >= lowest; version--) {
      length += (size_t)sprintf(text + length, ":+VERS-%s", version_name(version));
    }
  }
  if (options->suites != NULL) {
    if (strlen(options->suites) > sizeof text / 2) refuse("--suites is too long");
    sprintf(text + length, ":%s", options->suites);
  }
  int code = gnutls_priority_set_direct(session, text, NULL);
  if (code != 0 && options->suites != NULL) refuse("--suites: %s is not a priority string", options->suites);
  return code;
}

static int load_anchors(const char *path) {
  gnutls_datum_t pem;
  size_t length;
  int code;
  pem.data = read_file(path, &length);
  pem.size = (unsigned)length;
  code = gnutls_certificate_set_x509_trust_mem(credentials, &pem, GNUTLS_X509_FMT_PEM);
  return code < 0 ? code : 0;
}

/* 0, or the code of the call that failed. */
static int set_up(const struct options *options) {
  int code;
  if ((code = gnutls_certificate_allocate_credentials(&credentials)) != 0) return code;
  if (options->anchors != NULL && (code = load_anchors(options->anchors)) != 0) return code;
  if (options->client_cert != NULL) {
    code = gnutls_certificate_set_x509_key_file(credentials, options->client_cert, options->client_key,
                                                GNUTLS_X509_FMT_PEM);
    if (code != 0) return code;
  }
  if ((code = gnutls_init(&session, GNUTLS_CLIENT)) != 0) return code;
  if ((code = set_priority(options)) != 0) return code;
  if ((code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials)) != 0) return code;
  if (options->sni != NULL) {
    code = gnutls_server_name_set(session, GNUTLS_NAME_DNS, options->sni, strlen(options->sni));
    if (code != 0) return code;
  }
  if (options->verify) gnutls_session_set_verify_cert(session, options->name, 0);
  if (options->mfl) {
    code = (int)gnutls_record_set_max_size(session, (size_t)options->mfl);
    if (code < 0) return code;
  }
  if (options->buffer) gnutls_handshake_set_max_packet_length(session, (size_t)options->buffer);
  gnutls_transport_set_pull_function(session, on_read);
  gnutls_transport_set_push_function(session, on_write);
  gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
  return 0;
}

static size_t session_read(void *handle, unsigned char *to, size_t length, long *code) {
  ssize_t got;
  /* TLS 1.3 stops for each ticket. */
  do got = gnutls_record_recv(handle, to, length);
  while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
  if (got > 0) return (size_t)got;
  *code = got;
  return 0;
}

static long session_write(void *handle, const unsigned char *from, size_t length) {
  ssize_t put = gnutls_record_send(handle, from, length);
  return put == (ssize_t)length ? 0 : put;
}

/* The library leaves the alert to its user, and offers the fitting one. */
static void fail(struct outcome *outcome, const char *stage, int code) {
  end_at(outcome, stage, "%d", code);
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    outcome->alert_received = (int)gnutls_alert_get(session);
    return;
  }
  if (strcmp(stage, "setup") == 0 || wire_at_end()) return;
  if (gnutls_alert_send_appropriate(session, code) != 0) return;
  outcome->alert_sent = gnutls_error_to_alert(code, NULL);
}

static void run(const struct options *options, struct outcome *outcome) {
  struct session talk = {NULL, session_read, session_write};
  long ended;
  int code = set_up(options);
  if (code != 0) {
    fail(outcome, "setup", code);
    return;
  }
  do code = gnutls_handshake(session);
  while (code < 0 && !gnutls_error_is_fatal(code));
  if (options->verify && gnutls_auth_get_type(session) == GNUTLS_CRD_CERTIFICATE) {
    snprintf(outcome->flags, sizeof outcome->flags, "0x%x", gnutls_session_get_verify_cert_status(session));
  }
  if (code != 0) {
    fail(outcome, code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ? "verify" : "handshake", code);
    return;
  }
  wire_handshake_done();
  snprintf(outcome->suite, sizeof outcome->suite, "%s", gnutls_ciphersuite_get(session));
  talk.handle = session;
  if (options->request != NULL && (ended = exchange(&talk, options, outcome)) != 0) {
    fail(outcome, "data", (int)ended);
    return;
  }
  gnutls_bye(session, GNUTLS_SHUT_WR);
  succeed(outcome);
}

const struct stack stack = {
    .name = "gnutls",
    .abilities = CAN_MFL | CAN_BUFFER | CAN_TLS_1_3,
    .version = version,
    .run = run,
};
