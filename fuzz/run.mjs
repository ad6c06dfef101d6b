// Fuzzing, in a process of its own with a bounded heap:
//   npm run fuzz -- [--minutes N] [--cases N] [--seed S] [--reader NAME]
import { runBundled } from '../scripts/run-bundled.mjs'

const env = { ...process.env, TLSFIT_FUZZ: import.meta.dirname }
await runBundled(import.meta.dirname, { flags: ['--max-old-space-size=600'], env })
