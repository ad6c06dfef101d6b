// A device of your own, over a family that tlsfit carries. node own-device.ts URL PROFILE.yaml CA.pem
import { readFileSync } from 'node:fs'
import { check, checkRequest, formatJson, parseCertificates, verdictsJson } from 'tlsfit'

const [target = '', profile = '', ca = ''] = process.argv.slice(2)
const anchors = parseCertificates(readFileSync(ca), ca).map((certificate) => ({ certificate, label: ca }))

// A path in place of an id is read as a profile.
const verdicts = await check(checkRequest({ target, devices: [profile], anchors, byteLimit: 65_536 }))

console.log(formatJson(verdictsJson(verdicts)))
