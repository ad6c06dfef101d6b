import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { type Measuring, newFolder, startMeasuring } from '../support/measuring.ts'

const has = ['mosquitto_sub', 'mosquitto_pub'].every((tool) => existsSync(`/usr/bin/${tool}`))
let measuring: Measuring | undefined
afterEach(async () => {
  measuring?.child.kill('SIGKILL')
  await measuring?.ended
})

/** Its certificate bears another name than the address they ask for. */
function run(tool: string, { start, caFile }: Measuring, args: readonly string[]): Promise<string> {
  const { port } = new URL(start.mqttUrls[0]!)
  const all = [
    '-h',
    '127.0.0.1',
    '-p',
    port,
    '--cafile',
    caFile,
    '-i',
    'meter',
    '--insecure',
    '-t',
    'a/b',
    '-d',
    ...args,
  ]
  return new Promise((resolve) => {
    execFile(tool, all, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve(`${stdout}${stderr}ends with ${error === null ? 0 : error.code}`)
    })
  })
}

const acknowledged = [
  ['mosquitto_sub', ['-q', '1', '-E'], 'SUBACK'],
  ['mosquitto_pub', ['-q', '1', '-m', 'x'], 'PUBACK'],
  ['mosquitto_pub', ['-q', '2', '-m', 'x'], 'PUBCOMP'],
] as const

describe.skipIf(!has)(`clients of mosquitto${has ? '' : ' (skipped: not installed)'}`, () => {
  test.each(
    acknowledged.flatMap(([tool, args, last]) =>
      (['mqttv311', 'mqttv5'] as const).map((version) => [tool, version, last, args] as const),
    ),
  )(
    '%s, %s, gets its CONNACK and its %s, and ends well',
    { timeout: 60_000 },
    async (tool, v, last, args) => {
      measuring = await startMeasuring(newFolder(), ['--hold', '20000'])
      const told = await run(tool, measuring, ['-V', v, ...args])
      expect(told).toMatch(/CONNACK \(0\)/)
      expect(told).toContain(last)
      expect(told).toMatch(/ends with 0$/)
      const answer = await measuring.until(({ schema }) => schema === 'tlsfit/measured-answer@1')
      expect(answer).toMatchObject({ reached: 'answered', end: 'closed' })
    },
  )
})
