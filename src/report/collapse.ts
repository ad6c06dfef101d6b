import type { Verdict } from '../judge/verdict.ts'
import { escapeText } from './escape.ts'
import { judgedAddress, legsOf } from './reading.ts'

/** Verdicts that say the same of one target and device, at one address or several. */
export interface Block {
  /** The first of them. */
  readonly verdict: Verdict
  /** All of them, one an address. */
  readonly verdicts: readonly Verdict[]
  /** In the order judged, escaped; empty for a file. */
  readonly addresses: readonly string[]
}

/** One target, with what each device makes of it, in the order given. */
export interface Section {
  readonly target: string
  readonly blocks: readonly Block[]
}

interface OpenBlock extends Block {
  readonly verdicts: Verdict[]
  readonly addresses: string[]
}

/** Groups by target, and joins addresses that agree in everything but the address and its times. */
export function collapse(verdicts: readonly Verdict[]): Section[] {
  const sections = new Map<string, Map<string, OpenBlock>>()
  for (const verdict of verdicts) {
    const target = verdict.observation.target.text
    const blocks = sections.get(target) ?? new Map<string, OpenBlock>()
    sections.set(target, blocks)
    const key = likeness(verdict)
    const block = blocks.get(key) ?? { verdict, verdicts: [], addresses: [] }
    blocks.set(key, block)
    block.verdicts.push(verdict)
    const judged = judgedAddress(verdict.observation)
    const address = judged === undefined ? undefined : escapeText(judged, { maxChars: 60 })
    if (address !== undefined && !block.addresses.includes(address)) block.addresses.push(address)
  }
  return [...sections].map(([target, blocks]) => ({ target, blocks: [...blocks.values()] }))
}

/** The same for verdicts whose chains are the same, byte for byte, on every leg. */
export function chainKey(verdict: Verdict): string {
  const chains = legsOf(verdict.observation).map(({ chain }) =>
    chain?.certificates.map((der) => Buffer.from(der).toString('base64')).join('.'),
  )
  return chains.some((chain) => chain !== undefined) ? chains.join(' ') : `none ${verdict.device.id}`
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): T[][] {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

/** What two verdicts must share to be told as one. Times and addresses differ by nature. */
function likeness(verdict: Verdict): string {
  const differing = new Set(['address', 'afterMs', 'waitedMs', 'answersOn'])
  const findings = verdict.findings.map(({ id, effect, reached, details }) => [
    id,
    effect,
    reached,
    Object.entries(details).filter(([name]) => !differing.has(name)),
  ])
  const chain = verdict.observation.connections[0]?.chain?.certificates.map((der) =>
    Buffer.from(der).toString('base64'),
  )
  return JSON.stringify([
    verdict.device.id,
    verdict.state,
    verdict.leans,
    verdict.stage,
    verdict.stages,
    findings,
    verdict.margins,
    chain,
  ])
}
