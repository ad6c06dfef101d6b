import { join } from 'node:path'
import { SessionError } from '../../exam/session.ts'
import type { WatchedViews } from '../../fleet/watch-config.ts'
import { SESSION_FILE } from '../../measure/measurement.ts'
import { readSession } from '../../measure/session-file.ts'
import { gatewayStatus } from './gateway-status.ts'
import { measureStatus } from './measure-status.ts'
import type { GatewayView, LiveView, MeasureView, ViewHead } from './view-contract.ts'

/** Of an answer of a gateway: many listeners and devices are a few hundred kilobytes. */
const answerBytes = 8 * 1024 * 1024
const answerMs = 4_000
/** However many look, each is asked no more often. */
const keptMs = 1_000

/**
 * Gateways and measurements that the operator has named, asked while somebody looks. Where they are is of `watch.yaml`
 * alone: a caller names one by its id, so that no request goes where a caller wants it to.
 */
export class LiveViews {
  readonly #now: () => Date
  #views: WatchedViews = { gateways: [], measurements: [] }
  readonly #last = new Map<string, { readonly atMs: number; readonly view: Promise<LiveView> }>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** Those of the file, as it is now. */
  set(views: WatchedViews | undefined): void {
    this.#views = views ?? { gateways: [], measurements: [] }
    this.#last.clear()
  }

  get heads(): readonly ViewHead[] {
    const { gateways, measurements } = this.#views
    return [
      ...gateways.map(({ id, name }) => ({ kind: 'gateway' as const, id, name })),
      ...measurements.map(({ id, name }) => ({ kind: 'measure' as const, id, name })),
    ]
  }

  /** Undefined where none has the id. Never rejects: what went wrong is said in the view. */
  async read(id: string): Promise<LiveView | undefined> {
    const known = this.#last.get(id)
    const atMs = this.#now().getTime()
    if (known !== undefined && Math.abs(atMs - known.atMs) < keptMs) return known.view
    const gateway = this.#views.gateways.find((one) => one.id === id)
    const measurement = this.#views.measurements.find((one) => one.id === id)
    const at = new Date(atMs).toISOString()
    const view =
      gateway !== undefined
        ? readGateway({ kind: 'gateway', id, name: gateway.name, at }, gateway.url)
        : measurement !== undefined
          ? readMeasurement({ kind: 'measure', id, name: measurement.name, at }, measurement.folder)
          : undefined
    if (view !== undefined) this.#last.set(id, { atMs, view })
    return view
  }
}

async function readGateway(head: GatewayView, url: string): Promise<GatewayView> {
  try {
    const [health, metrics] = await Promise.all([textOf(url, 'healthz'), textOf(url, 'metrics')])
    const status = gatewayStatus(health, metrics)
    return status === undefined ? { ...head, fault: 'no gateway answers there' } : { ...head, status }
  } catch (error) {
    return { ...head, fault: faultOf(error) }
  }
}

/** 503 is an answer too: it says that the gateway ends. */
async function textOf(url: string, path: string): Promise<string> {
  const at = new URL(path, url.endsWith('/') ? url : `${url}/`)
  const response = await fetch(at, { redirect: 'error', signal: AbortSignal.timeout(answerMs) })
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array)
    length += (part as Uint8Array).length
    if (length > answerBytes) throw new Error('its answer is too long')
  }
  return Buffer.concat(parts).toString('utf8')
}

async function readMeasurement(head: MeasureView, folder: string): Promise<MeasureView> {
  try {
    const session = await readSession(join(folder, SESSION_FILE))
    if (session === undefined) return { ...head, fault: 'no measurement has begun there' }
    return { ...head, session: measureStatus(session) }
  } catch (error) {
    return { ...head, fault: faultOf(error) }
  }
}

/** The system's own word, without a path or an address. */
function faultOf(error: unknown): string {
  if (error instanceof SessionError) return `its session cannot be read: ${error.message}`
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return `it does not answer within ${answerMs / 1000} seconds`
  const { code } = (error.cause ?? error) as { code?: unknown }
  if (typeof code === 'string') return code
  return error.message === 'its answer is too long' ? error.message : 'it cannot be asked'
}
