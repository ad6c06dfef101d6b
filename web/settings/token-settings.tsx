import { useState } from 'preact/hooks'
import type { TokenInfo } from '../../src/api/contract.ts'
import { Choice, Form, TextField } from '../parts/form.tsx'
import { Empty, Fault } from '../parts/notice.tsx'
import { Away, Minute } from '../parts/time.tsx'
import { useMay } from '../session.ts'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf, useChange } from './use-change.ts'

const scopes = [
  { value: 'read', word: 'read' },
  { value: 'write', word: 'read and change' },
  { value: 'admin', word: 'all, tokens too' },
]

export function TokenSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('admin')
  const [made, setMade] = useState<string>()
  const { fault, busy, send } = useChange(changed)
  const make = async (form: HTMLFormElement) => {
    const { name, scope, days } = fieldsOf(form)
    const answer = await send<TokenInfo & { token: string }>('POST', '/tokens', {
      ...{ name, scope },
      ...(days === undefined ? {} : { days: Number(days) }),
    })
    if (answer === undefined) return
    form.reset()
    setMade(answer.token)
  }
  return (
    <>
      {fault === undefined || may ? null : <Fault error={fault} />}
      {made === undefined ? null : <MadeToken token={made} done={() => setMade(undefined)} />}
      {may ? (
        <Form label="New token" word="Make a token" {...{ busy, fault }} send={(form) => void make(form)}>
          <TextField label="For" name="name" required maxLength={100} placeholder="Grafana" />
          <Choice label="May" name="scope" options={scopes} />
          <TextField
            label="Days until it ends"
            name="days"
            type="number"
            min="1"
            max="3650"
            placeholder="never"
          />
        </Form>
      ) : null}
      {settings.tokens.length === 0 ? (
        <Empty title="No token yet">
          Scripts, Prometheus and browsers of other machines log in with one.
        </Empty>
      ) : (
        <ul class="rows-list">
          {settings.tokens.map((token) => (
            <li key={token.id}>
              <div class="name">
                <strong>{token.name}</strong>
                <span class="dim small">
                  {token.scope}, made <Minute at={token.createdAt} />,{' '}
                  {token.lastUsedAt === undefined ? (
                    'never used'
                  ) : (
                    <>
                      used <Away at={token.lastUsedAt} />
                    </>
                  )}
                  {token.expiresAt === undefined ? (
                    ''
                  ) : (
                    <>
                      , ends <Away at={token.expiresAt} />
                    </>
                  )}
                </span>
              </div>
              {may ? (
                <RemoveButton
                  word="Revoke"
                  what={token.name}
                  remove={() => void send('DELETE', `/tokens/${encodeURIComponent(token.id)}`)}
                />
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** The one time that it can be read. */
function MadeToken({ token, done }: { readonly token: string; readonly done: () => void }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(token).then(
      () => setCopied(true),
      // Not allowed: it can be marked and copied by hand.
      () => setCopied(false),
    )
  }
  return (
    <div class="notice" role="status">
      <p>
        <strong>Copy it now: it is not shown again.</strong>
      </p>
      <p>
        <code class="made-token">{token}</code>
      </p>
      <div class="buttons">
        <button type="button" onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" class="plain" onClick={done}>
          I have it
        </button>
      </div>
    </div>
  )
}
