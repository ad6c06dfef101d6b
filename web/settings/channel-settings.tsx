import { useState } from 'preact/hooks'
import type { ChannelInfo } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'
import { Empty, Fault } from '../parts/notice.tsx'
import { useMay } from '../session.ts'
import { ChannelForm } from './channel-form.tsx'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { useChange } from './use-change.ts'

export function ChannelSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('admin')
  const [edited, setEdited] = useState<ChannelInfo | 'new'>()
  const { fault, send } = useChange(changed)
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      {may && edited === undefined ? (
        <p>
          <button type="button" class="main" onClick={() => setEdited('new')}>
            Add a channel
          </button>
        </p>
      ) : null}
      {edited === undefined ? null : (
        <ChannelForm
          key={edited === 'new' ? '' : edited.id}
          {...{ edited, changed }}
          done={() => setEdited(undefined)}
        />
      )}
      {settings.channels.length === 0 ? (
        <Empty title="Nobody is told yet">
          A channel is a webhook, e-mail, Slack, Alertmanager, Teams, Discord, Telegram, ntfy or PagerDuty.
          Add one here, or write it into <code>watch.yaml</code>.
        </Empty>
      ) : (
        <ul class="rows-list">
          {settings.channels.map((channel) => (
            <li key={channel.id}>
              <div class="name">
                <strong>{channel.name}</strong>
                <span class="dim small">
                  {channel.kind} to {channel.where}, from {channel.from} on
                  {channel.origin === 'file' ? ', in watch.yaml' : ''}
                </span>
              </div>
              <TestButton channel={channel} />
              {channel.origin === 'api' && may ? (
                <span class="buttons">
                  <button type="button" class="plain" onClick={() => setEdited(channel)}>
                    Edit<span class="unseen-text"> {channel.name}</span>
                  </button>
                  <RemoveButton
                    what={channel.name}
                    remove={() => void send('DELETE', `/channels/${encodeURIComponent(channel.id)}`)}
                  />
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function TestButton({ channel }: { readonly channel: ChannelInfo }) {
  const may = useMay('write')
  const [said, setSaid] = useState('')
  const [busy, setBusy] = useState(false)
  if (!may) return null
  const test = async () => {
    setBusy(true)
    setSaid('')
    try {
      const { ok, error } = await ask<{ ok: boolean; error?: string }>(
        `/channels/${encodeURIComponent(channel.id)}/test`,
        { method: 'POST' },
      )
      setSaid(ok ? 'Delivered' : `Not delivered: ${error ?? 'it does not say why'}`)
    } catch (fault) {
      setSaid(fault instanceof AskError ? fault.message : String(fault))
    } finally {
      setBusy(false)
    }
  }
  return (
    <span class="buttons">
      <span class="small" role="status">
        {said}
      </span>
      <button type="button" disabled={busy} onClick={() => void test()}>
        Send a test<span class="unseen-text"> to {channel.name}</span>
      </button>
    </span>
  )
}
