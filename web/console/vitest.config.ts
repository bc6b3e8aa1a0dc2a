import { defineConfig, mergeConfig } from 'vitest/config'
import viteConfig from './vite.config'

export default mergeConfig(
  viteConfig,
  defineConfig({
    // Vue's own switch: Element Plus and test-utils need the options API in the test build.
    define: { __VUE_OPTIONS_API__: 'true' },
    test: { name: 'console', environment: 'jsdom', setupFiles: ['../vitest.setup.ts'], include: ['test/**/*.test.ts'] },
  }),
)
