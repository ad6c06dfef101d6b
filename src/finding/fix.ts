/**
 * Cures, closed list. `report/fixes.ts` turns each into a title and exact commands for the device.
 * Nothing here switches verification off or falls back to plain HTTP.
 */
export const fixIds = [
  'front-small-chain', // put a server with a small chain that ends in a held anchor before the endpoint
  'use-shorter-chain', // have the operator serve the shorter chain, ECDSA leaf, or fewer names
  'tls-on-application-core', // native TLS (Mbed TLS) instead of the modem's
  'other-module',
  'load-root', // store the named root
  'load-root-readable', // an anchor whose algorithms the library has
  'load-presented-certificate', // rebuild the image with the certificate the server presents now
  'replace-leaf-anchor', // hold the issuing CA or root in place of the leaf
  'send-intermediate', // server: send the missing intermediate
  'order-chain', // server: leaf first, each issuer after what it issued
  'reissue-with-name', // certificate with the host (or IP, in the form this stack matches) as SAN
  'connect-by-name',
  'set-sni-to-endpoint', // pass the endpoint's own host name
  'restore-name-check',
  'restore-verification',
  'listen-ipv4', // server: bind 0.0.0.0 as well
  'open-port',
  'set-range-size',
  'cap-server-records', // server: records no larger than the limit for the whole connection
  'enlarge-record-buffer',
  'enlarge-heap', // more memory for the TLS library, or buffers only while they are used
  'update-firmware', // modem firmware or SDK that lifts this
  'enable-suite', // server: offer a suite or version the device has
  'sas-into-url',
  'renew-sas',
  'encode-sas-once',
  'renew-presigned-url',
  'repair-presigned-url',
  'raise-head-buffer',
  'raise-path-limit',
  'set-clock',
  'renew-certificate',
  'provision-client-certificate',
  'check-mqtt-credentials',
  'follow-redirect-root', // hold the roots of every hop, or link straight to the last
  'serve-range',
  'serve-content-length',
  'serve-uncoded', // server: the file as it is, without Content-Encoding
  'ask-uncoded', // the request: Accept-Encoding says identity, or is left out
  'use-https-port',
  'store-as-der',
  'store-credential-again', // whole, with the line ends and the terminating NUL that the stack wants
  'complete-credential-set', // CA, certificate and key under the tag or slot that the connection uses
  'set-alpn',
  'serve-held-certificate', // server: the one the devices hold, with its key
  'serve-other-key', // a leaf, or an issuer, with a key or signature the device computes with
  'serve-sound-chain', // each issuer a CA that may issue what it issued, each signature right
  'reissue-for-server', // with the usages a TLS server needs
  'issue-under-ca', // in place of a self-signed certificate: a CA of its own, and a leaf under it
  'same-chain-everywhere', // at every address of the host
  'read-server-log', // the server ended it: its log says why
  'update-server', // the server's TLS breaks the protocol
  'check-authorization', // token, key or policy of the request
  'restore-file', // what the URL names is gone
  'link-without-redirect', // give out the URL that answers itself, on https
  'redirect-to-https', // server: no Location that leaves TLS or comes back
  'shorten-url', // a shorter path or host name
  'trim-response-head', // server: fewer or shorter response headers
] as const
/** One of `fixIds`; `formatFix` has its words and commands. */
export type FixId = (typeof fixIds)[number]
