import { Hono } from 'hono'
import * as v from 'valibot'
import { slug } from '../../fleet/parse-watch.ts'
import type { Queries } from '../../store/database.ts'
import {
  openChannelSecrets,
  putApiChannel,
  readChannels,
  readSealedSecrets,
  removeApiChannel,
  sealChannelSecrets,
} from '../../store/rows/channels.ts'
import { readEndpoints } from '../../store/rows/endpoints.ts'
import { readFleets } from '../../store/rows/fleets.ts'
import { CredentialError } from '../../store/sealed-credentials.ts'
import type { ApiDeps, ApiEnv } from '../api-context.ts'
import { ApiFailure, unknown } from '../api-failure.ts'
import { type Callers, needs } from '../callers.ts'
import { type EditedChannel, editedChannel, type KnownChannel } from '../channel-edit.ts'
import { checked, described } from '../checked.ts'
import type { ChannelEdit } from '../contract.ts'
import { invalid } from '../endpoint-edit.ts'
import { channelEditSchema } from '../schemas/channel-schema.ts'
import { doneSchema, namedId } from '../schemas/request-parts.ts'
import { channelInfoSchema } from '../schemas/settings-schema.ts'
import { channelInfo } from '../settings-info.ts'
import { writeChange } from '../write-change.ts'
import { ofFile } from './endpoint-routes.ts'

const TEST_COST = 20
const CHANNELS_AT_MOST = 200

/** Who is told. Secrets go in, and never come out: for admins, as credentials are. */
export function channelRoutes(deps: ApiDeps, callers: Callers): Hono<ApiEnv> {
  const { database, watch, options } = deps
  const { privateTargets } = options
  const find = async (queries: Queries, id: string) => {
    const channel = (await readChannels(queries)).find((one) => one.id === id)
    if (channel === undefined) throw unknown('channel')
    return channel
  }
  const ofApi = async (queries: Queries, id: string): Promise<KnownChannel> => {
    const channel = await find(queries, id)
    if (channel.origin === 'file') throw ofFile(id)
    return { channel, secrets: await openSecrets(queries, id) }
  }
  const openSecrets = async (queries: Queries, id: string) => {
    if ((await readSealedSecrets(queries, id)) === undefined) return {}
    try {
      return await openChannelSecrets(queries, sealingKey(), id)
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error
      throw new ApiFailure(409, error.code, error.message, { hint: error.hint })
    }
  }
  const sealingKey = () => {
    if (deps.sealingKey !== undefined) return deps.sealingKey
    throw new ApiFailure(409, 'key-missing', 'there is no key to seal its secrets with', {
      hint: 'start tlsfit watch with --key-file, or with TLSFIT_KEY set',
    })
  }
  const put = async (queries: Queries, { channel, secrets }: EditedChannel, at: Date) => {
    await checkNames(queries, channel)
    const bare = Object.keys(secrets).length === 0
    const sealed = bare ? null : sealChannelSecrets(sealingKey(), channel.id, secrets)
    await putApiChannel(queries, channel, sealed, at)
  }
  return new Hono<ApiEnv>()
    .post(
      '/',
      described('channels', 'Adds a channel', channelInfoSchema, { status: 201, errors: changeErrors }),
      needs('admin'),
      checked('json', channelEditSchema),
      async (c) => {
        const edit = c.req.valid('json')
        const id = edit.id ?? slug(edit.name ?? edit.kind)
        if (id === '') throw invalid('name', 'gives no id by itself', 'give an id beside it')
        const edited = editedChannel(edit, id, undefined, privateTargets)
        await writeChange(deps, c, {
          ...{ action: 'channel-add', subject: id, detail: auditOf(edit, edited) },
          event: { kind: 'settings' },
          work: async (queries, at) => {
            const known = await readChannels(queries)
            if (known.some((one) => one.id === id)) {
              throw new ApiFailure(409, 'channel-known', `there is a channel ${id} already`, { at: 'id' })
            }
            if (known.length >= CHANNELS_AT_MOST) {
              throw new ApiFailure(409, 'channels-full', `there are ${CHANNELS_AT_MOST} channels already`)
            }
            await put(queries, edited, at)
          },
        })
        return c.json(channelInfo(await find(database, id)), 201)
      },
    )
    .put(
      '/:id',
      described(
        'channels',
        'Changes a channel of the API; a secret that is left out stays',
        channelInfoSchema,
        {
          errors: [...changeErrors, '404'],
        },
      ),
      needs('admin'),
      checked('param', namedId),
      checked('json', channelEditSchema),
      async (c) => {
        const { id } = c.req.valid('param')
        const edit = c.req.valid('json')
        if (edit.id !== undefined && edit.id !== id) throw invalid('id', 'an id does not change', undefined)
        const edited = editedChannel(edit, id, await ofApi(database, id), privateTargets)
        await writeChange(deps, c, {
          ...{ action: 'channel-edit', subject: id, detail: auditOf(edit, edited) },
          event: { kind: 'settings' },
          work: (queries, at) => put(queries, edited, at),
        })
        return c.json(channelInfo(await find(database, id)))
      },
    )
    .delete(
      '/:id',
      described('channels', 'Takes a channel out, and its secrets with it', doneSchema),
      needs('admin'),
      checked('param', namedId),
      async (c) => {
        const { id } = c.req.valid('param')
        if ((await find(database, id)).origin === 'file') throw ofFile(id)
        await writeChange(deps, c, {
          ...{ action: 'channel-remove', subject: id },
          event: { kind: 'settings' },
          work: async (queries, at) => {
            if (!(await removeApiChannel(queries, id, at))) throw unknown('channel')
          },
        })
        return c.json({ ok: true as const })
      },
    )
    .post(
      '/:id/test',
      described(
        'channels',
        'Tells a channel that this is a test',
        v.object({ ok: v.boolean(), error: v.optional(v.string()) }),
      ),
      needs('write'),
      checked('param', namedId),
      async (c) => {
        const { id } = c.req.valid('param')
        await find(database, id)
        callers.charge(c, TEST_COST)
        await writeChange(deps, c, { action: 'channel-test', subject: id, work: async () => {} })
        return c.json(await watch.testChannel(id))
      },
    )
}

const changeErrors = ['400', '401', '403', '409', '422', '429'] as const

/** Which secrets were given, and never what they are. */
function auditOf(edit: ChannelEdit, { channel, secrets }: EditedChannel): object {
  const { kind, from, where } = channel
  const given = Object.keys(secrets).filter(
    (name) => typeof (edit as Record<string, unknown>)[name] === 'string',
  )
  return { kind, from, where, server: 'server' in channel ? channel.server : undefined, secretsGiven: given }
}

async function checkNames(
  queries: Queries,
  { endpoints, fleets }: Pick<EditedChannel['channel'], 'endpoints' | 'fleets'>,
): Promise<void> {
  if (endpoints !== undefined) {
    const known = new Set((await readEndpoints(queries, [...endpoints])).map(({ id }) => id))
    const missing = endpoints.find((id) => !known.has(id))
    if (missing !== undefined) throw invalid('endpoints', `${missing} is no endpoint`, undefined)
  }
  if (fleets !== undefined) {
    const known = new Set((await readFleets(queries)).map(({ id }) => id))
    const missing = fleets.find((id) => !known.has(id))
    if (missing !== undefined) throw invalid('fleets', `${missing} is no fleet`, undefined)
  }
}
