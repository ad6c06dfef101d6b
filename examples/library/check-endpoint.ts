// What two devices make of an endpoint. node check-endpoint.ts URL [CA.pem]
import { readFileSync } from 'node:fs'
import { check, checkRequest, formatText, parseCertificates } from 'tlsfit'

const [target = '', file] = process.argv.slice(2)
const anchors =
  file === undefined
    ? undefined
    : parseCertificates(readFileSync(file), file).map((certificate) => ({ certificate, label: file }))

const verdicts = await check(checkRequest({ target, devices: ['nrf9160@1.3.7', 'esp-idf@5.2'], anchors }))

console.log(formatText(verdicts, { color: false, columns: 100 }))
process.exitCode = verdicts.some(({ state }) => state === 'blocked') ? 1 : 0
