/** How the web apps are built: one HTML entry for each app, hashed assets, nothing inline. */
import { lingui, linguiTransformerBabelPreset as macros } from '@lingui/vite-plugin'
import babel from '@rolldown/plugin-babel'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const edge = process.env.CAPITALINO_PUBLIC_URL ?? 'http://localhost:8000'

export default defineConfig({
  plugins: [react(), lingui(), babel({ presets: [macros()] }), tailwindcss()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { investor: here('./index.html') } },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: edge, ws: true }, '/sandbox': { target: edge } },
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost:8000/' } },
    setupFiles: ['tests/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 30_000,
    coverage: {
      include: ['src/**/*.{ts,tsx}'],
      exclude: ['src/**/*.test.*', 'src/api/schema.d.ts', 'src/*/main.tsx'],
      thresholds: { statements: 80, branches: 80, functions: 80, lines: 80 },
    },
  },
})
