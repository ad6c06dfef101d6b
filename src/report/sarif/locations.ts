import type { Finding } from '../../finding/finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Target } from '../../observe/observation.ts'
import type { Json } from '../../observe/observation-json.ts'
import type { MarginFailure } from '../../plan/comparison.ts'
import { escapeText } from '../escape.ts'
import { configuredLine } from './configured-line.ts'

/**
 * Where a finding stands: the line of the firmware configuration, else the line of the file that names the endpoint,
 * else the endpoint itself. The endpoint always stands beside it, as what it is: no file.
 */
export function locationOf(
  finding: Finding | undefined,
  verdict: Verdict,
  named: (path: string) => string,
): Json {
  const { target } = verdict.observation
  const place = (finding && configuredLine(finding, verdict)) ?? verdict.place
  return {
    physicalLocation: {
      artifactLocation: {
        uri: place === undefined ? endpointUri(target, named) : fileUri(named(place.file)),
      },
      // GitHub takes no result without a line.
      region: { startLine: place?.line ?? 1 },
    },
    logicalLocations: [
      { name: shown(endpointName(target)), fullyQualifiedName: shown(target.text), kind: 'resource' },
    ],
  }
}

/** The line of the plan that a target stands in. */
export function planLocation(plan: string, { line, target }: MarginFailure): Json {
  return {
    physicalLocation: { artifactLocation: { uri: fileUri(plan) }, region: { startLine: line ?? 1 } },
    logicalLocations: [{ name: shown(target), fullyQualifiedName: shown(target), kind: 'resource' }],
  }
}

/** `edge.example.com:443`, the path of a file, or what the user wrote. */
export function endpointName({ protocol, host, port, text }: Target): string {
  if (protocol === 'file' || host === undefined) return text
  const name = host.includes(':') ? `[${host}]` : host
  return port === undefined ? name : `${name}:${port}`
}

/**
 * A file by its path. An endpoint by a path under `endpoints/`, where no file lies: GitHub refuses a whole upload that
 * holds a URI of another scheme than the checkout's.
 */
function endpointUri(target: Target, named: (path: string) => string): string {
  return target.protocol === 'file'
    ? fileUri(named(target.text))
    : `endpoints/${segment(endpointName(target))}`
}

/** RFC 3986: a relative reference, or a `file` URI for an absolute path. */
function fileUri(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/')
  const uri = parts.map(segment).join('/')
  if (uri.startsWith('/')) return `file://${uri.replace(/^\/+/, '/')}`
  if (/^[A-Za-z]:(\/|$)/.test(uri)) return `file:///${uri}`
  // A colon in the first segment would be read as a scheme.
  return parts[0]?.includes(':') === true ? `./${uri}` : uri
}

function segment(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll('%3A', ':')
}

function shown(text: string): string {
  return escapeText(text, { maxChars: 1000 })
}
