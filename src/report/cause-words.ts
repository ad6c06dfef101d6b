import type { Cause } from '../finding/cause.ts'
import type { FixId } from '../finding/fix.ts'
import type { Evidence } from './evidence-words.ts'

/** A root cause for people: what it is, what would prove it, what cures it. */
export interface CauseWords {
  /** Lower case, no full stop. */
  readonly title: string
  readonly says: string
  /** What would settle it, in the order in which to ask: what needs no modem trace first. */
  readonly ask: readonly Evidence[]
  readonly cures: readonly { readonly id: FixId; readonly title: string }[]
}

export const causeWords: { readonly [Id in Cause]: CauseWords } = {
  'chain-too-large': {
    title: "the server's chain is larger than the device takes",
    says: 'all certificates together are over the limit, while each is under its own; a browser has no such limit',
    ask: ['check', 'chain', 'trace'],
    cures: [
      { id: 'use-shorter-chain', title: 'have the server send the shorter chain (no cross-signed root)' },
      { id: 'front-small-chain', title: 'put a server with a small chain before the endpoint' },
      { id: 'tls-on-application-core', title: 'run TLS on the application core with a larger input buffer' },
    ],
  },
  'cert-too-large': {
    title: 'one certificate of the server is larger than the device takes',
    says: 'usually a leaf with many names; the rest of the chain is small',
    ask: ['check', 'chain'],
    cures: [
      {
        id: 'use-shorter-chain',
        title: 'have the certificate issued with fewer names, or with an ECDSA key',
      },
      { id: 'front-small-chain', title: 'put a server with a small certificate before the endpoint' },
    ],
  },
  'credential-too-large': {
    title: 'a credential is larger than its place in the device',
    says: 'nothing goes over the network: storing it is refused, or it is cut',
    ask: ['held'],
    cures: [
      { id: 'store-as-der', title: 'store one certificate only, as DER or with short PEM' },
      { id: 'renew-certificate', title: 'use an ECDSA certificate and key: a third of the size' },
    ],
  },
  'record-too-large': {
    title: "a TLS record is larger than the device's input buffer",
    says: 'the server does not honour max_fragment_length, or the device does not ask for it',
    ask: ['check', 'records', 'trace'],
    cures: [
      {
        id: 'cap-server-records',
        title: 'have the server send records no larger than the buffer, all through the connection',
      },
      { id: 'set-range-size', title: 'ask for ranges that fit one record, head included' },
      { id: 'enlarge-record-buffer', title: "enlarge the device's TLS input buffer" },
    ],
  },
  'untrusted-root': {
    title: 'the device does not hold the root that the chain ends in',
    says: 'a wrong root file, a self-signed server, or a service that went over to another root',
    ask: ['check', 'chain', 'held'],
    cures: [{ id: 'load-root', title: 'store the root that the chain of this host really ends in' }],
  },
  'cross-sign-path': {
    title: 'the right root is held, but the server sends a cross-signed version of it',
    says: 'the verifier follows the cross-signed certificate to a root that is not held or expired',
    ask: ['check', 'chain', 'held'],
    cures: [
      { id: 'use-shorter-chain', title: 'have the server leave the cross-signed certificate out' },
      { id: 'update-firmware', title: 'use a library version that looks for another path' },
      { id: 'load-root', title: 'hold the root that the cross-signature leads to' },
    ],
  },
  'leaf-as-anchor': {
    title: "the device holds the server's own certificate in place of a CA",
    says: 'it works until the next renewal, or on some front ends only, or not at all',
    ask: ['held', 'chain', 'check'],
    cures: [{ id: 'replace-leaf-anchor', title: 'hold the root (or the issuing CA) in place of the leaf' }],
  },
  'no-trust-anchor': {
    title: 'the device was given no CA to trust',
    says: 'no root, bundle or key is configured for this connection; it fails before anything is sent',
    ask: ['code', 'held'],
    cures: [{ id: 'load-root', title: 'give the connection the root that the host chains to' }],
  },
  'name-mismatch': {
    title: 'the certificate is trusted, but it does not name the host that was asked for',
    says: 'an IP address, a name only in CN, or another host',
    ask: ['names', 'check'],
    cures: [
      { id: 'connect-by-name', title: 'connect by a name that the certificate has' },
      {
        id: 'reissue-with-name',
        title: 'have the certificate issued with this host (or IP address) as subjectAltName',
      },
    ],
  },
  'sni-missing': {
    title: 'the device sends no server name (SNI), and the server needs one',
    says: 'the server refuses, or answers with the certificate of another name',
    ask: ['sni', 'check'],
    cures: [{ id: 'set-sni-to-endpoint', title: 'have the device send the host as server_name' }],
  },
  'sni-wrong': {
    title: 'the device sends a server name that is not the endpoint',
    says: 'the handshake may complete; the service behind the name then closes or rejects',
    ask: ['sni', 'code'],
    cures: [{ id: 'set-sni-to-endpoint', title: "pass the endpoint's own host name to the TLS socket" }],
  },
  'clock-unset': {
    title: "the device's clock is wrong when dates are checked",
    says: 'certificates are not yet valid at the start of an unset clock',
    ask: ['clock', 'check'],
    cures: [
      { id: 'set-clock', title: 'set the time before the first connection (SNTP, network time, build time)' },
    ],
  },
  'cert-expired': {
    title: 'a certificate of the chain, or a stored root, is expired',
    says: 'by true time, not only by the clock of the device',
    ask: ['dates', 'check', 'clock'],
    cures: [
      { id: 'renew-certificate', title: 'renew the certificate of the server' },
      { id: 'load-root', title: 'replace the stored root that ended' },
    ],
  },
  'no-common-version': {
    title: 'device and server have no TLS version in common',
    says: 'one of them is too old, or the negotiation of versions is refused',
    ask: ['versions', 'check'],
    cures: [
      { id: 'enable-suite', title: 'enable the version on the server, or choose it in the device' },
      { id: 'update-firmware', title: 'update to firmware that has TLS 1.2 (or 1.3)' },
    ],
  },
  'no-common-cipher': {
    title: 'device and server have no cipher suite, curve or signature in common',
    says: 'often an ECDSA certificate and a device with RSA suites only, or the other way round',
    ask: ['suites', 'check'],
    cures: [{ id: 'enable-suite', title: 'offer a suite on the server that the device has' }],
  },
  'sigalg-unsupported': {
    title: "the chain uses a signature or key type that the device's library cannot compute",
    says: 'SHA-384 or 512, P-384, ECDSA or RSA-PSS left out of the build; roots and dates are right',
    ask: ['chain', 'check', 'code'],
    cures: [
      { id: 'update-firmware', title: 'build the library with that hash, curve or key type' },
      { id: 'load-root-readable', title: 'hold a root whose algorithms the library has' },
      {
        id: 'use-shorter-chain',
        title: 'have the certificate issued by a chain with RSA and SHA-256 (or P-256)',
      },
    ],
  },
  'rsa-key-too-large': {
    title: 'an RSA key of the chain is larger than the device computes with',
    says: 'such as 4,096 bits on a device that stops at 2,048 or 3,072',
    ask: ['chain', 'check'],
    cures: [
      { id: 'use-shorter-chain', title: 'have the certificate issued with ECDSA or smaller RSA keys' },
      { id: 'update-firmware', title: 'use a build that has larger keys switched on' },
    ],
  },
  'out-of-memory': {
    title: 'the device ran out of memory during the connection',
    says: 'heap, the pool of the TLS library, a stack or network buffers',
    ask: ['heap', 'check'],
    cures: [
      { id: 'enlarge-heap', title: 'give the TLS library more heap, or make its buffers dynamic' },
      { id: 'use-shorter-chain', title: 'have the server send a smaller chain and smaller records' },
    ],
  },
  'client-auth-rejected': {
    title: "the server does not accept the device's certificate, or gets none",
    says: 'the handshake does not complete',
    ask: ['client-cert', 'server-log', 'check'],
    cures: [
      {
        id: 'provision-client-certificate',
        title: 'give the device the certificate and key that the server knows',
      },
    ],
  },
  'credential-malformed': {
    title: 'a certificate or key in the device is damaged',
    says: 'line ends, a missing end or NUL, a wrong length, an empty file, or the key of another certificate',
    ask: ['held'],
    cures: [
      {
        id: 'store-credential-again',
        title: 'store the file again, whole, with LF line ends and its terminating NUL',
      },
    ],
  },
  'wrong-credential-slot': {
    title: 'the credentials are not where the connection looks for them',
    says: 'another security tag, slot or file name, or one of the set is missing',
    ask: ['held', 'code'],
    cures: [
      { id: 'complete-credential-set', title: 'store the whole set under the tag that the connection uses' },
    ],
  },
  'alpn-missing': {
    title: 'the server needs ALPN on this port and the device sends none',
    says: 'such as MQTT on port 443 of AWS IoT',
    ask: ['alpn', 'check'],
    cures: [{ id: 'set-alpn', title: 'send ALPN (x-amzn-mqtt-ca on AWS IoT), or use port 8883' }],
  },
  'auth-http-rejected': {
    title: 'TLS works; HTTP refuses the token, header or signature',
    says: 'the body of the answer usually names the reason',
    ask: ['http', 'check'],
    cures: [
      { id: 'renew-sas', title: 'use a token that is valid now' },
      { id: 'sas-into-url', title: 'put the SAS into the URL, not into a header' },
      { id: 'encode-sas-once', title: 'percent-encode the signature once' },
    ],
  },
  'auth-token-invalid': {
    title: 'TLS works; the MQTT or AMQP login is refused',
    says: 'a token that ended, a wrong clock when it was made, or wrong credentials',
    ask: ['mqtt', 'clock'],
    cures: [
      { id: 'check-mqtt-credentials', title: 'make a new token before the old one ends, from a right clock' },
    ],
  },
  'redirect-cross-host': {
    title: 'HTTP answers with a redirect that the device does not follow or does not trust',
    says: 'another host (and its root), or from http to https',
    ask: ['http', 'check'],
    cures: [
      {
        id: 'follow-redirect-root',
        title: 'follow redirects and hold the roots of every hop, or link straight to the last',
      },
    ],
  },
  'url-or-header-too-long': {
    title: "the URL or a header is longer than the device's buffer",
    says: 'long signed links are cut; the request then fails or goes elsewhere',
    ask: ['http', 'check'],
    cures: [
      { id: 'raise-head-buffer', title: 'enlarge the buffer for the head' },
      { id: 'raise-path-limit', title: 'enlarge the buffer for the path, or use a shorter link' },
    ],
  },
  'no-content-length': {
    title: 'the client needs Content-Length and the server sends none',
    says: 'chunked encoding or a proxy that leaves it out',
    ask: ['http', 'check'],
    cures: [{ id: 'serve-content-length', title: 'serve the file with Content-Length' }],
  },
  'range-unsupported': {
    title: 'the server does not answer Range requests as the device needs',
    says: 'it sends 200 in place of 206, or the whole file',
    ask: ['range', 'check'],
    cures: [{ id: 'serve-range', title: 'serve the file from a server that answers Range with 206' }],
  },
  'no-network': {
    title: 'the device has no data connection',
    says: 'no Wi-Fi or Ethernet link, not registered, or refused by the packet data network; nothing about TLS can explain that',
    ask: ['network'],
    cures: [],
  },
  'dns-failure': {
    title: 'the host name is not resolved',
    says: 'no packet goes to the port',
    ask: ['dns', 'network'],
    cures: [],
  },
  'tcp-refused': {
    title: 'TCP is refused or reset',
    says: 'nothing listens on that address and port, or something between refuses it',
    ask: ['tcp', 'check'],
    cures: [
      { id: 'open-port', title: 'open the port, on IPv4 too' },
      { id: 'listen-ipv4', title: 'have the server listen on 0.0.0.0' },
    ],
  },
  'tcp-timeout': {
    title: 'nobody answers at the address',
    says: 'an address that the device cannot reach, or a filtered port',
    ask: ['tcp', 'network'],
    cures: [
      { id: 'open-port', title: 'open the port in the firewall between' },
      { id: 'listen-ipv4', title: 'have the server listen on an address that the device reaches' },
    ],
  },
  'server-closed-after-handshake': {
    title: 'the handshake completes, then the service closes',
    says: 'policy, client id, an inactive or unregistered certificate, a second client of the same id',
    ask: ['server-log', 'mqtt', 'check'],
    cures: [
      {
        id: 'check-mqtt-credentials',
        title: 'check policy, client id and the state of the certificate at the service',
      },
    ],
  },
  'scheme-port-mismatch': {
    title: 'plain text goes to a TLS port, or TLS to a plain one',
    says: 'scheme and port do not belong together',
    ask: ['tcp', 'check'],
    cures: [
      {
        id: 'use-https-port',
        title: 'use https with 443 (mqtts with 8883), or the plain port with the plain scheme',
      },
    ],
  },
  'tls-stack-bug': {
    title: 'a fault of the TLS library or firmware itself',
    says: 'the same set-up works with another version',
    ask: ['check', 'code'],
    cures: [{ id: 'update-firmware', title: 'try the next version of the library or firmware' }],
  },
  other: {
    title: 'something else',
    says: 'none of the causes that tlsfit knows',
    ask: ['http', 'server-log'],
    cures: [],
  },
}
