import { defineConfig } from 'tsdown'
import { compileData } from './scripts/compile-data.ts'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli/main.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: false,
  clean: true,
  define: { TLSFIT_BUILT: 'true' },
  hooks: { 'build:done': () => compileData(import.meta.dirname, `${import.meta.dirname}/dist`) },
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
})
