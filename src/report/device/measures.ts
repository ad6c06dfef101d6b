import type { Device } from '../../device/device.ts'
import { partsOf } from '../../device/device-parts.ts'
import { partName } from '../device-words.ts'
import { measureQuestions } from './measure-questions.ts'
import { type MeasureRecipe, measureRecipes, type RecipeName } from './measure-recipes.ts'

/** One recipe with all that it would settle of a device. */
export interface Measure {
  readonly recipe: RecipeName
  readonly title: string
  /** With this device's id and files. */
  readonly commands: readonly string[]
  readonly note: string | undefined
  readonly settles: readonly OpenQuestion[]
}

export interface OpenQuestion {
  /** As `unknown` of the JSON names it: `limits.chainBytes`; `http` where nothing is known of the whole client. */
  readonly part: string
  readonly name: string
  readonly question: string
}

/** What is not known of a device, under the recipe that settles it; recipes in a fixed order. */
export function measuresOf(device: Device): readonly Measure[] {
  const config = configOf(device)
  const open = openParts(device).map(({ part, name }) => {
    const [recipe, question] = measureQuestions[part] ?? (['read', `What is its ${name}?`] as const)
    const own: RecipeName = config?.parts.includes(part) ? 'config' : recipe
    return { recipe: own, part, name, question }
  })
  return (Object.keys(measureRecipes) as RecipeName[]).flatMap((recipe) => {
    const settles = open.filter((each) => each.recipe === recipe)
    if (settles.length === 0) return []
    const { title, commands, note }: MeasureRecipe = measureRecipes[recipe]
    return [
      {
        recipe,
        title,
        commands: commands.map((command) =>
          command.replace('{id}', () => device.id).replace('{config}', config?.file ?? ''),
        ),
        note,
        settles: settles.map(({ part, name, question }) => ({ part, name, question })),
      },
    ]
  })
}

function openParts(device: Device): { part: string; name: string }[] {
  const parts = partsOf(device)
    .filter(({ known }) => known === undefined)
    .map(({ group, key }) => ({ part: `${group}.${key}`, name: partName({ key }) }))
  const whole = [
    ['http', 'HTTP client', device.http],
    ['mqtt', 'MQTT client', device.mqtt],
    ['handshakeFragments', 'handshake fragments', device.handshakeFragments],
    ['anchorsHeld', 'roots held', device.anchorsHeld],
  ] as const
  return [...parts, ...whole.flatMap(([part, name, known]) => (known === undefined ? [{ part, name }] : []))]
}

/** What `devices from-config` reads of a device's build, and the parts that it can tell: docs/devices.md. */
interface ConfigSource {
  readonly file: string
  readonly parts: readonly string[]
}

/** Undefined where the TLS of a device is not configured by a file that is read. */
function configOf({ layers }: Device): ConfigSource | undefined {
  return layers.map(({ family }) => configs[family]).find((config) => config !== undefined)
}

const mbedtlsParts = [
  'limits.handshakeMessageBytes',
  'limits.recordBytes',
  'limits.chainCertificates',
  'limits.rsaKeyBits',
  'verification.dates',
  'verification.certificateSignatures',
  'build.hashes',
  'build.certificateGroups',
  'build.receiveBuffer',
  'build.sentRecordBytes',
]

const configs: Readonly<Record<string, ConfigSource | undefined>> = {
  'esp-idf': { file: 'sdkconfig', parts: mbedtlsParts },
  zephyr: { file: 'build/zephyr/.config', parts: [...mbedtlsParts, 'build.heapBytes'] },
  mbedtls: { file: 'mbedtls_config.h', parts: mbedtlsParts },
  wolfssl: {
    file: 'user_settings.h',
    parts: [
      'limits.handshakeMessageBytes',
      'limits.chainCertificates',
      'limits.rsaKeyBits',
      'limits.rsaKeyBitsMin',
      'verification.dates',
      'build.hashes',
      'build.alternativeChains',
    ],
  },
}
