/**
 * What the client keeps at rest: the device key (IndexedDB) and the login of this tab
 * (sessionStorage), both under an AES-GCM key that scripts can use but not read.
 */
import { base64, fromBase64, fromUtf8, utf8, wipe } from '@zhangyin/shared/bytes'

const DB_NAME = 'zhangyin'
const STORE = 'vault'
const WRAP_KEY = 'wrap'
const NONCE_LENGTH = 12

interface Sealed {
  iv: Uint8Array
  data: Uint8Array
}

let opening: Promise<IDBDatabase> | null = null
let wrapping: Promise<CryptoKey> | null = null

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('storage'))
  })
}

function database(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DB_NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('storage'))
  })
  return opening
}

async function read<T>(key: string): Promise<T | undefined> {
  const tx = (await database()).transaction(STORE, 'readonly')
  return done(tx.objectStore(STORE).get(key) as IDBRequest<T | undefined>)
}

/** Writes unless another tab was first, and gives what is stored. */
async function addOrRead<T>(key: string, value: T): Promise<T> {
  const tx = (await database()).transaction(STORE, 'readwrite')
  const store = tx.objectStore(STORE)
  const there = await done(store.get(key) as IDBRequest<T | undefined>)
  if (there !== undefined) return there
  await done(store.put(value, key))
  return value
}

async function makeWrapKey(): Promise<CryptoKey> {
  const there = await read<CryptoKey>(WRAP_KEY)
  if (there !== undefined) return there
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  return addOrRead(WRAP_KEY, key)
}

function wrapKey(): Promise<CryptoKey> {
  wrapping ??= makeWrapKey()
  return wrapping
}

async function seal(label: string, plain: Uint8Array): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))
  const params = { name: 'AES-GCM', iv, additionalData: utf8(label) as BufferSource }
  const data = await crypto.subtle.encrypt(params, await wrapKey(), plain as BufferSource)
  return { iv, data: new Uint8Array(data) }
}

async function open(label: string, sealed: Sealed): Promise<Uint8Array> {
  const params = {
    name: 'AES-GCM',
    iv: sealed.iv as BufferSource,
    additionalData: utf8(label) as BufferSource,
  }
  return new Uint8Array(
    await crypto.subtle.decrypt(params, await wrapKey(), sealed.data as BufferSource),
  )
}

/** The bytes kept under `label`, made by `create` the first time. */
export async function keptBytes(label: string, create: () => Uint8Array): Promise<Uint8Array> {
  const there = await read<Sealed>(label)
  if (there !== undefined) return open(label, there)
  const fresh = create()
  const stored = await addOrRead(label, await seal(label, fresh))
  wipe(fresh)
  return open(label, stored)
}

/** Keeps bytes under `label`, in place of what was there. */
export async function keep(label: string, plain: Uint8Array): Promise<void> {
  const sealed = await seal(label, plain)
  const tx = (await database()).transaction(STORE, 'readwrite')
  await done(tx.objectStore(STORE).put(sealed, label))
}

/** null when nothing is kept. */
export async function kept(label: string): Promise<Uint8Array | null> {
  const there = await read<Sealed>(label)
  return there === undefined ? null : open(label, there)
}

export async function dropKept(label: string): Promise<void> {
  const tx = (await database()).transaction(STORE, 'readwrite')
  await done(tx.objectStore(STORE).delete(label))
}

/** Keeps a JSON value for this tab only; null removes it. */
export async function keepForTab(label: string, value: unknown): Promise<void> {
  if (value === null) return sessionStorage.removeItem(label)
  const plain = utf8(JSON.stringify(value))
  const { iv, data } = await seal(label, plain)
  wipe(plain)
  sessionStorage.setItem(label, `${base64(iv)}.${base64(data)}`)
}

export function hasForTab(label: string): boolean {
  return sessionStorage.getItem(label) !== null
}

/** null when nothing is kept or it cannot be opened. */
export async function keptForTab<T>(label: string): Promise<T | null> {
  const [iv, data] = (sessionStorage.getItem(label) ?? '').split('.')
  if (!iv || !data) return null
  try {
    const plain = await open(label, { iv: fromBase64(iv), data: fromBase64(data) })
    const value = JSON.parse(fromUtf8(plain)) as T
    wipe(plain)
    return value
  } catch {
    sessionStorage.removeItem(label)
    return null
  }
}
