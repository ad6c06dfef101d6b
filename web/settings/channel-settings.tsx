import { useState } from 'preact/hooks'
import type { ChannelInfo } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'
import { Empty } from '../parts/notice.tsx'
import { useMay } from '../session.ts'
import { ChannelForm } from './channel-form.tsx'
import { EditedList } from './edited-list.tsx'
import type { SettingsPartProps } from './settings-page.tsx'

export function ChannelSettings({ settings, changed }: SettingsPartProps) {
  return (
    <EditedList
      items={settings.channels}
      path="/channels"
      needs="admin"
      add="Add a channel"
      empty={
        <Empty title="Nobody is told yet">
          A channel is a webhook, e-mail, Slack, Alertmanager, Teams, Discord, Telegram, ntfy or PagerDuty.
          Add one here, or write it into <code>watch.yaml</code>.
        </Empty>
      }
      about={(channel) => (
        <>
          <strong>{channel.name}</strong>
          <span class="dim small">
            {channel.kind} to {channel.where}, from {channel.from} on
          </span>
        </>
      )}
      beside={(channel) => <TestButton channel={channel} />}
      form={(known, done) => <ChannelForm {...{ known, changed, done }} />}
      changed={changed}
    />
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
