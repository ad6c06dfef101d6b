// What is known of a device, with sources; what is not known is said, too. node device-limits.ts DEVICE
import { DeviceIdError, openCatalogue, resolveDevice } from 'tlsfit'

const [id = ''] = process.argv.slice(2)

try {
  const device = resolveDevice(id, openCatalogue())
  console.log(device.id)
  for (const [name, limit] of Object.entries(device.limits)) {
    if (limit === undefined) console.log(`${name}: not known`)
    else
      console.log(
        `${name}: ${limit.value ?? 'no figure'}, counts ${limit.counts} (${limit.confidence}: ${limit.source})`,
      )
  }
} catch (error) {
  if (!(error instanceof DeviceIdError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 64
}
