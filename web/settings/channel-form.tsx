import { useState } from 'preact/hooks'
import type { ChannelEdit, ChannelInfo } from '../../src/api/contract.ts'
import { Fault } from '../parts/notice.tsx'
import { fieldsOf, useChange } from './use-change.ts'

type Kind = ChannelEdit['kind']

interface Field {
  readonly name: string
  readonly word: string
  readonly placeholder?: string
  readonly optional?: true
  /** Sealed in the store: it is typed in, and not shown again. */
  readonly secret?: true
}

const secretUrl = (placeholder: string): Field => ({ name: 'url', word: 'URL', placeholder, secret: true })
const hooks = (word: string, placeholder: string) => ({ word, fields: [secretUrl(placeholder)] })
const token: Field = { name: 'token', word: 'Token', secret: true, optional: true }

const kinds: { readonly [kind in Kind]: { readonly word: string; readonly fields: readonly Field[] } } = {
  webhook: {
    word: 'Webhook',
    fields: [
      secretUrl('https://hooks.example.com/…'),
      { name: 'key', word: 'Key that signs', secret: true, optional: true, placeholder: 'whsec_…' },
    ],
  },
  email: {
    word: 'E-mail',
    fields: [
      { name: 'server', word: 'Server', placeholder: 'smtp://mail.example.com:587' },
      { name: 'sender', word: 'From', placeholder: 'tlsfit@example.com' },
      { name: 'to', word: 'To', placeholder: 'ops@example.com, oncall@example.com' },
      { name: 'user', word: 'User', optional: true },
      { name: 'password', word: 'Password', secret: true, optional: true },
    ],
  },
  slack: hooks('Slack', 'https://hooks.slack.com/services/…'),
  teams: hooks('Teams', 'https://….webhook.office.com/…'),
  discord: hooks('Discord', 'https://discord.com/api/webhooks/…'),
  alertmanager: {
    word: 'Alertmanager',
    fields: [{ name: 'url', word: 'URL', placeholder: 'https://alertmanager.example.com' }, token],
  },
  ntfy: { word: 'ntfy', fields: [secretUrl('https://ntfy.sh/topic'), token] },
  telegram: {
    word: 'Telegram',
    fields: [
      { name: 'token', word: 'Token of the bot', secret: true },
      { name: 'chat', word: 'Chat', placeholder: '-1001234567890' },
    ],
  },
  pagerduty: { word: 'PagerDuty', fields: [{ name: 'key', word: 'Integration key', secret: true }] },
}
const severities = ['critical', 'warning', 'info'] as const

export function ChannelForm(props: {
  readonly edited: ChannelInfo | 'new'
  readonly changed: () => void
  readonly done: () => void
}) {
  const { fault, busy, send } = useChange(props.changed)
  const known = props.edited === 'new' ? undefined : props.edited
  const [kind, setKind] = useState<Kind>(kindOf(known?.kind))
  const { fields } = kinds[kind]
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const { name, from, ...values } = fieldsOf(event.currentTarget as HTMLFormElement)
    const { to } = values
    const edit = {
      ...values,
      ...{ kind, name, from, endpoints: known?.endpoints, fleets: known?.fleets },
      ...(to === undefined ? {} : { to: to.split(/[\s,;]+/).filter((one) => one !== '') }),
    }
    const path = known === undefined ? '/channels' : `/channels/${encodeURIComponent(known.id)}`
    if ((await send(known === undefined ? 'POST' : 'PUT', path, edit)) !== undefined) props.done()
  }
  return (
    <form
      class="form"
      onSubmit={save}
      autocomplete="off"
      aria-label={known === undefined ? 'New channel' : `Edit ${known.name}`}
    >
      <label class="field">
        <span>Kind</span>
        <select
          name="kind"
          disabled={known !== undefined}
          onChange={(event) => setKind(kindOf(event.currentTarget.value))}
        >
          {Object.entries(kinds).map(([id, { word }]) => (
            <option key={id} value={id} selected={id === kind}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Name</span>
        <input name="name" required maxLength={200} placeholder="On call" defaultValue={known?.name} />
      </label>
      <label class="field">
        <span>Tell from</span>
        <select name="from">
          {severities.map((severity) => (
            <option key={severity} value={severity} selected={severity === (known?.from ?? 'warning')}>
              {severity}
            </option>
          ))}
        </select>
      </label>
      {fields.map((field) => (
        <ChannelField key={`${kind} ${field.name}`} field={field} known={known} />
      ))}
      {fault === undefined ? null : (
        <div class="whole">
          <Fault error={fault} />
        </div>
      )}
      <div class="buttons whole">
        <button type="submit" class="main" disabled={busy}>
          {known === undefined ? 'Add it' : 'Save'}
        </button>
        <button type="button" class="plain" onClick={props.done}>
          Leave
        </button>
      </div>
    </form>
  )
}

function ChannelField({ field, known }: { readonly field: Field; readonly known: ChannelInfo | undefined }) {
  const { name, word, placeholder, secret, optional } = field
  const held = known?.made?.sealed.includes(name) === true
  const id = `channel-${name}`
  const common = {
    ...{ id, name, required: optional !== true && !held, maxLength: 4_096 },
    placeholder: held ? 'as before' : (placeholder ?? ''),
    defaultValue: shownValue(known, name) ?? '',
  }
  return (
    <label class="field" for={id}>
      <span>{word}</span>
      {secret === true && name !== 'url' ? (
        <input type="password" autocomplete="new-password" {...common} />
      ) : (
        <input type="text" autocomplete="off" {...common} />
      )}
      {secret === true ? (
        <span class="small dim">
          {held ? 'Left empty, the one that is sealed stays.' : 'It is sealed, and not shown again.'}
        </span>
      ) : null}
    </label>
  )
}

function shownValue(known: ChannelInfo | undefined, name: string): string | undefined {
  const made: { readonly [name: string]: unknown } = known?.made ?? {}
  const value = made[name]
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : undefined
}

function kindOf(text: string | undefined): Kind {
  return text !== undefined && Object.hasOwn(kinds, text) ? (text as Kind) : 'webhook'
}
