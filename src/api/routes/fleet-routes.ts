import { Hono } from 'hono'
import { slug } from '../../fleet/parse-watch.ts'
import { putFleets, readFleets, removeFleet } from '../../store/rows/fleets.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure, unknown } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { invalid } from '../endpoint-edit.ts'
import { editedFleet } from '../fleet-edit.ts'
import { fleetEditSchema } from '../schemas/edit-schemas.ts'
import { doneSchema, namedId } from '../schemas/request-parts.ts'
import { fleetInfoSchema } from '../schemas/settings-schema.ts'
import { fleetInfo } from '../settings-info.ts'
import { writeChange } from '../write-change.ts'
import { ofFile } from './endpoint-routes.ts'

/** Devices of one type, and what they hold. */
export function fleetRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database, catalogue } = deps
  const find = async (id: string) => {
    const fleet = (await readFleets(database)).find((one) => one.id === id)
    if (fleet === undefined) throw unknown('fleet')
    return fleet
  }
  const ofApi = async (id: string) => {
    const fleet = await find(id)
    if (fleet.origin === 'file') throw ofFile(id)
    return fleet
  }
  return new Hono<ApiEnv>()
    .post(
      '/',
      described('fleets', 'Adds a fleet', fleetInfoSchema, { status: 201 }),
      needs('write'),
      checked('json', fleetEditSchema),
      async (c) => {
        const edit = c.req.valid('json')
        const id = edit.id ?? slug(edit.name ?? edit.device)
        if (id === '') throw invalid('name', 'gives no id by itself', 'give an id beside it')
        const fleet = editedFleet(edit, id, undefined, catalogue)
        await writeChange(deps, c, {
          ...{ action: 'fleet-add', subject: id, detail: { device: edit.device, count: edit.count } },
          event: { kind: 'settings' },
          work: async (queries, at) => {
            if ((await readFleets(queries)).some((one) => one.id === id)) {
              throw new ApiFailure(409, 'fleet-known', `there is a fleet ${id} already`, { at: 'id' })
            }
            await putFleets(queries, [fleet], 'api', at)
          },
        })
        return c.json(fleetInfo(await find(id)), 201)
      },
    )
    .put(
      '/:id',
      described('fleets', 'Changes a fleet of the API', fleetInfoSchema),
      needs('write'),
      checked('param', namedId),
      checked('json', fleetEditSchema),
      async (c) => {
        const { id } = c.req.valid('param')
        const edit = c.req.valid('json')
        if (edit.id !== undefined && edit.id !== id) throw invalid('id', 'an id does not change', undefined)
        const fleet = editedFleet(edit, id, await ofApi(id), catalogue)
        await writeChange(deps, c, {
          ...{ action: 'fleet-edit', subject: id, detail: { device: edit.device, count: edit.count } },
          event: { kind: 'settings' },
          work: (queries, at) => putFleets(queries, [fleet], 'api', at),
        })
        return c.json(fleetInfo(await find(id)))
      },
    )
    .delete(
      '/:id',
      described('fleets', 'Takes a fleet out', doneSchema),
      needs('write'),
      checked('param', namedId),
      async (c) => {
        const { id } = c.req.valid('param')
        await ofApi(id)
        await writeChange(deps, c, {
          ...{ action: 'fleet-remove', subject: id },
          event: { kind: 'settings' },
          work: async (queries, at) => {
            if (!(await removeFleet(queries, id, at))) throw unknown('fleet')
          },
        })
        return c.json({ ok: true as const })
      },
    )
}
