import type { ErrorWords, FailureKind } from '../device/device.ts'

/** For which failures a device shows its words: `no such host, an answer of HTTP 401`. */
export function failuresText({ when, statuses }: Pick<ErrorWords, 'when' | 'statuses'>): string {
  const about = statuses === undefined ? '' : ` (HTTP ${[...new Set(statuses)].join(' to ')})`
  return when.map((kind) => failureNames[kind]).join(', ') + about
}

const failureNames: { readonly [K in FailureKind]: string } = {
  dns: 'the name is not found',
  'tcp-refused': 'the TCP connection is refused',
  'tcp-timeout': 'nothing answers',
  'not-tls': 'the answer is no TLS',
  'hello-refused': 'the server refuses the hello',
  'chain-too-large': 'the chain is too large',
  'certificate-too-large': 'a certificate is too large',
  'message-too-large': 'a handshake message is too large',
  'message-fragmented': 'a handshake message comes in pieces',
  'key-too-large': 'a key is too large',
  'algorithm-unsupported': 'an algorithm is not supported',
  'certificate-refused': 'a certificate cannot be read',
  'key-usage': 'a certificate is not meant for a server',
  'issuer-refused': 'an issuer may not issue',
  untrusted: 'the root is not the one held',
  'no-anchor': 'no root is loaded',
  'name-mismatch': 'the certificate is for another name',
  expired: 'a certificate has expired',
  'not-yet-valid': 'a certificate is not valid yet',
  'extension-refused': 'an extension is refused',
  'key-exchange-refused': 'the key exchange is refused',
  'out-of-memory': 'the memory runs out',
  'handshake-alert': 'the server sends an alert',
  'handshake-closed': 'the server closes during the handshake',
  'record-too-large': 'a record is too large',
  'http-status': 'the HTTP status is an error',
  'http-broken': 'the HTTP answer is broken',
  'http-redirect': 'the answer is a redirect',
  'http-head-too-large': 'the head of the answer is too large',
  'url-too-long': 'the URL is too long',
  'range-unsupported': 'the server serves no ranges',
  'no-content-length': 'the answer has no Content-Length',
  'content-coded': 'the answer comes compressed',
  'mqtt-refused': 'the broker refuses',
  'closed-after-handshake': 'the server closes after the handshake',
}
