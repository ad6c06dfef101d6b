// The roots that a device needs for its endpoints, and how long they last. node roots.ts DEVICE TARGET...
import { checkRequest, findTrust } from 'tlsfit'

const [device = '', ...targets] = process.argv.slice(2)
const now = new Date()
const inTenYears = new Date(Date.UTC(now.getUTCFullYear() + 10, now.getUTCMonth(), now.getUTCDate()))

const { plan } = await findTrust({
  ...checkRequest({ target: targets[0] ?? '', devices: [device], now }),
  targets: targets.map((target) => ({ target })),
  device,
  roots: [],
  held: [],
  serviceEnd: inTenYears,
  fetchIssuers: false,
})

for (const { candidate, hosts, life } of plan.chosen) {
  console.log(
    `${candidate.certificate.subject.text}, until ${life.until?.toISOString().slice(0, 10) ?? 'unknown'}: ${hosts.join(', ')}`,
  )
}
