import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../../src/device/catalogue.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { labCases } from '../../src/lab/cases.ts'

const folder = resolve(import.meta.dirname, '../../examples')
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'watch.yaml')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')

describe('the examples', () => {
  test.each(files)('%s can be read, and names devices and roots that there are', (file) => {
    const config = parseGatewayConfig(read(file), file)
    const catalogue = openCatalogue()
    const roots = openKnownRoots().map(({ id }) => id)
    for (const { devices, anchorsHeld = [] } of config.listeners) {
      for (const id of devices) expect(() => resolveDevice(id, catalogue)).not.toThrow()
      for (const anchor of anchorsHeld) if (!/[./]/.test(anchor)) expect(roots).toContain(anchor)
    }
  })

  test('there is one for each case of the demo', () => {
    for (const { id } of labCases) expect(files.some((file) => read(file).includes(`demo: ${id}`))).toBe(true)
  })
})
