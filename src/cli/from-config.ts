import { resolveDevice } from '../device/catalogue.ts'
import { derivedOver } from '../device/config/configured-device.ts'
import type { DerivedProfile } from '../device/config/derived.ts'
import { type ConfigRequest, deriveProfile } from '../device/config/from-config.ts'
import { profileOf, writeProfile } from '../device/config/write-profile.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { readConfigTables } from '../io/config-tables.ts'
import { readInput } from '../io/input-file.ts'
import type { Json } from '../observe/observation-json.ts'
import { escapeText } from '../report/escape.ts'
import { formatJson } from '../report/json-text.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'

interface Asked {
  readonly format: string | undefined
  readonly stack: string | undefined
  readonly mfl: string | undefined
}

/** `tlsfit devices from-config FILE`: the profile of a build, from its configuration. */
export async function fromConfig(path: string | undefined, asked: Asked, io: CliIo): Promise<number> {
  if (path === undefined) {
    throw usageError('file-missing', 'from-config needs a file', 'write tlsfit devices from-config sdkconfig')
  }
  const format = formatOf(asked.format)
  const maxFragmentLength = fragmentLengthOf(asked.mfl)
  const text = Buffer.from(await readInput(path, 'an sdkconfig, a prj.conf or a header')).toString('utf8')
  const file = escapeText(path.replace(/^.*[\\/]/, ''), { maxChars: 80 })
  const derived = derive({
    text,
    file,
    stack: asked.stack,
    maxFragmentLength,
    catalogue: openCatalogue(),
    tables: readConfigTables(),
  })
  if (format === 'yaml') {
    io.stdout.write(writeProfile(derived, file))
  } else {
    // Kept as data only: the profile is plain text, numbers and lists.
    const profile = profileOf(derived, file) as unknown as Json
    const json: Json = { schema: 'tlsfit/profile@1', profile, notTakenUp: [...derived.notes] }
    io.stdout.write(`${formatJson(json)}\n`)
  }
  return exitCodes.done
}

/** A modem with its SDK takes more than one layer: the file sets the client above it. */
function derive(request: ConfigRequest): DerivedProfile {
  const { stack, catalogue } = request
  if (!stack?.includes('+')) return deriveProfile(request)
  return derivedOver({ ...request, stack: undefined }, resolveDevice(stack, catalogue))
}

function formatOf(format: string | undefined): 'yaml' | 'json' {
  if (format === undefined || format === 'yaml' || format === 'text') return 'yaml'
  if (format === 'json') return 'json'
  const shown = escapeText(format, { maxChars: 40 })
  throw usageError('value-invalid', `from-config has no format ${shown}`, 'there are: yaml, json', '--format')
}

function fragmentLengthOf(text: string | undefined): 512 | 1024 | 2048 | 4096 | undefined {
  if (text === undefined) return undefined
  const found = ([512, 1024, 2048, 4096] as const).find((length) => String(length) === text)
  if (found !== undefined) return found
  throw usageError(
    'value-invalid',
    '--mfl is none of RFC 6066',
    'write --mfl 512, 1024, 2048 or 4096',
    '--mfl',
  )
}
