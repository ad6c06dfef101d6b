import type { Details } from '../../finding/details.ts'
import { connackMeaning } from '../../mqtt/reason-codes.ts'
import { formatBytes, formatCount, formatDuration, formatMinute, formatNumber } from '../units.ts'
import { capital, type WordsFor } from './words.ts'

/** handshake, records, http and mqtt: what comes once the device believes the server. */
export const serviceWords: WordsFor<
  | 'client-certificate-required'
  | 'handshake-alert'
  | 'handshake-closed'
  | 'protocol-violation'
  | 'beyond-our-client'
  | 'handshake-timeout'
  | 'record-too-large'
  | 'record-size-undecided'
  | 'record-growth'
  | 'range-size'
  | 'records-unseen'
  | 'auth-rejected'
  | 'sas-in-authorization-header'
  | 'sas-expired'
  | 'sas-missing'
  | 'sas-doubly-encoded'
  | 'presigned-url-rejected'
  | 'http-status'
  | 'redirect-cross-host'
  | 'redirect-refused'
  | 'redirect-loop'
  | 'redirect-to-plaintext'
  | 'head-too-large'
  | 'path-too-long'
  | 'host-too-long'
  | 'range-unsupported'
  | 'no-content-length'
  | 'content-coded'
  | 'http-broken'
  | 'mqtt-refused'
  | 'sni-wrong'
  | 'closed-after-handshake'
  | 'mqtt-no-answer'
  | 'secrets-withheld'
> = {
  'client-certificate-required': {
    title: 'the server asks for a client certificate',
    sentence: (d) => {
      const refused = d.alert === undefined ? '' : ` The server ended the handshake with alert ${d.alert}.`
      return d.sent
        ? `The client certificate given was sent.${refused === '' ? ' The server took it.' : refused}`
        : `The server asks for a client certificate; none was given to tlsfit.${refused}`
    },
  },
  'handshake-alert': {
    title: 'the server ends the handshake with an alert',
    sentence: (d) => `Alert ${d.alert} received after ${d.after}.`,
  },
  'handshake-closed': {
    title: 'the server closes during the handshake',
    sentence: (d) => `The server closed the connection (${d.how}) after ${d.after}, without an alert.`,
  },
  'protocol-violation': {
    title: 'the server breaks the protocol',
    sentence: (d) => `The server broke the TLS protocol (${d.reason}): ${d.detail}.`,
  },
  'beyond-our-client': {
    title: 'tlsfit cannot go on with what the server chose',
    sentence: (d) =>
      `${capital(d.detail)}: offered for the device, but tlsfit itself cannot carry it out. ` +
      'What comes after it was not seen.',
  },
  'handshake-timeout': {
    title: 'the server falls silent during the handshake',
    sentence: (d) => `Nothing came for ${formatDuration(d.waitedMs)} after ${d.after}.`,
  },
  'record-too-large': {
    title: 'a data record is too large',
    sentence: (d) =>
      `A record of ${formatBytes(d.recordBytes)} at offset ${formatNumber(
        d.offset,
      )} of what the server sends; the device takes ${formatNumber(d.limitBytes)}: ${formatNumber(
        d.recordBytes - d.limitBytes,
      )} too many.${d.largestBytes === undefined ? '' : ` The largest has ${formatNumber(d.largestBytes)}.`}${
        d.rangeBytes === undefined
          ? ''
          : ` The device asks for ${formatNumber(d.rangeBytes)} at a time; head and body share the record.`
      }`,
  },
  'record-size-undecided': {
    title: 'a record lies between two readings of the limit',
    sentence: (d) =>
      `A record of ${formatBytes(d.recordBytes)} at offset ${formatNumber(
        d.offset,
      )}; the limit is somewhere from ${formatNumber(d.lowBytes)} to ${formatNumber(d.highBytes)}.`,
  },
  'record-growth': {
    title: 'records grow in mid-download',
    sentence: (d) =>
      `The server starts with records of ${formatBytes(d.fromBytes)} and grows to ${formatNumber(
        d.toBytes,
      )} at offset ${formatNumber(d.offset)}: a short test download looks fine, the whole file does not.`,
  },
  'range-size': {
    title: 'the largest Range size that fits',
    sentence: (d) =>
      `${formatBytes(d.rangeBytes)} a request: with the largest head seen (${formatNumber(
        d.headBytes,
      )}) and ${formatNumber(d.slackBytes)} of slack it stays under ${formatNumber(d.limitBytes)}.${
        d.requests === undefined ? '' : ` The file takes ${formatCount(d.requests, 'request')}.`
      }`,
  },
  'records-unseen': {
    title: 'the records of the download were not seen',
    sentence: (d) =>
      ({
        'no-body': 'The response had no body, so the size of its records is not known.',
        withheld: 'Secrets were held back, so the download was not tried and its records are not known.',
        'byte-limit': 'Reading stopped at the byte limit (--bytes); records may still grow after it.',
      })[d.why],
  },
  'auth-rejected': {
    title: 'TLS is fine, the request is not authorised',
    sentence: (d) =>
      `The server answers HTTP ${d.status}${d.code === undefined ? '' : ` ${d.code}`}. TLS is fine: token, key or signature is not.`,
  },
  'sas-in-authorization-header': {
    title: 'the SAS token is in the wrong place',
    sentence: (d) =>
      `The server answers HTTP ${d.status}: the SAS token was sent as Authorization: ${d.scheme}. ` +
      'A SAS belongs into the query of the URL, after the question mark.',
  },
  'sas-expired': {
    title: 'the SAS token is expired',
    sentence: (d) =>
      `The SAS token ended on ${formatMinute(d.expiresAt)}; the server answers HTTP ${d.status}. TLS is fine.`,
  },
  'sas-missing': {
    title: 'the request carries no SAS token',
    sentence: (d) =>
      `The server answers HTTP ${d.status}${d.code === undefined ? '' : ` ${d.code}`}; the request carried no SAS token. TLS is fine.`,
  },
  'sas-doubly-encoded': {
    title: 'the SAS token is percent-encoded twice',
    sentence: (d) =>
      `The signature of the SAS token holds %25 (encoded twice) or cannot be decoded; the server answers HTTP ${d.status}. TLS is fine.`,
  },
  'presigned-url-rejected': {
    title: 'the pre-signed URL is refused',
    sentence: (d) =>
      `${presignedWhy[d.why](d.detail)}; the server answers HTTP ${d.status}${d.code === undefined ? '' : ` (${d.code})`}. TLS is fine.`,
  },
  'http-status': {
    title: 'the answer is not the file',
    sentence: (d) => {
      const answer = `The server answers HTTP ${d.status}${d.reason === '' ? '' : ` ${d.reason}`}`
      return d.status < 300
        ? `${answer}: no file that the device takes. TLS is fine.`
        : `${answer}. TLS is fine.`
    },
  },
  'redirect-cross-host': {
    title: 'redirected to another host',
    sentence: (d) =>
      `HTTP ${d.status} leads to ${d.to}. ${
        d.follows
          ? 'The device follows; it needs the root of that host, too.'
          : 'The device does not follow redirects.'
      }`,
  },
  'redirect-refused': {
    title: 'the device does not follow the redirect',
    sentence: (d) =>
      `HTTP ${d.status} leads to ${d.to}; ${
        d.wholeUrls
          ? 'the device takes a Location with its scheme and host alone, and finds no host in this one.'
          : 'the device does not go there.'
      }`,
  },
  'redirect-loop': {
    title: 'the redirects do not end',
    sentence: (d) =>
      `HTTP ${d.status} leads to ${d.to}${d.repeats ? ', which was asked for before' : ''}: after ${formatCount(
        d.redirects,
        'redirect',
      )} no file has come.`,
  },
  'redirect-to-plaintext': {
    title: 'the redirect leads out of TLS',
    sentence: (d) =>
      `HTTP ${d.status} leads to ${d.to}, which is plaintext: nothing protects what comes from there, and tlsfit does not fetch it.`,
  },
  'head-too-large': {
    title: 'the response head is too large',
    sentence: (d) =>
      `The response head is ${formatBytes(d.headBytes)}; the device takes ${formatNumber(d.limitBytes)}: ${formatNumber(
        d.headBytes - d.limitBytes,
      )} too many.`,
  },
  'path-too-long': {
    title: 'the path of the URL is too long',
    sentence: (d) =>
      `${d.status === undefined ? 'Path and query are' : `HTTP ${d.status} leads to a path and query of`} ${formatBytes(
        d.pathBytes,
      )}; the device takes ${formatNumber(d.limitBytes)}: ${formatNumber(d.pathBytes - d.limitBytes)} too many.`,
  },
  'host-too-long': {
    title: 'the host name is too long',
    sentence: (d) =>
      `${d.status === undefined ? 'The host name is' : `HTTP ${d.status} leads to a host name of`} ${formatBytes(d.hostBytes)}; the device takes ${formatNumber(d.limitBytes)}.`,
  },
  'range-unsupported': {
    title: 'the server ignores Range requests',
    sentence: (d) =>
      d.status === 206
        ? 'A Range request is answered with another range than was asked for, or with no Content-Range that can be read.'
        : `A Range request is answered with HTTP ${d.status} in place of 206: the whole file comes in one response.`,
  },
  'no-content-length': {
    title: 'the response states no length',
    sentence: (d, c) =>
      `The response has no Content-Length${
        d.transferEncoding === undefined ? '' : ` (Transfer-Encoding: ${d.transferEncoding})`
      }; ${c.effect === 'blocks' ? 'the device needs one' : 'whether the device needs one is not known'}.`,
  },
  'content-coded': {
    title: 'the answer comes with a content coding',
    sentence: (d) =>
      `The answer to ${d.path} (HTTP ${d.status}, ${formatBytes(d.bodyBytes)}) has Content-Encoding: ${d.codings.join(
        ', ',
      )}${d.request === undefined ? '' : codingAsked[d.request]}; ${codedWhy[d.why]}.${
        d.status === 206 ? ' Ranges and the total are those of the coded bytes.' : ''
      }`,
  },
  'http-broken': {
    title: 'the HTTP response is broken',
    sentence: (d) => `The HTTP response did not come through: ${d.error}.`,
  },
  'mqtt-refused': {
    title: 'the broker refuses the CONNECT',
    sentence: (d) =>
      `CONNACK return code ${d.returnCode}: ${connackMeaning(d.returnCode, d.returnCode < 0x80 ? 4 : 5)}. TLS is fine.`,
  },
  'sni-wrong': {
    title: 'the device asks for the wrong server name',
    sentence: (d, { stage }) =>
      `The device sends the server name (SNI) ${d.sent} to ${d.host}. ${
        stage === 'hello'
          ? `The server refuses that name (${d.closed}), and answers the same ClientHello under its own.`
          : `The handshake completes, then the server closes (${d.closed}): it routes by that name.`
      }`,
  },
  'closed-after-handshake': {
    title: 'the server closes after the handshake',
    sentence: (d) =>
      `The handshake completes; ${formatDuration(d.afterMs)} later the server closes (${d.how}) after ${formatCount(
        d.records,
        'application record',
      )} of ours. Not TLS: policy, client id, certificate status or server name.`,
  },
  'mqtt-no-answer': {
    title: 'the broker does not answer the CONNECT',
    sentence: (d) => `No CONNACK within ${formatDuration(d.waitedMs)}, and the connection stays open.`,
  },
  'secrets-withheld': {
    title: 'secrets were held back',
    sentence: (d) =>
      `${capital(d.what.join(', '))} not sent to ${d.host}: ${d.reason}. What follows was not seen; ` +
      '--anchor with the right root, or --send-secrets, goes on.',
  },
}

const codingAsked: {
  readonly [R in NonNullable<Details['content-coded']['request']>]: string
} = {
  asks: ', as the request asks',
  declines: ', though the request declines it',
  silent: ', which the request does not ask for',
}

/** What becomes of a body with a content coding, or why that is open. */
const codedWhy: { readonly [W in Details['content-coded']['why']]: string } = {
  'not-unpacked': 'the device does not undo it, and gets the coded bytes in place of the file',
  'request-unknown': 'the device does not undo it; whether its own request declines it is not known',
  'asked-by-application':
    'the HTTP client of the device does not undo it, and whether the application does is not known',
  'name-says-so':
    'the name of the file says that it is packed, so that the device may be meant to get it so, which is not known',
  'in-pieces': 'the device undoes it in a whole body; whether in one that comes in pieces is not known',
  'client-unknown': 'whether the device undoes it is not known',
  unregistered: 'that is no registered coding, so whether these bytes are the file is not known',
  'no-body': 'to HEAD no body comes, and what the device makes of a coded one was not seen',
}

/** What is wrong with a pre-signed URL, by what can be seen in it. */
const presignedWhy: {
  readonly [W in Details['presigned-url-rejected']['why']]: (detail: string | undefined) => string
} = {
  'html-escaped': () => 'The URL has &amp; where & belongs: it was copied out of HTML or XML',
  cut: (detail) => `The URL lacks ${detail}: it was cut`,
  'two-authorizations': (detail) =>
    `The URL is signed, and an Authorization header (${detail}) came with it: S3 takes one of the two`,
  'encoded-twice': () => 'The query of the URL holds %25: it was percent-encoded twice',
  expired: (detail) => `The URL was good until ${detail ?? 'a time that is past'}`,
  'not-yet-valid': (detail) => `The URL was signed at ${detail}, which is not yet by the clock of this check`,
  'header-not-sent': (detail) => `The signature covers the header ${detail}, which the device does not send`,
  mismatch: (detail) =>
    `The signature is not of this request: another method than ${detail}, another path or host, or other encoding than was signed`,
}
