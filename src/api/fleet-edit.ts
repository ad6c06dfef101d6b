import type { Catalogue } from '../device/catalogue.ts'
import { fleetDeviceFault } from '../fleet/parse-watch.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import { PemError, parseCertificates } from '../x509/pem.ts'
import type { FleetEdit } from './contract.ts'
import { invalid } from './endpoint-edit.ts'

const ANCHORS_AT_MOST = 500

/** A fleet of the API; `known`: the one that is edited. Throws `ApiFailure`. */
export function editedFleet(
  edit: FleetEdit,
  id: string,
  known: StoredFleet | undefined,
  catalogue: Catalogue,
): Omit<StoredFleet, 'origin'> {
  const device = edit.device.trim()
  // A path of a profile file would be read from this machine.
  const fault = /[/\\]|\.ya?ml$/i.test(device)
    ? { what: 'is not one of the catalogue', mend: 'name the profile file in watch.yaml' }
    : fleetDeviceFault(device, catalogue)
  if (fault !== undefined) throw invalid('device', `${device} ${fault.what}`, fault.mend)
  return {
    id,
    name: edit.name ?? known?.name ?? id,
    device,
    count: edit.count,
    verify: edit.verify ?? known?.verify ?? 'full',
    clock: known?.clock ?? { kind: 'right' },
    held: edit.anchorsPem === undefined ? known?.held : heldOf(edit.anchorsPem),
  }
}

/** Empty: nobody knows what they hold. */
function heldOf(pem: string): StoredFleet['held'] {
  if (pem.trim() === '') return undefined
  try {
    const certificates = parseCertificates(Buffer.from(pem), 'the anchors')
    if (certificates.length > ANCHORS_AT_MOST) {
      throw invalid('anchorsPem', `there are more than ${ANCHORS_AT_MOST} anchors`, undefined)
    }
    return certificates.map(({ der, sha256 }) => {
      return { label: sha256.slice(0, 16), der: Buffer.from(der).toString('base64') }
    })
  } catch (error) {
    if (error instanceof PemError) throw invalid('anchorsPem', error.message, error.hint)
    throw error
  }
}
