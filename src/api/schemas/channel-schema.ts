import * as v from 'valibot'
import { severities } from '../../fleet/condition.ts'
import type { ChannelEdit } from '../contract.ts'
import { idSchema, nameSchema } from './request-parts.ts'

const ids = v.pipe(v.array(idSchema), v.maxLength(1_000, 'there are more than 1,000'))
const parts = {
  id: v.optional(idSchema),
  name: v.optional(nameSchema),
  from: v.optional(v.picklist(severities), 'warning'),
  endpoints: v.optional(ids),
  fleets: v.optional(ids),
}

/** What goes into a request head or an address: one line, and not without end. */
const secret = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'is empty'),
  v.maxLength(4_096, 'is longer than 4,096 characters'),
  v.check((text) => !/[\u0000-\u001f\u007f]/.test(text), 'is more than one line'),
)
const httpUrl = v.pipe(
  secret,
  v.check((text) => /^https?:\/\/[^\s@]+$/.test(text) && URL.canParse(text), 'is no http:// or https:// URL'),
)
/** A place, without what lets anybody in. */
const plainUrl = v.pipe(
  httpUrl,
  v.check((text) => !/[?#]/.test(text), 'has a query'),
)
const mailAddress = v.pipe(v.string(), v.maxLength(320), v.regex(/^[^\s@<>]+@[^\s@<>]+$/, 'is no address'))
/** Left out: as before. `null`: none. */
const secretOrNone = v.optional(v.nullable(secret))

/** Secrets go in by it, and never come out. */
export const channelEditSchema = v.variant('kind', [
  v.strictObject({
    ...parts,
    kind: v.literal('webhook'),
    url: v.optional(httpUrl),
    key: secretOrNone,
  }),
  v.strictObject({
    ...parts,
    kind: v.literal('email'),
    server: v.pipe(
      v.string(),
      v.maxLength(300),
      v.check(
        (text) => /^smtps?:\/\/[^\s@/?#]+$/.test(text) && URL.canParse(text),
        'is not of the form smtp://HOST:PORT or smtps://HOST:PORT',
      ),
    ),
    sender: mailAddress,
    to: v.pipe(
      v.array(mailAddress),
      v.minLength(1, 'names nobody'),
      v.maxLength(50, 'there are more than 50'),
    ),
    user: v.optional(v.pipe(v.string(), v.maxLength(300))),
    password: secretOrNone,
  }),
  v.strictObject({
    ...parts,
    kind: v.picklist(['slack', 'teams', 'discord']),
    url: v.optional(httpUrl),
  }),
  v.strictObject({ ...parts, kind: v.literal('alertmanager'), url: plainUrl, token: secretOrNone }),
  v.strictObject({ ...parts, kind: v.literal('ntfy'), url: v.optional(plainUrl), token: secretOrNone }),
  v.strictObject({
    ...parts,
    kind: v.literal('telegram'),
    token: v.optional(v.pipe(secret, v.regex(/^[\w:-]+$/, 'is no token of a bot'))),
    chat: v.pipe(v.string(), v.regex(/^(-?\d{1,20}|@\w{1,64})$/, 'is neither the id of a chat nor @channel')),
  }),
  v.strictObject({ ...parts, kind: v.literal('pagerduty'), key: v.optional(secret) }),
])
channelEditSchema satisfies v.GenericSchema<unknown, ChannelEdit>
