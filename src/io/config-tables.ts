import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigTables } from '../device/config/from-config.ts'
import { dataFolder } from './data-folder.ts'

/** What libraries and build systems make of their settings, as the package carries it. */
export function readConfigTables(): ConfigTables {
  const read = (name: string) => readFileSync(join(dataFolder('devices'), 'defaults', name), 'utf8')
  return { mbedtls: read('mbedtls.yaml'), kconfig: read('kconfig.yaml') }
}
