import * as v from 'valibot'
import { parseDataFile } from '../data-file.ts'

const names = v.array(v.string())
const needs = v.record(v.string(), v.string())

const versionTable = v.strictObject({
  where: v.string(),
  on: names,
  values: v.record(v.string(), v.number()),
  protocols: needs,
  hashes: needs,
  groups: names,
  schemes: names,
  schemeNeeds: needs,
  certificateHashes: names,
  extensions: v.array(v.strictObject({ name: v.string(), needs: v.string() })),
})

const tableFile = v.strictObject({
  suites: names,
  keyExchanges: needs,
  ciphers: needs,
  curves: needs,
  versions: v.record(v.string(), versionTable),
})

/** What Mbed TLS makes of its macros: `devices/defaults/mbedtls.yaml`. */
export type MbedtlsTable = v.InferOutput<typeof tableFile>
export type MbedtlsVersion = v.InferOutput<typeof versionTable>

/** Throws `DataFileError`. */
export function parseMbedtlsTable(text: string): MbedtlsTable {
  return parseDataFile(text, 'devices/defaults/mbedtls.yaml', tableFile)
}
