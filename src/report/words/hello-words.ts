import { formatBytes, formatCount, formatList, formatNumber } from '../units.ts'
import { capital, type WordsFor } from './words.ts'

/** hello: what is negotiated before the first certificate. */
export const helloWords: WordsFor<
  | 'hello-assumed'
  | 'not-tls'
  | 'no-common-version'
  | 'no-common-cipher'
  | 'unlisted-choice'
  | 'sni-missing'
  | 'hello-refused'
  | 'fragment-length-honoured'
  | 'fragment-length-ignored'
  | 'server-names-compared'
> = {
  'fragment-length-honoured': {
    title: 'the server honours max_fragment_length',
    sentence: (d) => {
      const can = `It agrees to ${formatList(d.honoured.map(formatNumber), 4)} bytes.`
      const lengths = formatList(d.lengths.map(formatNumber), 4)
      const now = `the Certificate message is ${formatBytes(d.messageBytes)}, the largest record ${formatBytes(d.recordBytes)}`
      if (d.advice === 'hurts')
        return `${can} Asking for ${lengths} would hurt this device: ${now}, and it would not take the pieces.`
      if (d.advice === 'helps') return `${can} Asking for ${lengths} would help this device: ${now}.`
      return `${can} To this device it makes no difference.`
    },
  },
  'fragment-length-ignored': {
    title: 'the server does not honour max_fragment_length',
    sentence: (d) =>
      `Asked for ${formatList(d.asked.map(formatNumber), 4)} bytes it did not answer: asking would not make its records smaller.`,
  },
  'server-names-compared': {
    title: 'what the server shows under which name',
    sentence: (d) => {
      const rows = d.rows.map(({ sni, outcome, names, fitsHost, chainBytes }) => {
        const under = sni === 'none' ? 'without server_name' : `as ${sni}`
        if (outcome !== 'chain') return `${under}: ${outcome === 'refused' ? 'refused' : 'no answer'}`
        const whose = names.length === 0 ? 'a certificate without names' : formatList(names, 2)
        return `${under}: ${whose}, ${formatBytes(chainBytes ?? 0)}${fitsHost ? '' : ', not for the host'}`
      })
      return `${d.same ? 'The same certificate whatever name is sent. ' : ''}${capital(rows.join('; '))}.`
    },
  },
  'hello-assumed': {
    title: 'parts of the ClientHello are assumed',
    sentence: (d) =>
      `Not known of this device's ClientHello, and offered wide: ${formatList(d.parts, 8)}. ` +
      'A refusal is never due to them; what ordinary servers choose of them the device is taken to have.',
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
      d.offered.length === 0
        ? 'The device speaks no version of TLS.'
        : `The device offers ${formatList(d.offered)}; the server refuses${byAlert(d.alert)}${
            d.serverSpeaks === undefined ? '' : ` and speaks ${d.serverSpeaks}`
          }.`,
  },
  'no-common-cipher': {
    title: 'no cipher suite in common',
    sentence: (d) =>
      d.exchanges !== undefined
        ? `The device's build exchanges keys by ${formatList(
            d.exchanges.map((exchange) => exchangeNames[exchange]),
          )} alone (${d.exchangeSource}), and the server takes no such suite${byAlert(d.alert)}${chosen(d)}.`
        : `None of the ${formatCount(d.offered, 'suite')} that the device offers is taken by the server${byAlert(
            d.alert,
          )}${chosen(d)}.`,
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

const exchangeNames = { rsa: 'static RSA', dhe: 'DHE', ecdhe: 'ECDHE' }

function chosen({ serverChose }: { serverChose: string | undefined }): string {
  return serverChose === undefined ? '' : `; offered everything, it chooses ${serverChose}`
}

function byAlert(alert: string | undefined): string {
  return alert === undefined ? '' : ` (alert ${alert})`
}
