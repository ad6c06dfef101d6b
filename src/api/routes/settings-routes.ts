import { Hono } from 'hono'
import * as v from 'valibot'
import { deleteToken, listTokens, readAudit } from '../../store/rows/access-rows.ts'
import { readDefaultPlaces, readScheduleDefaults } from '../../store/rows/settings.ts'
import { endSilence, insertSilence, readComingSilences } from '../../store/rows/silence-acts.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { unknown } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { defaultsInfo, editDefaults } from '../defaults-edit.ts'
import { invalid } from '../endpoint-edit.ts'
import { editSchedule, scheduleInfo } from '../schedule-edit.ts'
import {
  defaultsEditSchema,
  scheduleEditSchema,
  silenceSchema,
  tokenSchema,
} from '../schemas/edit-schemas.ts'
import { doneSchema, idSchema, numberText, numericId } from '../schemas/request-parts.ts'
import {
  auditSchema,
  defaultsInfoSchema,
  scheduleInfoSchema,
  settingsSchema,
  silenceInfoSchema,
  tokenInfoSchema,
} from '../schemas/settings-schema.ts'
import { settingsInfo, silenceInfo, tokenInfo } from '../settings-info.ts'
import { allows, issueToken } from '../tokens.ts'
import { writeChange } from '../write-change.ts'

/** What is watched, who is told, who may; as far as who asks may know it. */
export function settingsRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database, now } = deps
  return new Hono<ApiEnv>()
    .get(
      '/',
      described('settings', 'What is watched, who is told and who works', settingsSchema),
      needs('read'),
      async (c) => {
        const admin = allows(c.get('caller')?.scope ?? 'read', 'admin')
        return c.json(await settingsInfo(database, now(), admin))
      },
    )
    .put(
      '/schedule',
      described('settings', 'How often endpoints without their own are looked at', scheduleInfoSchema),
      needs('write'),
      checked('json', scheduleEditSchema),
      async (c) => {
        const edit = c.req.valid('json')
        await writeChange(deps, c, {
          ...{ action: 'schedule-edit', subject: 'defaults', detail: edit },
          event: { kind: 'settings' },
          work: (queries, at) => editSchedule(queries, edit, at),
        })
        return c.json(scheduleInfo(await readScheduleDefaults(database)))
      },
    )
    .put(
      '/defaults',
      described(
        'settings',
        'Time limit, retries and thresholds of endpoints without their own',
        defaultsInfoSchema,
      ),
      needs('write'),
      checked('json', defaultsEditSchema),
      async (c) => {
        const edit = c.req.valid('json')
        await writeChange(deps, c, {
          ...{ action: 'defaults-edit', subject: 'defaults', detail: edit },
          event: { kind: 'settings' },
          work: (queries) => editDefaults(queries, edit),
        })
        return c.json(defaultsInfo(await readDefaultPlaces(database)))
      },
    )
}

export function silenceRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database } = deps
  return new Hono<ApiEnv>()
    .post(
      '/',
      described('silences', 'Nobody is told of what it names, for a time', silenceInfoSchema, {
        status: 201,
      }),
      needs('write'),
      checked('json', silenceSchema),
      async (c) => {
        const { kind, endpointId, fleetId, cause, startsAt, endsAt, reason } = c.req.valid('json')
        const by = c.get('caller')?.subject ?? 'unknown'
        const ends = new Date(endsAt)
        const starts = startsAt === undefined ? deps.now() : new Date(startsAt)
        if (ends <= starts) throw invalid('endsAt', 'is not after the start', undefined)
        if (ends <= deps.now()) throw invalid('endsAt', 'is not ahead', undefined)
        const row = {
          kind,
          endpoint_id: endpointId ?? null,
          fleet_id: fleetId ?? null,
          cause: cause ?? null,
          starts_at: starts,
          ends_at: ends,
          reason,
        }
        const id = await writeChange(deps, c, {
          ...{ action: 'silence-add', subject: endpointId ?? fleetId ?? 'all', detail: row },
          event: { kind: 'settings', endpointId },
          work: (queries, at) => insertSilence(queries, row, by, at),
        })
        return c.json(silenceInfo({ ...row, id }), 201)
      },
    )
    .delete(
      '/:id',
      described('silences', 'Ends a silence', doneSchema),
      needs('write'),
      checked('param', numericId),
      async (c) => {
        const { id } = c.req.valid('param')
        await writeChange(deps, c, {
          ...{ action: 'silence-end', subject: String(id) },
          event: { kind: 'settings' },
          work: async (queries, at) => {
            if (!(await endSilence(queries, id, at))) throw unknown('silence')
          },
        })
        return c.json({ ok: true as const })
      },
    )
    .get(
      '/',
      described('silences', 'Those that hold or are to come', v.array(silenceInfoSchema)),
      needs('read'),
      async (c) => c.json((await readComingSilences(database, deps.now())).map(silenceInfo)),
    )
}

export function tokenRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database, now } = deps
  return new Hono<ApiEnv>()
    .post(
      '/',
      described(
        'tokens',
        'Makes a token, which is told this once',
        v.object({ ...tokenInfoSchema.entries, token: v.string() }),
        { status: 201 },
      ),
      needs('admin'),
      checked('json', tokenSchema),
      async (c) => {
        const { name, scope, days } = c.req.valid('json')
        const expiresAt = days === undefined ? undefined : new Date(now().getTime() + days * 86_400_000)
        const { id, token } = await writeChange(deps, c, {
          ...{ action: 'token-add', subject: name, detail: { scope, expiresAt } },
          event: { kind: 'settings' },
          work: (queries, at) => issueToken(queries, { name, scope, expiresAt }, at),
        })
        const row = (await listTokens(database)).find((one) => one.id === id)
        if (row === undefined) throw unknown('token')
        return c.json({ ...tokenInfo(row), token }, 201)
      },
    )
    .delete(
      '/:id',
      described('tokens', 'A token and its sessions hold no longer', doneSchema),
      needs('admin'),
      checked('param', v.object({ id: idSchema })),
      async (c) => {
        const { id } = c.req.valid('param')
        await writeChange(deps, c, {
          ...{ action: 'token-remove', subject: id },
          event: { kind: 'settings' },
          work: async (queries) => {
            if (!(await deleteToken(queries, id))) throw unknown('token')
          },
        })
        return c.json({ ok: true as const })
      },
    )
}

/** Who changed what, the latest first. */
export function auditRoutes({ database }: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get(
    '/',
    described('audit', 'Who changed what, the latest first', auditSchema),
    needs('admin'),
    checked(
      'query',
      v.object({
        before: v.optional(numberText(1, Number.MAX_SAFE_INTEGER)),
        limit: v.optional(numberText(1, 500)),
        q: v.optional(v.pipe(v.string(), v.maxLength(200))),
      }),
    ),
    async (c) => {
      const { before, limit = 100, q } = c.req.valid('query')
      const rows = await readAudit(database, { before, limit, q: q === '' ? undefined : q })
      return c.json(rows.map((row) => ({ ...row, at: row.at.toISOString() })))
    },
  )
}
