import { useState } from 'preact/hooks'
import type { ChannelEdit, ChannelInfo } from '../../src/api/contract.ts'
import { Choice, Field, TextField } from '../parts/form.tsx'
import { EditedForm } from './edited-form.tsx'
import { fieldsOf } from './use-change.ts'

type Kind = ChannelEdit['kind']

interface ChannelPart {
  readonly name: string
  readonly word: string
  readonly placeholder?: string
  readonly optional?: true
  /** Sealed in the store: it is typed in, and not shown again. */
  readonly secret?: true
}

const secretUrl = (placeholder: string): ChannelPart => ({
  name: 'url',
  word: 'URL',
  placeholder,
  secret: true,
})
const hooks = (word: string, placeholder: string) => ({ word, fields: [secretUrl(placeholder)] })
const token: ChannelPart = { name: 'token', word: 'Token', secret: true, optional: true }

const kinds: { readonly [kind in Kind]: { readonly word: string; readonly fields: readonly ChannelPart[] } } =
  {
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
  readonly known: ChannelInfo | undefined
  readonly changed: () => void
  readonly done: () => void
}) {
  const { known, changed, done } = props
  const [kind, setKind] = useState<Kind>(kindOf(known?.kind))
  const editOf = (form: HTMLFormElement) => {
    const { name, from, ...values } = fieldsOf(form)
    const { to } = values
    return {
      ...values,
      ...{ kind, name, from, endpoints: known?.endpoints, fleets: known?.fleets },
      ...(to === undefined ? {} : { to: to.split(/[\s,;]+/).filter((one) => one !== '') }),
    }
  }
  return (
    <EditedForm path="/channels" label="New channel" word="Add it" {...{ known, editOf, changed, done }}>
      <Choice
        label="Kind"
        name="kind"
        chosen={kind}
        options={Object.entries(kinds).map(([value, { word }]) => ({ value, word }))}
        disabled={known !== undefined}
        choose={(value) => setKind(kindOf(value))}
      />
      <TextField
        label="Name"
        name="name"
        required
        maxLength={200}
        placeholder="On call"
        defaultValue={known?.name}
      />
      <Choice
        label="Tell from"
        name="from"
        chosen={known?.from ?? 'warning'}
        options={severities.map((value) => ({ value, word: value }))}
      />
      {kinds[kind].fields.map((part) => (
        <ChannelField key={`${kind} ${part.name}`} {...{ part, known }} />
      ))}
    </EditedForm>
  )
}

function ChannelField(props: { readonly part: ChannelPart; readonly known: ChannelInfo | undefined }) {
  const { part, known } = props
  const { name, word, placeholder, secret = false, optional = false } = part
  const held = known?.made?.sealed.includes(name) === true
  const sealed = held ? 'Left empty, the one that is sealed stays.' : 'It is sealed, and not shown again.'
  const common = {
    ...{ name, required: !optional && !held, maxLength: 4_096 },
    placeholder: held ? 'as before' : (placeholder ?? ''),
    defaultValue: shownValue(known, name) ?? '',
  }
  return (
    <Field label={word} note={secret ? sealed : undefined}>
      {secret && name !== 'url' ? (
        <input type="password" autocomplete="new-password" {...common} />
      ) : (
        <input type="text" autocomplete="off" {...common} />
      )}
    </Field>
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
