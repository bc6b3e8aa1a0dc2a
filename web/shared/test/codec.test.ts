import { describe, expect, it } from 'vitest'
import { sm2 } from 'sm-crypto-v2'
import { concat, fromBase64, fromHex, hex, random, utf8 } from '../src/bytes'
import { money, amountKey, groupTyped, parseYuan, signedYuan } from '../src/money'
import { checkOrderText, readOrderText } from '../src/order'
import { sealPassword } from '../src/secret'
import * as sm from '../src/sm'
import * as zsc1 from '../src/zsc1'

describe('SM algorithms', () => {
  it('sm3 gives the digests of GB/T 32905', () => {
    expect(hex(sm.sm3(utf8('abc')))).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
    expect(hex(sm.sm3(utf8('abcd'.repeat(16))))).toBe(
      'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
    )
  })

  it('sm4-gcm gives the example of RFC 8998', () => {
    const sealed = sm.gcmSeal(
      fromHex('0123456789abcdeffedcba9876543210'),
      fromHex('00001234567800000000abcd'),
      fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
      fromHex(
        'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd' +
          'eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa',
      ),
    )
    expect(hex(sealed)).toBe(
      '17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735' +
        'd82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d' +
        '83de3541e4c2b58177e065a9bf7b62ec',
    )
  })

  it('sm4-gcm refuses any changed bit', () => {
    const [key, nonce, aad] = [random(16), random(12), random(28)]
    const sealed = sm.gcmSeal(key, nonce, aad, utf8('money'))
    expect(sm.gcmOpen(key, nonce, aad, sealed)).toEqual(utf8('money'))
    for (let i = 0; i < sealed.length; i++) {
      const bad = sealed.slice()
      bad[i]! ^= 1
      expect(sm.gcmOpen(key, nonce, aad, bad)).toBeNull()
    }
  })

  it('takes only uncompressed finite points on the curve', () => {
    const { publicKey } = sm.newKeyPair()
    const with0 = (first: number) => Uint8Array.from([first, ...publicKey.subarray(1)])
    const offCurve = publicKey.slice()
    offCurve[64]! ^= 1
    expect(sm.isPoint(publicKey)).toBe(true)
    for (const bad of [with0(2), with0(6), with0(7), offCurve, publicKey.subarray(0, 33), new Uint8Array(1)])
      expect(sm.isPoint(bad)).toBe(false)
    expect(sm.isPoint(Uint8Array.from([4, ...new Uint8Array(64)]))).toBe(false)
  })

  it('verifies only the right signature', () => {
    const key = sm.newKeyPair()
    const signature = sm.sign(key, utf8('a'))
    expect(signature).toHaveLength(64)
    expect(sm.verify(key.publicKey, utf8('a'), signature)).toBe(true)
    expect(sm.verify(key.publicKey, utf8('b'), signature)).toBe(false)
    expect(sm.verify(key.publicKey, utf8('a'), new Uint8Array(64))).toBe(false)
    expect(sm.verify(key.publicKey, utf8('a'), new Uint8Array(64).fill(255))).toBe(false)
  })
})

describe('ZSC/1 codec', () => {
  it('makes a hello of 105 bytes', () => {
    const { bytes, eph } = zsc1.helloRequest(0x0102)
    expect(bytes).toHaveLength(zsc1.HELLO_REQUEST_LENGTH)
    expect(hex(bytes.subarray(0, 8))).toBe('5a53433101000102')
    expect(bytes.subarray(40)).toEqual(eph.publicKey)
  })

  it('wipes the ephemeral key also when the hello is refused', () => {
    const request = zsc1.helloRequest(1)
    const server = { id: 1, publicKey: sm.newKeyPair().publicKey }
    expect(() => zsc1.helloFinish(server, request, new Uint8Array(179))).toThrow('length')
    expect(request.eph.privateKey).toEqual(new Uint8Array(32))
  })

  it('has no seq 0, no fraction and none above 2^53-1', () => {
    const keys = { kC2s: random(16), ivC2s: random(12), kS2c: random(16), ivS2c: random(12), sessionId: random(16) }
    for (const seq of [0, -1, 1.5, 2 ** 53, NaN]) expect(() => zsc1.seal(keys, seq, utf8('x'))).toThrow('seq')
    expect(zsc1.seal(keys, 2 ** 53 - 1, utf8('x'))).toHaveLength(17)
  })
})

describe('password', () => {
  const source = { writeInto: (b: Uint8Array) => (b.set(utf8('pässword1')), utf8('pässword1').length) }

  it('travels as 82 bytes: challenge, purpose, length, zero padded password', () => {
    const server = sm.newKeyPair()
    const challenge = random(16)
    const sealed = sealPassword(
      {
        challenge_id: 'c1',
        challenge: btoa(String.fromCharCode(...challenge)),
        key_id: 1,
        public_key: btoa(String.fromCharCode(...server.publicKey)),
      },
      'transaction',
      source,
    )
    const plain = sm2.doDecrypt(hex(fromBase64(sealed.cipher)), hex(server.privateKey), 1, {
      output: 'array',
      asn1: true,
    })
    const password = utf8('pässword1')
    const pad = new Uint8Array(64 - password.length)
    expect(sealed.challenge_id).toBe('c1')
    expect(Uint8Array.from(plain)).toEqual(concat(challenge, Uint8Array.of(2, 10), password, pad))
  })

  it('refuses an empty password', () => {
    const challenge = { challenge_id: 'c', challenge: btoa('0'.repeat(16)), key_id: 1, public_key: '' }
    expect(() => sealPassword(challenge, 'login', { writeInto: () => 0 })).toThrow('length')
  })
})

describe('canonical order text', () => {
  const text = 'zhangyin-order/1\norder_id=o1\nkind=transfer.internal\namount_fen=12300\nmemo=a=b'
  const digest = (t: string) => hex(sm.sm3(utf8(t)))

  it('gives its elements in order', () => {
    expect([...readOrderText(text, digest(text))]).toEqual([
      ['order_id', 'o1'],
      ['kind', 'transfer.internal'],
      ['amount_fen', '12300'],
      ['memo', 'a=b'],
    ])
  })

  it('refuses a text with another digest', () => {
    expect(() => readOrderText(text.replace('12300', '12301'), digest(text))).toThrow('digest')
  })

  it.each([
    ['another first line', text.replace('/1', '/2')],
    ['a repeated name', `${text}\nkind=x`],
    ['a trailing line feed', `${text}\n`],
    ['a control character', `${text}\t`],
    ['a line without a name', `${text}\n=x`],
    ['names in another order', 'zhangyin-order/1\nkind=x\norder_id=o1'],
    ['text that is not NFC', `${text}e\u0301`],
  ])('refuses %s although the digest fits', (_what, bad) => {
    expect(() => readOrderText(bad, digest(bad))).toThrow('order text refused')
  })

  it('refuses an order about something else than was asked for', () => {
    expect(() => checkOrderText(text, digest(text), { amount_fen: '12300', order_id: 'o1' })).not.toThrow()
    expect(() => checkOrderText(text, digest(text), { amount_fen: '12301' })).toThrow('amount_fen')
    expect(() => checkOrderText(text, digest(text), { to_name: 'x' })).toThrow('to_name')
    expect(() => checkOrderText(text, digest(text), { to_name: 'x' }, ['order_id'])).not.toThrow()
    expect(() => checkOrderText(text, digest(text), { memo: 'x' }, ['order_id'])).toThrow('memo')
  })
})

describe('money on the screen', () => {
  it('shows fen as grouped yuan', () => {
    expect([0, 5, 123456, -123456789, 100000].map(money)).toEqual([
      '¥0.00', '¥0.05', '¥1,234.56', '-¥1,234,567.89', '¥1,000.00',
    ])
    expect([signedYuan(1), signedYuan(-150000)]).toEqual(['+0.01', '-1,500.00'])
    expect(() => money(0.5)).toThrow()
  })

  it('reads typed yuan without floating point', () => {
    expect(['0.29', '1234.5', '1.', '1000000', '', '.5', '1.234', '-1', '1e3'].map(parseYuan)).toEqual([
      29, 123450, 100, 100000000, null, null, null, null, null,
    ])
  })

  it('takes keys one by one and keeps the text an amount', () => {
    const type = (keys: string) => [...keys].reduce((text, key) => amountKey(text, key), '')
    expect(['0012', '.5', '1..2', '1.239', '1234567890', '00'].map(type)).toEqual([
      '12', '0.5', '1.2', '1.23', '123456789', '0',
    ])
    expect(amountKey('1.2', 'delete')).toBe('1.')
    expect(['1234567.8', '123', ''].map(groupTyped)).toEqual(['1,234,567.8', '123', ''])
  })
})
