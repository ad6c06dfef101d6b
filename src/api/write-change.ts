import type { Queries } from '../store/database.ts'
import { insertAudit } from '../store/rows/access-rows.ts'
import { insertEvents } from '../store/rows/events.ts'
import type { ApiContext, ApiDeps } from './api-context.ts'

export interface Change<Result> {
  /** Such as `endpoint-edit`. */
  readonly action: string
  /** What was changed: an id. */
  readonly subject: string
  /** Never with a secret in it. */
  readonly detail?: object | undefined
  /** What whoever listens is told of; undefined: nothing that a page shows. */
  readonly event?:
    | { readonly kind: 'settings' | 'alert'; readonly endpointId?: string | undefined }
    | undefined
  readonly work: (queries: Queries, now: Date) => Promise<Result>
}

/** Does it, says who did it in the audit log and that it was done in the events: all of it or nothing. */
export async function writeChange<Result>(
  { database, now, watch }: ApiDeps,
  c: ApiContext,
  { action, subject, detail = {}, event, work }: Change<Result>,
): Promise<Result> {
  const at = now()
  const actor = c.get('caller')?.subject ?? 'unknown'
  const result = await database.transaction(async (queries) => {
    const done = await work(queries, at)
    await insertAudit(queries, {
      at,
      actor,
      action,
      subject,
      detail: { ...detail, address: c.get('address') },
    })
    if (event !== undefined) {
      const { kind, endpointId } = event
      await insertEvents(queries, [{ at, kind, endpointId, detail: { action, subject } }])
    }
    return done
  })
  if (event?.kind === 'settings') await watch.settingsChanged()
  return result
}
