import { memoryNeeded } from '../stack/memory.ts'
import { missing } from './missing.ts'
import { draft, fix, type Rule } from './rule.ts'

/** handshake: what the endpoint's chain asks of the device's heap, where figures of its library are known. */
export const memoryRules: readonly Rule[] = [
  {
    stage: 'handshake',
    needs: ['chain'],
    judge({ device, leg }) {
      const chain = leg.chain!
      const needed = memoryNeeded(device, chain.certificates, chain.derBytes)
      if (needed === undefined) return {}
      const limit = device.build.heapBytes
      const heapBytes = typeof limit?.value === 'number' ? limit.value : undefined
      const details = { ...needed, heapBytes }
      if (heapBytes === undefined || heapBytes >= needed.bytes)
        return { findings: [draft('memory-needed', 'info', details)] }
      // The buffers are allocated whatever comes; the rest is an estimate.
      const effect = heapBytes < needed.buffersBytes ? 'blocks' : 'unknown'
      const fixes = [fix('enlarge-heap'), fix('use-shorter-chain'), fix('front-small-chain')]
      const asked = missing('measured-limit', 'the heap that a handshake takes is an estimate', 'heapBytes')
      return {
        findings: [draft('memory-short', effect, details, { limit, fixes, leans: 'blocked' })],
        missing: effect === 'unknown' ? [asked] : [],
      }
    },
  },
]
