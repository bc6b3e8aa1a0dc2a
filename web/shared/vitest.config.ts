import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'shared', environment: 'node', setupFiles: ['../vitest.setup.ts'], include: ['test/**/*.test.ts'] },
})
