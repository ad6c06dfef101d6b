import { TlsClient } from '../../src/tls/client.ts'
import { offer13Of } from '../../test/support/offers.ts'
import { seedFiles } from '../seed-files.ts'

/** The record with a hello that offers TLS 1.2 and 1.3. */
export function clientHello(): Uint8Array {
  const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']
  const offer = offer13Of({ suites, offered: [0x0304, 0x0303] })
  return new TlsClient({ offer, seed: new Uint8Array(32).fill(1) }).start(0).send
}

/** What real servers sent. */
export function serverFlights(): Uint8Array[] {
  return seedFiles('test/fixtures/flights', '.json', 100_000).flatMap((file) => {
    const { received, serverFlight } = JSON.parse(Buffer.from(file).toString())
    const hex = received ?? serverFlight
    return typeof hex === 'string' ? [Buffer.from(hex, 'hex')] : []
  })
}

/** Codes of the registries, headers and bounds. */
export const wireWords: readonly Uint8Array[] = [
  ...[
    '160301',
    '160303',
    '150303',
    '140303000101',
    '170303',
    '1603034000',
    '1603034001',
    '1603034800',
    '1603034801',
  ],
  ...[
    '0303',
    '0304',
    '0302',
    '0301',
    '0300',
    '0002',
    '1301',
    '1302',
    '1303',
    'c02f',
    'c02b',
    '009c',
    '00ff',
    '5600',
  ],
  ...[
    '0000',
    '0001',
    '0005',
    '000a',
    '000b',
    '000d',
    '0010',
    '0016',
    '0017',
    '001c',
    '0023',
    '0029',
    '002b',
    '0033',
  ],
  ...[
    'ff01',
    '0a0a',
    '001d',
    '0017',
    '0018',
    '0019',
    '0403',
    '0804',
    '0401',
    '0201',
    '0000000000',
    'ffffffff',
  ],
  ...[
    '444f574e47524401',
    '444f574e47524400',
    '01000000',
    '02000000',
    '0b000000',
    '0e000000',
    '14000000',
    '00ffffff',
  ],
].map((hex) => Buffer.from(hex, 'hex'))
