import { type Attempt, type CaseStep, type LabCase, plainAttempt } from '../case.ts'
import { makeForestChain } from '../chains.ts'
import { openMqttServer } from '../mqtt-server.ts'
import { Servers } from '../servers.ts'
import { keyPem, makeDeviceCertificate } from '../small-chains.ts'

/** Two customers of one region, under one wildcard certificate. */
const own = 'a1b2c3d4e5f6g7-ats.iot.eu-west-1.forest.test'
const wrong = 'z9y8x7w6v5u4t3-ats.iot.eu-west-1.forest.test'

/** devzone.nordicsemi.com/f/nordic-q-a/85312: AWS IoT stops answering after a modem update. */
export const nordicAwsMqtt: LabCase = {
  id: 'nordic-aws-mqtt',
  title: 'AWS IoT over MQTT: works with modem firmware 1.2.0, not with 1.2.3',
  problem: 'Same application, same certificates, a newer modem firmware: the broker hangs up.',
  async open(options) {
    const servers = new Servers(options)
    const [chain, thing, other] = await Promise.all([
      makeForestChain('iot', options),
      makeDeviceCertificate('tracker-1', options),
      makeDeviceCertificate('somebody-else', options),
    ])
    const account = { host: own, registered: [thing.certificate] }
    const connect = await servers.add((at) =>
      openMqttServer({
        ...at,
        chain: chain.sent,
        clientCas: [thing.ca],
        accounts: [account, { host: wrong, registered: [other.certificate] }],
        withoutName: account,
      }),
    )
    const clientCredential = {
      certificatePem: thing.certificate.pem,
      keyPem: keyPem(thing.certificate.key),
    }
    const attempt = (device: string, rest: Partial<Attempt>): Attempt => ({
      ...plainAttempt,
      target: `mqtts://${own}`,
      device,
      connect,
      anchors: [chain.root],
      clientCredential,
      ...rest,
    })
    return {
      id: 'nordic-aws-mqtt',
      steps: [
        {
          role: 'works-before',
          title: 'modem firmware 1.2.0, the application passing a wrong host name',
          deviceSays: [],
          attempt: attempt('nrf9160@1.2.0', { sni: wrong }),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'This firmware cannot send a server name, so nobody noticed that it is wrong.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'modem firmware 1.2.3, the same application',
          deviceSays: [],
          attempt: attempt('nrf9160@1.2.3', { sni: wrong }),
          expect: { states: ['blocked'], finding: 'sni-wrong' },
          why: 'From 1.2.1 on the name goes out as SNI. The service routes by it: the handshake completes under the wildcard certificate, the CONNECT reaches another account, and that one hangs up without a word.',
          cure: undefined,
        },
        {
          role: 'contrast',
          title: 'the host name set to NULL, as the thread ended',
          deviceSays: [],
          attempt: attempt('nrf9160@1.2.3', { sni: 'none', verify: 'no-name' }),
          expect: { states: ['at-risk'], finding: 'name-check-off' },
          why: 'It connects, and from now on any certificate under that root will do: the name check went with the name.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: "modem firmware 1.2.3, the endpoint's own host name",
          deviceSays: [],
          attempt: attempt('nrf9160@1.2.3', {}),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'Name, route and check agree.',
          cure: "pass the endpoint's own host name to the TLS socket",
        },
      ] satisfies CaseStep[],
      close: () => servers.close(),
    }
  },
}
