import type { FuzzTarget } from './fuzz-target.ts'
import { captures } from './targets/captures.ts'
import { configs } from './targets/configs.ts'
import { dtls } from './targets/dtls.ts'
import { emitters } from './targets/emitters.ts'
import { escapers } from './targets/escapers.ts'
import { httpMqtt } from './targets/http-mqtt.ts'
import { logs } from './targets/logs.ts'
import { observations } from './targets/observations.ts'
import { reports } from './targets/reports.ts'
import { clientEngine } from './targets/tls-client-engine.ts'
import { serverEngine } from './targets/tls-server-engine.ts'
import { tlsWire } from './targets/tls-wire.ts'
import { x509 } from './targets/x509.ts'

/** Every reader and writer under fuzzing. */
export const targets: readonly FuzzTarget[] = [
  ...tlsWire,
  clientEngine,
  serverEngine,
  ...dtls,
  ...x509,
  ...captures,
  ...httpMqtt,
  ...configs,
  ...observations,
  ...escapers,
  ...emitters,
  ...reports,
  ...logs,
]
