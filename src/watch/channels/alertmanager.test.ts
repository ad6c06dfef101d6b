import { afterEach, describe, expect, test } from 'vitest'
import { type AlertReceiver, alertReceiver } from '../../../test/support/alert-receiver.ts'
import { type Alertmanager, alertmanagerPeer } from '../../../test/support/alertmanager.ts'
import { alertMessageOf } from '../../../test/support/alerts.ts'
import type { Channel } from '../../fleet/watch-config.ts'
import type { AlertMessage } from './alert-message.ts'
import { tell } from './tell.ts'

const start = alertmanagerPeer()
const run = test.skipIf(start === undefined)
let receiver: AlertReceiver
let peer: Alertmanager | undefined

afterEach(async () => {
  await peer?.stop()
  await receiver.stop()
})

interface Notified {
  readonly status: string
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string> }[]
}

describe("Debian's Alertmanager", () => {
  run('fires what is raised, ends the severity of before, and resolves what has recovered', async () => {
    receiver = await alertReceiver()
    peer = await start?.(receiver.url)
    const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString()
    const raised = at(20)
    const told = async (change: Partial<AlertMessage>) => {
      const channel: Channel = {
        ...{ id: 'am', name: 'am', from: 'info', kind: 'alertmanager' },
        url: peer?.url ?? '',
      }
      const message = alertMessageOf({ raisedAt: raised, title: 'no way to <fw> @everyone', ...change })
      const outcome = await tell(channel, message, {
        openSecret: async () => '',
        mayConnect: () => true,
        now: () => new Date(),
      })
      expect(outcome).toEqual({ told: true })
    }
    /** A group holds one alert, since it is grouped by all labels. */
    const notified = async () => {
      const { status, alerts } = JSON.parse((await receiver.next()).body) as Notified
      expect(alerts).toHaveLength(1)
      return `${status} ${alerts[0]?.labels.severity}`
    }
    await told({ severity: 'warning', at: raised })
    expect(await notified()).toBe('firing warning')

    await told({ act: 'update', severity: 'critical', severitiesBefore: ['warning'], at: at(10) })
    expect([await notified(), await notified()].sort()).toEqual(['firing critical', 'resolved warning'])
    const [open, ...more] = await openAlerts(peer?.url ?? '')
    expect(more).toEqual([])
    expect(open).toMatchObject({
      startsAt: raised,
      generatorURL: 'https://fit.example.com/#/endpoints/ota',
      labels: { alertname: 'TlsfitUnreachable', severity: 'critical', endpoint: 'ota' },
      annotations: { summary: 'critical: no way to ‹fw› @everyone', devices: '38000', fleets: 'trackers' },
    })

    await told({ act: 'recover', severity: 'critical', severitiesBefore: ['warning', 'critical'], at: at(0) })
    expect(await notified()).toBe('resolved critical')
    expect(await openAlerts(peer?.url ?? '')).toEqual([])
  })
})

async function openAlerts(url: string): Promise<object[]> {
  const answer = await fetch(`${url}/api/v2/alerts?active=true`)
  return (await answer.json()) as object[]
}
