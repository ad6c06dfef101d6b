import { formatCount, formatList } from '../units.ts'
import type { WordsFor } from './words.ts'

/** hello: what is negotiated before the first certificate. */
export const helloWords: WordsFor<
  | 'hello-assumed'
  | 'not-tls'
  | 'no-common-version'
  | 'no-common-cipher'
  | 'unlisted-choice'
  | 'sni-missing'
  | 'hello-refused'
> = {
  'hello-assumed': {
    title: 'parts of the ClientHello are assumed',
    sentence: (d) =>
      `Not known of this device's ClientHello, and offered wide: ${formatList(d.parts, 8)}. ` +
      'They decide nothing in this verdict.',
  },
  'not-tls': {
    title: 'the port does not speak TLS',
    sentence: (d) =>
      `The first bytes that came back are no TLS record: ${d.firstBytes}. They look like ${d.looksLike}. ` +
      'Scheme and port do not belong together.',
  },
  'no-common-version': {
    title: 'no TLS version in common',
    sentence: (d) =>
      `The device offers ${formatList(d.offered)}; the server refuses${byAlert(d.alert)}${
        d.serverSpeaks === undefined ? '' : ` and speaks ${d.serverSpeaks}`
      }.`,
  },
  'no-common-cipher': {
    title: 'no cipher suite in common',
    sentence: (d) =>
      `None of the ${formatCount(d.offered, 'suite')} that the device offers is taken by the server${byAlert(
        d.alert,
      )}${d.serverChose === undefined ? '' : `; offered everything, it chooses ${d.serverChose}`}.`,
  },
  'unlisted-choice': {
    title: 'the server chooses what the device does not have',
    sentence: (d) =>
      `The server chose the ${d.what.replace('-', ' ')} ${d.chosen}, which is not in the device's list.`,
  },
  'sni-missing': {
    title: 'the device sends no server name',
    sentence: (d) => `${noName[d.reason]}; ${d.host} needs one to pick the certificate.`,
  },
  'hello-refused': {
    title: 'the server refuses the ClientHello',
    sentence: (d) =>
      `The server ends the connection on the ClientHello${byAlert(d.alert)}${
        d.closed === undefined ? '' : `: ${d.closed}`
      }. Which part it minds is not known: version, suites, groups or server name.`,
  },
}

const noName = {
  'never-sent': 'This device never sends a server name (SNI)',
  'switched-off': 'With the name check switched off, this device sends no server name (SNI) either',
  'not-set': 'This device can send a server name (SNI), but is given none to send',
}

function byAlert(alert: string | undefined): string {
  return alert === undefined ? '' : ` (alert ${alert})`
}
