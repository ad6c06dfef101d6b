import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPeer } from './peer-process.ts'

export interface Alertmanager {
  readonly url: string
  stop(): Promise<void>
}

const program = '/usr/bin/prometheus-alertmanager'

/** Debian's, which notifies `receiver` at once; undefined where there is none. Throws under `CI=true`. */
export function alertmanagerPeer(): ((receiver: string) => Promise<Alertmanager>) | undefined {
  if (existsSync(program)) return start
  if (process.env.CI === 'true') throw new Error('peer prometheus-alertmanager is missing: npm run peers')
  return undefined
}

async function start(receiver: string): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-am-'))
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(
    config,
    `route: { receiver: test, group_by: ['...'], group_wait: 10ms, group_interval: 100ms, repeat_interval: 1h }
receivers: [{ name: test, webhook_configs: [{ url: '${receiver}', send_resolved: true }] }]
`,
  )
  const port = await freePort()
  const args = [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  const peer = await startPeer(program, args, port)
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await peer.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
