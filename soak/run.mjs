// The soak, in processes of their own, whose memory can be asked for after a collection:
//   npm run soak -- [gateway|watch] [--minutes N] [--load N] [--every SECONDS] [--seed S]
import { runBundled } from '../scripts/run-bundled.mjs'

await runBundled(import.meta.dirname, { flags: ['--expose-gc'] })
