import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { parsePlan } from '../plan/parse-plan.ts'
import { pathOfPlan, planJobs } from './plan-jobs.ts'

const folder = resolve(import.meta.dirname, '../../examples/firmware')
const file = join(folder, 'tlsfit.yaml')
const catalogue = openCatalogue()

function jobsOf(more: { text?: string; devices?: readonly string[]; timeoutMs?: number } = {}) {
  const plan = parsePlan(more.text ?? readFileSync(file, 'utf8'), file, catalogue)
  const { devices, timeoutMs } = more
  return planJobs(plan, { catalogue, env: {}, devices, timeoutMs, sendSecrets: false, compareSni: false })
}

describe('the jobs of a plan', () => {
  test('of the example: each target with its devices, its line and what the file says for all', async () => {
    const [ota, broker, blob] = await jobsOf()
    const devices = ota?.devices as readonly [Device, string]
    expect(devices[0]).toMatchObject({
      asked: 'sensor',
      id: 'esp-idf@5.2+sensor@any',
      configuration: { file: join(folder, 'sdkconfig'), lines: { recordBytes: 4 }, id: undefined },
    })
    expect(devices[1]).toBe('nrf9160@1.3.7+ncs@2.7.0')
    expect(ota).toMatchObject({
      target: 'https://ota.example.com/firmware/latest.bin',
      place: { file, line: 16, name: 'https://ota.example.com/firmware/latest.bin' },
      headers: [['x-ms-version', '2021-08-06']],
      anchors: [
        expect.objectContaining({ label: resolve(folder, '../../roots/digicert-global-root-g2.pem') }),
      ],
      method: 'GET',
      timeoutMs: 10_000,
    })
    expect(broker).toMatchObject({ place: { name: 'broker', line: 18 }, timeoutMs: 20_000 })
    expect(broker?.devices).toBe(ota?.devices)
    expect(blob?.devices).toEqual(['nrf9160@1.3.7+ncs@2.7.0'])
  })

  test('the command line goes before the file', async () => {
    const [, broker] = await jobsOf({ devices: ['esp-idf@5.2'], timeoutMs: 500 })
    expect(broker).toMatchObject({ devices: ['esp-idf@5.2'], timeoutMs: 500 })
  })

  test('all stands for every family, and a file is taken from the folder of the plan', async () => {
    const [job] = await jobsOf({ text: 'devices: [all]\ntargets: [certs/chain.pem]\n' })
    expect(job?.devices.length).toBeGreaterThan(50)
    expect(job?.target).toBe(join(folder, 'certs/chain.pem'))
    expect(pathOfPlan({ file: 'tlsfit.yaml' }, './certs/root.pem')).toBe(join('certs', 'root.pem'))
    expect(pathOfPlan({ file: '../tlsfit.yaml' }, '/etc/root.pem')).toBe('/etc/root.pem')
  })

  test('a profile of one’s own is read beside the plan, and told with its line where it is not there', async () => {
    const text = 'devices: [./none.yaml]\ntargets: [a.pem]\n'
    await expect(jobsOf({ text })).rejects.toMatchObject({
      name: 'DataFileError',
      line: 1,
      message: expect.stringContaining('devices.0'),
    })
  })
})
