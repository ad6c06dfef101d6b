import { compareWithDevice, exactly } from '../judge/limits.ts'
import { missing, uniteMissing } from '../judge/missing.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { ListenerFile } from './config-schema.ts'

/**
 * What a trial without the upstream cannot show. Packets of a broker, and the heads of an upstream where they go through
 * whole, come in records of any size up to the listener's cap: a device that does not take the cap is undecided, for all
 * that was seen of the trial.
 */
export function withUnseen(
  verdict: Verdict,
  listener: ListenerFile,
  { maxRecordBytes }: { readonly maxRecordBytes: number },
): Verdict {
  const { device, observation, state } = verdict
  const heads = listener.protocol === 'https'
  if (heads && listener.responseHead === 'minimal') return verdict
  const asked = observation.connections[0]?.negotiated?.maxFragmentLength ?? maxRecordBytes
  const bytes = Math.min(asked, maxRecordBytes)
  const { outcome } = compareWithDevice(device, 'recordBytes', { record: exactly(bytes) })
  const what = heads ? 'response heads of the upstream' : 'packets of the broker'
  const open = []
  if (outcome === 'over' || outcome === 'open') {
    const why = `${what} come in records of up to ${bytes} bytes, more than this device is known to take: lower maxRecordBytes`
    open.push(missing('live-endpoint', why, 'recordBytes'))
  }
  if (heads && device.http?.responseHeadBytes !== undefined) {
    const why = `${what} go through whole (responseHead: full), and their size was not seen`
    open.push(missing('live-endpoint', why, 'responseHeadBytes'))
  }
  const tooLarge = open.some(({ about }) => about === 'recordBytes')
  return {
    ...verdict,
    state: tooLarge && state !== 'blocked' ? 'undecided' : state,
    missing: uniteMissing([...verdict.missing, ...open]),
  }
}
