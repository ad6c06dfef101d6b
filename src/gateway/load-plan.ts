import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalogue } from '../device/catalogue.ts'
import { dataFileLimitBytes } from '../device/data-file.ts'
import { InputError } from '../io/input-error.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { type Admission, askJudge } from './admission.ts'
import type { PlanMessage } from './data-plane.ts'
import { frontRulesOf, risksOf } from './front-rules.ts'
import { type GatewayConfig, parseGatewayConfig } from './gateway-config.ts'
import {
  type ListenerIdentities,
  type OrderIdentities,
  openIdentities,
  ownCaFolder,
} from './identities/identities.ts'

/** What a configuration came to, before anything is served. */
export interface LoadedPlan {
  readonly config: GatewayConfig
  readonly text: string
  readonly identities: ReadonlyMap<string, ListenerIdentities>
  readonly admissions: readonly Admission[]
  /** Each a sentence. */
  readonly risks: readonly string[]
}

export interface LoadWith {
  readonly order: OrderIdentities
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly now: Date
}

/** A listener that named devices would not take; `verdicts` say why. */
export class AdmissionError extends Error {
  override readonly name = 'AdmissionError'
  readonly verdicts: readonly Verdict[]
  readonly hint: string

  /** `ownCa`: where the anchors of the gateway's own CA lie, where a listener of it is blocked. */
  constructor(admissions: readonly Admission[], ownCa: string | undefined) {
    const blocked = admissions.flatMap(({ listener, verdicts }) =>
      verdicts
        .filter(({ state }) => state === 'blocked')
        .map(
          ({ device, findings }) =>
            `${device.asked} would not take ${listener}: ${findings.find(({ effect }) => effect === 'blocks')?.id}`,
        ),
    )
    super([...new Set(blocked)].join('; '))
    const load =
      ownCa === undefined
        ? ''
        : `load the gateway's own CA on the devices (${ownCa}) and name that file in anchorsHeld, or `
    this.hint = `${load}show a chain that ends in what they hold, or take the device off the listener; docs/gateway.md`
    this.verdicts = admissions.flatMap(({ verdicts }) => verdicts).filter(({ state }) => state === 'blocked')
  }
}

/**
 * Reads a configuration with all that it names, and asks the judge. Throws `DataFileError`, `IdentityError`, `FrontError`,
 * `InputError`, `DeviceIdError`, and `AdmissionError` where a named device would be blocked.
 */
export async function loadPlan(file: string, wish: LoadWith): Promise<LoadedPlan> {
  const text = await readConfig(file)
  const config = parseGatewayConfig(text, file)
  const identities = await openIdentities(config, wish.now, wish.order)
  const admissions = await admitDevices(config, identities, wish)
  return { config, text, identities, admissions, risks: config.listeners.flatMap(risksOf) }
}

/** What the judge says of every listener that names devices. Throws `AdmissionError` where one would be blocked. */
export async function admitDevices(
  config: GatewayConfig,
  identities: LoadedPlan['identities'],
  wish: Omit<LoadWith, 'order'>,
): Promise<readonly Admission[]> {
  const admissions: Admission[] = []
  for (const listener of config.listeners) {
    const shown = identities.get(listener.name)!
    // They are tried even where no device is named: an unusable rule is told before anything is served.
    const rules = frontRulesOf(config, listener, shown.identities)
    if (listener.devices.length === 0) continue
    admissions.push(await askJudge({ ...wish, config, listener, rules, ownAnchors: shown.ownAnchors }))
  }
  const blocked = admissions.filter(({ verdicts }) => verdicts.some(({ state }) => state === 'blocked'))
  if (blocked.length > 0) throw new AdmissionError(admissions, ownCaToLoad(config, blocked))
  return admissions
}

/** The gateway's own CA is missing on a device that does not trust what is shown of it. */
function ownCaToLoad(config: GatewayConfig, blocked: readonly Admission[]): string | undefined {
  const distrusted = blocked.filter(({ verdicts }) =>
    verdicts.some(({ findings }) =>
      findings.some(({ effect, stage }) => effect === 'blocks' && stage === 'path'),
    ),
  )
  const own = config.listeners.some(
    ({ name, certificate }) =>
      certificate.own !== undefined && distrusted.some(({ listener }) => listener === name),
  )
  return own ? join(ownCaFolder(config), 'anchor-*.pem') : undefined
}

export function messageOf(plan: LoadedPlan, directBytes: ReadonlyMap<string, number>): PlanMessage {
  return {
    file: plan.config.file,
    text: plan.text,
    identities: [...plan.identities].map(([name, { identities }]) => [name, identities]),
    directBytes: [...directBytes],
  }
}

/** Throws `InputError`. */
export async function readConfig(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > dataFileLimitBytes) {
      throw new InputError(
        'file-too-large',
        `${file}: ${size} bytes are too many for a configuration`,
        'is it YAML?',
        file,
      )
    }
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof InputError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new InputError(
      'file-unreadable',
      `${file} cannot be read (${code})`,
      'give the path of a gateway.yaml; docs/gateway.md has examples',
      file,
    )
  }
}
