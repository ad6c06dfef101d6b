import type { Device } from '../device/device.ts'
import type { RankedCause } from '../judge/causes.ts'
import type { LogFacts } from '../log/symptom.ts'
import type { Target } from '../observe/observation.ts'
import { causeWords } from './cause-words.ts'
import { deviceWord } from './device-word.ts'
import { type CauseContext, type Evidence, evidenceWords } from './evidence-words.ts'
import { type Fix, fixWords } from './fixes.ts'

/** A log's explanation as the reports need it: `LogExplained` without what only the edge knows. */
export interface CausesRead {
  readonly name: string
  readonly facts: LogFacts
  readonly device: Device | undefined
}

const tlsPort = 443
const mqttPort = 8883

/** What commands are filled in with. */
export function contextOf({ facts, device }: CausesRead): CauseContext {
  const { urls, hosts, ports } = facts.places
  const url =
    urls.find((one) => /^(https|mqtts):/i.test(one)) ??
    urls.find((one) => /^(mqtt|ssl|wss?|http):/i.test(one))
  const fromUrl =
    url === undefined ? undefined : /^[a-z]+:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?/i.exec(url)
  const host = [fromUrl?.[1], ...hosts].find((one) => one !== undefined && plainHost.test(one))
  const speaksMqtt = facts.symptoms.some(({ signs }) =>
    signs.some(({ sign }) => sign.stage === 'mqtt' || sign.past === 'mqtt'),
  )
  const told = Number(fromUrl?.[2] ?? ports.find((port) => port !== 80 && port !== 53) ?? Number.NaN)
  const port = Number.isInteger(told)
    ? told
    : speaksMqtt || /^(mqtts?|ssl):/i.test(url ?? '')
      ? mqttPort
      : tlsPort
  const overMqtt = speaksMqtt || port === mqttPort
  const bare =
    host === undefined
      ? undefined
      : overMqtt
        ? `mqtts://${host}:${port}`
        : `https://${host}${port === tlsPort ? '' : `:${port}`}/`
  const target = url !== undefined && /^(https|mqtts):/i.test(url) ? url : bare
  return { target, host, port, device: device && deviceWord(device), modem: modemOf(device) }
}

/** A log is hostile text, and these go into commands. */
const plainHost = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])$/i

function modemOf(device: Device | undefined): CauseContext['modem'] {
  const families = device?.layers.map(({ family }) => family) ?? []
  const has = (...names: readonly string[]) =>
    families.some((family) => names.some((name) => family.startsWith(name)))
  if (has('nrf9160', 'nrf91x1', 'ncs')) return 'nordic'
  if (has('bg9', 'ec25', 'bc66')) return 'quectel'
  if (has('sim', 'a76')) return 'simcom'
  if (has('sara', 'lara')) return 'ublox'
  return undefined
}

/** What would tell the first causes apart, each once, the one that needs least first. */
export function askFor(causes: readonly RankedCause[]): Evidence[] {
  return [...new Set(causes.flatMap(({ id }) => causeWords[id].ask))]
}

/** The commands of one cause, in order. */
export function nextCommands(cause: RankedCause, context: CauseContext): string[] {
  return causeWords[cause.id].ask.flatMap((evidence) => [...evidenceWords[evidence].commands(context)])
}

/** The cures of a cause, spelt for the device where it is known. */
export function curesOf(cause: RankedCause, read: CausesRead, context: CauseContext): Fix[] {
  return causeWords[cause.id].cures.map(({ id, title }) => {
    if (read.device === undefined) return { id, title, commands: [] }
    const about = { device: read.device, target: targetOf(context), facts: {} }
    const commands = fixWords[id].commands(about)
    // What one device sets another cannot: nothing of the cause itself is lost in the device's own words.
    return { id, title: id === 'set-alpn' ? fixWords[id].title(about) : title, commands }
  })
}

function targetOf({ target, host, port }: CauseContext): Target {
  return {
    text: target ?? '<URL>',
    protocol: target?.startsWith('mqtts') ? 'mqtts' : 'https',
    host,
    port,
    path: undefined,
    pathBytes: undefined,
  }
}
