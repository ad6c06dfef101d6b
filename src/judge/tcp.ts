import type { TcpAttempt } from '../observe/observation.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'

/** tcp: whether the port answers from here, and whether every address shows the same. */
export const tcpRules: readonly Rule[] = [
  {
    stage: 'tcp',
    needs: ['tcp'],
    scope: 'target',
    judge(scene) {
      const { observation } = scene
      const targets = observation.tcp.filter(({ purpose }) => purpose === 'target')
      const failed = targets.some(({ outcome }) => outcome === 'connected') ? undefined : targets[0]
      if (failed === undefined) return { findings: judgeAddresses(scene) }
      const why = `${failed.address} port ${failed.port} does not answer from here`
      return {
        findings: judgeFailure(failed, observation.tcp),
        missing: [missing('reachable-from-here', why)],
      }
    },
  },
]

/** The answer of the other family explains a failure better than the failure itself. */
function judgeFailure(failed: TcpAttempt, all: readonly TcpAttempt[]): Draft[] {
  const { address, port, durationMs: afterMs, errorCode } = failed
  const other = all.find(({ outcome, family }) => outcome === 'connected' && family !== failed.family)
  const fixes = [fix('open-port')]
  const found: Draft[] = []
  if (other !== undefined) {
    const details = { address, port, answersOn: other.address }
    const listen = failed.family === 4 ? [fix('listen-ipv4'), ...fixes] : fixes
    found.push(draft('other-family-only', 'unknown', details, { fixes: listen }))
  }
  if (failed.outcome === 'refused') {
    found.push(draft('tcp-refused', 'unknown', { address, port, afterMs }, { fixes }))
  } else if (failed.outcome === 'timeout') {
    found.push(draft('tcp-timeout', 'unknown', { address, port, afterMs }, { fixes }))
  } else {
    const code = errorCode ?? failed.outcome
    found.push(draft('tcp-failed', 'unknown', { address, port, code, afterMs }, { fixes }))
  }
  return found
}

/** Other certificates at another address: the device may meet either. More bytes there may be too many. */
function judgeAddresses({ observation, leg }: Scene): Draft[] {
  const chain = leg.chain
  if (chain === undefined || chain.unreadable.length > 0) return []
  const own = chain.certificates.map((certificate) => certificate?.sha256).join()
  const others = observation.otherAddresses.filter(({ chainSha256 }) => chainSha256 !== undefined)
  const differing = others.filter(({ chainSha256 }) => chainSha256!.join() !== own)
  if (differing.length === 0) return []
  const here = leg.first?.address
  const heavier = differing.some(({ chainBytes }) => (chainBytes ?? 0) > chain.sentBytes)
  const addresses = [...(here === undefined ? [] : [here]), ...others.map(({ address }) => address)]
  const details = { addresses, differing: differing.map(({ address }) => address) }
  return [draft('addresses-differ', heavier ? 'risks' : 'info', details)]
}
