// @vitest-environment node
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { SecretBuffer } from '@/keyboard/secret'
import { useAccounts } from '@/stores/accounts'
import { useMessages } from '@/stores/messages'
import { useSession } from '@/stores/session'
import { useTransfer } from '@/stores/transfer'

const logout = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call: vi.fn(), sealSecret: vi.fn(), zsc: () => Promise.resolve({ logout }) }))

beforeEach(() => {
  setActivePinia(createPinia())
  logout.mockReset()
})

describe('session', () => {
  it.each(['logout', 'idle', 'background'] as const)(
    'leaves nothing of the customer in memory after %s',
    async (reason) => {
      const session = useSession()
      session.begin({ customer: { name: '*丽' }, last_login: { at: 1 }, device_state: 'new' })
      useAccounts().accounts = []
      useMessages().messages = []
      Object.assign(useTransfer().draft, { name: '李丽', number: '6217000000005566' })
      const secret = new SecretBuffer(6)
      secret.push('1')
      logout.mockRejectedValue(new Error('network'))
      await session.end(reason)
      expect(logout).toHaveBeenCalledOnce()
      expect([session.loggedIn, session.customerName, session.endReason]).toEqual([false, '', reason])
      expect([useAccounts().accounts, useMessages().messages, secret.length]).toEqual([null, null, 0])
      expect(useTransfer().draft).toMatchObject({ name: '', number: '' })
    },
  )
})
