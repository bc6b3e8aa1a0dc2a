/** What the soft keyboard and the password cipher agree on; free of cryptography, so it loads at once. */
export const PASSWORD_MAX = 64

/** Something that writes its UTF-8 bytes into a buffer and says how many. */
export interface SecretSource {
  writeInto(target: Uint8Array): number
}

/** Numbers that stood in a field of the page, so not a secret of the keyboard: encrypted beyond the channel all the same. */
export function plainSource(text: string): SecretSource {
  const bytes = new TextEncoder().encode(text)
  return {
    writeInto(target) {
      if (bytes.length > PASSWORD_MAX) return 0
      target.set(bytes)
      return bytes.length
    },
  }
}
