import { slug, targetFault } from '../fleet/parse-watch.ts'
import type { WatchedEndpoint } from '../fleet/watch-config.ts'
import { isPublicAddress } from '../io/public-address.ts'
import { parseHost, parseTarget, TargetError } from '../observe/target.ts'
import type { Queries } from '../store/database.ts'
import { putEndpoints, readEndpoints, type StoredEndpoint } from '../store/rows/endpoints.ts'
import { readFleets } from '../store/rows/fleets.ts'
import { readWatchSettings } from '../store/rows/settings.ts'
import { ApiFailure } from './api-failure.ts'
import type { EndpointEdit } from './contract.ts'

const ENDPOINTS_AT_MOST = 20_000

/** An endpoint of the API; `known`: the one that is edited. Throws `ApiFailure`. */
export async function editedEndpoint(
  queries: Queries,
  edit: EndpointEdit,
  known: StoredEndpoint | undefined,
  privateTargets: boolean,
): Promise<WatchedEndpoint> {
  const target = edit.target.trim()
  checkTarget(target, privateTargets)
  if (edit.connect !== undefined) checkConnect(edit.connect, privateTargets)
  if (edit.sni !== undefined && edit.sni !== 'none') checkHost(edit.sni, 'sni')
  const [settings, fleets] = await Promise.all([readWatchSettings(queries), readFleets(queries)])
  const { vantages = known?.vantages ?? settings.vantages } = edit
  const noVantage = vantages.find((one) => !settings.vantages.includes(one))
  if (vantages.length === 0 || noVantage !== undefined) {
    const hint = `vantage points: ${settings.vantages.join(', ')}`
    throw invalid('vantages', `${noVantage ?? 'an endpoint without any'} is no vantage point`, hint)
  }
  const noFleet = edit.fleets?.find((one) => !fleets.some(({ id }) => id === one))
  if (noFleet !== undefined) throw invalid('fleets', `${noFleet} is no fleet`, 'add the fleet first')
  const id = known?.id ?? slug(target)
  if (id === '') throw invalid('target', 'gives no id by itself', 'write a host name')
  return {
    id,
    name: edit.name ?? target,
    target,
    sni: edit.sni,
    connect: edit.connect,
    headers: [],
    everySeconds: ownOf(edit.everySeconds, known?.own.everySeconds),
    thoroughSeconds: ownOf(edit.thoroughSeconds, known?.own.thoroughSeconds),
    fleets: edit.fleets,
    vantages,
    timeoutSeconds: known?.own.timeoutSeconds,
    thresholds: known?.own.thresholds,
  }
}

/** What is left out stays, `null` follows the defaults. */
function ownOf(edited: number | null | undefined, known: number | undefined): number | undefined {
  return edited === undefined ? known : (edited ?? undefined)
}

/** A new one. Throws `ApiFailure` 409 where there is one of this id. */
export async function addEndpoint(queries: Queries, endpoint: WatchedEndpoint, now: Date): Promise<void> {
  const [count] = await queries.query<{ count: number }>(
    'select count(*) as count from endpoint where removed_at is null',
  )
  if ((count?.count ?? 0) >= ENDPOINTS_AT_MOST) {
    throw new ApiFailure(409, 'endpoints-full', `${ENDPOINTS_AT_MOST} endpoints are watched already`)
  }
  const known = await readEndpoints(queries, [endpoint.id])
  if (known.length > 0) {
    throw new ApiFailure(409, 'endpoint-known', `${endpoint.id} is watched already`, { at: 'target' })
  }
  await putEndpoints(queries, [endpoint], 'api', now)
}

/** Throws where it is no target of the network, or one of this network that may not be asked for. */
export function checkTarget(target: string, privateTargets: boolean): void {
  const fault = targetFault(target)
  if (fault !== undefined) throw invalid('target', `the target ${fault.what}`, fault.mend)
  if (target.startsWith('lab:')) {
    if (!privateTargets) throw notPublic('target', 'the lab is on this machine')
    return
  }
  const { host, protocol } = parseTarget(target).target
  if (host === undefined || protocol === 'file') throw invalid('target', 'the target has no host', undefined)
  checkLiteral(host, 'target', privateTargets)
}

function checkConnect(connect: string, privateTargets: boolean): void {
  const match = /^(.+):(\d{1,5})$/.exec(connect)
  const port = Number(match?.[2])
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw invalid('connect', 'is not of the form HOST:PORT', 'write 192.0.2.7:443 or [2001:db8::7]:443')
  }
  checkLiteral(checkHost(match[1], 'connect'), 'connect', privateTargets)
}

function checkHost(text: string, at: string): string {
  try {
    return parseHost(text).host
  } catch (error) {
    if (error instanceof TargetError) throw invalid(at, error.message, error.hint)
    throw error
  }
}

/** Told at once; a name is checked where it leads to, each time. */
export function checkLiteral(host: string, at: string, privateTargets: boolean): void {
  const literal = /^[\d.]+$|:/.test(host)
  const local = host === 'localhost' || host.endsWith('.localhost')
  if (!privateTargets && (local || (literal && !isPublicAddress(host)))) {
    throw notPublic(at, `${host} is not an address of the Internet`)
  }
}

export function notPublic(at: string, message: string): ApiFailure {
  return new ApiFailure(422, 'address-not-public', message, {
    at,
    hint: 'name it in watch.yaml, or start tlsfit watch with --allow-private',
  })
}

export function invalid(at: string, message: string, hint: string | undefined): ApiFailure {
  return new ApiFailure(400, 'request-invalid', message, { at, hint })
}
