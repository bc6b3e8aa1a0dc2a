/** What the server tells the page before anything else: the pinned key and the institution's brand. */
import { fromBase64 } from '@zhangyin/shared/bytes'

export interface Brand {
  name: string
  name_en?: string
  slogan?: string
  slogan_en?: string
  hotline?: string
}

export interface AppConfig {
  serverKey: { id: number; publicKey: Uint8Array }
  brand: Brand
  demo: boolean
}

interface WireConfig {
  server_key: { id: number; public_key: string }
  brand?: Partial<Brand>
  demo?: boolean
}

let loading: Promise<AppConfig> | null = null

async function load(): Promise<AppConfig> {
  const response = await fetch('/config.json', { cache: 'no-cache', credentials: 'omit' })
  if (!response.ok) throw new Error(`config: ${response.status}`)
  const wire = (await response.json()) as WireConfig
  const { id, public_key } = wire.server_key
  if (!Number.isInteger(id) || id < 0 || id > 0xffff) throw new Error('config: key id')
  return {
    serverKey: { id, publicKey: fromBase64(public_key) },
    brand: { ...wire.brand, name: wire.brand?.name ?? '' },
    demo: wire.demo === true,
  }
}

/** A failed load is tried again at the next call. */
export function appConfig(): Promise<AppConfig> {
  loading ??= load().catch((e: unknown) => {
    loading = null
    throw e
  })
  return loading
}
