import type { Outcome } from '../../src/exam/outcome.ts'
import type { Serving } from '../../src/exam/serving.ts'

/** A device as numbers: what it takes and what it does not look at. For tests of what an exam concludes. */
export interface ModelDevice {
  readonly record?: number
  readonly message?: number
  readonly sent?: number
  readonly path?: number
  readonly certificate?: number
  readonly dataRecord?: number
  readonly head?: number
  readonly joins?: boolean
  /** Kinds of chain that it takes although it should not. */
  readonly accepts?: readonly ('stranger' | 'another' | 'expired')[]
  readonly asks?: boolean
}

const SMALL = 800

/** What one connection of that device would show. */
export function outcomeOf(device: ModelDevice, serving: Serving): Outcome {
  const sizes = [serving.chain.leafBytes, ...serving.chain.intermediates.map(({ bytes }) => bytes)].map(
    (bytes) => bytes ?? SMALL,
  )
  const unneeded = serving.chain.unneeded.map((bytes) => bytes ?? SMALL)
  const all = [...sizes, ...unneeded]
  const sum = (list: readonly number[]) => list.reduce((total, bytes) => total + bytes, 0)
  const messageBytes = 7 + sum(all) + 3 * all.length
  const flightRecordBytes = Math.min(messageBytes, serving.flight.recordBytes)
  const { record, message, sent, path, certificate } = device
  const over = (value: number, limit: number | undefined) => limit !== undefined && value > limit
  const trusted =
    (serving.chain.signer !== 'stranger' || device.accepts?.includes('stranger') === true) &&
    (serving.chain.names !== 'another' || device.accepts?.includes('another') === true) &&
    (serving.chain.validity !== 'expired' || device.accepts?.includes('expired') === true)
  const refused =
    over(flightRecordBytes, record) ||
    over(messageBytes, message) ||
    over(sum(all), sent) ||
    over(sum(sizes), path) ||
    over(Math.max(...all), certificate) ||
    (device.joins === false && flightRecordBytes < messageBytes) ||
    !trusted
  const { answer } = serving
  const dataRecordBytes = answer.kind === 'record' ? answer.bytes : 100
  const headBytes = answer.kind === 'head' ? answer.bytes : 100
  const asks = device.asks !== false
  const broken = over(dataRecordBytes, device.dataRecord) || over(headBytes, device.head)
  return {
    at: new Date(0),
    address: '192.0.2.1',
    hello: new Uint8Array(1),
    reached: refused ? 'hello' : asks ? 'answered' : 'established',
    version: refused ? undefined : 0x0303,
    suite: undefined,
    resumed: false,
    alerts: refused ? [42] : [],
    requests: [],
    end: refused || broken ? 'closed' : 'kept',
    closeNotify: true,
    waitedMs: 0,
    sent: {
      certificateBytes: all,
      pathCertificates: sizes.length,
      messageBytes,
      flightRecordBytes,
      dataRecordBytes,
      headBytes,
    },
  }
}
