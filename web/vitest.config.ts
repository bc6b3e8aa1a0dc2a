import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const workspaces = ['shared', 'h5', 'console'].filter((name) =>
  existsSync(new URL(`./${name}/vitest.config.ts`, import.meta.url)),
)

export default defineConfig({ test: { projects: workspaces } })
