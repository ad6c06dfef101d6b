import type { FindingId } from '../../finding/details.ts'
import type { Finding } from '../../finding/finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { limitOf } from '../reading.ts'

/** A line of a file that its user keeps, such as a firmware configuration. */
export interface ConfiguredLine {
  readonly file: string
  /** 1-based. */
  readonly line: number
}

/** The line of the firmware configuration that a finding rests on; undefined where none does. */
export function configuredLine(finding: Finding, verdict: Verdict): ConfiguredLine | undefined {
  const { configuration } = verdict.device
  if (configuration === undefined) return undefined
  const { file, lines } = configuration
  const keys = [...limitKeys(finding, verdict), ...(settingsOf[finding.id] ?? [])]
  const key = keys.find((each) => Object.hasOwn(lines, each))
  const line = key === undefined ? undefined : lines[key]
  return line === undefined ? undefined : { file, line }
}

/** Keys of the limits that a finding cites: by name, or by the source that the limit of the device shares with it. */
function limitKeys({ details, limit }: Finding, verdict: Verdict): string[] {
  const named = 'limit' in details && typeof details.limit === 'string' ? [details.limit] : []
  if (limit === undefined) return named
  const configured = Object.keys(verdict.device.configuration?.lines ?? {})
  return [...named, ...configured.filter((key) => limitOf(verdict, key)?.source === limit.source)]
}

/** Settings that decide a finding without a limit. */
const settingsOf: { readonly [Id in FindingId]?: readonly string[] } = {
  'no-common-version': ['versions'],
  'no-common-cipher': ['cipherSuites', 'groups'],
  'sni-missing': ['sni'],
  'sigalg-unsupported': ['certificateSignatures', 'signatureSchemes'],
  'range-size': ['rangeBytes'],
  'redirect-refused': ['redirects'],
  'fragment-length-ignored': ['maxFragmentLength'],
}
