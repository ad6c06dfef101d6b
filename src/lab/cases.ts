import type { LabCase } from './case.ts'
import { esp32Ota } from './cases/esp32-ota.ts'
import { memfaultFota } from './cases/memfault-fota.ts'
import { nordicAwsMqtt } from './cases/nordic-aws-mqtt.ts'
import { nordicAzureFota } from './cases/nordic-azure-fota.ts'
import { spwf04AzureTable } from './cases/spwf04-azure-table.ts'

/** The five real cases, in the order in which `demo` tells them. */
export const labCases: readonly LabCase[] = [
  nordicAzureFota,
  nordicAwsMqtt,
  memfaultFota,
  esp32Ota,
  spwf04AzureTable,
]

/** The case of that id; undefined when there is none. */
export function findCase(id: string): LabCase | undefined {
  return labCases.find((one) => one.id === id)
}
