import { useState } from 'preact/hooks'
import type { ChannelInfo } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'
import { Empty } from '../parts/notice.tsx'
import { useMay } from '../session.ts'
import type { SettingsPartProps } from './settings-page.tsx'

export function ChannelSettings({ settings }: SettingsPartProps) {
  if (settings.channels.length === 0) {
    return (
      <Empty title="Nobody is told yet">
        Write a channel into <code>watch.yaml</code>: webhook, e-mail, Slack, Alertmanager, Teams, Discord,
        Telegram, ntfy or PagerDuty. Its address goes by reference, so that no secret stands in the file.
      </Empty>
    )
  }
  return (
    <ul class="rows-list">
      {settings.channels.map((channel) => (
        <li key={channel.id}>
          <div class="name">
            <strong>{channel.name}</strong>
            <span class="dim small">
              {channel.kind} to {channel.where}, from {channel.from} on
            </span>
          </div>
          <TestButton channel={channel} />
        </li>
      ))}
    </ul>
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
