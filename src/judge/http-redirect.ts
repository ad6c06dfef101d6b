import type { HttpExchange } from '../observe/observation.ts'
import { missing } from './missing.ts'
import { draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'

/** 3xx with a Location, RFC 9110 §15.4: a client that goes there needs the root of that host as well. */
export function judgeRedirect(scene: Scene, exchanges: readonly HttpExchange[]): Judged {
  const { device, leg, observation } = scene
  const found = exchanges.find(
    ({ response }) => isRedirect(response?.status) && response?.location !== undefined,
  )
  const response = found?.response
  if (response?.location === undefined) return {}
  const { status } = response
  const to = response.location.url
  const target = hostOf(to)
  const crossHost = target !== undefined && target !== leg.host?.toLowerCase()
  const policy = device.http?.redirects?.value
  const fixes = [fix('follow-redirect-root', { to })]
  if (policy === undefined) {
    const asked = missing(
      'device-http-profile',
      'whether this client follows redirects is not known',
      'redirects',
    )
    const unknown = crossHost
      ? draft('redirect-cross-host', 'unknown', { status, to, follows: false }, { fixes })
      : draft('redirect-refused', 'unknown', { status, to }, { fixes })
    return { findings: [unknown], missing: [asked] }
  }
  if (policy === 'refused') {
    const refused = crossHost
      ? draft('redirect-cross-host', 'blocks', { status, to, follows: false }, { fixes })
      : draft('redirect-refused', 'blocks', { status, to }, { fixes })
    return { findings: [refused] }
  }
  if (!crossHost) return {}
  const hop = observation.connections.find(
    ({ role, host, hello }) => role === 'redirect' && host?.toLowerCase() === target && hello !== undefined,
  )
  const details = { status, to, follows: true }
  if (hop !== undefined) return { findings: [draft('redirect-cross-host', 'info', details, { fixes })] }
  return {
    findings: [draft('redirect-cross-host', 'unknown', details, { fixes })],
    missing: [missing('reachable-from-here', `${target} was not seen`, 'redirect')],
  }
}

function isRedirect(status: number | undefined): boolean {
  return status !== undefined && [301, 302, 303, 307, 308].includes(status)
}

/** Lower case, without port; undefined where the reference stays on its host. */
function hostOf(location: string): string | undefined {
  const match = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(location)
  return match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '')
}
