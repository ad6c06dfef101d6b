import type { SessionExplained } from '../judge/session-causes.ts'
import type { SessionSign } from '../judge/session-sign.ts'
import { formatAlert } from '../tls/alerts.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { formatBytes, formatCount, formatDay, formatList, formatNumber } from './units.ts'

/** One thing that a capture shows, as a clause; lower case, no full stop. What peers wrote is escaped. */
export function formatSessionSign(sign: SessionSign, options: EscapeOptions = {}): string {
  switch (sign.kind) {
    case 'alert': {
      const after = sign.after === undefined ? '' : ` after ${sign.after}`
      return `the ${sign.by} sends the fatal alert ${formatAlert(sign.description)} (${sign.description})${after}, frame ${formatNumber(sign.frame)}`
    }
    case 'encrypted-alert':
      return `${formatCount(sign.records, 'alert record')} that cannot be read without the keys`
    case 'close':
      return closeWords(sign)
    case 'silence':
      return `nobody is seen to close${sign.after === undefined ? '' : `; the last handshake message is ${sign.after}`}`
    case 'no-server-name':
      return 'the ClientHello has no server_name'
    case 'name-not-in-certificate': {
      const names = sign.names.map((name) => escapeText(name, { ...options, maxChars: 60 }))
      const holds = names.length === 0 ? 'it has no name' : `it has ${formatList(names, 4)}`
      return `the certificate does not name ${escapeText(sign.sni, options)}: ${holds}`
    }
    case 'expired-when-captured':
      return `${escapeText(sign.subject, options)} had ended on ${formatDay(sign.notAfter)} when this was captured`
    case 'valid-when-captured':
      return `every certificate was valid on ${formatDay(sign.at)}, when this was captured: the device's clock differs`
    case 'chain-size':
      return `${formatCount(sign.certificates, 'certificate')}, ${formatBytes(sign.chainBytes)} of DER, the largest ${formatBytes(sign.largest)}`
    case 'largest-record':
      return `the server's largest record has ${formatBytes(sign.bytes)}`
    case 'self-signed-leaf':
      return 'the certificate is self-signed'
    case 'certificate-asked':
      return sign.sent === 'some'
        ? 'the server asks for a client certificate and gets one'
        : sign.sent === 'empty'
          ? 'the server asks for a client certificate and gets an empty list'
          : 'the server asks for a client certificate; none is seen'
    case 'hole':
      return `bytes of the ${sign.from} are missing in the capture`
  }
}

function closeWords({ by, how, after, sent, received }: Extract<SessionSign, { kind: 'close' }>): string {
  const end = how === 'RST' ? 'resets the connection' : 'closes'
  if (after !== 'Finished') return `the ${by} ${end}${after === undefined ? '' : ` after ${after}`}`
  const data = `${formatCount(sent, 'record')} of application data from the client and ${formatNumber(received)} from the server`
  return `the ${by} ${end} after the handshake, with ${data}`
}

/** How a session ended, in a phrase. */
export const outcomeWords: { readonly [O in SessionExplained['outcome']]: string } = {
  established: 'the handshake is complete',
  'closed-after-handshake': 'the handshake is complete, then it ends early',
  failed: 'the handshake fails',
  unfinished: 'the capture does not show its end',
}
