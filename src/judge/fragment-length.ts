import type { Device } from '../device/device.ts'
import type { Connection } from '../observe/observation.ts'
import { stackFor } from '../stack/stacks.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { versions } from '../tls/versions.ts'
import { compareWithDevice, exactly } from './limits.ts'

/** Lengths of max_fragment_length, RFC 6066 §4. */
export const fragmentLengths = [512, 1024, 2048, 4096] as const
export type FragmentLength = (typeof fragmentLengths)[number]

/** What of a session max_fragment_length bounds. */
export interface FragmentSizes {
  /** The Certificate message. */
  readonly messageBytes: number
  /** The largest record. */
  readonly recordBytes: number
  readonly version: number | undefined
}

/** Of the connections to one host. */
export function fragmentSizesOf(connections: readonly Connection[]): FragmentSizes {
  const [first] = connections
  const data = connections.flatMap(({ records }) => records.map((run) => run.plaintextBytes))
  return {
    messageBytes: connections.find(({ chain }) => chain !== undefined)?.chain?.messageBytes ?? 0,
    recordBytes: Math.max(first?.chain?.largestRecordBytes ?? 0, ...data),
    version: first?.negotiated?.version,
  }
}

/**
 * The longest of the lengths that would let the device take what it does not take as it came; undefined where it takes
 * that, or no length helps. Only then is it worth a connection to see whether the server agrees.
 */
export function lengthThatHelps(
  device: Device,
  connections: readonly Connection[],
): FragmentLength | undefined {
  const sizes = fragmentSizesOf(connections)
  const now = connections[0]?.negotiated?.maxFragmentLength ?? MAX_PLAINTEXT_BYTES
  if (takesPieces(device, now, sizes)) return undefined
  return fragmentLengths.findLast((length) => takesPieces(device, length, sizes))
}

/** Whether the device would take what came, cut into records of `length` bytes. */
export function takesPieces(device: Device, length: number, sizes: FragmentSizes): boolean {
  const rules = device.build.rules?.value
  return rules === undefined
    ? limitsTake(device, length, sizes)
    : stackTakes(device, stackFor(rules), length, sizes)
}

/** By the profile's limits, where the rules of the device's library are not known. */
function limitsTake(device: Device, length: number, { messageBytes, recordBytes }: FragmentSizes): boolean {
  if (messageBytes > length && device.handshakeFragments?.value === 'refused') return false
  const record = exactly(Math.min(recordBytes, length))
  const { outcome } = compareWithDevice(device, 'recordBytes', { record })
  return outcome !== 'over' && outcome !== 'open'
}

/** What the library would make of the answer to the extension, of the pieces, and of the records. */
function stackTakes(
  device: Device,
  stack: ReturnType<typeof stackFor>,
  length: number,
  { messageBytes, recordBytes, version = versions['TLSv1.2'].code }: FragmentSizes,
): boolean {
  const asked = length < MAX_PLAINTEXT_BYTES
  if (asked && stack.readNegotiated?.({ version, maxFragmentLength: length }, device) !== undefined)
    return false
  const pieces = { name: 'Certificate', messageBytes, records: Math.ceil(messageBytes / length) }
  const largestRecordBytes = Math.min(messageBytes, length)
  if (stack.readMessage({ ...pieces, largestRecordBytes, overheadBytes: 0 }, device) !== undefined)
    return false
  const plaintextBytes = Math.min(recordBytes, length)
  return stack.readRecord({ plaintextBytes, overheadBytes: 0, offset: 0 }, device) === undefined
}
