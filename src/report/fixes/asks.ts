import type { Effect } from '../../finding/finding.ts'
import type { FixAt } from '../../finding/place.ts'
import { formatNumber } from '../units.ts'
import { certificateBeside, endingAt, keyFor } from './certificate-asked.ts'
import { type FixContext, fact, host, isAddress, named, numberFact } from './fix-context.ts'
import { isDeprecated, recordCap } from './server-fixes.ts'
import { besides, shorterChain } from './shorter-chain.ts'

interface Ask {
  /** What to change: follows `Please`, no full stop. */
  readonly please: (context: FixContext) => string
  /** What it means for everyone else's clients, a whole sentence. Left out where that cannot be promised. */
  readonly others?: (context: FixContext) => string | undefined
}

/** A message that the endpoint's owner can act on: what was seen, what to change, what it means for other clients. */
export function askOwner(id: FixAt<'their-server'>, c: FixContext): string {
  const { please, others } = asks[id]
  const where = whereOf(c)
  const fails = failing[c.finding?.effect ?? 'blocks'](where)
  const seen = c.finding === undefined ? '' : ` ${c.finding.sentence}`
  const promise = others?.(c)
  const rest = promise === undefined ? '' : ` ${promise}`
  return `Our devices (${c.device.name}) ${fails}.${seen} Please ${please(c)}.${rest}`
}

/** The endpoint, of a file by the name that its certificate is for. */
function whereOf({ target, certificateFor }: FixContext): string {
  if (target.host !== undefined) return `${target.host}:${target.port ?? 443}`
  return certificateFor === undefined
    ? 'your endpoint'
    : `your endpoint with the certificate for ${certificateFor}`
}

const failing: { readonly [E in Effect]: (where: string) => string } = {
  blocks: (where) => `cannot use ${where}`,
  risks: (where) => `can use ${where}, but may fail later`,
  unknown: (where) => `may not be able to use ${where}`,
  info: (where) => `use ${where}`,
}

const stillServed =
  'Clients that offer ECDSA get the new one and must trust its root; those without still get the present one.'

const asks: { readonly [Id in FixAt<'their-server'>]: Ask } = {
  'use-shorter-chain': { please: shorterChain, others: (c) => (besides(c) ? stillServed : undefined) },
  'send-intermediate': {
    please: (c) =>
      `send the certificate of ${named(c, 'the issuing CA', 'issuer')} after your own${
        fact(c, 'unlessRoot') === undefined ? '' : ', if it is an intermediate'
      }`,
    others: () =>
      'TLS asks for it (RFC 5246 section 7.4.2); clients that fetch it by themselves lose nothing.',
  },
  'order-chain': {
    please: () => 'send your certificate first, and after each one its issuer',
    others: () => 'TLS 1.2 asks for this order (RFC 5246 section 7.4.2), and every client takes it.',
  },
  'reissue-with-name': {
    please: (c) => {
      const name = host(c)
      return `have the certificate issued anew with ${
        isAddress(name) ? `${name} as IP address and as DNS name` : name
      } in subjectAltName, beside the names it has`
    },
    others: () => 'A name more takes none away: clients that ask for the others go on as before.',
  },
  'listen-ipv4': {
    please: (c) => `let the server listen on IPv4 as well, port ${c.target.port ?? 443}`,
    others: () => 'Clients on IPv6 are not affected.',
  },
  'open-port': {
    please: (c) => `start the server on port ${c.target.port ?? 443}, or open that port in the firewall`,
  },
  'cap-server-records': {
    please: (c) =>
      `send TLS records of at most ${formatNumber(recordCap(c))} bytes, for the whole connection (nginx: ssl_buffer_size; HAProxy: tune.ssl.hard-maxrecord)`,
    others: () => 'Other clients get the same bytes, only in smaller records.',
  },
  'enable-suite': {
    please: (c) => {
      const wanted = fact(c, 'suite') ?? fact(c, 'version') ?? fact(c, 'group')
      const offers = c.device.hello.cipherSuites?.value.filter((one) => one.startsWith('TLS_ECDHE')) ?? []
      if (isDeprecated(wanted))
        return `offer ${wanted} at an address of its own, for these devices alone: it is deprecated (RFC 8996) and all that they have`
      if (wanted !== undefined)
        return `allow ${wanted} as well${certificateBeside(c)}, after what you prefer now`
      return offers.length === 0
        ? 'allow a TLS version and cipher suite that these devices have, after what you prefer now'
        : `allow one of ${offers.slice(0, 4).join(', ')}, after what you prefer now`
    },
    others: (c) =>
      isDeprecated(fact(c, 'version'))
        ? 'Your other addresses stay as they are.'
        : 'Where your order decides, other clients agree on what they agree on today.',
  },
  'renew-sas': {
    please: () =>
      'issue a new SAS whose end lies in the future, and whose start lies some minutes in the past',
  },
  'renew-presigned-url': { please: () => 'sign the URL anew, shortly before it is used' },
  'renew-certificate': {
    please: (c) => {
      if (c.finding?.id === 'cert-not-yet-valid')
        return 'serve a certificate that is valid already, until this one begins'
      if (c.finding?.id === 'expires-soon')
        return 'tell us under which CA, and with what key, the certificate is going to be renewed'
      return 'renew the certificate, if possible under the CA that it has now'
    },
  },
  'check-mqtt-credentials': {
    please: () => "tell us what your broker's log says of this client id, user name and certificate",
  },
  'serve-range': {
    please: () => 'answer requests with Range by 206 and Content-Range',
    others: () => 'Clients that send no Range get the whole file, as before.',
  },
  'serve-content-length': {
    please: () => 'state Content-Length for this file: no chunked transfer, no compression on the fly',
    others: () => 'Every HTTP client takes that.',
  },
  'serve-uncoded': {
    please: () =>
      'send this file as it is, without Content-Encoding, also to clients that do not say what they accept',
    others: () => 'Clients that unpack get the same file in a longer body.',
  },
  'use-https-port': {
    please: (c) => `speak TLS on port ${c.target.port ?? 443}, or tell us the port that does`,
  },
  'serve-held-certificate': {
    please: () =>
      'serve the certificate again that the devices hold, if its key is kept and nobody else has it, until they are updated',
  },
  'serve-other-key': {
    please: (c) =>
      `serve a certificate with ${keyFor(c)}${besides(c) ? ', beside the present one' : ''}${endingAt(c)}`,
    others: (c) => (besides(c) ? stillServed : undefined),
  },
  'serve-sound-chain': {
    please: () =>
      'serve the chain that your CA gave with the certificate: each one signed by the next, each issuer a CA that may issue it',
    others: () => 'Clients that verify refuse the present one, or find another way around it.',
  },
  'reissue-for-server': {
    please: (c) => {
      const extension = fact(c, 'extension')
      return c.finding?.id === 'critical-extension'
        ? `have the certificate issued anew without ${extension ?? 'that extension'} marked critical`
        : `have the certificate issued anew with ${fact(c, 'needed') ?? 'the usages of a TLS server'}${
            extension === undefined ? '' : ` in ${extension}`
          }, beside what it has`
    },
  },
  'issue-under-ca': {
    please: () =>
      'issue the certificate under a CA of its own and give us the certificate of that CA: then a renewal needs no change on the devices',
  },
  'same-chain-everywhere': {
    please: () => 'serve the same certificates at every address of the host, the smaller ones',
  },
  'read-server-log': {
    please: () => "tell us what your server's log says of these connections",
  },
  'update-server': {
    please: () => 'look into the TLS software of the server, or of what stands before it, and update it',
  },
  'check-authorization': {
    please: () =>
      'tell us whether this token or key is still valid, and what rights it has on what is asked for',
  },
  'restore-file': { please: () => 'put the file back at this path, or tell us where it is now' },
  'redirect-to-https': {
    please: (c) =>
      c.finding?.id === 'redirect-loop'
        ? 'end the loop: one of the redirects has to lead to the file'
        : 'redirect to https URLs only, or answer in place',
    others: () => 'Clients that follow redirects take https as well.',
  },
  'shorten-url': {
    please: (c) => {
      const limit = numberFact(c, 'limitBytes')
      const what = numberFact(c, 'hostBytes') === undefined ? 'path and query' : 'host name'
      return `offer the same under a shorter URL${
        limit === undefined ? '' : `, its ${what} of at most ${formatNumber(limit)} bytes`
      }`
    },
    others: () => 'The present URL can stay.',
  },
  'trim-response-head': {
    please: (c) => {
      const limit = numberFact(c, 'limitBytes')
      return `send fewer or shorter response headers${
        limit === undefined ? '' : `: at most ${formatNumber(limit)} bytes in all`
      }`
    },
  },
}
