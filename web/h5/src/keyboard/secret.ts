/**
 * Where typed passwords live: masked in memory under a random pad that changes with every key, never
 * as a string, never in the DOM, never in Vue's reactive state (private fields, and marked raw).
 */
import { random, utf8, wipe } from '@zhangyin/shared/bytes'
import { PASSWORD_MAX, type SecretSource } from '@zhangyin/shared/secret-source'
import { markRaw } from 'vue'

const held = new Set<WeakRef<SecretBuffer>>()

export class SecretBuffer implements SecretSource {
  readonly #masked = new Uint8Array(PASSWORD_MAX)
  readonly #pad = random(PASSWORD_MAX)
  /** Byte length of each character, so that one press takes back one character. */
  readonly #sizes: number[] = []
  #used = 0

  constructor(readonly max: number) {
    markRaw(this)
    held.add(new WeakRef(this))
  }

  get length(): number {
    return this.#sizes.length
  }

  /** False when it is full. */
  push(char: string): boolean {
    const bytes = utf8(char)
    if (this.length >= this.max || this.#used + bytes.length > PASSWORD_MAX) return false
    this.#remask()
    for (const b of bytes) {
      this.#masked[this.#used] = b ^ this.#pad[this.#used]!
      this.#used++
    }
    this.#sizes.push(bytes.length)
    wipe(bytes)
    return true
  }

  pop(): void {
    this.#used -= this.#sizes.pop() ?? 0
    this.#remask()
  }

  clear(): void {
    this.#sizes.length = 0
    this.#used = 0
    wipe(this.#masked)
    this.#pad.set(random(PASSWORD_MAX))
  }

  /** Opens the value into a buffer that the caller wipes. */
  writeInto(target: Uint8Array): number {
    for (let i = 0; i < this.#used; i++) target[i] = this.#masked[i]! ^ this.#pad[i]!
    return this.#used
  }

  /** Typed twice alike? Without either value leaving its mask for longer than the comparison. */
  equals(other: SecretBuffer): boolean {
    const a = new Uint8Array(PASSWORD_MAX)
    const b = new Uint8Array(PASSWORD_MAX)
    let different = this.writeInto(a) ^ other.writeInto(b)
    for (let i = 0; i < PASSWORD_MAX; i++) different |= a[i]! ^ b[i]!
    wipe(a)
    wipe(b)
    return different === 0
  }

  #remask(): void {
    const next = random(PASSWORD_MAX)
    for (let i = 0; i < PASSWORD_MAX; i++) {
      this.#masked[i] = i < this.#used ? this.#masked[i]! ^ this.#pad[i]! ^ next[i]! : 0
    }
    this.#pad.set(next)
    wipe(next)
  }
}

/** Wipes every typed password of the page: background lock and logout. */
export function wipeAllSecrets(): void {
  for (const ref of held) {
    const secret = ref.deref()
    if (secret === undefined) held.delete(ref)
    else secret.clear()
  }
}
