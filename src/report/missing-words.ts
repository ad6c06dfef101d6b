import type { Missing, Verdict } from '../judge/verdict.ts'
import { deviceWord, profileFirst } from './device-word.ts'
import { type EscapeOptions, escapeText, shellWord } from './escape.ts'
import { isLimitName, limitName } from './words/chain-words.ts'

/** Evidence that would settle what is open, in words. */
export interface MissingInWords {
  readonly needs: Missing['needs']
  /** Lower case, no full stop: what to do. */
  readonly what: string
  /** Why it is needed, as the judge says. */
  readonly why: string
  /** The exact command; undefined where it is the device itself that must act. */
  readonly command: string | undefined
}

export function formatMissing(
  missing: Missing,
  verdict: Verdict,
  options: EscapeOptions = {},
): MissingInWords {
  const { observation, device } = verdict
  const target = shellWord(observation.target.text)
  const id = deviceWord(device)
  const host = observation.target.host === undefined ? '<host>' : shellWord(observation.target.host)
  const port = observation.target.port ?? 443
  const scheme = observation.target.protocol === 'file' ? 'https' : observation.target.protocol
  const usual = { https: 443, mqtts: 8883, tls: undefined }[scheme]
  const endpoint = `${scheme}://${host}${port === usual ? '' : `:${port}`}`
  const check = `tlsfit check ${target} --device ${id}`
  const rows: { readonly [N in Missing['needs']]: readonly [what: string, command: string | undefined] } = {
    anchor: ['say which root the device holds', `${check} --anchor root.pem`],
    clock: ['say at what time, as the device sees it', `${check} --time <YYYY-MM-DDTHH:MM:SSZ>`],
    'client-hello-capture': [
      'record one ClientHello of the device on its way, at the access point or on the server',
      `tcpdump -i any -s 0 -w hello.pcap 'tcp port ${port}'`,
    ],
    'live-endpoint':
      observation.source === 'dial'
        ? ['look at it again: what was seen ends before the handshake does', check]
        : ['check the endpoint itself, not only its certificates', `tlsfit check ${endpoint} --device ${id}`],
    'measured-limit': [measuredBy(missing, verdict, options), undefined],
    'host-name': ['say which host the device asks for', `${check} --sni <host>`],
    credentials: [
      'give what the device shows to the server',
      observation.target.protocol === 'https'
        ? `${check} --send-secrets`
        : `${check} --client-cert client.pem --client-key client.key`,
    ],
    'device-http-profile': [
      'name the SDK or library on the device, too: it sets Range size, buffers and redirects',
      `${check}+<sdk>@<version>`,
    ],
    'reachable-from-here': [
      'run it where the endpoint can be reached, best in the network of the device',
      check,
    ],
  }
  const [what, last] = rows[missing.needs]
  const command = last && profileFirst(device, [last]).join(' && ')
  return { needs: missing.needs, what, why: escapeText(missing.why, { ...options, maxChars: 400 }), command }
}

/** What is to be done, each once: one capture of a hello settles all that is open of it. */
export function waysToSettle(
  verdict: Verdict,
  missing: readonly Missing[],
  options: EscapeOptions = {},
): MissingInWords[] {
  const ways = missing.map((one) => formatMissing(one, verdict, options))
  return [...new Map(ways.map((way) => [`${way.what} ${way.command}`, way])).values()]
}

/** The experiment that settles it. Where more than this is open, a failure does not tell which it was. */
function measuredBy(asked: Missing, verdict: Verdict, options: EscapeOptions): string {
  const { about } = asked
  const { device, findings, missing } = verdict
  const one = `let one ${escapeText(device.layers[0]?.name ?? device.name, { ...options, maxChars: 40 })}`
  if (about === 'dates')
    return `${one} connect to a server of yours whose certificate has ended, of a CA that it holds: where it connects, it does not check dates; where it stops, it looks at dates`
  if (about === 'peer')
    return `${one} connect to a server of yours with a certificate of a CA that it does not hold: where it connects, it does not verify, dates neither; where it stops, it does`
  const limit = about !== undefined && isLimitName(about) ? about : undefined
  const fits = limit === undefined ? '' : `, and its limit for the ${limitName(limit)} is at least this`
  const ofIt = about === 'recordBytes' ? 'records' : about === 'heapBytes' ? 'handshake' : 'chain'
  // A root that it may not hold, or a name that was not compared, ends the handshake as well.
  const others =
    missing.some(({ needs }) => needs === 'anchor' || needs === 'host-name') ||
    findings.some(
      ({ effect, reached, stage }) =>
        reached && stage !== ofIt && (effect === 'unknown' || effect === 'blocks'),
    )
  const fails =
    limit !== undefined && others
      ? 'failing there proves nothing of it while more is open'
      : 'failing there, it does not'
  return `${one} connect to this very endpoint once: past the handshake, it fits${fits}; ${fails}`
}
