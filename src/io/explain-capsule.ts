import { logOf } from '../capsule/capsule-file.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { judge } from '../judge/judge.ts'
import type { Verdict } from '../judge/verdict.ts'
import { judgedOf, readCapsule } from './capsule.ts'
import { openDialects } from './dialect-files.ts'
import type { ExplainRequest } from './explain.ts'
import { explainLog, type LogExplained } from './explain-log.ts'
import { InputError } from './input-error.ts'
import { largestOrdinary, trustOf } from './trust-of.ts'

/** A capsule of certificates or sessions, judged for a device. */
export interface CapsuleExplained {
  readonly kind: 'capsule'
  readonly name: string
  readonly verdicts: readonly Verdict[]
}

/** A capsule of a log is read as the log was. Without `--device` the one counts that its maker named. */
export async function explainCapsule(
  request: ExplainRequest,
  asked: Device | undefined,
): Promise<LogExplained | CapsuleExplained> {
  const { source, catalogue, knownRoots, anchors, verify, now } = request
  const capsule = await readCapsule(source)
  const device =
    asked ?? (capsule.device === undefined ? undefined : resolveDevice(capsule.device, catalogue))
  const name = `${source.name} (from a capsule)`
  if (capsule.kind === 'log') {
    const chunks = [Buffer.from(logOf(capsule), 'utf8')]
    const explained = await explainLog({
      name,
      chunks,
      dialects: openDialects(),
      catalogue,
      device,
      look: request.look,
    })
    const notes = [...explained.facts.notes, 'from a capsule: names are pseudonyms']
    return { ...explained, facts: { ...explained.facts, notes } }
  }
  if (device === undefined) {
    throw new InputError(
      'device-missing',
      `${source.name} is a capsule of certificates: what fits depends on whose eyes look`,
      'add --device ID',
      source.name,
    )
  }
  const observations = judgedOf(capsule.observations, source.name)
  if (observations.length === 0) {
    throw new InputError(
      'no-chain-seen',
      `${source.name} is a capsule without certificates`,
      'give the endpoint or its chain as PEM',
      source.name,
    )
  }
  const trust = trustOf(device, { anchors, knownRoots })
  const ordinary = largestOrdinary(catalogue)
  const verdicts = observations.map((observation) =>
    judge({ observation, device, trust, verify, now, ordinary }),
  )
  return { kind: 'capsule', name: source.name, verdicts }
}
