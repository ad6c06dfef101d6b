// The pictures of the dashboard in docs/images, made anew in Chromium: npm run build && npm run pictures
import { runBundled } from './run-bundled.mjs'

await runBundled(import.meta.dirname, { entry: 'docs/dashboard-pictures.ts' })
