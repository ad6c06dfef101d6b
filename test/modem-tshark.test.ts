import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emmCauses, esmCauses } from '../src/capture/nas-causes.ts'
import { readSessions } from '../src/io/read-sessions.ts'
import { writePcapng } from './support/capture-writer.ts'
import { exportedPdu, nas } from './support/modem-writer.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0

/** Every reject with every cause that a byte can have, and what is none. */
const payloads = [
  ...Object.values(nas).map((bytes) => exportedPdu('nas-eps', bytes)),
  ...Array.from({ length: 256 }, (_, cause) => exportedPdu('nas-eps', Buffer.from([0x07, 0x44, cause]))),
  ...Array.from({ length: 256 }, (_, cause) => exportedPdu('nas-eps', Buffer.from([2, 1, 0xd1, cause]))),
]
const frames = payloads.map((bytes, index) => ({ timeMs: 1_700_000_000_000 + index, bytes }))
const file = writePcapng(frames, { interfaces: [{ linkType: 252 }] })

function run(args: readonly string[]): string {
  const { stdout, status } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 })
  expect(status).toBe(0)
  return stdout
}

describe.runIf(hasTshark)('against tshark', () => {
  test('the same rejects with the same causes in the same frames', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tlsfit-modem-'))
    try {
      const path = join(folder, 'trace.pcapng')
      writeFileSync(path, file)
      const fields = ['frame.number', 'nas_eps.nas_msg_emm_type', 'nas_eps.nas_msg_esm_type']
      const all = [...fields, 'nas_eps.emm.cause', 'nas_eps.esm.cause'].flatMap((field) => ['-e', field])
      const theirs = run(['-r', path, '-T', 'fields', ...all])
        .trimEnd()
        .split('\n')
        .flatMap((line) => {
          const [frame, emm, esm, emmCause, esmCause] = line.split('\t')
          const reject = (type: string | undefined, cause: string | undefined) =>
            type !== undefined && rejectTypes.includes(Number(type))
              ? [{ frame: Number(frame), cause: cause ? Number(cause) : undefined }]
              : []
          return [...reject(emm, emmCause), ...reject(esm, esmCause)]
        })
      const { modem } = await readSessions({
        name: path,
        path,
        totalBytes: file.length,
        chunks: (async function* () {
          yield file
        })(),
      })
      expect(modem?.rejects.map(({ frame, cause }) => ({ frame, cause }))).toEqual(theirs)
      expect(theirs.length).toBeGreaterThan(512)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('the causes have the names that tshark has, but for what a later release renamed', () => {
    const tables = { 'nas_eps.emm.cause': emmCauses, 'nas_eps.esm.cause': esmCauses }
    const rows = run(['-G', 'values']).split('\n')
    for (const [field, ours] of Object.entries(tables)) {
      const theirs = rows
        .map((row) => row.split('\t'))
        .filter(([kind, name]) => kind === 'V' && name === field)
        .map(([, , code, name]) => [Number(code), name] as const)
      expect(theirs.length).toBeGreaterThan(30)
      for (const [code, name] of theirs.filter(([, name]) => !renamed.includes(name ?? '')))
        expect([code, plainWords(ours[code])]).toEqual([code, plainWords(name)])
    }
  })
})

const rejectTypes = [0x44, 0x4b, 0x4e, 0x54, 0xd1]

/** ESM cause 29 also means authorization since release 15; 46 never was a cause. */
const renamed = ['User authentication failed', 'Unused']

const plainWords = (text: string | undefined) => text?.toLowerCase().replace(/[^a-z0-9]+/g, ' ')
