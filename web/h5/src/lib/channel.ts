/** The page's one channel client, with the login that this tab keeps. Loaded when first needed. */
import { base64, fromBase64 } from '@zhangyin/shared/bytes'
import { ZscClient, type Login } from '@zhangyin/shared/client'
import { appConfig } from './config'
import { device } from './device'
import { keepForTab, keptForTab } from './vault'

export const LOGIN_LABEL = 'zy-login'

interface KeptLogin {
  id: string
  keys: string[]
}

let onLoginLost: () => void = () => undefined
let making: Promise<ZscClient> | null = null
let keeping: Promise<void> = Promise.resolve()

/** In order: a later change is never overwritten by an earlier one. */
function keep(login: Login | null): void {
  const value = login && { id: login.loginId, keys: login.resumeKeys.map(base64) }
  keeping = keeping.then(() => keepForTab(LOGIN_LABEL, value)).catch(() => undefined)
}

async function make(): Promise<ZscClient> {
  const { serverKey } = await appConfig()
  const client = new ZscClient({
    serverKey,
    device,
    onLoginLost: () => onLoginLost(),
    onLoginChanged: keep,
  })
  const kept = await keptForTab<KeptLogin>(LOGIN_LABEL)
  if (kept !== null) client.restore({ loginId: kept.id, resumeKeys: kept.keys.map(fromBase64) })
  return client
}

export function zscClient(): Promise<ZscClient> {
  making ??= make().catch((e: unknown) => {
    making = null
    throw e
  })
  return making
}

export function setLoginLostHandler(handler: () => void): void {
  onLoginLost = handler
}
