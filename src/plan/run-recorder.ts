import { unlessBroken } from '../codec/decode-error.ts'
import type { State, Verdict } from '../judge/verdict.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { findingRecords } from './finding-record.ts'
import {
  type ChainRecord,
  type DeviceRecord,
  type MarginRecord,
  marginKey,
  orderRecord,
  type RunRecord,
} from './run-record.ts'

/** What a run found, device by device; where the endpoint was not reached from here, that alone. */
export interface SeenRun {
  readonly record: RunRecord
  /** Devices of targets that were asked for and could not be looked at: `target` and `device`. */
  readonly unreached: readonly { readonly target: string; readonly device: string }[]
  /** Targets that failed before any device looked. */
  readonly failed: readonly string[]
}

interface Seen {
  readonly device: string
  readonly verdicts: Verdict[]
}

export const worstFirst: readonly State[] = ['blocked', 'undecided', 'at-risk', 'fits']
const leafDigits = 16

/** Keeps of a run's verdicts what the next run is compared with, while they come in. */
export class RunRecorder {
  readonly #targets = new Map<string, Map<string, DeviceRecord | undefined>>()
  readonly #failed = new Set<string>()

  /** The verdicts of one target, of every device and address. */
  add(verdicts: readonly Verdict[]): void {
    const seen = new Map<string, Seen>()
    for (const verdict of verdicts) {
      const device = verdict.device.asked
      const one = seen.get(device) ?? { device, verdicts: [] }
      one.verdicts.push(verdict)
      seen.set(device, one)
    }
    const [first] = verdicts
    if (first === undefined) return
    const target = first.place?.name ?? first.observation.target.text
    const devices = this.#targets.get(target) ?? new Map<string, DeviceRecord | undefined>()
    for (const { device, verdicts } of seen.values()) devices.set(device, recordOf(device, verdicts))
    this.#targets.set(target, devices)
  }

  fail(target: string): void {
    this.#failed.add(target)
  }

  get seen(): SeenRun {
    const rows = [...this.#targets]
    return {
      record: orderRecord({
        targets: rows.map(([target, devices]) => ({
          target,
          devices: [...devices.values()].filter((one) => one !== undefined),
        })),
      }),
      unreached: rows.flatMap(([target, devices]) =>
        [...devices].flatMap(([device, record]) => (record === undefined ? [{ target, device }] : [])),
      ),
      failed: [...this.#failed],
    }
  }
}

/** Undefined where no address could be reached from here: that says nothing of the endpoint. */
function recordOf(device: string, all: readonly Verdict[]): DeviceRecord | undefined {
  const verdicts = all.filter(wasReached)
  const worst = worstFirst.find((state) => verdicts.some((verdict) => verdict.state === state))
  if (worst === undefined) return undefined
  const margins = new Map<string, MarginRecord>()
  for (const { limit, counts, unit, left, limitValue } of verdicts.flatMap((verdict) => verdict.margins)) {
    const key = marginKey({ limit, counts })
    const known = margins.get(key)
    if (known === undefined || left < known.left) margins.set(key, { limit, counts, unit, left, limitValue })
  }
  const chains = new Map<string, ChainRecord>()
  for (const verdict of verdicts) {
    const chain = chainOf(verdict)
    if (chain !== undefined) chains.set(`${chain.leaf} ${chain.bytes} ${chain.root}`, chain)
  }
  return {
    device,
    state: worst,
    stage: verdicts.find(({ state }) => state === worst)?.stage,
    chains: [...chains.values()],
    margins: [...margins.values()],
    findings: findingRecords(verdicts),
  }
}

/** Whether the endpoint, and every host that it sent the device on to, answered. */
export function wasReached({ state, missing }: Verdict): boolean {
  return state === 'blocked' || !missing.some(({ needs }) => needs === 'reachable-from-here')
}

function chainOf({ observation }: Verdict): ChainRecord | undefined {
  const chain = observation.connections.find(({ chain }) => chain !== undefined)?.chain
  const certificates = decoded(chain?.certificates ?? [])
  const [leaf] = certificates
  if (leaf === undefined) return undefined
  return {
    leaf: leaf.sha256.slice(0, leafDigits),
    issued: timeOf(leaf.notBefore),
    expires: timeOf(leaf.notAfter),
    bytes: chain?.certificates.reduce((sum, der) => sum + der.length, 0) ?? 0,
    certificates: chain?.certificates.length ?? 0,
    root: topIssuer(leaf, certificates),
  }
}

/** What cannot be read has its own finding, and no name here. */
function decoded(all: readonly Uint8Array[]): Certificate[] {
  return all.flatMap((der) => unlessBroken(() => [decodeCertificate(der)]) ?? [])
}

/** Who signed the topmost certificate: climbs from the leaf over what was sent, in any order. */
export function topIssuer(leaf: Certificate, sent: readonly Certificate[]): string {
  let top = leaf
  for (let steps = 0; steps < sent.length && !top.selfIssued; steps++) {
    const next = sent.find(({ subject }) => subject.text === top.issuer.text)
    if (next === undefined) break
    top = next
  }
  return top.issuer.commonName ?? top.issuer.text
}

function timeOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 19)}Z`
}
