/** Node 18 has the browsers' generator, but not yet as a global. */
import { webcrypto } from 'node:crypto'

if (!('crypto' in globalThis)) Object.defineProperty(globalThis, 'crypto', { value: webcrypto })
