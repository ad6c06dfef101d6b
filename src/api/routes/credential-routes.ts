import { Hono } from 'hono'
import * as v from 'valibot'
import { deleteCredential, listCredentials, putCredential } from '../../store/rows/credentials.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure } from '../api-failure.ts'
import { needs } from '../callers.ts'
import { checked, described } from '../checked.ts'
import { doneSchema, idSchema } from '../schemas/request-parts.ts'
import { writeChange } from '../write-change.ts'

const named = v.object({ name: idSchema })
const SECRET_CHARACTERS = 65_536

/** Secrets that `watch.yaml` names by `credential:`. They go in, and never come out. */
export function credentialRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const { database, sealingKey } = deps
  return new Hono<ApiEnv>()
    .get(
      '/',
      described(
        'credentials',
        'Names of the sealed credentials',
        v.array(v.object({ name: v.string(), createdAt: v.string() })),
      ),
      needs('admin'),
      async (c) => {
        const rows = await listCredentials(database)
        return c.json(rows.map((row) => ({ name: row.name, createdAt: row.created_at.toISOString() })))
      },
    )
    .put(
      '/:name',
      described('credentials', 'Seals a credential', doneSchema),
      needs('admin'),
      checked('param', named),
      checked(
        'json',
        v.strictObject({
          secret: v.pipe(
            v.string(),
            v.minLength(1, 'is empty'),
            v.maxLength(SECRET_CHARACTERS, 'is too long'),
          ),
        }),
      ),
      async (c) => {
        if (sealingKey === undefined) {
          throw new ApiFailure(409, 'key-missing', 'there is no key to seal it with', {
            hint: 'start tlsfit watch with --key-file, or with TLSFIT_KEY set',
          })
        }
        const { name } = c.req.valid('param')
        await writeChange(deps, c, {
          ...{ action: 'credential-put', subject: name, event: { kind: 'settings' } },
          work: (queries, at) => putCredential(queries, sealingKey, name, c.req.valid('json').secret, at),
        })
        return c.json({ ok: true as const })
      },
    )
    .delete(
      '/:name',
      described('credentials', 'Forgets a credential', doneSchema),
      needs('admin'),
      checked('param', named),
      async (c) => {
        const { name } = c.req.valid('param')
        await writeChange(deps, c, {
          ...{ action: 'credential-remove', subject: name, event: { kind: 'settings' } },
          work: async (queries) => {
            if (await deleteCredential(queries, name)) return
            throw new ApiFailure(404, 'credential-unknown', 'there is no such credential')
          },
        })
        return c.json({ ok: true as const })
      },
    )
}
