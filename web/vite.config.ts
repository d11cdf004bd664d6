// Builds the dashboard: `vite build web` → web/dist, which the server hands out as it is.
import preact from '@preact/preset-vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [preact({ devToolsEnabled: false })],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['es2022'],
    // light-dark() carries both themes in one set of properties; older browsers than these lack it.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
  },
  // `vite web` beside a running `picket serve`.
  server: { proxy: { '/api': 'http://127.0.0.1:8514' } },
})
