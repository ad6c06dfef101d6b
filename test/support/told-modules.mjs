// Preloaded with `--import`: each module that is loaded is told on stderr, one a line.
import { register } from 'node:module'

const hooks = `import { writeSync } from 'node:fs'
export async function load(url, context, next) {
  writeSync(2, 'loads ' + url + '\\n')
  return next(url, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
