import { defineConfig, type Plugin } from 'vite'

/** The page of `tlsfit watch`: files with hashed names in `dist/web`, served by `src/api`. After tsdown, which empties `dist`. */
export default defineConfig({
  root: import.meta.dirname,
  // The page may lie under a path of somebody's proxy.
  base: './',
  publicDir: false,
  plugins: [holdPaint()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The policy is `default-src 'self'`: no `data:` pictures, nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})

/** The script sets light or dark before anything is painted, so that nothing flashes. */
function holdPaint(): Plugin {
  return {
    name: 'hold-paint',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
    },
  }
}
