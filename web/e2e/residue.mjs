/** What a browser, a log or an address must not hold: looked for byte by byte, in each writing in which it could stand. */
import assert from 'node:assert/strict'

/** Everything that a page of this origin left in its browser, as text. Keys that scripts cannot read have no text. */
async function leftInPage(page) {
  return page.evaluate(async () => {
    const texts = []
    const latin = (bytes) => String.fromCharCode(...bytes)
    const say = (where, value, depth = 0) => {
      if (value === null || value === undefined || depth > 6) return
      if (value instanceof ArrayBuffer) return say(where, new Uint8Array(value), depth)
      if (ArrayBuffer.isView(value)) {
        const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        return void texts.push([where, latin(bytes)], [where, btoa(latin(bytes))])
      }
      if (typeof value === 'object' && !(value instanceof CryptoKey))
        return Object.entries(value).forEach(([name, inner]) => (texts.push([where, name]), say(where, inner, depth + 1)))
      texts.push([where, String(value)])
    }
    for (const [name, storage] of [['localStorage', localStorage], ['sessionStorage', sessionStorage]])
      for (let i = 0; i < storage.length; i++) {
        const key = storage.key(i)
        const value = storage.getItem(key)
        say(name, key)
        say(name, value)
        for (const part of value.split('.')) try { say(name, atob(part)) } catch { /* not base64 */ }
      }
    const done = (request) => new Promise((yes, no) => { request.onsuccess = () => yes(request.result); request.onerror = () => no(request.error) })
    for (const { name } of await indexedDB.databases()) {
      const db = await done(indexedDB.open(name))
      for (const store of db.objectStoreNames) {
        const rows = db.transaction(store).objectStore(store)
        for (const key of await done(rows.getAllKeys())) say('indexedDB', key)
        for (const value of await done(rows.getAll())) say('indexedDB', value)
      }
      db.close()
    }
    if ('caches' in self)
      for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) say('caches', `${request.url} ${await (await cache.match(request)).text()}`)
      }
    say('window', window.name)
    say('history', JSON.stringify(history.state))
    say('address', location.href)
    say('page', document.documentElement.outerHTML)
    for (const field of document.querySelectorAll('input, textarea')) say('field', field.value)
    return texts
  })
}

const writings = (secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex'), encodeURIComponent(secret)]

/** Short numbers stand alone, or they are part of something else. */
function holds(text, secret) {
  if (/^\d{4,6}$/.test(secret)) return new RegExp(`(?<![0-9A-Za-z])${secret}(?![0-9A-Za-z])`).test(text)
  const flat = /^\d{10,}/.test(secret) ? text.replace(/(?<=\d) (?=\d)/g, '') : text /* numbers in groups of four */
  return writings(secret).some((writing) => flat.includes(writing))
}

/** secrets: { name: text }. What was found, as "name in place". */
export async function residue(page, secrets) {
  const cookies = (await page.context().cookies()).map((c) => ['cookies', `${c.name}=${c.value}`])
  const texts = [...(await leftInPage(page)), ...cookies]
  assert.ok(texts.some(([where]) => where === 'indexedDB') && texts.length > 4, 'the search saw nothing')
  return [...new Set(texts.flatMap(([where, text]) => Object.entries(secrets).filter(([, s]) => holds(text, s)).map(([name]) => `${name} in ${where}`)))]
}

/** The same in lines of a log, without their times and durations. */
export function inLog(lines, secrets) {
  const text = lines.replace(/"(at|us)":("[^"]*"|\d+),?/g, '')
  return Object.entries(secrets).filter(([, s]) => holds(text, s)).map(([name]) => name)
}
