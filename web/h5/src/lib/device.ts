/** This device: its SM2 key, made at first start, and the coarse facts that the server is told. */
import { hex, utf8 } from '@zhangyin/shared/bytes'
import type { Device } from '@zhangyin/shared/client'
import { keyPairOf, newKeyPair, sm3 } from '@zhangyin/shared/sm'
import { keptBytes } from './vault'

export interface DeviceFacts {
  name: string
  os: string
}

const SYSTEMS: readonly [RegExp, string][] = [
  [/HarmonyOS|OpenHarmony/i, 'HarmonyOS'],
  [/iPhone|iPad|iPod/i, 'iOS'],
  [/Android/i, 'Android'],
  [/Windows/i, 'Windows'],
  [/Mac OS X/i, 'macOS'],
  [/Linux/i, 'Linux'],
]

const BROWSERS: readonly [RegExp, string][] = [
  [/MicroMessenger/i, 'WeChat'],
  [/HuaweiBrowser/i, 'Huawei Browser'],
  [/Edg/i, 'Edge'],
  [/Firefox|FxiOS/i, 'Firefox'],
  [/Chrome|CriOS/i, 'Chrome'],
  [/Safari/i, 'Safari'],
]

function firstMatch(table: readonly [RegExp, string][], text: string): string {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? 'Web'
}

export function deviceFacts(userAgent: string = navigator.userAgent): DeviceFacts {
  const os = firstMatch(SYSTEMS, userAgent)
  return { os, name: `${firstMatch(BROWSERS, userAgent)} ${os}` }
}

/** What stays when the browser is updated, the device turned, the language changed or the customer travels. */
function fingerprint(): string {
  const { os, name } = deviceFacts()
  const sides = [screen.width, screen.height].sort((a, b) => a - b)
  const traits = [os, name, sides.join('x'), screen.colorDepth, navigator.hardwareConcurrency]
  return hex(sm3(utf8(traits.join('|'))))
}

let loading: Promise<Device> | null = null

async function load(): Promise<Device> {
  const privateKey = await keptBytes('device-key', () => newKeyPair().privateKey)
  return { key: keyPairOf(privateKey), fingerprint: fingerprint(), ...deviceFacts() }
}

export function device(): Promise<Device> {
  loading ??= load().catch((e: unknown) => {
    loading = null
    throw e
  })
  return loading
}

/** `device_id` as the server names it. */
export async function deviceId(): Promise<string> {
  const { key } = await device()
  return hex(sm3(key.publicKey).subarray(0, 16))
}
