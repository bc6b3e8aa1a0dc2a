/** What the soft keyboard and the password cipher agree on; free of cryptography, so it loads at once. */
export const PASSWORD_MAX = 64

/** Something that writes its UTF-8 bytes into a buffer and says how many. */
export interface SecretSource {
  writeInto(target: Uint8Array): number
}
