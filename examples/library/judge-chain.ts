// Whether a chain that is not served yet fits a device. Nothing is dialled. node judge-chain.ts CHAIN.pem ROOT.pem DEVICE [DAY]
import { readFileSync } from 'node:fs'
import { formatSentence, judge, observePem, openCatalogue, parseCertificates, resolveDevice } from 'tlsfit'

const [chain = '', root = '', id = '', day] = process.argv.slice(2)
const device = resolveDevice(id, openCatalogue())
const [anchor] = parseCertificates(readFileSync(root), root)

const verdict = judge({
  observation: observePem(readFileSync(chain), chain, undefined),
  device,
  trust: { held: anchor && [{ certificate: anchor, label: root }], origin: 'given', known: [] },
  verify: 'full',
  now: day === undefined ? new Date() : new Date(day),
})

console.log(`${device.name}: ${verdict.state}`)
for (const finding of verdict.findings) {
  if (finding.effect === 'blocks') console.log(`- ${finding.id}: ${formatSentence(finding, 'pem')}`)
}
for (const { limit, counts, value, limitValue, left, unit } of verdict.margins) {
  console.log(`- ${limit} (${counts}): ${value} of ${limitValue} ${unit}, ${left} left`)
}
